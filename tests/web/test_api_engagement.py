"""Other systems tell of clicks and replies: kept once, counted, and told to Salesforce."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.domain.engagement import Engagement
from connector.domain.errors import StoreUnavailableError
from connector.domain.figures import Cell, Period, Reaction, Split
from connector.domain.reaction import Response
from connector.emulator import EmulatedOrg, WSGIAdapter
from connector.emulator import create_app as create_org
from connector.salesforce.access import OrgAccess
from connector.salesforce.connect import connect
from connector.settings import Settings
from connector.web.app import create_app
from connector.web.keys import new_secret, secret_hash
from connector.wiring.org import build_steps
from tests.support.clock import NOON
from tests.support.events import MOBILE, report
from tests.support.sms_org import install_sms_fields


CAMPAIGN = "701000000000001AAA"
CLICK = {
    "kind": "click",
    "id": "c-1",
    "at": "2026-11-23T12:30:00+01:00",
    "gateway": "kannel",
    "message_id": "42",
}
CLICKED_AT = datetime(2026, 11, 23, 11, 30, tzinfo=UTC)
REPLY = {"kind": "reply", "id": "r-1", "at": "2026-11-23T11:45:00Z", "phone": "+44 7700 900456"}
REPLIED_AT = datetime(2026, 11, 23, 11, 45, tzinfo=UTC)


def make_key(store, name, *scopes):
    secret = new_secret()
    with store.transaction() as transaction:
        transaction.keys.create(name, secret_hash(secret), list(scopes), NOON)
    return secret


@pytest.fixture
def secret(store):
    return make_key(store, "shortener", "engagement:write")


@pytest.fixture
def tell(store, clock, secret):
    client = create_app(store=store, clock=clock).test_client()

    def tell(*events, key=secret, **more):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        document = {"data": json.dumps({"events": events}), "content_type": "application/json"}
        return client.post("/api/engagement", headers=headers, **(more or document))

    return tell


@pytest.fixture
def emulator(clock):
    emulated = EmulatedOrg(clock=clock)
    install_sms_fields(emulated)
    emulated.register_app("key", secret="hush-hush")
    yield emulated
    emulated.close()


@pytest.fixture
def steps(store, emulator, clock):
    access = OrgAccess(login_url=emulator.my_domain, client_id="key", client_secret="hush-hush")
    with connect(access, clock=clock, adapter=WSGIAdapter(create_org(emulator))) as org:
        yield build_steps(Settings(reaction_window_days=2), store, org, clock=clock)


def engaged(store, phone=MOBILE):
    with store.transaction(reads=True) as t:
        return t.engagements.find([phone]).get(phone)


def figures(store):
    cell = Cell(campaign=CAMPAIGN, period=Period.TOTAL, start=0, split=Split.NONE, value="")
    with store.transaction() as t:
        while changes := t.figures.changes(100):
            t.figures.merge(changes)
        found = t.figures.get([cell])[cell]
    return found.reactions(Reaction.CLICK), found.reactions(Reaction.REPLY)


def sent(store, message_id="42", **changes):
    values = {"recipient": MOBILE, "campaign": CAMPAIGN, "sent_at": NOON - timedelta(hours=1)}
    store.register([report(message_id, **{**values, **changes})])


def faults(answer):
    return [(each["index"], each["field"], each["detail"]) for each in answer.json["errors"]]


class TestTold:
    def test_it_is_durable_before_the_answer(self, tell, store):
        sent(store)

        answer = tell(CLICK, REPLY)

        assert (answer.status_code, answer.json) == (202, {"kept": 2})
        assert engaged(store) == Engagement(
            phone=MOBILE, last_click_at=CLICKED_AT, last_reply_at=REPLIED_AT
        )

    def test_the_figures_count_it_once_a_message(self, tell, store, steps):
        sent(store)
        tell(CLICK, {**CLICK, "id": "c-2"}, REPLY)

        assert steps.read_all(10)

        assert figures(store) == (1, 1)

    def test_saying_it_again_changes_nothing(self, tell, store, steps, clock):
        sent(store)
        undated = {**CLICK, "at": None}
        tell(undated, REPLY)
        steps.read_all(10)
        clock.advance(minutes=5)

        assert tell(undated, REPLY, undated).json == {"kept": 3}
        steps.read_all(10)

        assert engaged(store).last_click_at == NOON
        assert figures(store) == (1, 1)

    def test_ids_are_those_of_the_key(self, tell, store, steps):
        sent(store)
        sent(store, "43", sent_at=NOON)
        other = make_key(store, "survey", "engagement:write")

        tell({**REPLY, "id": "1"})
        tell({**REPLY, "id": "1", "at": "2026-11-23T12:10:00Z"}, key=other)
        steps.read_all(10)

        assert figures(store) == (0, 2)

    @pytest.mark.parametrize("kind", ["click", "reply"])
    def test_its_person_is_found_when_the_message_is_learnt_of(self, tell, store, steps, kind):
        tell({**CLICK, "kind": kind})
        steps.read_all(10)
        before = engaged(store)

        sent(store)
        steps.read_all(10)

        found = engaged(store)
        assert before is None
        assert CLICKED_AT in {found.last_click_at, found.last_reply_at}
        assert figures(store) == ((1, 0) if kind == "click" else (0, 1))

    def test_one_that_names_no_message_is_of_the_latest_within_the_window(
        self, tell, store, steps
    ):
        sent(store, sent_at=NOON - timedelta(days=3))
        tell({**REPLY, "kind": "click"})

        steps.read_all(10)

        assert figures(store) == (0, 0)
        assert engaged(store).last_click_at == REPLIED_AT

    def test_the_record_of_the_person_is_told(self, tell, store, steps, emulator):
        emulator.create("Contact", {"LastName": "Brook", "MobilePhone": MOBILE})
        steps.sync_directory(9)
        sent(store, campaign="")
        tell(CLICK)

        steps.read_all(10)
        steps.push()

        (contact,) = emulator.records("Contact")
        assert contact["SMS_Last_Click_At__c"].startswith("2026-11-23T11:30:00")

    def test_messages_of_a_batch_are_told_apart_by_the_phone(self, tell, store, steps):
        sent(store, f"b-1/{MOBILE}", gateway="sinch")

        tell({**CLICK, "gateway": "sinch", "message_id": "b-1", "phone": MOBILE})
        steps.read_all(10)

        assert figures(store) == (1, 0)


class TestRefused:
    @pytest.mark.parametrize(
        "changes,field,detail",
        [
            ({"kind": "open"}, "kind", "is none of click, reply"),
            ({"kind": None}, "kind", "is missing"),
            ({"id": ""}, "id", "is missing"),
            ({"id": "x" * 129}, "id", "is no id of at most 128 characters"),
            ({"id": 7}, "id", "is not a text"),
            ({"at": "2026-11-23T12:00:00"}, "at", "is a time without a zone"),
            ({"at": "2026-11-23T13:00:01Z"}, "at", "lies in the future"),
            ({"gateway": None}, "gateway", "is missing: whose message_id is it?"),
            ({"message_id": " "}, "message_id", "is missing"),
            ({"phone": "soon"}, "phone", "is no phone number with its country code"),
            ({"url": "https://example.org/x"}, "url", "is not a known field"),
            ({"text": "Thanks"}, "text", "is not a known field"),
            (
                {"gateway": None, "message_id": None},
                "",
                "names neither gateway and message_id nor a phone",
            ),
            (
                {"gateway": "sinch"},
                "phone",
                "is missing: a message id of sinch may stand for several messages",
            ),
        ],
    )
    def test_a_fault_is_named_and_nothing_is_kept(self, tell, store, changes, field, detail):
        answer = tell(REPLY, {**CLICK, **changes})

        assert answer.status_code == 422
        assert answer.json["detail"] == "1 things to change; nothing was kept."
        assert faults(answer) == [(1, field, detail)]
        assert engaged(store) is None

    def test_a_thousand_at_once_and_none(self, tell):
        many = [{**REPLY, "id": str(number)} for number in range(1_000)]

        assert tell(*many).json == {"kept": 1_000}
        assert tell().json == {"kept": 0}
        assert tell(*many, REPLY).status_code == 413

    def test_what_is_no_list_of_events(self, tell):
        for body, kind, status in [
            (b"[", "application/json", 400),
            (b'{"messages": []}', "application/json", 400),
            (b'{"events": {}}', "application/json", 400),
            (b"[]", "text/plain", 415),
        ]:
            assert tell(data=body, content_type=kind).status_code == status

    def test_the_key_needs_the_scope(self, tell, store):
        reader = make_key(store, "reader", "messages:write")

        answer = tell(CLICK, key=reader)

        assert answer.status_code == 403
        assert 'scope="engagement:write"' in answer.headers["WWW-Authenticate"]
        assert tell(CLICK, key="").status_code == 401


def test_a_store_that_is_away_is_503(clock):
    class Away:
        def find_key(self, _secret_hash):
            raise StoreUnavailableError("away")

    away: Any = Away()
    client = create_app(store=away, clock=clock).test_client()

    answer = client.post(
        "/api/engagement", json={"events": []}, headers={"Authorization": "Bearer x"}
    )

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_an_id_is_the_same_whatever_else_is_told():
    reply = Response(kind=Reaction.REPLY, at=NOON, own_id="1", teller="shortener")
    more = dataclasses.replace(reply, gateway="kannel", named="42")

    assert reply.id == more.id
