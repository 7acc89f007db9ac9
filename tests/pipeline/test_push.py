"""From pending fields to an emulated org: every answer it may give, on both engines."""

import contextlib

import pytest

from connector.domain.errors import ConfigurationError, StoreUnavailableError
from connector.domain.records import RecordRef
from connector.emulator import BrokenFlow, ValidationRule, seed_contacts, seed_leads
from connector.pipeline.lane import LEASE
from connector.pipeline.push import Pusher
from connector.pipeline.settlement import STOPPED_FOR, PushReport
from connector.store.outbox import Queued
from tests.support.callbacks import dlr


def enqueue(store, clock, record_ids, name="Contact", *, topic="delivery", **fields):
    with store.transaction() as t:
        t.outbox.enqueue(
            [
                Queued(
                    record=RecordRef(name, each),
                    topic=topic,
                    fields=fields or {"SMS_Delivery_Status__c": "Delivered"},
                    urgent=topic == "consent",
                    parent="",
                )
                for each in record_ids
            ],
            clock(),
        )


def status(emulator, record_id, name="Contact"):
    return emulator.record(name, record_id)["SMS_Delivery_Status__c"]


def count(store):
    with store.transaction(reads=True) as t:
        return t.outbox.size()[0]


def refused(store):
    with store.transaction(reads=True) as t:
        return [(each.record.id, each.error_code) for each in t.writes.refused(limit=100)]


class TestWriting:
    def test_pending_fields_are_written_and_forgotten(self, store, emulator, pusher, clock):
        (alex,) = seed_contacts(emulator, 1)
        enqueue(store, clock, [alex])

        report = pusher.push()

        assert (report.written, status(emulator, alex)) == (1, "Delivered")
        assert count(store) == 0

    def test_a_thousand_records_take_five_calls(self, store, emulator, pusher, clock):
        people = seed_contacts(emulator, 1_000)
        enqueue(store, clock, people)

        pusher.push()

        assert emulator.calls["PATCH /composite/sobjects"] == 5

    def test_objects_are_not_mixed_in_a_call(self, store, emulator, pusher, clock):
        alex, kim = seed_contacts(emulator, 1) + seed_leads(emulator, 1)
        enqueue(store, clock, [alex])
        enqueue(store, clock, [kim], "Lead")

        assert pusher.push().written == 2
        assert status(emulator, kim, "Lead") == "Delivered"

    def test_what_is_written_is_remembered_and_logged(self, store, emulator, pusher, clock):
        (alex,) = seed_contacts(emulator, 1)
        enqueue(store, clock, [alex])

        pusher.push()

        with store.transaction(reads=True) as t:
            assert t.writes.remembered([alex]) == {
                (alex, "delivery"): '{"SMS_Delivery_Status__c":"Delivered"}'
            }
            (write,) = t.writes.of_record(alex, limit=5)
        assert write.verdict == "written"

    def test_a_round_is_logged_once_with_its_counts(
        self, store, emulator, pusher, clock, caplog
    ):
        enqueue(store, clock, seed_contacts(emulator, 3))

        with caplog.at_level("INFO", "connector.pipeline"):
            pusher.push()
            pusher.push()

        (line,) = [r for r in caplog.records if r.getMessage() == "sf.round.done"]
        assert (line.written, line.refused, line.postponed) == (3, 0, 0)


