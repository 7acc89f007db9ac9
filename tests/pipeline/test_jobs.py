"""What an operator sees of the jobs."""

from datetime import timedelta

import pytest

from connector.pipeline.jobs import JobFacts, jobs
from connector.pipeline.slots import SlotJob, SlotRunner
from tests.support.clock import NOON


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
JOB = SlotJob(name="roll-up", every=MINUTE, work=lambda _: "3 rows")


@pytest.fixture
def runner(store, clock):
    return SlotRunner(store, clock, "host 17 400 boot/4026 abcd")


def fail(_turn):
    raise ZeroDivisionError


def test_before_any_worker_ran_there_is_none(store, clock):
    assert jobs(store, clock()) == []


def test_a_job_that_was_declared_is_there_before_it_ran(store, clock, runner):
    runner.declare([JOB])

    (facts,) = jobs(store, clock())

    assert (facts.name, facts.every) == ("roll-up", MINUTE)
    assert facts.last_started_at is None
    assert facts.last_finished_at is None
    assert (facts.running, facts.late, facts.failures, facts.state) == (
        False,
        False,
        0,
        "in time",
    )


def test_tells_of_the_last_run(store, clock, runner):
    runner.declare([JOB])
    clock.advance(seconds=5)
    runner.run(JOB)

    (facts,) = jobs(store, clock())

    assert facts.last_started_at == facts.last_finished_at == NOON + timedelta(seconds=5)
    assert (facts.last_result, facts.worker, facts.state) == ("3 rows", "host 17", "in time")


def test_tells_who_is_at_it(store, clock, runner):
    seen: list[JobFacts] = []
    job = SlotJob(
        name="roll-up", every=MINUTE, work=lambda _: seen.extend(jobs(store, clock()))
    )
    runner.declare([job])

    runner.run(job)

    assert [(each.state, each.running, each.worker) for each in seen] == [
        ("running", True, "host 17")
    ]


def test_tells_of_failures_until_it_is_mended(store, clock, runner):
    runner.declare([JOB])
    runner.run(JOB)
    clock.advance(minutes=1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            runner.run(SlotJob(name="roll-up", every=MINUTE, work=fail))
        clock.advance(minutes=1)

    (failing,) = jobs(store, clock())
    runner.run(JOB)
    (mended,) = jobs(store, clock())

    assert (failing.state, failing.failures, failing.trouble) == (
        "fails",
        2,
        "ZeroDivisionError",
    )
    assert failing.needs_somebody
    assert failing.last_result == "3 rows"
    assert not failing.running
    assert (mended.failures, mended.trouble) == (0, "")


@pytest.mark.parametrize(
    "every, late_after",
    [(MINUTE, timedelta(minutes=3)), (HOUR, 2 * HOUR + MINUTE), (DAY, DAY + HOUR + MINUTE)],
)
def test_is_late_when_nobody_works_it_off(store, clock, runner, every, late_after):
    job = SlotJob(name="roll-up", every=every, work=lambda _: None)
    runner.declare([job])
    runner.run(job)
    late_at = job.slot(clock()) + late_after

    facts = [jobs(store, at)[0] for at in (late_at, late_at + timedelta(seconds=1))]

    assert [each.late for each in facts] == [False, True]
    assert [each.state for each in facts] == ["in time", "late"]


def test_a_job_that_never_began_is_late_too(store, runner):
    runner.declare([JOB])

    assert jobs(store, NOON + timedelta(minutes=3))[0].late


def test_a_job_that_is_no_more_is_not_shown(store, clock, runner):
    runner.declare([JOB, SlotJob(name="old", every=HOUR, work=lambda _: None)])

    runner.declare([JOB])

    assert [each.name for each in jobs(store, clock())] == ["roll-up"]


def test_another_interval_is_taken_with_the_next_start(store, clock, runner):
    runner.declare([JOB])

    runner.declare([SlotJob(name="roll-up", every=HOUR, work=lambda _: None)])

    assert [each.every for each in jobs(store, clock())] == [HOUR]


def test_says_that_a_clock_was_ahead(store, clock, runner):
    runner.declare([JOB])
    clock.advance(days=90)
    runner.run(JOB)
    clock.advance(days=-90)

    (facts,) = jobs(store, clock())

    assert facts.late
    assert "2027-02-21 12:00" in facts.trouble
    assert facts.last_started_at is None


def test_they_come_by_name(store, clock, runner):
    runner.declare(SlotJob(name=each, every=HOUR, work=lambda _: None) for each in "cab")

    assert [each.name for each in jobs(store, clock())] == ["a", "b", "c"]
