"""
Orders of what happens to workers, drawn from a seed: `python -m tests.jobs.orders --help`.

The real runner on the real store in memory. Workers run one at a time; at each beginning and
end of a transaction another may go on, the worker may be gone, or time passes.
"""

import argparse
import dataclasses
import logging
import random
import secrets
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta

from connector.pipeline.slots import LONGEST_WAIT, SlotJob, SlotRunner, Turn
from tests.consent.scheduler import Action, Chooser, Drawn, Enumerated
from tests.consent.world import World
from tests.jobs import journal


EVERY, LEASE = timedelta(minutes=1), timedelta(minutes=5)
JOB = "job"
#: What time does: not even to the next slot, past some, past a lease.
PASSES = (
    timedelta(seconds=7),
    timedelta(seconds=40),
    EVERY,
    EVERY * 3,
    LEASE + timedelta(seconds=1),
    LEASE * 4,
)
#: Every worker does so many things at most.
MOST_RUNS = 4
#: At the end somebody comes so often; one waits the longest wait in between.
LAST_RUNS = 4
OPEN_TWICE = "SELECT COUNT(*) FROM job_slots WHERE finished_at = 0"
#: What is finished without the work, and the other way round.
_FINISHED = "SELECT slot FROM job_slots WHERE finished_at > 0 AND coalesced = 0"
_DONE = "SELECT slot FROM journal WHERE what = 'end'"
HALVES = f"""
    SELECT (SELECT COUNT(*) FROM ({_FINISHED} EXCEPT {_DONE}))
      + (SELECT COUNT(*) FROM ({_DONE} EXCEPT {_FINISHED}))
"""  # noqa: S608 (both are ours)


class BrokenWorkError(Exception):
    """What a job may raise."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A run that breaks a rule: how to play it again, and what happened in it."""

    replay: str
    faults: Sequence[str]
    steps: Sequence[tuple[str, str]]

    def __str__(self) -> str:
        told = [*self.faults, f"--replay {self.replay}"]
        return "\n".join([*told, *(f"  {actor:10}{what}" for actor, what in self.steps)])