class TestTrouble:
    def test_everything_is_kept_while_the_org_is_away(self, store, emulator, pusher, clock):
        (alex,) = seed_contacts(emulator, 1)
        enqueue(store, clock, [alex])
        emulator.faults.unavailable(path="composite", times=1)

        assert pusher.push().postponed == 1
        assert pusher.push() == PushReport()
        clock.advance(seconds=2)

        assert pusher.push().written == 1

    @pytest.mark.parametrize("after_commit", [True, False])
    def test_a_lost_answer_is_asked_for_again(
        self, store, emulator, pusher, clock, after_commit
    ):
        (alex,) = seed_contacts(emulator, 1)
        enqueue(store, clock, [alex])
        emulator.faults.drop(path="composite", after_commit=after_commit)

        assert pusher.push().postponed == 1
        clock.advance(seconds=5)

        assert pusher.push().written == 1
        assert status(emulator, alex) == "Delivered"

    def test_locked_records_come_again_together_and_the_others_go(
        self, store, emulator, pusher, clock
    ):
        people = seed_contacts(emulator, 100)
        enqueue(store, clock, people)
        lock = emulator.faults.lock(*people[:30])

        report = pusher.push()
        assert (report.written, report.postponed) == (70, 30)

        emulator.faults.clear(lock.number)
        clock.advance(seconds=2)
        assert pusher.push().written == 30
        assert emulator.calls["PATCH /composite/sobjects"] == 2

    def test_a_refused_record_does_not_hold_up_the_others(self, store, emulator, pusher, clock):
        people = seed_contacts(emulator, 3)
        bad = people[1]
        emulator.rules.validation.append(
            ValidationRule(object="Contact", message="No", fails=lambda row: row["Id"] == bad)
        )
        enqueue(store, clock, people)

        report = pusher.push()

        assert (report.written, report.refused) == (2, 1)
        assert refused(store) == [(bad, "FIELD_CUSTOM_VALIDATION_EXCEPTION")]
        assert count(store) == 0

    def test_a_refused_record_is_off_the_list_once_it_is_written(
        self, store, emulator, pusher, clock
    ):
        (alex,) = seed_contacts(emulator, 1)
        enqueue(store, clock, [alex], SMS_Delivery_Status__c="Nonsense")
        pusher.push()
        assert refused(store) == [(alex, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")]

        enqueue(store, clock, [alex])
        pusher.push()

        assert refused(store) == []

    def test_a_field_that_the_org_lacks_stops_the_lane_and_loses_nothing(
        self, store, emulator, pusher, clock
    ):
        people = seed_contacts(emulator, 5)
        (kim,) = seed_leads(emulator, 1)
        enqueue(store, clock, people, Not_There__c="x")
        enqueue(store, clock, [kim], "Lead")

        report = pusher.push()

        assert (report.written, report.stopped) == (1, 5)
        with store.transaction(reads=True) as t:
            (stopped,) = t.writes.stopped_lanes()
        assert (stopped.object, stopped.error_code) == ("Contact", "INVALID_FIELD")
        calls = emulator.calls.total()
        assert pusher.push() == PushReport()
        assert emulator.calls.total() == calls

    def test_a_stopped_lane_starts_again_once_the_field_is_there(
        self, store, emulator, pusher, clock
    ):
        people = seed_contacts(emulator, 2)
        enqueue(store, clock, people, Not_There__c="x")
        pusher.push()
        enqueue(store, clock, people)
        clock.advance(seconds=STOPPED_FOR.total_seconds())

        assert pusher.push().written == 2
        with store.transaction(reads=True) as t:
            assert t.writes.stopped_lanes() == []


class TestOptOuts:
    def test_nothing_that_is_refused_takes_an_opt_out_with_it(
        self, store, emulator, pusher, clock
    ):
        (alex,) = seed_contacts(emulator, 1)
        enqueue(store, clock, [alex], SMS_Delivery_Status__c="Nonsense")
        enqueue(store, clock, [alex], topic="consent", SMS_Opt_Out__c=True)

        report = pusher.push()

        assert (report.written, report.refused) == (1, 1)
        assert emulator.record("Contact", alex)["SMS_Opt_Out__c"] is True

    def test_they_go_on_while_the_rest_of_the_object_is_stopped(
        self, store, emulator, pusher, clock
    ):
        people = seed_contacts(emulator, 5)
        enqueue(store, clock, people, Not_There__c="x")
        pusher.push()
        enqueue(store, clock, people, topic="consent", SMS_Opt_Out__c=True)

        assert pusher.push().written == 5
        with store.transaction(reads=True) as t:
            assert [lane.urgent for lane in t.writes.stopped_lanes()] == [False]

    def test_a_fault_of_their_own_is_tried_again_in_a_while_only(
        self, store, emulator, pusher, clock
    ):
        people = seed_contacts(emulator, 5)
        enqueue(store, clock, people, topic="consent", Not_There__c=True)
        enqueue(store, clock, people)

        report = pusher.push()

        assert (report.written, report.stopped) == (5, 5)
        assert pusher.push().calls == 0


class TestBudget:
    def test_the_daily_limit_holds_all_back_until_it_is_tried_again(
        self, store, emulator, pusher, clock
    ):
        (alex,) = seed_contacts(emulator, 1)
        enqueue(store, clock, [alex])
        emulator.faults.daily_limit(path="composite", lasting=600)

        pusher.push()
        calls = emulator.calls.total()
        clock.advance(seconds=60)
        assert pusher.push().postponed == 1
        assert emulator.calls.total() == calls

        clock.advance(minutes=15)
        assert pusher.push().written == 1

    def test_opt_outs_go_first(self, store, emulator, pusher, clock):
        people = seed_contacts(emulator, 300)
        enqueue(store, clock, people)
        enqueue(store, clock, people[-1:], topic="consent", SMS_Opt_Out__c=True)
        emulator.faults.unavailable(path="composite", skip=1, times=1)

        pusher.push()

        assert emulator.record("Contact", people[-1])["SMS_Opt_Out__c"] is True


class TestRecordsThatWentElsewhere:
    def test_a_converted_lead_is_followed(self, store, emulator, pusher, read):
        (kim,) = seed_leads(emulator, 1)
        store.inbox.keep([dlr(1, ref=kim)])
        read()
        emulator.convert_lead(kim)
        contact = emulator.record("Lead", kim)["ConvertedContactId"]

        assert pusher.push().followed == 1
        read()
        pusher.push()

        assert status(emulator, contact) == "Delivered"

    def test_a_merged_contact_is_followed(self, store, emulator, pusher, read):
        winner, loser = seed_contacts(emulator, 2)
        store.inbox.keep([dlr(1, ref=loser)])
        read()
        emulator.merge(winner, [loser])

        pusher.push()
        read()
        pusher.push()

        assert status(emulator, winner) == "Delivered"

    def test_a_record_that_is_gone_is_refused(self, store, emulator, pusher, clock):
        (alex,) = seed_contacts(emulator, 1)
        emulator.delete("Contact", alex)
        enqueue(store, clock, [alex])

        assert pusher.push().refused == 1
        assert refused(store) == [(alex, "ENTITY_IS_DELETED")]


class TestFaultsOfOneObject:
    def test_hold_up_no_other_object(self, store, emulator, pusher, clock):
        (alex,), (kim,) = seed_contacts(emulator, 1), seed_leads(emulator, 1)
        enqueue(store, clock, [alex])
        enqueue(store, clock, [kim], "Lead")
        emulator.faults.refuse(404, "NOT_FOUND", "no", path="/composite/sobjects")

        with pytest.raises(ConfigurationError):
            pusher.push()

        assert status(emulator, kim, "Lead") == "Delivered"

    def test_a_trail_that_is_refused_is_asked_for_later_and_blocks_nothing(
        self, store, emulator, pusher, clock
    ):
        gone, alex = seed_contacts(emulator, 2)
        emulator.delete("Contact", gone)
        enqueue(store, clock, [gone], topic="consent", SMS_Opt_Out__c=True)
        enqueue(store, clock, [alex])
        no = emulator.faults.refuse(400, "INVALID_FIELD", "no", path="/queryAll", times=None)

        assert (pusher.push().postponed, status(emulator, alex)) == (1, "Delivered")
        emulator.faults.clear(no.number)
        clock.advance(seconds=60)

        assert pusher.push().refused == 1


class TestLeases:
    def test_a_second_pusher_leaves_a_lane_alone_that_is_taken(
        self, store, org, emulator, budget, clock
    ):
        (alex,) = seed_contacts(emulator, 1)
        enqueue(store, clock, [alex])
        with store.transaction() as t:
            t.leases.take("push:Contact", "another", clock(), LEASE)

        assert Pusher(store, org, budget, clock, holder="one").push() == PushReport()

        clock.advance(seconds=LEASE.total_seconds() + 1)
        assert Pusher(store, org, budget, clock, holder="one").push().written == 1

    def test_who_sleeps_past_the_lease_has_its_records_worked_out_anew(
        self, store, org, emulator, budget, clock, read
    ):
        (alex,) = seed_contacts(emulator, 1)
        store.inbox.keep([dlr(1, ref=alex)])
        read()
        slow = Pusher(store, org, budget, clock, holder="slow")

        def overtake(*_call):
            clock.advance(seconds=LEASE.total_seconds() + 1)
            with store.transaction() as t:
                assert t.leases.take("push:Contact", "fast", clock(), LEASE)
                t.leases.give_back(t.leases.take("push:Contact", "fast", clock(), LEASE))
            return False

        emulator.faults.unavailable(path="composite", when=overtake)

        assert slow.push() == PushReport(postponed=1, calls=2)
        emulator.faults.clear()
        read()
        assert count(store) == 1
        assert slow.push().written == 1


def test_an_older_value_that_lands_last_is_overwritten(
    store, org, emulator, budget, clock, read
):
    """One sleeps over its lease, another one writes what is newer, then the first lands."""
    (alex,) = seed_contacts(emulator, 1)
    store.inbox.keep([dlr(8, ref=alex, at=int(clock().timestamp()))])
    read()
    fast = Pusher(store, org, budget, clock, holder="fast")

    class Sleepy:
        """The org, reached by somebody who falls asleep before he calls."""

        def __getattr__(self, name):
            return getattr(org, name)

        def update(self, changes):
            clock.advance(seconds=LEASE.total_seconds() + 1)
            store.inbox.keep([dlr(1, ref=alex, at=int(clock().timestamp()))])
            read()
            assert fast.push().written == 1
            return org.update(changes)

    sleepy = Sleepy()
    Pusher(store, sleepy, budget, clock, holder="slow").push()  # type: ignore[arg-type]
    assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] == "Pending"

    read()
    fast.push()

    assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] == "Delivered"


