"""A job is done once for each slot of time, by one worker at a time."""

import dataclasses
import logging
from datetime import UTC, datetime, timedelta

import pytest

from connector.domain.errors import StoreUnavailableError
from connector.pipeline.slots import KEPT, LEASE, LONGEST_WAIT, SlotJob, SlotRunner, wait_after
from connector.pipeline.tenure import TenureLostError
from connector.store import Store
from tests.jobs.journal import connection_of
from tests.support.clock import NOON


HOUR = timedelta(hours=1)


@pytest.fixture
def runner(store, clock):
    return SlotRunner(store, clock, "one")


@pytest.fixture
def other(store, clock):
    return SlotRunner(store, clock, "two")


class Work:
    """Notes the turns that it was given; does what a test wants with each."""

    def __init__(self, *does):
        self.turns = []
        self.does = list(does)

    def __call__(self, turn):
        self.turns.append(turn)
        return self.does.pop(0)(turn) if self.does else "done"

    @property
    def starts(self):
        return [each.start for each in self.turns]


def hourly(work, name="hourly"):
    return SlotJob(name=name, every=HOUR, work=work)


def told(store, job="hourly"):
    """Each slot with what is told of it, the oldest first."""
    with store.transaction(reads=True) as transaction:
        slots = transaction.slots.newest(job, 9_999)
    return [(each.start, each.result) for each in reversed(slots)]


def fail(_turn):
    raise ZeroDivisionError("with +44 7700 900123 in it")


class TestSlot:
    def test_begins_on_the_hour_of_utc(self):
        job = hourly(Work())

        assert job.slot(NOON + timedelta(minutes=59)) == NOON
        assert job.slot(NOON) == NOON

    def test_of_an_odd_length_begins_at_a_multiple_of_it(self):
        job = SlotJob(name="odd", every=timedelta(seconds=7), work=Work())

        start = job.slot(NOON)

        assert start <= NOON < start + job.every
        assert (start - datetime(1970, 1, 1, tzinfo=UTC)) % job.every == timedelta(0)


class TestRun:
    def test_a_slot_is_worked_off_once(self, store, clock, runner, other):
        work = Work()
        clock.advance(minutes=17)

        reports = [each.run(hourly(work)) for each in (runner, runner, other)]

        assert work.starts == [NOON]
        assert [each and each.result for each in reports] == ["done", None, None]
        assert told(store) == [(NOON, "done")]

    def test_the_next_slot_is_due_as_soon_as_it_begins(self, store, clock, runner, other):
        work = Work()
        runner.run(hourly(work))

        clock.advance(minutes=59)
        early = other.run(hourly(work))
        clock.advance(minutes=1)
        other.run(hourly(work))

        assert early is None
        assert told(store) == [(NOON, "done"), (NOON + HOUR, "done")]

    def test_jobs_do_not_know_of_each_other(self, store, runner):
        runner.run(hourly(Work(), "one"))
        runner.run(hourly(Work(), "two"))

        assert told(store, "one") == told(store, "two") == [(NOON, "done")]

    def test_notes_the_numbers_of_a_report(self, store, runner):
        @dataclasses.dataclass(frozen=True)
        class Report:
            read: int = 3
            lost: int = 0
            written: int = 2

        runner.run(hourly(Work(lambda _: Report())))

        assert told(store) == [(NOON, "read 3, written 2")]

    def test_notes_nothing_of_a_job_that_tells_nothing(self, store, runner):
        runner.run(hourly(Work(lambda _: None)))

        assert told(store) == [(NOON, "")]

    def test_what_another_works_on_nobody_begins(self, runner, other):
        seen = []
        second = Work()
        work = Work(lambda _: seen.append(other.run(hourly(second))))

        runner.run(hourly(work))

        assert seen == [None]
        assert second.turns == []

    def test_the_threads_of_one_process_are_parted_too(self, runner):
        seen = []
        second = Work()
        work = Work(lambda _: seen.append(runner.run(hourly(second))))

        runner.run(hourly(work))

        assert seen == [None]
        assert second.turns == []

    def test_looking_whether_it_is_due_writes_nothing(self, store, runner, other):
        runner.run(hourly(Work()))
        with store.transaction() as transaction:  # on SQLite a second writer would have to wait
            transaction.marks.set("somebody", "writes")

            assert other.run(hourly(Work())) is None


