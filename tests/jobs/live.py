"""
Schedulers at once while they are killed, paused and ended: `python -m tests.jobs.live --help`.

Each is a process of its own on one database. In the end every slot between the first and the
last must stand there once, with its work done once, and no sleeper must have done anything.
"""

import argparse
import contextlib
import dataclasses
import json
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from connector.clock import system_clock
from connector.pipeline.slots import SlotRunner
from connector.store import Store
from connector.store.holders import own_name
from tests.jobs import journal
from tests.jobs.faults import FAULTS
from tests.jobs.process import Rhythm
from tests.support import postgres


#: How long a process may take to start or to end before a run fails.
PATIENCE_SECONDS = 60
#: More slots than these are not kept, so a run must not have more.
MOST_SLOTS = 900
KINDS = ("kill -9", "SIGSTOP", "SIGSTOP", "SIGTERM")
#: So many of the pauses hit one who is at work.
AIMED = 0.7
#: Rounds in which all that is left must have come to its end.
LAST_ROUNDS = 2_000


@dataclasses.dataclass(slots=True)
class Outcome:
    """What a run showed: `faults` is empty when all is as it should be."""

    seed: int
    done: Counter[str] = dataclasses.field(default_factory=Counter)
    faults: list[str] = dataclasses.field(default_factory=list)

    def __str__(self) -> str:
        counts = [f"{name:36}{count:6}" for name, count in sorted(self.done.items())]
        told = [f"FAULT  {each}" for each in self.faults[:20]]
        return "\n".join([f"seed {self.seed}", *counts, *told])


