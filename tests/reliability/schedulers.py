"""Two to four schedulers on one database, killed, paused and ended."""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.jobs.faults import FAULTS
from tests.jobs.live import KINDS, Outcome, play
from tests.jobs.process import Rhythm
from tests.reliability.trial import Ask, Control, Tally, Trial
from tests.support import postgres


#: Seconds of each run, by the engine and how many there are; SQLite is one machine's.
RUNS = (("postgresql", 4, 14.0), ("postgresql", 2, 7.0), ("sqlite", 3, 7.0))
#: With a mistake planted: the first seconds show it, or those of the next try.
FAULTY_SECONDS, FAULTY_TRIES = 8.0, 4
#: Those that need two who stop at the very same place, or a clock between two statements, are
#: found by orders that are played, in tests/jobs/test_orders.py.
FOUND = (
    "whoever slept past the lease goes on",
    "what was missed is noted nowhere",
)
USUAL = Rhythm()
_COUNTS = {
    "kill -9": "schedulers killed",
    "SIGSTOP": "schedulers paused past their leases",
    "SIGTERM": "schedulers ended",
    "slots": "slots worked off",
    "taken over": "slots taken over from another",
    "coalesced": "slots made up for by a later one",
    "job.lost": "sleepers that changed nothing",
}


@contextlib.contextmanager
def _place(engine: str) -> Iterator[tuple[str, Path]]:
    with tempfile.TemporaryDirectory(prefix="connector-schedulers-") as name:
        if engine == "sqlite":
            yield f"sqlite:///{name}/store", Path(name)
            return
        with postgres.server(in_memory=True) as server:
            if server is None:
                raise RuntimeError(postgres.HOW_TO_GET_ONE)
            with server.database() as url:
                yield url, Path(name)


def _play(
    engine: str,
    number: int,
    seconds: float,
    seed: int,
    rhythm: Rhythm = USUAL,
    kinds: Sequence[str] = KINDS,
) -> Outcome:
    with _place(engine) as (url, folder):
        return play(
            url,
            folder,
            schedulers=number,
            seconds=seconds,
            seed=seed,
            rhythm=rhythm,
            kinds=kinds,
        )


def _run(ask: Ask) -> Tally:
    tally = Tally()
    for engine, number, seconds in RUNS[: ask.of(len(RUNS))]:
        outcome = _play(engine, number, max(seconds * ask.size, 2.0), ask.seed)
        for told, count in _COUNTS.items():
            tally.counts[count] += outcome.done[told]
        tally.faults += [f"{number} on {engine}: {each}" for each in outcome.faults]
    return tally


def _control(name: str) -> Control:
    def run(ask: Ask) -> Tally:
        # With more units of work a pause is likelier to meet one that should not be done.
        rhythm = Rhythm(rest_ms=150, parts=6, fault=name)
        for more in range(FAULTY_TRIES):
            seed = ask.seed + more
            outcome = _play("postgresql", 3, FAULTY_SECONDS, seed, rhythm, ["SIGSTOP"])
            if outcome.faults:
                break
        return Tally(faults=outcome.faults)

    return Control(name=name, run=run)


TRIAL = Trial(
    name="schedulers",
    title="Two to four schedulers",
    shows="Each slot of a job is worked off once, whoever is killed, paused or ended; the work"
    " and its end are there together or not at all; who slept past the lease changes nothing.",
    run=_run,
    most_seconds=150,
    controls=tuple(_control(each.name) for each in FAULTS if each.name in FOUND),
)
