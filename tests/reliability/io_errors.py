"""Disks that fail or are full: a 2xx is for what is durable only, and nothing else is lost."""

import contextlib
import functools
import os
import random
from collections.abc import Sequence
from pathlib import Path

from connector.store import engine
from tests.consent.faults import planted
from tests.reliability.disk import full, strace
from tests.reliability.disk.images import Judge, Taking
from tests.reliability.disk.recordings import Manner, Web, of_workload, workplace
from tests.reliability.disk.replay import BUSY, Replay
from tests.reliability.trial import Ask, Control, Tally, Trial


ROUNDS, CALLBACKS = 40, 80
JOURNALS = ("truncate", "wal")
TAKING = Taking(at_promises=0.4, between=0.02)
#: What each fault is called in the report, and how strace puts it in: every so many calls of a
#: thread, from one drawn from the seed on.
FAULTS = {
    "syncs that failed": ("fdatasync:error=EIO", 9, 61),
    "writes that failed": ("pwrite64:error=EIO", 40, 97),
    "writes for which the disk was full": ("pwrite64:error=ENOSPC", 40, 61),
}
SWALLOWED = Manner(mistake="an I/O error is answered 2xx")
BELIEVED = Manner(journal="wal", mistake="what the log shows is taken for what the disk has")


def _run(ask: Ask) -> Tally:
    try:
        strace.program()
    except strace.NoStraceError as error:
        return Tally(faults=[str(error)])
    tally = Tally()
    for journal in JOURNALS:
        _deaths(tally, ask, Manner(journal=journal), ask.of(ROUNDS, 30))
    _full(tally)
    for what in list(FAULTS)[: ask.of(len(FAULTS))]:
        _web(tally, ask, Manner(), what)
    return tally


def _full(tally: Tally) -> None:
    with workplace() as place:
        full.limit(tally, place)
    if os.geteuid() == 0:
        with workplace() as place:
            full.fill_up(tally, place)
    else:
        tally.counts["left out: a disk of its own wants root"] += 1


def _deaths(tally: Tally, ask: Ask, manner: Manner, rounds: int) -> None:
    """Processes that meet a failed sync and are killed in the same moment, one by one."""
    dice = ask.dice()
    first = {"truncate": 90, "wal": 30}[manner.journal]
    least = {"truncate": 8, "wal": 12}[manner.journal]
    counts = [first + dice.randrange(6), *(least + dice.randrange(8) for _ in range(2))]
    faults = [f"fdatasync:error=EIO:when={each}+" for each in counts]
    with workplace() as place:
        replay = of_workload(place, manner, seed=ask.seed, rounds=rounds, faults=faults)
        _watch(tally, ask, place, f"processes that died, {manner}", replay, manner.journal)
    tally.counts["processes killed after a failed sync"] += len(faults)


def _web(tally: Tally, ask: Ask, manner: Manner, what: str) -> None:
    """A real web process; what its clients do not hear 2xx for they send again."""
    call, first, step = FAULTS[what]
    begin = first + random.Random(ask.seed).randrange(5)  # noqa: S311 (repeatable)
    with workplace() as place:
        web = Web(place, manner, inject=[f"{call}:when={begin}+{step}"])
        replay = web.record(ask.seed, ask.of(CALLBACKS, 50))
        _watch(tally, ask, place, f"connector web, {what}", replay, "")
    tally.counts["requests to the real web process"] += len(web.journal.stories)
    tally.counts["answered 503, with Retry-After"] += replay.ear.answers[BUSY]
    tally.counts["web processes that ended by themselves"] += web.breaks
    tally.faults += [f"seed {ask.seed}, {what}: {each}" for each in replay.ear.faults]
    if not replay.ear.answers[BUSY]:
        tally.faults.append(f"seed {ask.seed}: {what}: nobody was told to come again")


def _watch(
    tally: Tally, ask: Ask, place: Path, what: str, replay: Replay, journal: str
) -> None:
    with contextlib.ExitStack() as manners:
        if journal:
            manners.enter_context(planted(engine, "journal_mode", lambda: journal))
        Judge(tally, place, ask.dice()).watch(replay, f"seed {ask.seed}, {what}", TAKING)
    tally.counts["syncs that failed"] += replay.failed_syncs


def _believed(ask: Ask) -> Tally:
    tally = Tally()
    _deaths(tally, ask, BELIEVED, ROUNDS)
    return tally


def _swallowed(what: Sequence[str], ask: Ask) -> Tally:
    tally = Tally()
    for each in what:
        _web(tally, Ask(ask.seed, 0.5), SWALLOWED, each)
    return Tally(faults=[each for each in tally.faults if "acknowledged and lost" in each])


TRIAL = Trial(
    name="io_errors",
    title="Disks that fail, and full ones",
    shows="Where a sync or a write fails, or the disk is full, nobody hears 2xx for what is not"
    " durable, but 503 with Retry-After; the service recovers by itself, and what was"
    " acknowledged outlives even a power cut after a failed sync.",
    run=_run,
    most_seconds=900,  # a process that meets one fault after another is started ever later
    controls=(
        Control(
            name=SWALLOWED.mistake,
            run=functools.partial(_swallowed, ["writes for which the disk was full"]),
        ),
        Control(name=BELIEVED.mistake, run=_believed),
    ),
)