class TestMissed:
    def test_one_run_makes_up_for_all_of_them(self, store, clock, runner, other):
        work = Work()
        runner.run(hourly(work))
        clock.advance(hours=4, minutes=30)

        report = other.run(hourly(work))

        assert work.starts == [NOON, NOON + 4 * HOUR]
        assert work.turns[-1].missed == report.missed == 3
        assert told(store) == [
            (NOON, "done"),
            *((NOON + hours * HOUR, "coalesced") for hours in (1, 2, 3)),
            (NOON + 4 * HOUR, "done"),
        ]

    def test_at_the_very_first_nothing_was_missed(self, runner):
        assert runner.run(hourly(Work())).missed == 0

    def test_of_months_the_newest_are_recorded_and_the_rest_is_told(self, store, clock, runner):
        runner.run(hourly(Work()))
        clock.advance(days=365)

        report = runner.run(hourly(Work()))

        with store.transaction(reads=True) as transaction:
            slots = transaction.slots.newest("hourly", 9_999)
        assert report.missed == 365 * 24 - 1
        assert len(slots) == KEPT
        assert (slots[0].start, slots[0].since) == (NOON + 365 * 24 * HOUR, NOON + HOUR)
        assert {each.into for each in slots[1:]} == {slots[0].start}

    def test_old_slots_are_forgotten(self, store, clock, runner):
        job = SlotJob(name="often", every=timedelta(seconds=1), work=Work())
        for _ in range(3):
            runner.run(job)
            clock.advance(seconds=KEPT * 0.6)

        slots = told(store, "often")

        assert len(slots) == KEPT
        assert slots[-1] == (NOON + timedelta(seconds=KEPT * 1.2), "done")

    def test_a_longer_interval_goes_on_from_the_last_slot(self, store, clock, runner):
        runner.run(SlotJob(name="job", every=timedelta(minutes=5), work=Work()))
        clock.advance(minutes=5)
        runner.run(SlotJob(name="job", every=timedelta(minutes=5), work=Work()))

        clock.advance(minutes=50)
        early = runner.run(hourly(Work(), "job"))
        clock.advance(minutes=10)
        runner.run(hourly(Work(), "job"))

        assert early is None
        assert told(store, "job") == [
            (NOON, "done"),
            (NOON + timedelta(minutes=5), "done"),
            (NOON + HOUR, "done"),
        ]

    def test_a_shorter_interval_goes_on_from_the_last_slot(self, store, clock, runner):
        runner.run(hourly(Work(), "job"))
        clock.advance(minutes=70)

        runner.run(SlotJob(name="job", every=timedelta(minutes=30), work=Work()))

        assert told(store, "job") == [
            (NOON, "done"),
            (NOON + HOUR / 2, "coalesced"),
            (NOON + HOUR, "done"),
        ]

    @pytest.mark.parametrize("days", [3, 30, 300])
    def test_a_clock_far_ahead_holds_nobody_up_for_longer_than_a_day(
        self, store, clock, runner, days
    ):
        job = hourly(Work())
        runner.run(job)
        clock.advance(days=days)
        runner.run(job)
        clock.advance(days=-days)
        runner.declare([job])

        clock.advance(hours=25)
        reports = [runner.run(job), runner.run(job)]

        assert [each and each.start for each in reports] == [NOON + 25 * HOUR, None]
        assert told(store)[-1] == (NOON + 25 * HOUR, "done")

    @pytest.mark.parametrize("days", [1, 300])
    def test_a_worker_whose_clock_is_behind_does_nothing_again(
        self, clock, runner, other, days
    ):
        job = hourly(Work())
        runner.run(job)
        clock.advance(days=300)
        runner.run(job)

        clock.advance(days=-days, minutes=-1)

        assert other.run(job) is None


