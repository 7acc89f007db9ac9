"""What was kept long enough goes; what is open, unread, or an opt-out stays."""

import dataclasses
from datetime import timedelta

import pytest

from connector import gateways
from connector.domain.consent import ConsentSource
from connector.domain.delivery import DeliveryStatus
from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from connector.pipeline.consent import Evidence, settle
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.retention import Keeping, RetentionReport, forget_old
from connector.pipeline.suppression import check
from connector.store.retention import PAGE
from tests.support.callbacks import dlr, reply
from tests.support.events import ALEX, MOBILE, NOON, arrival


KEEPING = Keeping(
    callbacks=timedelta(days=90), texts=timedelta(days=30), decisions=timedelta(days=2192)
)


def aged(kept, days):
    at = NOON - timedelta(days=days)
    return dataclasses.replace(
        kept, callback=dataclasses.replace(kept.callback, received_at=at)
    )


@pytest.fixture
def read(store, clock):
    def run(*arrivals):
        store.inbox.keep(arrivals)
        normalise(store, gateways.installed(), PhoneReader(), clock)

    return run


@pytest.fixture
def forget(store, clock):
    return lambda: forget_old(store, KEEPING, clock)


def kept(store):
    return [each.id for each in store.inbox.listed(limit=5_000)][::-1]


class TestCallbacks:
    def test_reports_go_after_their_days_texts_after_theirs(self, store, read, forget):
        read(
            aged(dlr(1), 91),
            aged(dlr(1, message_id="43"), 31),
            aged(reply("Stop"), 31),
            aged(reply("Stop", "%2B447700900111"), 29),
        )

        report = forget()

        assert report == RetentionReport(callbacks=1, texts=1, events=1)
        assert kept(store) == [2, 4]

    def test_what_was_said_and_reported_stays(self, store, read, forget, clock):
        read(aged(dlr(1), 91), aged(reply("Stop"), 91))

        forget()

        (answer,) = check(store, [MOBILE], PhoneReader(), clock, actor="test")
        assert not answer.sendable
        assert store.message("kannel", "42").delivery.recipient == MOBILE

    def test_what_nobody_has_read_stays(self, store, read, forget):
        store.inbox.keep([aged(reply("Stop"), 400), aged(dlr(1), 400)])

        assert not forget()
        read()
        assert forget() == RetentionReport(callbacks=1, texts=1, events=1)

    def test_what_is_to_be_read_again_stays(self, store, read, forget):
        read(aged(dlr(1), 91))
        with store.transaction() as transaction:
            transaction.unread.read_again([(1, False)])

        assert forget() == RetentionReport(events=1)

    def test_what_a_person_has_to_decide_about_stays(self, store, read, forget, clock):
        read(aged(reply("please+stop+texting+me"), 91))

        assert not forget()
        with store.transaction(reads=True) as transaction:
            (event,) = transaction.consents.events_of(MOBILE)
        ann = Evidence(actor="user:ann", source=ConsentSource.OPERATOR, reason="clear")
        settle(store, MOBILE, event.id, ann, clock, version=1)
        assert forget() == RetentionReport(texts=1)

    def test_an_unread_report_goes_but_what_may_be_a_stop_stays(self, store, read, forget):
        unreadable = arrival("/callbacks/none?from=1", gateway="none")
        urgent = arrival("/callbacks/none?from=1", gateway="none", urgent=True)
        read(aged(unreadable, 91), aged(urgent, 91))

        assert forget() == RetentionReport(callbacks=1)
        with store.transaction(reads=True) as transaction:
            assert transaction.unread.quarantined_count() == 1
        assert kept(store) == [2]

    def test_many_go_page_by_page(self, store, read, forget):
        read(*(aged(dlr(1, message_id=str(n)), 91) for n in range(PAGE + 5)), dlr(1))

        assert forget() == RetentionReport(callbacks=PAGE + 5, events=PAGE + 5)
        assert kept(store) == [PAGE + 6]


class TestEvents:
    def test_a_message_keeps_what_became_of_it_when_its_reports_are_gone(
        self, store, read, forget
    ):
        read(aged(dlr(1), 91))
        before = store.message("kannel", "42").delivery

        forget()

        history = store.message("kannel", "42")
        assert (history.delivery, history.events) == (before, [])

    def test_a_late_report_does_not_undo_it(self, store, read, forget):
        read(aged(dlr(1), 91))
        forget()

        read(dlr(2))  # failed

        assert store.message("kannel", "42").delivery.status is DeliveryStatus.DELIVERED

    def test_what_came_since_stays(self, store, read, forget):
        read(aged(dlr(8), 91), aged(dlr(1), 89))

        forget()

        (left,) = store.message("kannel", "42").events
        assert left.word == "Delivered"


def test_answers_to_writes_and_to_senders_go_after_their_days(store, clock, forget):
    change = RecordChange(
        record=RecordRef("Contact", ALEX),
        fields={"A": 1},
        change_ids=frozenset({"c"}),
        parent="",
        urgent=False,
        attempts=0,
    )
    with store.transaction() as transaction:
        transaction.writes.log([Outcome(change=change, verdict=Verdict.WRITTEN)], clock())
    check(store, [MOBILE], PhoneReader(), clock, actor="test")

    clock.advance(days=91)
    first = forget()
    clock.advance(days=2192)

    assert first == RetentionReport(writes=1)
    assert forget() == RetentionReport(decisions=1)
