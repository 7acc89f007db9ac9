"""
A worker that does nothing but jobs by slots: `python -m tests.jobs.process URL SETTINGS`.

It is the real scheduler with the real runner; what the jobs do is to write into the journal,
in several units of work, with rests between them so that a kill or a pause meets them there.
"""

import contextlib
import dataclasses
import json
import logging
import random
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta

from connector.clock import system_clock
from connector.pipeline.slots import SlotJob, SlotRunner, Turn
from connector.store import Store
from connector.store.holders import own_name
from connector.worker import by_slots, schedule
from tests.jobs import journal
from tests.jobs.faults import FAULTS


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """
    How often slots begin, how long a lease lasts, and how long a job rests in between.

    The longer job has so many `parts` before its end. With a `fault` all of them run with this
    mistake in their code.
    """

    every_ms: int = 250
    lease_ms: int = 1_000
    rest_ms: int = 200
    parts: int = 2
    fault: str = ""

    def jobs(self) -> Sequence[SlotJob]:
        """One whose work is its last unit, one with units before it."""
        every = timedelta(milliseconds=self.every_ms)
        lease = timedelta(milliseconds=self.lease_ms)
        return [
            SlotJob(name="short", every=every, work=self._short, lease=lease),
            SlotJob(name="long", every=every, work=self._long, lease=lease),
        ]

    def _short(self, turn: Turn) -> None:
        with turn.closing("closed") as transaction:
            journal.write(transaction, turn, journal.END)
            self._rest(0.1)

    def _long(self, turn: Turn) -> str:
        for _ in range(self.parts):
            with turn.held() as transaction:
                journal.write(transaction, turn, journal.PART)
            self._rest()
        with turn.closing() as transaction:
            journal.write(transaction, turn, journal.END)
        return f"{self.parts + 1} units"

    def _rest(self, share: float = 1) -> None:
        seconds = random.random() * share * self.rest_ms / 1000  # noqa: S311 (spreads)
        threading.Event().wait(seconds)


def main() -> None:
    stopping = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
    logging.basicConfig(level=logging.WARNING)
    url, rhythm = sys.argv[1], Rhythm(**json.loads(sys.argv[2]))
    store = Store.open(url, upgrade=False)
    runner = SlotRunner(store, system_clock, own_name())
    with contextlib.ExitStack() as mistakes:
        for each in FAULTS:
            if each.name == rhythm.fault:
                mistakes.enter_context(each.planted())
        scheduler = schedule(by_slots(runner, rhythm.jobs()), system_clock)
        scheduler.start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        signal.sigwait(stopping)
        scheduler.shutdown(wait=True)
    store.close()


if __name__ == "__main__":
    main()
