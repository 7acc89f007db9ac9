"""SQLite held by another program for longer than is waited, and poison among healthy data."""

import asyncio
import contextlib
import logging
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from connector.domain.records import Verdict
from connector.pipeline import events, normalise
from connector.salesforce import write
from tests.consent.faults import planted
from tests.end_to_end.client import Journal, deliver
from tests.end_to_end.flood import Run, Scenario, running_service
from tests.end_to_end.sends import Send
from tests.reliability import poison
from tests.reliability.probes import BUSY, OK, Readiness, repeated
from tests.reliability.trial import Ask, Control, Tally, Trial


PEOPLE, CALLBACKS = 200, 900
CLIENTS = 8
PORTION, PAUSE_SECONDS, MOST_SECONDS = 10, 0.05, 25.0
#: Holds what no reader and no writer gets by, until its standard input closes.
_HOLD = """
import sqlite3, sys
held = [sqlite3.connect(path, timeout=60, isolation_level=None) for path in sys.argv[1:]]
for each in held:
    each.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


def play_locks(ask: Ask) -> Tally:
    """Callbacks come all the time; nobody can write until readiness has gone."""
    scenario = Scenario(
        people=ask.of(PEOPLE, 60),
        callbacks=ask.of(CALLBACKS, 200),
        seed=ask.seed,
        settle_seconds=60,
    )
    with tempfile.TemporaryDirectory(prefix="connector-locks-") as folder:
        with running_service(scenario, Path(folder)) as run:
            ready = Readiness(run.service.ports)
            with repeated(ready.look):
                asyncio.run(_send_all(run, ready, Path(folder)))
                run.settle()
                ready.until(OK)
        return _told(run, ready)


async def _send_all(run: Run, ready: Readiness, folder: Path) -> None:
    await asyncio.to_thread(ready.until, OK)
    sends = list(run.plan.sends)
    files = sorted((folder / "data").glob("*.sqlite3"))
    lock = asyncio.create_task(asyncio.to_thread(_hold, files, ready, run.journal))
    while not lock.done():
        portion, sends = sends[:PORTION], sends[PORTION:]
        await _deliver(run, portion)
        await asyncio.sleep(PAUSE_SECONDS)
    await lock
    await _deliver(run, sends)
    await _deliver(run, [run.plan.last])


async def _deliver(run: Run, sends: Sequence[Send]) -> None:
    await deliver(sends, run.service.ports, run.journal, clients=CLIENTS)


def _hold(files: Sequence[Path], ready: Readiness, journal: Journal) -> None:
    """Until it is not ready, and those who came together were all refused."""
    with _holding(files):
        ready.until(BUSY)
        for _ in range(round(MOST_SECONDS / PAUSE_SECONDS)):
            if journal.answers[BUSY] >= CLIENTS:
                break
            threading.Event().wait(PAUSE_SECONDS)


@contextlib.contextmanager
def _holding(files: Sequence[Path]) -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, *map(str, files)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        try:
            if holder.stdout.readline() != "held\n":
                raise AssertionError("nobody else could lock the database")
            yield
        finally:
            holder.stdin.close()


def _told(run: Run, ready: Readiness) -> Tally:
    journal = run.journal
    tally = Tally(faults=[*run.faults, *ready.faults])
    if journal.curt:
        tally.faults.append(f"{journal.curt} answers 503 without Retry-After")
    if not journal.answers[BUSY]:
        tally.faults.append("nobody heard of the lock")
    if failed := run.service.logged("job.failed"):
        tally.faults.append(f"jobs failed: {str(failed[0])[:300]}")
    tally.counts["times the database was held by somebody else"] = 1
    tally.counts["callbacks and registrations acknowledged"] = journal.acknowledged
    tally.counts["answered 503, and sent again"] = journal.answers[BUSY]
    tally.counts["acknowledged and lost"] = sum(each.startswith("lost") for each in run.faults)
    return tally


def play_poison(ask: Ask) -> Tally:
    logging.disable(logging.CRITICAL)
    try:
        return poison.play(ask)
    finally:
        logging.disable(logging.NOTSET)


def _run(ask: Ask) -> Tally:
    locks, poisoned = play_locks(ask), play_poison(ask)
    return Tally(
        counts=locks.counts + poisoned.counts, faults=[*locks.faults, *poisoned.faults]
    )


def _read_without_a_net(callbacks, installed, read_phone):
    batch = events.Batch()
    for kept in callbacks:
        for event in events.events_of(kept, installed):
            batch.add(kept.id, event, read_phone)
    return batch


def _insist(change, code, message, fields):
    verdict = _verdict(change, code, message, fields)
    return Verdict.RETRY if verdict is Verdict.PARK else verdict


_verdict = write._verdict  # noqa: SLF001


def _control(name: str, owner: object, place: str, fault: object) -> Control:
    def run(ask: Ask) -> Tally:
        with planted(owner, place, fault):
            return play_poison(Ask(ask.seed, ask.size / 4))

    return Control(name=name, run=run)


TRIAL = Trial(
    name="locks_and_poison",
    title="Locked databases, callbacks and records that nobody can take",
    shows="A database that another program holds loses nothing and ends nothing. What cannot be"
    " read or written holds up nothing else, is tried a few times only, is shown to the"
    " operator, and is right after it was mended and tried again by command.",
    run=_run,
    controls=(
        _control(
            "a parser that breaks ends its batch", normalise, "read_batch", _read_without_a_net
        ),
        _control("what is refused is tried for ever", write, "_verdict", _insist),
    ),
)
