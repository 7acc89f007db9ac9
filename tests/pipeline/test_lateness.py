"""An opt-out that does not reach Salesforce is told of: once at each stage."""

import logging

import pytest

from connector.domain.records import RecordRef
from connector.pipeline.alerts import AlertDesk
from connector.pipeline.lateness import Alarm, LatenessWatch
from connector.store.alert_messages import Way
from connector.store.outbox import Queued
from tests.support.events import ALEX


WAITED = "Changes of consent have waited for Salesforce for over"


@pytest.fixture
def queue(store, clock):
    def queue(*, urgent=True):
        change = Queued(
            record=RecordRef("Contact", ALEX),
            topic="consent" if urgent else "delivery",
            fields={"A__c": True},
            urgent=urgent,
            parent="",
        )
        with store.transaction() as transaction:
            transaction.outbox.enqueue([change], clock())

    return queue


@pytest.mark.parametrize(
    "waited, alarm",
    [
        ({"minutes": 14}, Alarm.NONE),
        ({"minutes": 15}, Alarm.SLOW),
        ({"hours": 24}, Alarm.LATE),
        ({"days": 13, "hours": 23}, Alarm.LATE),  # since a Monday
        ({"days": 14}, Alarm.UNLAWFUL),
    ],
)
def test_gets_worse_with_time(store, clock, queue, waited, alarm):
    queue()
    clock.advance(**waited)

    assert LatenessWatch(store, clock).look() is alarm


def test_a_report_may_be_late(store, clock, queue):
    queue(urgent=False)
    clock.advance(days=20)

    assert LatenessWatch(store, clock).look() is Alarm.NONE


def test_is_told_once_a_stage_and_when_it_is_over(store, clock, queue, caplog):
    caplog.set_level(logging.INFO, "connector.pipeline.lateness")
    watch = LatenessWatch(store, clock)
    queue()
    for _ in range(3):
        clock.advance(minutes=16)
        watch.look()
    clock.advance(days=1)
    watch.look()
    with store.transaction() as transaction:
        changes = transaction.outbox.pending("Contact", 9, clock(), urgent=True)
        transaction.outbox.settle(changes)
    watch.look()

    assert [(each.levelname, each.message) for each in caplog.records] == [
        ("WARNING", "consent.late"),
        ("ERROR", "consent.late"),
        ("INFO", "consent.in_time"),
    ]


def test_another_worker_does_not_tell_it_again(store, clock, queue, caplog):
    queue()
    clock.advance(minutes=16)
    LatenessWatch(store, clock).look()

    LatenessWatch(store, clock).look()

    assert [each.message for each in caplog.records] == ["consent.late"]


def test_each_stage_is_an_alert_that_begins_once_and_ends_once(store, clock, queue):
    desk = AlertDesk(webhook=True)
    queue()
    for _ in range(3):
        clock.advance(minutes=16)
        LatenessWatch(store, clock, desk).look()
    clock.advance(days=1)
    LatenessWatch(store, clock, desk).look()
    with store.transaction() as transaction:
        open_ones = transaction.alerts.open()
        changes = transaction.outbox.pending("Contact", 9, clock(), urgent=True)
        transaction.outbox.settle(changes)
    LatenessWatch(store, clock, desk).look()

    assert [(each.trouble.what, each.trouble.text) for each in open_ones] == [
        (
            "late",
            f"{WAITED} 24 hours: 1, the oldest since 2026-11-23 12:00 UTC.",
        ),
        (
            "slow",
            f"{WAITED} 15 minutes: 1, the oldest since 2026-11-23 12:00 UTC.",
        ),
    ]
    with store.transaction(reads=True) as transaction:
        assert transaction.alerts.open() == []
        assert len(transaction.alerts.recent(9)) == 2
        assert len(transaction.alert_messages.due(Way.WEBHOOK, clock(), 9)) == 2