def test_news_of_a_record_under_way_are_written_next(store, org, emulator, budget, clock):
    """The value that comes back to what Salesforce had before must be sent all the same."""
    (alex,) = seed_contacts(emulator, 1)
    enqueue(store, clock, [alex], SMS_Delivery_Status__c="Pending")
    pusher = Pusher(store, org, budget, clock, holder="one")
    pusher.push()
    enqueue(store, clock, [alex])

    def change_back(*_call):
        enqueue(store, clock, [alex], SMS_Delivery_Status__c="Pending")
        return False

    emulator.faults.unavailable(path="composite", when=change_back, times=1)
    pusher.push()
    emulator.faults.clear()

    with store.transaction(reads=True) as t:
        assert t.writes.remembered([alex]) == {}
    assert pusher.push().written == 1
    assert status(emulator, alex) == "Pending"


class StumblingStore:
    """A store of which the next transaction is undone, as PostgreSQL does to one of two."""

    def __init__(self, store):
        self._store = store
        self.stumbles = 0

    @contextlib.contextmanager
    def transaction(self, *, reads=False):
        with self._store.transaction(reads=reads) as transaction:
            yield transaction
            if self.stumbles:
                self.stumbles -= 1
                raise StoreUnavailableError("the store cannot do this now: deadlock detected")