class Fleet:
    """So many schedulers on one database; whoever is killed is followed by another."""

    def __init__(self, url: str, number: int, rhythm: Rhythm, log: Path) -> None:
        self._command = [
            sys.executable,
            "-m",
            "tests.jobs.process",
            url,
            json.dumps(dataclasses.asdict(rhythm)),
        ]
        self._log = log
        self._all: list[subprocess.Popen[str]] = []
        #: When a paused one goes on, by its place.
        self._paused: dict[int, float] = {}
        self.number = number

    def __enter__(self) -> Self:
        try:
            for _ in range(self.number):
                self._all.append(self._start())
            for each in self._all:
                self._wait_for(each)
        except BaseException:
            self._kill_all()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self._kill_all()

    def _start(self) -> subprocess.Popen[str]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def _wait_for(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        if process.stdout.readline() != "ready\n":
            raise AssertionError(self._log.read_text("utf-8"))

    def awake(self) -> list[int]:
        return [each for each in range(self.number) if each not in self._paused]

    def kill(self, place: int) -> None:
        """Wherever it is; another starts, nobody waits for it."""
        self._all[place].kill()
        self._replace(place)

    def end(self, place: int) -> None:
        """As a supervisor does: it finishes what it is at."""
        self._all[place].send_signal(signal.SIGTERM)
        self._replace(place)

    def _replace(self, place: int) -> None:
        old = self._all[place]
        self._paused.pop(place, None)
        self._all[place] = self._start()
        for _ in range(PATIENCE_SECONDS * 10):
            with contextlib.suppress(subprocess.TimeoutExpired):
                old.wait(0.1)
                break
            self.wake()  # one that is paused may have locked what the other waits for
        _close(old)

    def place_of(self, pid: int) -> int | None:
        """Where this process stands, if it is one of them."""
        return next((n for n, each in enumerate(self._all) if each.pid == pid), None)

    def pause(self, place: int, seconds: float) -> None:
        self._all[place].send_signal(signal.SIGSTOP)
        self._paused[place] = time.monotonic() + seconds

    def wake(self, *, everybody: bool = False) -> None:
        now = time.monotonic()
        for place, until in list(self._paused.items()):
            if everybody or until <= now:
                del self._paused[place]
                self._all[place].send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.wake(everybody=True)
        for each in self._all:
            each.send_signal(signal.SIGTERM)
        for each in self._all:
            each.wait(PATIENCE_SECONDS)

    def _kill_all(self) -> None:
        for each in self._all:
            with contextlib.suppress(ProcessLookupError):
                each.kill()
            each.wait(PATIENCE_SECONDS)
            _close(each)


def _close(process: subprocess.Popen[str]) -> None:
    if process.stdout:
        process.stdout.close()


def play(
    url: str,
    folder: Path,
    *,
    schedulers: int,
    seconds: float,
    seed: int,
    rhythm: Rhythm,
    kinds: Sequence[str] = KINDS,
) -> Outcome:
    """One run; the seed says what happens when, as far as the machine keeps the time."""
    outcome, log = Outcome(seed), folder / "schedulers.log"
    store = Store.open(url)
    try:
        journal.create(store)
        with Fleet(url, schedulers, rhythm, log) as fleet:
            dice = random.Random(seed)  # noqa: S311 (repeatable, not secret)
            _disturb(fleet, store, dice, (seconds, kinds), rhythm, outcome)
            fleet.stop()
        finish(store, rhythm, outcome)
    finally:
        store.close()
    outcome.done["job.lost"] = log.read_text("utf-8").count("job.lost")
    return outcome


def finish(store: Store, rhythm: Rhythm, outcome: Outcome) -> None:
    """Nobody is at it any more: work off what is left, and look at all of it."""
    _come_to_rest(store, rhythm, outcome)
    _judge(store, rhythm, outcome)


def _disturb(
    fleet: Fleet,
    store: Store,
    dice: random.Random,
    how: tuple[float, Sequence[str]],
    rhythm: Rhythm,
    outcome: Outcome,
) -> None:
    """For so many seconds, in these ways."""
    seconds, kinds = how
    rest, ends = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < ends:
        rest.wait(dice.uniform(0.1, 0.9))
        fleet.wake()
        what = dice.choice(kinds)
        place, longer = dice.randrange(fleet.number), dice.uniform(1.2, 2.5)
        if what == "SIGSTOP" and dice.random() < AIMED:
            place = _busy_place(fleet, store, place)
        if what == "kill -9":
            fleet.kill(place)
        elif place not in fleet.awake():
            continue
        elif what == "SIGSTOP":
            fleet.pause(place, rhythm.lease_ms / 1000 * longer)
        else:
            fleet.end(place)
        outcome.done[what] += 1


def _busy_place(fleet: Fleet, store: Store, otherwise: int) -> int:
    """Where somebody is at the longer job just now."""
    with store.transaction(reads=True) as transaction:
        for lease in transaction.leases.all():
            if lease.name == "job:long":
                place = fleet.place_of(int(lease.holder.split(" ")[1]))
                return otherwise if place is None else place
    return otherwise


def _come_to_rest(store: Store, rhythm: Rhythm, outcome: Outcome) -> None:
    """What was left open is finished by whoever comes then."""
    runner, rest = SlotRunner(store, system_clock, own_name()), threading.Event()
    for job in rhythm.jobs():
        for _ in range(LAST_ROUNDS):
            runner.run(job)
            with store.transaction(reads=True) as transaction:
                standing = transaction.slots.standing(job.name, job.slot(system_clock()))
            if not standing.open:
                break
            rest.wait(rhythm.lease_ms / 1000 / 20)
        else:
            outcome.faults.append(f"{job.name} never comes to rest")


def _judge(store: Store, rhythm: Rhythm, outcome: Outcome) -> None:
    for job in rhythm.jobs():
        with store.transaction(reads=True) as transaction:
            slots = transaction.slots.newest(job.name, MOST_SLOTS + 1)
            entries = journal.read(transaction, job.name)
        outcome.done["slots"] += len(slots)
        outcome.done["coalesced"] += sum(each.into is not None for each in slots)
        outcome.done["taken over"] += sum(each.attempts > 1 for each in slots)
        outcome.faults += [
            f"{job.name}: {each}" for each in journal.faults(slots, entries, job.every)
        ]
        if len(slots) > MOST_SLOTS:
            outcome.faults.append(f"{job.name}: too many slots for one run")


@contextlib.contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'store'}"
        return
    with postgres.server() as server:
        if server is None:
            sys.exit(postgres.HOW_TO_GET_ONE)
        with server.database() as url:
            yield url


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.jobs.live")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--schedulers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--fault", choices=[each.name for each in FAULTS], default="")
    given = parser.parse_args()
    every = max(Rhythm().every_ms, int(given.seconds * 1000 / MOST_SLOTS) + 1)
    with (
        tempfile.TemporaryDirectory() as name,
        _database(given.engine, Path(name)) as url,
    ):
        outcome = play(
            url,
            Path(name),
            schedulers=given.schedulers,
            seconds=given.seconds,
            seed=given.seed,
            rhythm=Rhythm(every_ms=every, fault=given.fault),
        )
    sys.stdout.write(f"{outcome}\n")
    return int(bool(outcome.faults))


if __name__ == "__main__":
    sys.exit(main())