class TestFailure:
    def test_is_noted_and_raised(self, store, runner):
        with pytest.raises(ZeroDivisionError):
            runner.run(hourly(Work(fail)))

        assert told(store) == [(NOON, "ZeroDivisionError")]

    def test_is_told_in_our_own_words(self, store, runner):
        def held_up(_turn):
            raise StoreUnavailableError("the store cannot do this now")

        with pytest.raises(StoreUnavailableError):
            runner.run(hourly(Work(held_up)))

        assert told(store) == [(NOON, "the store cannot do this now")]

    def test_is_tried_again_by_anybody_after_growing_waits(self, store, clock, runner, other):
        work = Work(fail, fail)
        for each, wait in ((runner, 5), (other, 10)):
            with pytest.raises(ZeroDivisionError):
                each.run(hourly(work))
            clock.advance(seconds=wait - 1)
            assert runner.run(hourly(work)) is None
            clock.advance(seconds=1)

        other.run(hourly(work))

        assert [each.slot.attempts for each in work.turns] == [1, 2, 3]
        assert told(store) == [(NOON, "done")]

    def test_waits_never_longer_than_a_quarter_of_an_hour(self):
        assert wait_after(1) < wait_after(2) < wait_after(3)
        assert wait_after(99) == LONGEST_WAIT

    def test_of_many_hours_is_made_up_for_when_it_is_mended(self, store, clock, runner):
        with pytest.raises(ZeroDivisionError):
            runner.run(hourly(Work(fail)))
        clock.advance(hours=3)
        work = Work()

        runner.run(hourly(work))
        runner.run(hourly(work))

        assert work.starts == [NOON, NOON + 3 * HOUR]
        assert [result for _, result in told(store)] == [
            "done",
            "coalesced",
            "coalesced",
            "done",
        ]

    def test_holds_no_other_job_up(self, store, runner):
        with pytest.raises(ZeroDivisionError):
            runner.run(hourly(Work(fail), "bad"))

        runner.run(hourly(Work(), "good"))

        assert told(store, "good") == [(NOON, "done")]

    def test_what_it_had_not_committed_is_gone(self, store, runner):
        def breaks_off(turn):
            with turn.held() as transaction:
                transaction.marks.set("kept", "yes")
            with turn.closing() as transaction:
                transaction.marks.set("lost", "yes")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            runner.run(hourly(Work(breaks_off)))

        with store.transaction(reads=True) as transaction:
            assert transaction.marks.get("kept") == "yes"
            assert transaction.marks.get("lost") == ""


class TestLeftOpen:
    """A process that was killed is one that begins a slot and never comes back."""

    @pytest.fixture
    def killed(self, runner):
        """A turn of a process that is no more."""
        turns = []

        def die(turn):
            turns.append(turn)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            runner.run(hourly(die))
        return turns[0]

    @pytest.mark.usefixtures("killed")
    def test_is_left_alone_while_its_holder_may_be_there(self, clock, other):
        clock.advance(seconds=LEASE.total_seconds() - 1)

        assert other.run(hourly(Work())) is None

    @pytest.mark.usefixtures("killed")
    def test_is_taken_over_after_its_lease(self, store, clock, other):
        clock.advance(seconds=LEASE.total_seconds() + 1)
        work = Work()

        other.run(hourly(work))

        assert [each.slot.attempts for each in work.turns] == [2]
        assert told(store) == [(NOON, "done")]

    @pytest.mark.parametrize("does", ["held", "closing", "renew", "put_off"])
    def test_whoever_slept_meanwhile_changes_nothing(self, store, clock, other, killed, does):
        clock.advance(seconds=LEASE.total_seconds() + 1)
        other.run(hourly(Work()))
        ways = {
            "held": killed.held,
            "closing": killed.closing,
            "renew": killed.renew,
            "put_off": lambda: killed.put_off("slept"),
        }

        with pytest.raises(TenureLostError), ways[does]() as transaction:
            transaction.marks.set("late", "yes")

        with store.transaction(reads=True) as transaction:
            assert transaction.marks.get("late") == ""
        assert told(store) == [(NOON, "done")]

    def test_whoever_slept_and_was_not_missed_goes_on(self, store, clock, killed):
        clock.advance(hours=9)

        with killed.held() as transaction:
            transaction.marks.set("late", "yes")
        with killed.closing("slept well"):
            pass

        assert told(store) == [(NOON, "slept well")]

    @pytest.mark.usefixtures("killed")
    def test_a_job_that_kills_its_process_again_and_again_has_to_wait(self, clock, store):
        def die(_turn):
            raise KeyboardInterrupt

        begun = []
        for number in range(20):
            clock.advance(seconds=LEASE.total_seconds() + 1)
            each = SlotRunner(store, clock, f"process {number}")
            try:
                each.run(hourly(die))
            except KeyboardInterrupt:
                begun.append(number)

        assert begun[:6] == [0, 1, 2, 3, 4, 5]
        assert len(begun) < 20


