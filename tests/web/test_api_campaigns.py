"""Programs and flows ask for the figures of a campaign."""

import pytest

from connector.web.app import create_app
from connector.web.keys import new_secret, secret_hash
from tests.cli.test_campaigns import AUTUMN, send
from tests.support.clock import NOON
from tests.support.events import report


@pytest.fixture
def ask(store, clock):
    secret = new_secret()
    with store.transaction() as transaction:
        transaction.keys.create("crm", secret_hash(secret), ["campaigns:read"], NOON)
    client = create_app(store=store, clock=clock).test_client()

    def ask(campaign, *, key=secret):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return client.get(f"/api/campaigns/{campaign}", headers=headers)

    return ask


@pytest.fixture
def counted(store, clock):
    send(store, clock, report("1", campaign=AUTUMN), report("2"))
    with store.transaction() as t:
        t.figures.merge(t.figures.changes(100))


@pytest.mark.usefixtures("counted")
def test_the_figures_are_told(ask):
    told = ask(AUTUMN[:15]).json

    assert told["campaign"] == AUTUMN
    assert (told["messages"], told["delivery_rate"], told["health"]) == (1, 100.0, None)
    assert told["splits"]["gateway"][0]["value"] == "kannel"


@pytest.mark.usefixtures("counted")
def test_so_are_those_of_messages_without_a_campaign(ask):
    assert ask("none").json["messages"] == 1


def test_what_was_never_counted_is_not_found(ask):
    answer = ask(AUTUMN)

    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


def test_what_is_no_id_is_said_to_be_none(ask):
    assert ask("003000000000001AAA").status_code == 422


def test_nothing_is_told_without_a_key(ask):
    assert ask(AUTUMN, key="").status_code == 401
