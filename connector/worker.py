"""The scheduler: each job is one step of the pipeline, called again and again."""

import functools
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from connector.clock import Clock
from connector.domain.errors import ConnectorError, StoreBrokenError
from connector.heartbeat import BEAT_SECONDS, Heartbeat
from connector.notify import Notifier
from connector.pipeline.presence import LOOK_SECONDS
from connector.pipeline.slot_jobs import slot_jobs
from connector.pipeline.slots import SlotJob, SlotRunner
from connector.pipeline.steps import Steps
from connector.progress import LONGEST_ROUND_SECONDS, Progress
from connector.settings import Settings


log = logging.getLogger(__name__)

READ_SECONDS = 0.25
#: Who is rung for a refused login need not know it sooner.
LOGIN_SECONDS = 15.0
SECRETS_SECONDS = 10.0
#: A gateway that asks something waits for days.
ERRANDS_SECONDS = 5.0
#: A day or three are over: nobody waits for the minute.
TIME_RULES_SECONDS = 60.0
#: Jobs by slots are looked at so often within their time, and at least every so many seconds.
LOOKS_PER_SLOT, LONGEST_LOOK_SECONDS = 10, 10.0
#: Gateways are told of opt-outs as fast as they take them; their lists have many pages.
BLOCK_LISTS_SECONDS, BLOCK_LIST_PAGES_SECONDS = 1.0, 5.0
#: As many questions as a gateway takes in this time are asked at once.
RECONCILE_SECONDS = 2.0
#: Who is told of an alert hears it within seconds.
ALERT_SECONDS = 5.0
#: Rounds of reading before the job ends and others get their turn.
READ_ROUNDS = 50
#: The first filling of a big org's directory goes on without waiting for the next poll.
DIRECTORY_ROUNDS = 100
#: What rounds under way may take after SIGTERM, and then what they hold to be handed back.
END_SECONDS, HANDING_BACK_SECONDS = 20.0, 3.0
#: The same complaint is not logged again before this.
SILENCE = timedelta(minutes=1)

#: What is called, and every how many seconds, by its name.
Jobs = dict[str, tuple[Callable[[], object], float]]


def build_scheduler(
    steps: Steps, settings: Settings, clock: Clock, progress: Progress | None = None
) -> BackgroundScheduler:
    """
    A few jobs in memory; correctness is in the store, so any number of workers may run.

    A round that was missed is not made up for: the next one does all there is to do. Jobs by
    slots are called often, and do nothing unless a slot is due that nobody has worked off.
    """
    events = settings.platform_events != "none"
    progress = progress or Progress()
    jobs: Jobs = {
        "read": (functools.partial(steps.read_all, READ_ROUNDS), READ_SECONDS),
        "errands": (steps.run_errands, ERRANDS_SECONDS),
        "time rules": (steps.apply_time_rules, TIME_RULES_SECONDS),
        "heartbeat": (progress.beat, BEAT_SECONDS),
        "presence": (steps.presence.look, LOOK_SECONDS),
        "login": (steps.logins.look, LOGIN_SECONDS),
        "secrets": (steps.renew, SECRETS_SECONDS),
        **({"announce": (steps.announce, settings.flush_seconds)} if events else {}),
        **({"alert events": (steps.alerts.publish, ALERT_SECONDS)} if events else {}),
        "lookup": (steps.look_up, settings.flush_seconds),
        "push": (steps.push, settings.flush_seconds),
        "directory": (
            functools.partial(steps.sync_directory, DIRECTORY_ROUNDS),
            settings.directory_poll_seconds,
        ),
    }
    if settings.alert_webhook:
        jobs["alert webhook"] = (steps.alerts.post, ALERT_SECONDS)
    if settings.block_lists:
        jobs["block lists"] = (steps.push_block_lists, BLOCK_LISTS_SECONDS)
        jobs["block list pull"] = (steps.pull_block_lists, BLOCK_LIST_PAGES_SECONDS)
    for api in steps.reconciler.apis:  # a thread for each: none waits for another's gateway
        jobs[f"reconcile {api.name}"] = (
            functools.partial(steps.reconciler.reconcile, api),
            RECONCILE_SECONDS,
        )
    by_the_clock = by_slots(steps.slots, slot_jobs(steps, settings))
    return schedule(jobs | by_the_clock, clock, progress)


def by_slots(runner: SlotRunner, jobs: Iterable[SlotJob]) -> Jobs:
    """How these jobs are called: several times a slot, so that none is begun late."""
    return {
        each.name: (
            functools.partial(runner.run, each),
            min(each.every.total_seconds() / LOOKS_PER_SLOT, LONGEST_LOOK_SECONDS),
        )
        for each in jobs
    }


