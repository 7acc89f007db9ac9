"""The store on both engines: what is committed, joined, claimed and settled."""

import itertools
from datetime import timedelta
from functools import reduce

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.domain.delivery import Delivery, DeliveryStatus
from connector.domain.directory import DirectoryEntry
from connector.domain.errors import ConfigurationError
from connector.domain.records import RecordRef
from connector.store import Store
from connector.store.matches import Match
from connector.store.outbox import Queued
from tests.support.events import (
    ALEX,
    MOBILE,
    NOON,
    arrival,
    deliveries,
    report,
)


CONTACT = RecordRef("Contact", ALEX)
#: The store lives as long as the test function: every example takes a key of its own.
FRESH = itertools.count()


class TestInbox:
    def test_a_kept_callback_comes_back_byte_for_byte(self, store):
        sent = arrival(
            "/callbacks/kannel?text=a%3Ab+c&ref=",
            headers={"x-signature": "ä"},
            body=b"\xff\x00",
            parts={"text": "a:b c\0"},
        )

        store.inbox.keep([sent])

        (kept,) = store.inbox.latest(limit=5)
        assert kept.callback == sent.callback

    def test_urgent_callbacks_are_claimed_apart(self, store):
        store.inbox.keep([arrival("/1"), arrival("/2", urgent=True)])

        with store.transaction() as t:
            urgent, reports = t.unread.claim(10, urgent=True), t.unread.claim(10, urgent=False)

        assert [kept.callback.target for kept in urgent.callbacks] == ["/2"]
        assert [kept.callback.target for kept in reports.callbacks] == ["/1"]

    def test_what_is_done_is_not_claimed_again(self, store):
        store.inbox.keep([arrival(f"/{n}") for n in range(5)])

        with store.transaction() as t:
            t.unread.done(t.unread.claim(3, urgent=False))
        with store.transaction() as t:
            rest = t.unread.claim(10, urgent=False)
            waiting = t.unread.waiting()

        assert [kept.callback.target for kept in rest.callbacks] == ["/3", "/4"]
        assert waiting == 2

    def test_a_claim_without_a_commit_is_claimed_again(self, store):
        store.inbox.keep([arrival("/1")])

        def crash():
            with store.transaction() as t:
                t.unread.done(t.unread.claim(3, urgent=False))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            crash()

        with store.transaction() as t:
            assert len(t.unread.claim(3, urgent=False).callbacks) == 1

    def test_a_callback_can_be_read_again_and_once_only(self, store):
        store.inbox.keep([arrival("/1", parts={"id": "1"}), arrival("/2", urgent=True)])
        with store.transaction() as t:
            for urgent in (True, False):
                t.unread.done(t.unread.claim(9, urgent=urgent))
        numbers = store.inbox.ids_since(NOON, limit=10)

        with store.transaction() as t:
            t.unread.read_again(numbers)
            t.unread.read_again(numbers)
            claim = t.unread.claim(9, urgent=False)
            t.unread.done(claim)

        assert [kept.callback.target for kept in claim.callbacks] == ["/1"]
        assert claim.callbacks[0].callback.parts is None
        with store.transaction() as t:
            assert not t.unread.claim(9, urgent=False)

    def test_a_queued_callback_that_is_kept_no_more_blocks_nobody(self, store):
        with store.transaction() as t:
            t.unread.read_again([(7, False)])
            t.unread.done(t.unread.claim(1, urgent=False))

        with store.transaction() as t:
            assert not t.unread.claim(1, urgent=False)

    def test_a_store_that_works_passes_the_check(self, store):
        store.check()


