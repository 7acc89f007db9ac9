"""The status page shows what an operator must see, to who may see it."""

import base64

import pytest

from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from connector.store.outbox import Queued
from connector.web.app import create_app
from connector.web.keys import secret_hash
from tests.pipeline.test_consent import say
from tests.support.callbacks import dlr
from tests.support.events import ALEX, NOON


SECRET = "smsconn_test"


@pytest.fixture
def client(store, clock):
    with store.transaction() as t:
        t.keys.create("ops", secret_hash(SECRET), ["status:read"], NOON)
        t.keys.create("crm", secret_hash("other"), ["messages:write"], NOON)
    return create_app(store=store, clock=clock).test_client()


def basic(password):
    return {"Authorization": "Basic " + base64.b64encode(f"me:{password}".encode()).decode()}


@pytest.mark.parametrize(
    "headers, status", [({}, 401), (basic("wrong"), 401), (basic("other"), 403)]
)
def test_without_a_key_that_may_nobody_sees_it(client, headers, status):
    answer = client.get("/status", headers=headers)

    assert answer.status_code == status
    assert b"callbacks to read" not in answer.data


def test_a_browser_is_asked_for_a_password(client):
    assert client.get("/status").headers["WWW-Authenticate"].startswith("Basic ")


def test_it_counts_what_waits(client, store):
    store.inbox.keep([dlr(1)])

    page = client.get("/status", headers=basic(SECRET)).text

    assert "<b>1</b> callbacks to read" in page
    assert "kannel" in page


def test_it_shows_what_was_stopped_and_refused(client, store):
    change = RecordChange(
        record=RecordRef("Contact", ALEX), fields={"A__c": "<i>"}, change_ids=frozenset()
    )
    outcome = Outcome(
        change=change,
        verdict=Verdict.STOP,
        error_code="INVALID_FIELD",
        message="No such column <b>",
        fields=("A__c",),
    )
    with store.transaction() as t:
        t.writes.stop_lane(outcome, NOON, NOON)
        t.writes.refuse([outcome], NOON)

    page = client.get("/status", headers=basic(SECRET)).text

    assert "INVALID_FIELD" in page
    assert ALEX in page
    assert "<b>No such column" not in page
    assert "No such column &lt;b&gt;" in page


def test_it_takes_nothing_from_elsewhere(client):
    answer = client.get("/status", headers=basic(SECRET))

    assert "http" not in answer.text
    assert "<script" not in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    with client.get("/status/static/status.css") as sheet:
        assert sheet.status_code == 200


def test_it_tells_of_opt_outs_that_are_late(client, store, clock):
    with store.transaction() as t:
        record = RecordRef("Contact", ALEX)
        change = Queued(
            record=record, topic="consent", fields={"A__c": True}, urgent=True, parent=""
        )
        t.outbox.enqueue([change], NOON)
    clock.advance(minutes=16)

    page = client.get("/status", headers=basic(SECRET)).text

    assert "<b>1</b> changes that Salesforce does not have" in page
    assert "oldest 16 min ago" in page
    assert "Opt-outs are late" in page


def test_it_tells_what_waits_for_a_person(client, store):
    say(store, "review")

    page = client.get("/status", headers=basic(SECRET)).text

    assert "<b>1</b> wait for a person to decide" in page
    assert "<b>1</b> numbers opted out" in page
