"""Power cuts, worked out from the system calls of real processes: nothing promised is lost."""

import contextlib
import functools
from pathlib import Path

from connector.store import engine
from tests.consent.faults import planted
from tests.reliability.disk import strace
from tests.reliability.disk.images import Judge, Taking
from tests.reliability.disk.recordings import Manner, Web, of_workload, workplace
from tests.reliability.disk.replay import Replay
from tests.reliability.trial import Ask, Control, Tally, Trial


ROUNDS, CONTROL_ROUNDS, CALLBACKS = 60, 25, 160
#: How the embedded database is opened: as with this SQLite, and as with one whose write-ahead
#: log has no fault (connector/store/engine.py).
JOURNALS = ("truncate", "wal")
TAKING = Taking(at_promises=0.7, between=0.06)
#: After a power cut acknowledged commits may be gone with each of these.
UNSAFE = (
    Manner(journal="wal", synchronous="normal"),
    Manner(journal="delete", synchronous="full"),
    Manner(journal="truncate", synchronous="normal"),
    Manner(journal="truncate", synchronous="off"),
)
EARLY = Manner(mistake="answers before it commits")


def _run(ask: Ask) -> Tally:
    try:
        strace.program()
    except strace.NoStraceError as error:
        return Tally(faults=[str(error)])
    tally = Tally()
    for journal in JOURNALS[: ask.of(len(JOURNALS))]:
        manner = Manner(journal=journal)
        _workload(tally, ask, manner, ask.of(ROUNDS, 4))
        _web(tally, ask, manner)
    return tally


def _control(manner: Manner, ask: Ask) -> Tally:
    tally = Tally()
    _workload(tally, ask, manner, CONTROL_ROUNDS)
    return tally


def _early(ask: Ask) -> Tally:
    tally = Tally()
    _web(tally, Ask(ask.seed, 0.2), EARLY)
    return tally


def _workload(tally: Tally, ask: Ask, manner: Manner, rounds: int) -> None:
    with workplace() as place:
        replay = of_workload(place, manner, seed=ask.seed, rounds=rounds)
        _watch(tally, ask, place, f"store, {manner}", replay, manner.journal)


def _web(tally: Tally, ask: Ask, manner: Manner) -> None:
    with workplace() as place:
        replay = Web(place, manner).record(ask.seed, ask.of(CALLBACKS, 10))
        _watch(tally, ask, place, f"connector web, {manner}", replay, manner.journal)


def _watch(
    tally: Tally, ask: Ask, place: Path, what: str, replay: Replay, journal: str
) -> None:
    """Images are opened as their databases were."""
    with contextlib.ExitStack() as manners:
        if journal:
            manners.enter_context(planted(engine, "journal_mode", lambda: journal))
        Judge(tally, place, ask.dice()).watch(replay, f"seed {ask.seed}, {what}", TAKING)


TRIAL = Trial(
    name="power_loss",
    title="Power cuts under the embedded database",
    shows="What was acknowledged outlives a power cut, whatever part of the unsynced writes"
    " reached the disk; the databases are sound, and the service starts on them and goes on.",
    run=_run,
    most_seconds=600,
    controls=(
        *(
            Control(
                name=f"journal_mode {each.journal}, synchronous {each.synchronous}",
                run=functools.partial(_control, each),
            )
            for each in UNSAFE
        ),
        Control(name=EARLY.mistake, run=_early),
    ),
)
