"""The invariants of consent in orders drawn from the seed, and all orders of small scenes."""

import random

from tests.consent.faults import FAULTS, Fault
from tests.consent.interleavings import enumerate_orders, play, quiet
from tests.consent.scenes import SCENES
from tests.consent.stage import Shown, Stage
from tests.consent.stage import Tally as Played
from tests.reliability.trial import Ask, Control, Tally, Trial


RUNS, FAULTY_RUNS = 4_000, 1_500


def _run(ask: Ask) -> Tally:
    quiet()
    stage = Stage()
    shown = play(stage, seed=ask.seed, runs=ask.of(RUNS, 100))
    return _told(stage, shown)


def _told(stage: Stage, shown: Shown | None) -> Tally:
    played = sum(stage.tallies.values(), Played())
    tally = Tally(faults=[str(shown)] if shown else [])
    tally.counts["orders played"] = played.runs
    tally.counts["steps"] = played.steps
    tally.counts["crashes"] = played.crashes
    tally.counts["checks"] = played.checks
    return tally


def _control(fault: Fault) -> Control:
    def run(ask: Ask) -> Tally:
        quiet()
        stage = Stage()
        scene = next((each for each in SCENES if each.name == fault.scene), None)
        with fault.planted():
            shown = (
                enumerate_orders(stage, scene, FAULTY_RUNS, random.Random(ask.seed))  # noqa: S311
                if scene
                else play(stage, seed=ask.seed, runs=FAULTY_RUNS)
            )
        return _told(stage, shown)

    return Control(name=fault.name, run=run)


TRIAL = Trial(
    name="consent",
    title="Orders of STOP, START, sync, erasure and crashes",
    shows="Nobody who said STOP may be texted until a later, evidenced opt-in is committed.",
    run=_run,
    controls=tuple(map(_control, FAULTS)),
)
