"""What a benchmark hands back: figures beside their goals."""

import dataclasses
import statistics
from collections.abc import Callable, Mapping


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A figure to reach; `most` says that less is better."""

    value: float
    most: bool = False

    def reached_by(self, value: float) -> bool:
        return value <= self.value if self.most else value >= self.value

    def shown(self, unit: str) -> str:
        return f"{'≤' if self.most else '≥'} {shown(self.value, unit)}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table; without a goal it explains the others."""

    name: str
    value: float
    unit: str = "x"
    goal: Goal | None = None

    @property
    def reached(self) -> bool | None:
        return self.goal.reached_by(self.value) if self.goal else None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured: in full, or just enough to see that it works."""

    rounds: int = 5
    seconds: float = 1.5
    callbacks: int = 100_000
    backlog: int = 100_000
    deliveries: int = 10_000_000
    freshness_seconds: float = 15.0
    workers: tuple[int, ...] = (1, 2, 4)

    @property
    def calm_seconds(self) -> float:
        """For tails of latency: a quantile needs more than a rate."""
        return 2 * self.seconds


QUICK = Scale(
    rounds=1,
    seconds=0.2,
    callbacks=300,
    backlog=300,
    deliveries=20_000,
    freshness_seconds=0.5,
    workers=(1, 2),
)


def at_least(value: float) -> Goal:
    return Goal(value=value)


def at_most(value: float) -> Goal:
    return Goal(value=value, most=True)


def interleaved(rounds: int, ways: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Each way in turn, again and again: what else the machine does befalls all alike."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, measure in ways.items():
            found[name].append(measure())
    return found


def ratio(over: list[float], under: list[float]) -> float:
    """The median of the rounds' ratios: each compares its two neighbours in time."""
    return statistics.median(o / u for o, u in zip(over, under, strict=True))


def shown(value: float, unit: str) -> str:
    if unit == "x":
        return f"{value:.2f}" if value < 100 else f"{value:,.0f}"
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{digits}f} {unit}"
