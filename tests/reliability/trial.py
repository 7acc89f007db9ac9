"""What a trial is, and what it tells."""

import dataclasses
import random
from collections import Counter
from collections.abc import Callable


@dataclasses.dataclass(slots=True)
class Tally:
    """What a trial did and saw: `faults` is empty when all is as it should be."""

    counts: Counter[str] = dataclasses.field(default_factory=Counter)
    faults: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Ask:
    """
    How a trial is to be run: the same seed draws the same things.

    `size` is 1 for the whole trial, less for a part of it that shows no more than that it runs.
    """

    seed: int
    size: float = 1.0

    def dice(self) -> random.Random:
        return random.Random(self.seed)  # noqa: S311 (repeatable, not secret)

    def of(self, whole: int, least: int = 1) -> int:
        """So many of these, by the size."""
        return max(least, round(whole * self.size))


Run = Callable[[Ask], Tally]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A mistake or an unsafe setting that the trial must find: it shows that it can."""

    name: str
    run: Run


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """
    One way for things to go wrong; `shows` says what must hold, in a sentence of the report.

    It is ended, and has failed, after `most_seconds`; so is each of its controls.
    """

    name: str
    title: str
    shows: str
    run: Run
    most_seconds: int = 300
    controls: tuple[Control, ...] = ()
