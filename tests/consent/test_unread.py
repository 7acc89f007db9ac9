"""A STOP counts from the moment when its gateway was thanked, whether it is read or not."""

import json

import pytest

from connector.domain.callback import Arrival, Callback
from connector.domain.errors import StoreUnavailableError
from connector.pipeline import unheard
from connector.pipeline.consent import start
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.suppression import check
from connector.store.unread import Unread
from tests.consent.actors import GATEWAYS, evidence
from tests.support.clock import NOON
from tests.support.events import MOBILE


@pytest.fixture
def keep(store):
    """The door keeps a text, and its gateway hears 2xx."""

    def keep(text, phone=MOBILE, minutes=0):
        callback = Callback(
            gateway="generic",
            method="POST",
            target="/callbacks/generic",
            headers={},
            body=json.dumps(
                {
                    "type": "sms.received",
                    "timestamp": f"2026-11-23T12:{minutes:02}:00Z",
                    "data": {"from": phone, "text": text, "message_id": f"m{minutes}"},
                }
            ).encode(),
            received_at=NOON,
        )
        store.inbox.keep([Arrival(callback=callback, urgent=True)])

    return keep


@pytest.fixture
def ask(store, clock):
    """What a sender hears."""

    def ask(phone=MOBILE):
        (answer,) = check(store, [phone], PhoneReader(), clock, actor="key:sender")
        return answer

    return ask


def test_a_stop_that_nobody_has_read_yet_is_a_no(keep, ask):
    keep("STOP")

    answer = ask()

    assert (answer.sendable, answer.rule, answer.version) == (False, "opted_out", 0)


def test_a_doubt_that_nobody_has_read_yet_is_a_no(keep, ask):
    keep("please stop texting me")

    assert (ask().sendable, ask().rule) == (False, "under_review")


def test_a_start_counts_when_it_is_read(store, keep, ask, clock):
    keep("STOP")
    keep("START", minutes=3)
    before = ask()

    normalise(store, GATEWAYS, PhoneReader(), clock)

    assert (before.sendable, ask().sendable) == (False, True)


def test_what_others_wrote_changes_nothing(keep, ask):
    keep("STOP", phone="+447700900999")
    keep("Thanks, see you on Monday", minutes=1)

    assert ask().sendable


def test_a_stop_before_the_opt_in_that_is_known_changes_nothing(store, keep, ask, clock):
    clock.advance(minutes=30)
    start(store, MOBILE, evidence(clock()), clock, version=0)
    keep("STOP")

    assert ask().rule == "opted_in_again"


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_one_that_a_worker_reads_just_now_is_a_no(store, keep, ask):
    """SQLite has one writer: there, whoever asks waits."""
    keep("STOP")

    with store.transaction() as transaction:
        transaction.unread.claim(10, urgent=True)

        assert not ask().sendable


def test_more_than_can_be_looked_through_is_no_answer(store, keep):
    class Crowded(Unread):
        def peek(self, limit):
            return super().peek(1) * limit

    keep("Thanks")
    with store.transaction() as transaction:
        transaction.unread.__class__ = Crowded

        with pytest.raises(StoreUnavailableError, match="ask again"):
            unheard.unheard(transaction, [MOBILE], PhoneReader())
