"""
Measure, and print each figure beside its goal: `make bench`.

Ratios are of one run, its ways interleaved, so that they travel; absolute figures are this
machine's, and mean something only while it does nothing else.
"""

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from connector.clock import system_clock
from tests.benchmarks import (
    backlog,
    disk,
    freshness,
    growth,
    ingest,
    machine,
    pushing,
    reading,
    rolling_up,
)
from tests.benchmarks.figures import QUICK, Figure, Scale, shown


PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
LONG_BACKLOG = 1_000_000

BENCHMARKS: Mapping[str, Callable[[Scale], Iterator[Figure]]] = {
    "ingest": ingest.run,
    "disk": disk.run,
    "reading": reading.run,
    "calls": pushing.calls,
    "push": pushing.push,
    "freshness": freshness.run,
    "backlog": backlog.run,
    "roll-up": rolling_up.run,
    "growth": growth.run,
}
_REACHED = {True: "yes", False: "no", None: ""}


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    scale = QUICK if options.quick else Scale()
    if options.long:
        scale = dataclasses.replace(scale, backlog=LONG_BACKLOG)
    found: dict[str, list[Figure]] = {}
    for name in options.only or BENCHMARKS:
        started = time.perf_counter()
        found[name] = list(BENCHMARKS[name](scale))
        if not options.json:
            _say(f"{name} ({time.perf_counter() - started:.0f} s)")
            _say(*(f"  {line}" for line in _lines(found[name])))
    if options.json:
        _say(json.dumps(_as_json(found), indent=2))
    else:
        _say("", *_lines(figure for each in found.values() for figure in each if figure.goal))
    if options.write:
        PAGE.write_text(page(found, system_clock().date(), machine.facts()), "utf-8")
    return 0


def page(
    found: Mapping[str, Iterable[Figure]], day: date, facts: Iterable[tuple[str, str]]
) -> str:
    """The page of the documentation, whole."""
    lines = [
        "# Benchmarks",
        "",
        "<!-- Written by `make bench ARGS=--write`: no figure here is typed by hand. -->",
        "",
        f"Measured on {day:%d %B %Y} by `make bench`. Each ratio is the median of rounds whose",
        "ways took turns in one run; client, service and databases share the machine. Goals",
        "without a ratio depend on the machine.",
        "",
        *_rows(("machine", ""), facts),
    ]
    for name, figures in found.items():
        cells = (
            (each.name, shown(each.value, each.unit), _goal(each), _REACHED[each.reached])
            for each in figures
        )
        lines += ["", f"## {name}", "", _about(name), ""]
        lines += _rows(("figure", "measured", "goal", "reached"), cells)
    return "\n".join([*lines, ""])


def _about(name: str) -> str:
    """What a benchmark measures, in its own words."""
    benchmark = BENCHMARKS[name]
    told = benchmark.__doc__ or sys.modules[benchmark.__module__].__doc__ or ""
    return told.strip().partition("\n")[0]


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _lines(figures: Iterable[Figure]) -> Iterator[str]:
    for each in figures:
        told = f"{each.name:<78} {shown(each.value, each.unit):>12}"
        yield f"{told}   {_goal(each):<12} {_REACHED[each.reached]}".rstrip()


def _goal(figure: Figure) -> str:
    return figure.goal.shown(figure.unit) if figure.goal else ""


def _as_json(found: Mapping[str, Iterable[Figure]]) -> dict[str, list[dict[str, object]]]:
    return {
        name: [{**dataclasses.asdict(each), "reached": each.reached} for each in figures]
        for name, figures in found.items()
    }


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Measure the connector."
    )
    parser.add_argument("--only", action="append", choices=BENCHMARKS, metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="just see that it works")
    parser.add_argument("--long", action="store_true", help="with a backlog of a million")
    parser.add_argument("--json", action="store_true", help="print JSON at the end")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    return parser.parse_args(arguments)


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