class TestTurn:
    def test_a_unit_of_work_has_the_whole_lease_again(self, clock, runner, other):
        seen = []

        def works_long(turn):
            for _ in range(3):
                clock.advance(seconds=LEASE.total_seconds() * 0.9)
                with turn.held():
                    pass
                seen.append(other.run(hourly(Work())))

        runner.run(hourly(works_long))

        assert seen == [None, None, None]

    def test_the_last_unit_ends_the_slot(self, store, clock, runner):
        def closes(turn):
            clock.advance(seconds=3)
            with turn.closing("closed") as transaction:
                transaction.marks.set("done", "yes")

        report = runner.run(hourly(Work(closes)))

        assert report.start == NOON
        assert told(store) == [(NOON, "closed")]
        with store.transaction(reads=True) as transaction:
            (slot,) = transaction.slots.newest("hourly", 2)
            assert slot.finished_at == clock()

    def test_what_is_told_afterwards_is_noted(self, store, runner):
        def closes(turn):
            with turn.closing():
                pass
            return "more to tell"

        runner.run(hourly(Work(closes)))

        assert told(store) == [(NOON, "more to tell")]

    def test_the_slot_ends_once(self, store, runner):
        def closes_twice(turn):
            with turn.closing("first"):
                pass
            with turn.closing("second") as transaction:
                transaction.marks.set("twice", "yes")

        assert runner.run(hourly(Work(closes_twice))) is None

        assert told(store) == [(NOON, "first")]
        with store.transaction(reads=True) as transaction:
            assert transaction.marks.get("twice") == ""

    def test_a_failure_after_the_end_does_not_open_it_again(self, store, runner):
        def fails_late(turn):
            with turn.closing("closed"):
                pass
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            runner.run(hourly(Work(fails_late)))

        assert told(store) == [(NOON, "closed")]

    def test_a_lost_slot_is_no_failure(self, store, clock, runner, other, caplog):
        caplog.set_level(logging.WARNING)

        def sleeps(turn):
            clock.advance(seconds=LEASE.total_seconds() + 1)
            other.run(hourly(Work()))
            with turn.held() as transaction:
                transaction.marks.set("late", "yes")

        assert runner.run(hourly(Work(sleeps))) is None

        assert [each.message for each in caplog.records] == ["job.lost"]
        assert told(store) == [(NOON, "done")]


def test_a_worker_halted_within_a_transaction_keeps_nobody_waiting_for_ever(
    postgres_url, clock
):
    store = Store.open(postgres_url)
    one, two = SlotRunner(store, clock, "one"), SlotRunner(store, clock, "two")

    def halts(turn):
        with turn.held() as transaction:
            # As the server does after minutes; until then whoever comes waits for the lock.
            connection_of(transaction).exec_driver_sql(
                "SET LOCAL idle_in_transaction_session_timeout = 50"
            )
            transaction.marks.set("halted", "yes")
            clock.advance(seconds=LEASE.total_seconds() + 1)
            two.run(hourly(Work()))

    with pytest.raises(StoreUnavailableError):
        one.run(hourly(halts))

    with store.transaction(reads=True) as transaction:
        assert transaction.marks.get("halted") == ""
    assert told(store) == [(NOON, "done")]
    store.close()