def test_an_answer_is_kept_though_the_store_stumbles(store, org, emulator, budget, clock):
    (alex,) = seed_contacts(emulator, 1)
    enqueue(store, clock, [alex])
    stumbling = StumblingStore(store)

    def trip(*_call):
        stumbling.stumbles = 2
        return False

    emulator.faults.unavailable(path="composite", when=trip, times=1)

    pusher = Pusher(stumbling, org, budget, clock, holder="one")  # type: ignore[arg-type]
    assert pusher.push().written == 1
    with store.transaction(reads=True) as t:
        assert t.outbox.size() == (0, None)


class CountingOrg:
    """An org that notes how many records each update call had."""

    def __init__(self, org):
        self._org = org
        self.sizes = []

    def update(self, batch):
        self.sizes.append(len(batch))
        return self._org.update(batch)

    def __getattr__(self, name):
        return getattr(self._org, name)


class TestSizeOfCalls:
    @pytest.fixture
    def counting(self, org):
        return CountingOrg(org)

    @pytest.fixture
    def sizing(self, store, counting, budget, clock):
        return Pusher(store, counting, budget, clock, holder="one")

    def test_after_a_call_without_an_answer_they_are_half_as_big(
        self, store, emulator, sizing, counting, clock
    ):
        enqueue(store, clock, seed_contacts(emulator, 250))
        emulator.faults.timeout(path="composite", after_commit=True)

        sizing.push()
        clock.advance(seconds=3)
        report = sizing.push()

        assert (report.written, counting.sizes) == (250, [200, 100, 100, 50])

    def test_they_shrink_within_a_round_while_automation_runs_out_of_time(
        self, store, emulator, sizing, counting, clock
    ):
        """A trigger that manages sixty records in the time it has."""
        people = seed_contacts(emulator, 200)
        enqueue(store, clock, people)
        emulator.faults.refuse(
            400,
            "REQUEST_RUNNING_TOO_LONG",
            "Your request was running for too long",
            path="composite",
            times=None,
            when=lambda *_call: counting.sizes[-1] > 60,
        )

        for _ in range(10):
            sizing.push()
            clock.advance(minutes=1)

        assert counting.sizes[:6] == [200, 100, 50, 50, 50, 50]
        assert [status(emulator, each) for each in people] == ["Delivered"] * 200

    def test_what_fails_because_of_others_is_not_given_up_before_it_went_alone(
        self, store, emulator, sizing, counting, clock
    ):
        """More halvings than an error of that kind has tries."""
        people = seed_contacts(emulator, 40)
        enqueue(store, clock, people)
        inner = "Trigger: System.LimitException: Apex CPU time limit exceeded"
        emulator.rules.flows.append(
            BrokenFlow(
                object="Contact",
                name="Slow",
                inner=inner,
                fails=lambda _row: counting.sizes[-1] > 1,
            )
        )

        for _ in range(200):
            sizing.push()
            clock.advance(minutes=15)

        assert refused(store) == []
        assert {status(emulator, each) for each in people} == {"Delivered"}

    def test_a_parent_s_records_share_a_call(self, store, emulator, sizing, counting, clock):
        people = seed_contacts(emulator, 260)
        with store.transaction() as t:
            t.outbox.enqueue(
                [
                    Queued(
                        record=RecordRef("Contact", each),
                        topic="delivery",
                        fields={"SMS_Delivery_Status__c": "Delivered"},
                        urgent=False,
                        parent=f"A{number // 130}",
                    )
                    for number, each in enumerate(people)
                ],
                clock(),
            )

        sizing.push()

        assert counting.sizes == [130, 130]


class TestPatienceWithLocks:
    def test_after_five_quick_tries_it_waits_long(self, store, emulator, pusher, clock):
        (alex,) = seed_contacts(emulator, 1)
        enqueue(store, clock, [alex])
        emulator.faults.lock(alex)

        waits = []
        for _ in range(8):
            pusher.push()
            with store.transaction(reads=True) as t:
                (waiting,) = t.outbox.waiting(alex)
            waits.append((waiting.not_before - clock()).total_seconds())
            clock.advance(seconds=waits[-1])

        longest = [2, 4, 8, 16, 32, 300, 600, 900]
        assert all(most / 2 <= wait <= most for wait, most in zip(waits, longest, strict=True))


def test_where_records_went_is_asked_once_a_round(store, emulator, pusher, clock):
    people = seed_contacts(emulator, 1_000)
    enqueue(store, clock, people)
    for each in people[::100]:
        emulator.delete("Contact", each)

    report = pusher.push()

    assert (report.written, report.refused) == (990, 10)
    assert emulator.calls["PATCH /composite/sobjects"] == 5
    assert emulator.calls["GET /queryAll"] == 1
