"""How often the worker calls what, and that nothing it calls keeps another waiting."""

import threading
from datetime import timedelta

import pytest

from connector.clock import system_clock
from connector.domain.errors import StoreBrokenError, StoreUnavailableError
from connector.pipeline.slots import SlotJob, SlotRunner
from connector.progress import Progress
from connector.worker import by_slots, schedule, stop


#: Longer than it ever takes: who waits so long has found a fault.
PATIENCE_SECONDS = 30


@pytest.mark.parametrize(
    "every, seconds",
    [
        (timedelta(seconds=5), 0.5),
        (timedelta(minutes=1), 6),
        (timedelta(hours=1), 10),
        (timedelta(days=90), 10),
    ],
)
def test_a_job_by_slots_is_looked_at_several_times_a_slot(store, clock, every, seconds):
    runner = SlotRunner(store, clock, "one")

    jobs = by_slots(runner, [SlotJob(name="job", every=every, work=lambda _: None)])

    assert {name: look for name, (_, look) in jobs.items()} == {"job": seconds}


def test_jobs_that_hang_hold_no_other_up():
    free, done = threading.Event(), threading.Event()
    hanging = {f"hanging {each}": (free.wait, 600) for each in range(30)}
    scheduler = schedule({**hanging, "other": (done.set, 600)}, system_clock)
    scheduler.start()

    reached = done.wait(PATIENCE_SECONDS)

    free.set()
    scheduler.shutdown(wait=True)
    assert reached


def test_a_job_that_fails_is_called_again(caplog):
    calls, thrice = [], threading.Event()

    def fail():
        calls.append(1)
        if len(calls) == 3:
            thrice.set()
        raise ZeroDivisionError

    scheduler = schedule({"bad": (fail, 0.01)}, system_clock)
    scheduler.start()

    reached = thrice.wait(PATIENCE_SECONDS)

    scheduler.shutdown(wait=True)
    assert reached
    assert {each.message for each in caplog.records if each.name == "connector.worker"} == {
        "job.failed"
    }


def test_the_end_waits_for_what_is_under_way_and_hands_back():
    begun, free = threading.Event(), threading.Event()
    told: list[object] = []

    def slow():
        begun.set()
        free.wait()

    scheduler = schedule({"slow": (slow, 600)}, system_clock)
    scheduler.start()
    begun.wait(PATIENCE_SECONDS)

    def hand_back():
        told.append("handed back")
        return ["push:Contact"]

    ending = threading.Thread(
        target=stop, args=(scheduler, hand_back), kwargs={"leave": told.append}
    )
    ending.start()
    assert told == []
    free.set()
    ending.join(PATIENCE_SECONDS)

    assert told == ["handed back"]


def test_the_end_waits_for_nobody_for_ever(caplog):
    free = threading.Event()
    told: list[object] = []
    scheduler = schedule({"hanging": (free.wait, 600)}, system_clock)
    scheduler.start()

    stop(scheduler, list, seconds=0.05, leave=told.append)

    assert told == [0]
    assert "worker.cut_off" in caplog.messages
    free.set()


def test_a_store_that_cannot_be_asked_does_not_keep_it_either(caplog):
    def hand_back():
        raise StoreUnavailableError("the server is away")

    scheduler = schedule({"idle": (lambda: None, 600)}, system_clock)
    scheduler.start()

    stop(scheduler, hand_back)

    assert "worker.not_handed_back" in caplog.messages


def test_a_disk_that_failed_ends_the_worker(caplog):
    def fail():
        raise StoreBrokenError("disk I/O error")

    ended = threading.Event()
    progress = Progress(end=ended.set)
    scheduler = schedule({"bad": (fail, 0.01), "worse": (fail, 0.01)}, system_clock, progress)
    scheduler.start()

    reached = ended.wait(PATIENCE_SECONDS)

    scheduler.shutdown(wait=True)
    assert reached
    assert progress.broken
    assert [each.message for each in caplog.records].count("store.broken") == 1