class Stage:
    """One world, begun anew with each run."""

    def __init__(self) -> None:
        self.world = World()
        journal.create(self.world.store)
        self._beginning = self.world.state.keep()
        self._began_at = self.world.now
        self._faults: list[str] = []
        self.steps = self.crashes = self.lost = 0
        self.world.state.raw.committed = self._look

    def draw(self, seed: int, number: int) -> Shown | None:
        """One run by chance."""
        dice = random.Random(f"{seed}:{number}")  # noqa: S311 (repeatable, not secret)
        workers = dice.randrange(2, 5)
        actors = [(f"worker {each}", self._worker(each, dice)) for each in range(workers)]
        actors.append(("time", self._time(dice)))
        chooser = Drawn(dice, switches=dice.randrange(3, 12), crashes=dice.randrange(3))
        return self._play(f"{seed}:{number}", actors, chooser)

    def follow(self, path: Sequence[int]) -> tuple[Shown | None, list[list[int]]]:
        """One order of two workers and a lease that ends, and those with one change more."""
        chooser = Enumerated(path, switches=3, crashes=1)
        actors = [
            ("worker 0", self._runs(0, [self._units])),
            ("worker 1", self._runs(1, [self._closing, self._units])),
            ("time", self._passes([LEASE + EVERY])),
        ]
        shown = self._play(".".join(map(str, path)), actors, chooser)
        return shown, chooser.branches()

    def replay(self, told: str) -> Shown | None:
        """What `Shown.replay` names."""
        seed, drawn, number = told.partition(":")
        if drawn:
            return self.draw(int(seed), int(number))
        return self.follow([int(each) for each in told.split(".") if each])[0]

    def _play(
        self, replay: str, actors: Sequence[tuple[str, Action]], chooser: Chooser
    ) -> Shown | None:
        world = self.world
        world.state.begin_with(self._beginning)
        world.now, self._faults = self._began_at, []
        world.scheduler.run(actors, chooser)
        if not self._faults:
            self._come_to_rest()
        self.steps += len(world.scheduler.steps)
        self.crashes += world.scheduler.crashes
        if not self._faults:
            return None
        return Shown(replay=replay, faults=self._faults, steps=list(world.scheduler.steps))

    def _come_to_rest(self) -> None:
        runner = SlotRunner(self.world.store, self.world.clock, "last")
        for _ in range(LAST_RUNS):
            self.world.now += LONGEST_WAIT
            runner.run(_job(self._closing))
        with self.world.store.transaction(reads=True) as transaction:
            slots = transaction.slots.newest(JOB, 999)
            entries = journal.read(transaction, JOB)
        self._faults += journal.faults(slots, entries, EVERY)

    def _look(self) -> None:
        """What must be so after every commit."""
        if self.world.scheduler.actor:
            ((number,),) = self.world.state.raw.execute(OPEN_TWICE)
            ((halves,),) = self.world.state.raw.execute(HALVES)
            if number > 1:
                self._faults.append("two slots are open")
            if halves:
                self._faults.append(
                    "a slot is finished without its work, or the other way round"
                )

    def _worker(self, number: int, dice: random.Random) -> Action:
        ways = [
            self._closing,
            self._units,
            self._units,
            self._fails,
            self._fails_at_last,
            self._sleeps,
        ]
        return self._runs(number, dice.choices(ways, k=dice.randrange(1, MOST_RUNS + 1)))

    def _runs(self, number: int, ways: Sequence[Callable[[Turn], object]]) -> Action:
        runner = SlotRunner(self.world.store, self.world.clock, f"worker {number}")

        def act() -> None:
            for work in ways:
                try:
                    runner.run(_job(work))
                except BrokenWorkError:
                    continue

        return act

    def _time(self, dice: random.Random) -> Action:
        return self._passes(dice.choices(PASSES, k=dice.randrange(1, 7)))

    def _passes(self, lengths: Sequence[timedelta]) -> Action:
        def act() -> None:
            for each in lengths:
                self.world.scheduler.point(f"{each} pass")
                self.world.now += each

        return act

    @staticmethod
    def _closing(turn: Turn) -> None:
        with turn.closing() as transaction:
            journal.write(transaction, turn, journal.END)

    def _units(self, turn: Turn) -> str:
        for _ in range(2):
            with turn.held() as transaction:
                journal.write(transaction, turn, journal.PART)
        self._closing(turn)
        return "three units"

    def _sleeps(self, turn: Turn) -> None:
        self.world.now += LEASE + EVERY
        self._units(turn)

    @staticmethod
    def _fails(turn: Turn) -> None:
        with turn.held() as transaction:
            journal.write(transaction, turn, journal.PART)
        raise BrokenWorkError

    @staticmethod
    def _fails_at_last(turn: Turn) -> None:
        with turn.closing() as transaction:
            journal.write(transaction, turn, journal.END)
            raise BrokenWorkError


def _job(work: Callable[[Turn], object]) -> SlotJob:
    return SlotJob(name=JOB, every=EVERY, work=work, lease=LEASE)


def drawn(stage: Stage, seed: int, runs: int, words: str = "") -> Shown | None:
    """The first of so many runs that breaks a rule; with `words`, the rule told so."""
    found = (stage.draw(seed, number) for number in range(runs))
    told = (shown for shown in found if shown and any(words in each for each in shown.faults))
    return next(told, None)


def enumerated(stage: Stage, most: int, dice: random.Random) -> Shown | None:
    """Orders that differ from the plainest in one place, then in two, then in three."""
    level: list[list[int]] = [[]]
    while level and most > 0:
        following: list[list[int]] = []
        for path in level[:most]:
            shown, branches = stage.follow(path)
            if shown:
                return shown
            following += branches
        most -= len(level)
        dice.shuffle(following)
        level = following
    return None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.jobs.orders")
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--replay", metavar="RUN", help="play one run again")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    stage = Stage()
    if given.replay is not None:
        shown = stage.replay(given.replay)
    else:
        dice = random.Random(given.seed)  # noqa: S311 (repeatable, not secret)
        shown = enumerated(stage, given.runs // 2, dice) or drawn(
            stage, given.seed, given.runs // 2
        )
    sys.stdout.write(f"seed {given.seed}: {stage.steps} steps, {stage.crashes} crashes\n")
    sys.stdout.write(f"{shown or 'no rule is broken'}\n")
    return int(bool(shown))


if __name__ == "__main__":
    sys.exit(main())