class TestDeliveries:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
    @given(st.lists(deliveries, min_size=1, max_size=5))
    def test_the_database_joins_as_python_does(self, store, reports):
        message_id = str(next(FRESH))
        reports = [Delivery(**{**as_dict(each), "message_id": message_id}) for each in reports]

        for each in reports:
            with store.transaction() as t:
                t.deliveries.fold([each])

        with store.transaction(reads=True) as t:
            assert t.deliveries.find("kannel", message_id) == reduce(Delivery.join, reports)

    def test_changed_messages_are_claimed_until_settled(self, store):
        with store.transaction() as t:
            t.deliveries.fold(
                [Delivery.from_event(report("1")), Delivery.from_event(report("2"))]
            )
            t.deliveries.settle_changed([("kannel", "1")], [], NOON)

        with store.transaction() as t:
            assert [each.message_id for each in t.deliveries.claim_changed(5)] == ["2"]

    def test_an_unmatched_message_is_looked_at_again_when_its_number_appears(self, store):
        with store.transaction() as t:
            t.deliveries.fold([Delivery.from_event(report("1", recipient=MOBILE))])
            t.deliveries.settle_changed([], [("kannel", "1")], NOON)
            assert t.deliveries.unmatched_count() == 1

        with store.transaction() as t:
            t.deliveries.look_again([MOBILE])
            assert len(t.deliveries.claim_changed(5)) == 1


class TestMatches:
    def test_a_record_shows_its_latest_message_by_the_time_it_was_sent(self, store):
        older = Delivery.from_event(report("old", occurred_at=NOON - timedelta(hours=2)))
        newer = Delivery.from_event(report("new", status=DeliveryStatus.PENDING))
        match = [Match(record=CONTACT, matched_by="reference")]

        with store.transaction() as t:
            t.deliveries.fold([older, newer])
            t.matches.replace({(d.gateway, d.message_id): (d, match) for d in (newer, older)})
            latest = t.matches.latest([ALEX])

        assert latest[CONTACT].delivery == newer
        assert latest[CONTACT].last_delivered_at == older.status_at

    def test_a_better_match_takes_the_message_from_the_record_it_was_on(self, store):
        delivery = Delivery.from_event(report("1"))
        other = RecordRef("Lead", "00Q000000000001AAA")
        message = ("kannel", "1")

        with store.transaction() as t:
            t.deliveries.fold([delivery])
            t.matches.replace({message: (delivery, [Match(record=other, matched_by="phone")])})
            touched = t.matches.replace(
                {message: (delivery, [Match(record=CONTACT, matched_by="reference")])}
            )

            assert touched == {other, CONTACT}
            assert t.matches.latest([other.id]) == {}
            assert [m.record for m in t.matches.of_message(*message)] == [CONTACT]


class TestDirectory:
    def test_holders_are_found_by_number_until_the_record_changes_it(self, store):
        entry = DirectoryEntry(record=CONTACT, phones={}, modified_at=NOON)

        with store.transaction() as t:
            t.directory.put([entry], {ALEX: {"MobilePhone": MOBILE, "Phone": MOBILE}})
            held = t.directory.holders([MOBILE])
            t.directory.put([entry], {ALEX: {"Phone": "+447700900457"}})

            assert [holder.field for holder in held[MOBILE]] == ["MobilePhone", "Phone"]
            assert t.directory.holders([MOBILE]) == {}
            assert t.directory.phones([ALEX]) == {ALEX: {"Phone": "+447700900457"}}

    def test_a_deleted_record_holds_nothing(self, store):
        entry = DirectoryEntry(record=CONTACT, phones={}, modified_at=NOON, deleted=True)

        with store.transaction() as t:
            t.directory.put([entry], {ALEX: {"Phone": MOBILE}})

            assert t.directory.holders([MOBILE]) == {}


def queued(topic="delivery", *, urgent=False, **fields):
    return Queued(record=CONTACT, topic=topic, fields=fields, urgent=urgent, parent="")


