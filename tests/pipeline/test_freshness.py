"""How long it took is counted as Salesforce takes the fields."""

from datetime import timedelta

import pytest

from connector.domain.traffic import Kind, Spans
from tests.support.callbacks import dlr
from tests.support.clock import NOON


def counted(store, kind):
    with store.transaction(reads=True) as t:
        found = [
            each for each in t.traffic.since(NOON - timedelta(days=1)) if each.kind is kind
        ]
    return {each.name: each.amount for each in found}


@pytest.fixture
def contact(emulator, directory):
    record = emulator.create("Contact", {"LastName": "Brook", "MobilePhone": "+447700900123"})
    directory.sync()
    return record


@pytest.fixture
def deliver(store, read, pusher, contact):
    def run():
        carrier = int(NOON.timestamp()) - 40
        store.inbox.keep([dlr(1, ref=contact, at=carrier)])
        read()
        pusher.push()

    return run


def test_what_is_read_is_counted_by_gateway(store, read):
    store.inbox.keep([dlr(1), dlr(8)])
    read()

    assert counted(store, Kind.CALLBACKS) == {"kannel": 2}
    assert counted(store, Kind.EVENTS) == {"kannel": 2}
    with store.transaction(reads=True) as t:
        assert set(t.traffic.heard()) == {"kannel"}


def test_from_the_report_to_salesforce(store, clock, deliver):
    clock.advance(seconds=20)

    deliver()

    handled = Spans(counted(store, Kind.HANDLED))
    assert handled.total == 1
    assert handled.percentile(50) == pytest.approx(20, rel=0.14)
    fresh = Spans(counted(store, Kind.FRESH))
    assert fresh.total == 1
    assert fresh.percentile(50) == pytest.approx(60, rel=0.14)
    assert sum(counted(store, Kind.WRITTEN).values()) >= 1


def test_what_salesforce_has_already_is_not_counted_again(store, clock, deliver):
    deliver()
    clock.advance(minutes=3)

    deliver()

    assert Spans(counted(store, Kind.FRESH)).total == 1


def test_what_is_worked_out_long_after_was_not_late(store, clock, deliver):
    clock.advance(days=30)

    deliver()

    with store.transaction(reads=True) as t:
        found = {each.kind for each in t.traffic.since(NOON)}
    assert Kind.WRITTEN in found
    assert Kind.FRESH not in found
