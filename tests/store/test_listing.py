"""What the operator's lists read from the store, on both engines."""

from datetime import timedelta

from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.delivery import Delivery
from connector.domain.records import RecordRef
from tests.support.events import ALEX, MOBILE, NOON, arrival, report


class TestCallbacks:
    def test_the_newest_come_first_and_without_their_bodies(self, store):
        store.inbox.keep([arrival("/1"), arrival("/2", urgent=True, account="eu")])

        newest, oldest = store.inbox.listed(limit=5)

        assert (newest.target, newest.urgent, newest.account) == ("/2", True, "eu")
        assert (oldest.target, oldest.received_at) == ("/1", NOON)
        assert store.inbox.listed(limit=1) == [newest]
        assert store.inbox.listed_by_id([oldest.id, 999]) == [oldest]

    def test_those_of_one_gateway_can_be_asked_for(self, store):
        store.inbox.keep([arrival("/1"), arrival("/2", gateway="twilio")])

        assert [each.target for each in store.inbox.listed(gateway="twilio", limit=5)] == ["/2"]


class TestQuarantine:
    def test_is_paged_and_told_apart_by_gateway(self, store):
        store.inbox.keep([arrival("/1"), arrival("/2", gateway="twilio"), arrival("/3")])
        third, second, first = store.inbox.latest(limit=5)
        with store.transaction() as t:
            for kept in (first, second, third):
                t.unread.set_aside(kept, "odd", NOON)

        with store.transaction(reads=True) as t:
            page = t.unread.quarantined_after(first.id, limit=1)
            twilio = t.unread.quarantined(5, gateway="twilio")
            why = t.unread.why([third.id, 999])

        assert [each.callback_id for each in page] == [second.id]
        assert [each.callback_id for each in twilio] == [second.id]
        assert {number: each.reason for number, each in why.items()} == {third.id: "odd"}


def test_what_came_from_a_phone_is_told_the_newest_first(store):
    stop = ConsentEvent(
        phone=MOBILE, kind=ConsentKind.STOP, received_at=NOON, occurred_at=NOON, keyword="STOP"
    )
    start = ConsentEvent(
        phone=MOBILE,
        kind=ConsentKind.START,
        received_at=NOON,
        occurred_at=NOON + timedelta(minutes=1),
    )
    with store.transaction() as t:
        t.consents.record([(1, stop), (2, start)])

    with store.transaction(reads=True) as t:
        assert t.consents.said_by(MOBILE, 5) == [(2, start), (1, stop)]
        assert t.consents.said_by("+447700900999", 5) == []


def test_what_waits_is_counted_in_both_lanes(store):
    store.inbox.keep([arrival("/1", urgent=True), arrival("/2"), arrival("/3", urgent=True)])

    def waiting():
        with store.transaction(reads=True) as t:
            return t.unread.waiting()

    def read(*, urgent):
        with store.transaction() as t:
            t.unread.done(t.unread.claim(5, urgent=urgent))

    before = waiting()
    read(urgent=False)
    between = waiting()
    read(urgent=True)

    assert (before, between, waiting()) == (3, 2, 0)


def test_what_is_still_to_be_done_is_told(store):
    record = RecordRef("Contact", ALEX)
    with store.transaction() as t:
        t.deliveries.fold([Delivery.from_event(report("1"))])
        t.outbox.mark([record], urgent=False)

        assert t.deliveries.is_changed("kannel", "1")
        assert not t.deliveries.is_changed("kannel", "2")
        assert t.outbox.is_marked(record)
        assert not t.outbox.is_marked(RecordRef("Lead", ALEX))
