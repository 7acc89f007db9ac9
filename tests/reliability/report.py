"""Writes docs/reliability.md from what the trials told; no figure in it is typed."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from tests.reliability.trial import Tally


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one trial told, or one of its controls."""

    trial: str
    title: str
    shows: str
    control: str
    seconds: int
    tries: int
    tally: Tally

    @property
    def good(self) -> bool:
        """A trial must find nothing; a control must be found."""
        return bool(self.tally.faults) == bool(self.control)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run of all trials."""

    seed: int
    seconds: int
    told: tuple[Told, ...]

    def as_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        found: Mapping[str, Any] = json.loads(text)
        told = tuple(
            Told(**{**each, "tally": Tally(**each["tally"])}) for each in found["told"]
        )
        return cls(**{**found, "told": told})


_HEAD = """# Reliability

How the service behaves when processes are killed, disks fail, databases stop and Salesforce is
away: tried, not claimed. `make reliability` runs it all again and writes this page; every
figure on it comes from that run.

    make reliability
    make reliability ARGS="--seed 7"
    make reliability ARGS="--only kills"

The same seed draws the same faults. A trial that finds something prints it with the seed, and
the run ends with 1.
"""

_CONTROLS = """## What the trials must find

A trial that cannot fail shows nothing. Each of these is a mistake planted into the code, or an
unsafe setting, and the trial beside it must find it.
"""

_DATA_BEGINS, _DATA_ENDS = "<!-- what the run told: ", " -->"


def page(report: Report) -> str:
    trials = [each for each in report.told if not each.control]
    controls = [each for each in report.told if each.control]
    data = report.as_json().replace("--", "-\\u002d")  # ends no comment
    parts = [
        _HEAD,
        "## What was tried\n",
        f"Seed {report.seed}, {report.seconds / 60:.1f} minutes.\n",
        *map(_section, trials),
        _CONTROLS,
        _table(
            ("trial", "planted", "found"),
            [(each.trial, each.control, _found(each)) for each in controls],
        ),
        f"{_DATA_BEGINS}{data}{_DATA_ENDS}\n",
    ]
    return "\n".join(parts)


def read(text: str) -> Report:
    """The run that a page was written from."""
    begins = text.index(_DATA_BEGINS) + len(_DATA_BEGINS)
    return Report.from_json(text[begins : text.index(_DATA_ENDS, begins)])


def _found(told: Told) -> str:
    if not told.good:
        return "NO"
    return "yes" if told.tries == 1 else f"yes, at try {told.tries}"


def _section(told: Told) -> str:
    counts = [(name, f"{count:,}") for name, count in told.tally.counts.items()]
    rows = [*counts, ("violations", f"{len(told.tally.faults):,}")]
    return f"### {told.title}\n\n{told.shows}\n\n{_table(('what', 'how many'), rows)}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