class TestOutbox:
    def test_a_newer_value_replaces_an_unsent_one(self, store):
        with store.transaction() as t:
            t.outbox.enqueue([queued(SMS__c="Pending")], NOON)
            t.outbox.enqueue([queued(SMS__c="Delivered")], NOON)
            (change,) = t.outbox.pending("Contact", 10, NOON)

        assert change.fields == {"SMS__c": "Delivered"}

    def test_what_was_queued_while_sending_stays(self, store):
        with store.transaction() as t:
            t.outbox.enqueue([queued(SMS__c="Pending")], NOON)
            sent = t.outbox.pending("Contact", 10, NOON)
        with store.transaction() as t:
            t.outbox.enqueue([queued(SMS__c="Delivered")], NOON)

        with store.transaction() as t:
            t.outbox.settle(sent)
            (left,) = t.outbox.pending("Contact", 10, NOON)

        assert left.fields == {"SMS__c": "Delivered"}

    def test_all_topics_of_a_record_go_together_and_opt_outs_apart(self, store):
        with store.transaction() as t:
            t.outbox.enqueue([queued(A__c=1), queued("engagement", C__c=2)], NOON)
            t.outbox.enqueue([queued("consent", urgent=True, B__c=True)], NOON)

            (change,) = t.outbox.pending("Contact", 5, NOON)
            (opt_out,) = t.outbox.pending("Contact", 5, NOON, urgent=True)

        assert (change.fields, change.urgent) == ({"A__c": 1, "C__c": 2}, False)
        assert (opt_out.fields, opt_out.urgent) == ({"B__c": True}, True)

    def test_who_has_waited_longest_goes_first(self, store):
        other = RecordRef("Contact", "003000000000002AAA")
        with store.transaction() as t:
            t.outbox.enqueue([queued(A__c=1)], NOON)
            t.outbox.enqueue(
                [Queued(record=other, topic="delivery", fields={}, urgent=False, parent="")],
                NOON - timedelta(hours=1),
            )

            assert [c.record for c in t.outbox.pending("Contact", 1, NOON)] == [other]

    def test_what_is_postponed_waits_but_news_of_it_do_not(self, store):
        later = NOON + timedelta(minutes=1)
        with store.transaction() as t:
            t.outbox.enqueue([queued(A__c=1)], NOON)
            changes = t.outbox.pending("Contact", 10, NOON)
            t.outbox.postpone(changes, 1, later)

            assert t.outbox.pending("Contact", 10, NOON) == []
            assert t.outbox.pending("Contact", 10, later)[0].attempts == 1

    def test_a_record_marked_twice_is_worked_out_once(self, store):
        with store.transaction() as t:
            t.outbox.mark([CONTACT], urgent=False)
            t.outbox.mark([CONTACT, CONTACT], urgent=True)

            assert t.outbox.claim_marked(5) == [CONTACT]
            t.outbox.unmark([CONTACT])
            assert t.outbox.claim_marked(5) == []


class TestLeases:
    LENGTH = timedelta(seconds=60)

    def test_only_one_holds_a_lease(self, store):
        with store.transaction() as t:
            assert t.leases.take("push", "one", NOON, self.LENGTH)
            assert t.leases.take("push", "two", NOON, self.LENGTH) is None

    def test_renewing_keeps_the_fence(self, store):
        with store.transaction() as t:
            first = t.leases.take("push", "one", NOON, self.LENGTH)
            assert t.leases.take("push", "one", NOON + self.LENGTH / 2, self.LENGTH) == first

    def test_who_slept_past_the_lease_finds_another_fence(self, store):
        with store.transaction() as t:
            slept = t.leases.take("push", "one", NOON, self.LENGTH)
            woke = t.leases.take("push", "two", NOON + self.LENGTH * 2, self.LENGTH)

            assert t.leases.holds(woke)
            assert not t.leases.holds(slept)

    def test_a_lease_given_back_is_free_at_once(self, store):
        with store.transaction() as t:
            t.leases.give_back(t.leases.take("push", "one", NOON, self.LENGTH))

            assert t.leases.take("push", "two", NOON, self.LENGTH)


class TestKeys:
    def test_a_key_is_found_by_its_hash_until_revoked(self, store):
        with store.transaction() as t:
            t.keys.create("crm", "hash", ["messages:write"], NOON)

        assert store.find_key("hash").scopes == {"messages:write"}
        with store.transaction() as t:
            assert t.keys.revoke("crm", NOON)
        assert store.find_key("hash").revoked

    def test_a_name_is_given_once(self, store):
        with store.transaction() as t:
            t.keys.create("crm", "one", [], NOON)
            with pytest.raises(ConfigurationError, match="choose another"):
                t.keys.create("crm", "two", [], NOON)


def test_opening_again_finds_everything(store_url):
    store = Store.open(store_url)
    store.inbox.keep([arrival()])
    store.close()

    again = Store.open(store_url)

    assert len(again.inbox.latest(limit=5)) == 1
    again.close()


def as_dict(value):
    return {name: getattr(value, name) for name in value.__slots__}
