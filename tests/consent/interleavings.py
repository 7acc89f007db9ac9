"""
The proof of the invariants: `python -m tests.consent.interleavings --help`.

Real functions on a real store are played in orders drawn from a seed, and all orders of small
scenes; after every commit and at the end an oracle that knows only the rules judges. It ends
with 1 at the first violation, with the order that shows it.
"""

import argparse
import gc
import logging
import multiprocessing
import random
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor

from tests.consent.scenes import SCENES, Scene
from tests.consent.stage import DRAWN, Shown, Stage, Tally


#: Of all runs, those that try the orders of small scenes one after the other.
ENUMERATED = 0.4
PROCESSES = 2

Played = tuple[dict[str, Tally], str]


def play(stage: Stage, *, seed: int, runs: int, part: int = 0, parts: int = 1) -> Shown | None:
    """A part of so many runs; stops at the first that breaks an invariant."""
    scenes, before = SCENES[part::parts], stage.runs
    each = int(runs * ENUMERATED / len(SCENES))
    dice = random.Random(seed)  # noqa: S311 (repeatable, not secret)
    for scene in scenes:
        if shown := enumerate_orders(stage, scene, each, dice):
            return shown
    for number in range(runs // parts - (stage.runs - before)):
        if shown := stage.draw(seed, number * parts + part):
            return shown
    return None


def enumerate_orders(
    stage: Stage, scene: Scene, most: int, dice: random.Random
) -> Shown | None:
    """All orders that differ from the plainest in one place, then in two, then in three."""
    level: list[list[int]] = [[]]
    while level and most > 0:
        following: list[list[int]] = []
        for path in level[:most]:
            shown, branches = stage.enumerate(scene, path)
            if shown:
                return shown
            following += branches
        most -= len(level)
        dice.shuffle(following)
        level = following
    return None


def table(tallies: Mapping[str, Tally]) -> str:
    """What was played, scene by scene."""
    head = f"{'scene':42}{'runs':>8}{'steps':>10}{'crashes':>9}{'checks':>11}{'violations':>12}"
    rows = [(name, tallies[name]) for name in sorted(tallies)]
    rows.append(("all", sum(tallies.values(), Tally())))
    lines = [
        f"{name:42}{t.runs:8}{t.steps:10}{t.crashes:9}{t.checks:11}{t.violations:12}"
        for name, t in rows
    ]
    return "\n".join([head, *lines])


def added(played: Iterable[Mapping[str, Tally]]) -> dict[str, Tally]:
    sums: dict[str, Tally] = {}
    for tallies in played:
        for name, tally in tallies.items():
            sums[name] = sums.get(name, Tally()) + tally
    return sums


def _part(seed: int, runs: int, part: int, parts: int) -> Played:
    quiet()
    stage = Stage()
    shown = play(stage, seed=seed, runs=runs, part=part, parts=parts)
    return stage.tallies, str(shown or "")


def quiet() -> None:
    """No log, and garbage looked for rarely: what a run makes lives as long as the run."""
    logging.disable(logging.CRITICAL)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.consent.interleavings")
    parser.add_argument("--runs", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay", metavar="SEED:RUN", help="play one run again")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    given = parser.parse_args()
    if given.replay:
        quiet()
        shown = Stage().replay(given.replay)
        sys.stdout.write(f"{shown or 'no violation'}\n")
        return int(bool(shown))
    started = time.perf_counter()
    parts = given.processes
    with ProcessPoolExecutor(parts, multiprocessing.get_context("spawn")) as pool:
        under_way = [
            pool.submit(_part, given.seed, given.runs, part, parts) for part in range(parts)
        ]
        played = [each.result() for each in under_way]
    tallies = added(tallies for tallies, _ in played)
    tallies.setdefault(DRAWN, Tally())
    took = time.perf_counter() - started
    sys.stdout.write(f"{table(tallies)}\nseed {given.seed}, {took:.0f} seconds\n")
    found = [told for _, told in played if told]
    for told in found[:1]:
        sys.stdout.write(f"\n{told}\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
