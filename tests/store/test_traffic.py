"""Counts by five minutes, and when a gateway was last heard."""

from datetime import timedelta

from connector.domain.traffic import Count, Kind
from connector.store.traffic import KEPT
from tests.support.clock import NOON


def test_counts_of_five_minutes_are_added_up(store):
    for minutes in (0, 4, 5):
        with store.transaction() as t:
            t.traffic.add({(Kind.EVENTS, "kannel"): 2}, NOON + timedelta(minutes=minutes))

    with store.transaction(reads=True) as t:
        found = t.traffic.since(NOON)

    assert found == [
        Count(slot=NOON, kind=Kind.EVENTS, name="kannel", amount=4),
        Count(slot=NOON + timedelta(minutes=5), kind=Kind.EVENTS, name="kannel", amount=2),
    ]


def test_nothing_counted_is_not_kept(store):
    with store.transaction() as t:
        t.traffic.add({(Kind.EVENTS, "kannel"): 0}, NOON)
        found = t.traffic.since(NOON)

    assert found == []


def test_the_last_callback_of_a_gateway_stays(store):
    later = NOON + timedelta(hours=1)
    with store.transaction() as t:
        t.traffic.hear({"kannel": later, "twilio/europe": NOON})
        t.traffic.hear({"kannel": NOON})
        t.traffic.purge(NOON + timedelta(days=300))
        heard = t.traffic.heard()

    assert heard == {"kannel": later, "twilio/europe": NOON}


def test_what_nobody_asks_for_is_forgotten(store):
    with store.transaction() as t:
        t.traffic.add({(Kind.EVENTS, "kannel"): 1}, NOON)
        t.traffic.add({(Kind.EVENTS, "kannel"): 1}, NOON + KEPT)
        t.traffic.purge(NOON + KEPT + timedelta(minutes=1))
        first = t.traffic.first()

    assert first == NOON + KEPT


def test_hours_are_added_up(store):
    for minutes in (55, 60, 115):
        with store.transaction() as t:
            t.traffic.add({(Kind.EVENTS, "kannel"): 1}, NOON + timedelta(minutes=minutes))
            t.traffic.add({(Kind.FRESH, "010"): 1}, NOON + timedelta(minutes=minutes))

    with store.transaction(reads=True) as t:
        hours = t.traffic.hours(NOON, [Kind.EVENTS])
        totals = t.traffic.totals(NOON + timedelta(minutes=60))

    assert [(each.slot.hour, each.amount) for each in hours] == [(12, 1), (13, 2)]
    assert totals == {(Kind.EVENTS, "kannel"): 2, (Kind.FRESH, "010"): 2}