def schedule(jobs: Jobs, clock: Clock, progress: Progress | None = None) -> BackgroundScheduler:
    """These jobs in memory, to be started; `progress` hears of each round."""
    progress = progress or Progress()
    scheduler = BackgroundScheduler(
        timezone="UTC",
        # A thread for each, so that none waits until another has ended.
        executors={"default": {"type": "threadpool", "max_workers": len(jobs)}},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for name, (step, seconds) in jobs.items():
        scheduler.add_job(
            Job(name, step, clock, progress),
            "interval",
            seconds=seconds,
            id=name,
            next_run_time=clock(),
        )
    return scheduler


class Job:
    """A step that reports its own failures; none but that of the disk ends the worker."""

    def __init__(
        self, name: str, step: Callable[[], object], clock: Clock, progress: Progress
    ) -> None:
        self._name = name
        self._step = step
        self._clock = clock
        self._progress = progress
        self._complaint = ""
        self._complained_at = clock() - SILENCE

    def __call__(self) -> None:
        try:
            with self._progress.at(self._name):
                self._step()
        except StoreBrokenError as error:
            self._complain(error)
            self._progress.give_up()
        except ConnectorError as error:
            self._complain(error)
        except Exception:
            log.exception("job.failed", extra={"job": self._name})
        else:
            self._complaint = ""

    def _complain(self, error: ConnectorError) -> None:
        now, complaint = self._clock(), str(error)
        if complaint == self._complaint and now < self._complained_at + SILENCE:
            return
        self._complaint, self._complained_at = complaint, now
        level = logging.WARNING if error.retryable else logging.ERROR
        log.log(level, "job.held_up", extra={"job": self._name, "reason": complaint})


def run(steps: Steps, settings: Settings, clock: Clock, notifier: Notifier) -> None:
    """
    Work until SIGTERM or SIGINT, then finish the rounds under way.

    Ends with 1 where the disk has failed: whoever watches starts another.
    """
    stopping = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
    tune()
    if steps.adopt_mappings():
        log.info("mappings.changed")
    steps.announcer.prepare()
    steps.block_pusher.prepare()
    steps.block_puller.prepare()
    steps.reconciler.prepare()
    jobs = slot_jobs(steps, settings)
    steps.slots.declare(jobs)
    progress = Progress({each.name: longest_round(each) for each in jobs}, end=end)
    scheduler = build_scheduler(steps, settings, clock, progress)
    scheduler.start()
    log.info("worker.started", extra={"store": steps.store.engine})
    notifier.ready()
    sign = Sign(progress, Heartbeat(settings.heartbeat_file), notifier)
    while not signal.sigtimedwait(stopping, notifier.seconds):
        sign.give()
    log.info("worker.stopping")
    notifier.stopping()
    steps.shift.end()
    stop(scheduler, steps.presence.leave, code=int(progress.broken))
    steps.store.close()
    if progress.broken:
        sys.exit(1)


def end() -> None:
    """As SIGTERM does; for any thread."""
    os.kill(os.getpid(), signal.SIGTERM)


def longest_round(job: SlotJob) -> float:
    """Its lease is for the longest pause between two units of work; a round has several."""
    return max(LONGEST_ROUND_SECONDS, 2 * job.lease.total_seconds())


class Sign:
    """Says that a worker goes on, as long as it does."""

    def __init__(self, progress: Progress, heartbeat: Heartbeat, notifier: Notifier) -> None:
        self._progress = progress
        self._heartbeat = heartbeat
        self._notifier = notifier
        self._told: list[str] = []
        heartbeat.beat()

    def give(self) -> None:
        hanging = self._progress.hanging()
        if hanging and hanging != self._told:
            log.error("worker.hangs", extra={"jobs": hanging})
        elif not hanging:
            self._heartbeat.beat()
            self._notifier.alive()
        self._told = hanging


def stop(
    scheduler: BackgroundScheduler,
    hand_back: Callable[[], Collection[str]],
    *,
    seconds: float = END_SECONDS,
    code: int = 0,
    leave: Callable[[int], object] = os._exit,
) -> None:
    """
    Have no more begun, wait for what is under way, and hand back what is held.

    A call that nobody answers ends with the process: `leave` is called, which does not wait
    for the threads that are left.
    """
    ending = threading.Thread(target=scheduler.shutdown, daemon=True)
    ending.start()
    ending.join(seconds)
    hangs = ending.is_alive()
    handing_back = threading.Thread(target=_hand_back, args=(hand_back,), daemon=True)
    handing_back.start()
    handing_back.join(HANDING_BACK_SECONDS)  # the store may hang as well
    if hangs:
        log.warning("worker.cut_off", extra={"seconds": seconds})
        leave(code)


def _hand_back(hand_back: Callable[[], Collection[str]]) -> None:
    try:
        if names := hand_back():
            log.info("worker.handed_back", extra={"leases": sorted(names)})
    except ConnectorError as error:
        log.warning("worker.not_handed_back", extra={"reason": str(error)})


def tune() -> None:
    """
    Look for garbage rarely: a batch is thousands of values that all live until its end.

    With the interpreter's own thresholds reading takes more than twice as long.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
