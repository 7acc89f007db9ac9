"""
Whether messages suddenly fail for a reason: an hour against the day before it.

Chance alone makes shares of few messages differ. So both shares are read with their Wilson
bounds (E. B. Wilson, 1927), the hour's most favourably and the past's least favourably, and the
hour must be worse even then. Where hours differ more than by chance anyway, the bounds are as
much wider: by the dispersion of the past hours (Pearson's chi-squared over its degrees of
freedom).
"""

import dataclasses
import math
from collections.abc import Iterable, Sequence


HOUR = 3_600_000_000  # in microseconds, as moments are
_HUNDRED = 100


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SpikeRules:
    """
    What a spike takes: `points` more failures in a hundred than before, beyond chance.

    An hour has to have `sample` settled messages, the `hours` before it `past`. The `recent`
    hours are looked at: reports of many failures come late.
    """

    points: float = 3.0
    sample: int = 100
    past: int = 400
    hours: int = 24
    recent: int = 3
    #: Of the bounds, in standard errors: by chance one comparison in tens of thousands errs.
    errors: float = 3.5

    @property
    def reach(self) -> int:
        """How far back hours are needed, in microseconds."""
        return (self.hours + self.recent + 1) * HOUR


@dataclasses.dataclass(frozen=True, slots=True)
class Hour:
    """Settled messages that were sent in an hour, and those that failed for the reason."""

    start: int
    settled: int
    failed: int

    @property
    def share(self) -> float:
        """Failed messages in a hundred settled ones."""
        return _HUNDRED * self.failed / self.settled if self.settled else 0.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The hours before, together; `spread` is 1 where they differ by chance only."""

    settled: int = 0
    failed: int = 0
    spread: float = 1.0

    @property
    def share(self) -> float:
        return _HUNDRED * self.failed / self.settled if self.settled else 0.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """The hour that stands out, and what it was compared with."""

    hour: Hour
    past: Past


def find_spike(
    hours: Sequence[Hour], now: int, rules: SpikeRules, *, began: int | None = None
) -> Spike | None:
    """
    What is going on now, by the hours of one reason; None when nothing is.

    `began` is the hour in which an open alert began: it goes on until no recent hour is above
    half the points. Hours since then are no past to compare with, and what lasts a day is none.
    """
    recent = [
        hour
        for hour in sorted(hours, key=lambda hour: hour.start)
        if now - rules.recent * HOUR < hour.start <= now and hour.settled >= rules.sample
    ]
    if began is None:
        return _first(recent, hours, rules)
    if now >= began + rules.hours * HOUR:
        return None
    return _worst(recent, hours, rules, began)


def _first(recent: Iterable[Hour], hours: Sequence[Hour], rules: SpikeRules) -> Spike | None:
    for hour in recent:
        past = past_of(hours, hour.start, rules)
        if past.settled >= rules.past and stands_out(hour, past, rules):
            return Spike(hour=hour, past=past)
    return None


def _worst(
    recent: Iterable[Hour], hours: Sequence[Hour], rules: SpikeRules, began: int
) -> Spike | None:
    found = [
        Spike(hour=hour, past=past_of(hours, min(hour.start, began), rules)) for hour in recent
    ]
    going_on = [each for each in found if _excess(each) >= rules.points / 2]
    return max(going_on, key=_excess, default=None)


def _excess(spike: Spike) -> float:
    return spike.hour.share - spike.past.share


def stands_out(hour: Hour, past: Past, rules: SpikeRules) -> bool:
    """Whether the hour is worse than the past by enough points, and by more than chance."""
    if hour.share - past.share < rules.points:
        return False
    least, _ = wilson(hour.share, hour.settled / past.spread, rules.errors)
    _, most = wilson(past.share, past.settled / past.spread, rules.errors)
    return least > most


def past_of(hours: Iterable[Hour], before: int, rules: SpikeRules) -> Past:
    """The hours before a moment, as far back as the rules look."""
    found = [
        hour
        for hour in hours
        if before - rules.hours * HOUR <= hour.start < before and hour.settled
    ]
    settled, failed = sum(each.settled for each in found), sum(each.failed for each in found)
    return Past(settled=settled, failed=failed, spread=_spread(found, settled, failed))


def _spread(hours: Sequence[Hour], settled: int, failed: int) -> float:
    """How many times the shares of the hours differ more than chance has them differ."""
    freedom = len(hours) - 1
    if freedom < 1 or failed in {0, settled}:
        return 1.0
    share = failed / settled
    squares = sum(
        (hour.failed - hour.settled * share) ** 2 / (hour.settled * share * (1 - share))
        for hour in hours
    )
    return max(1.0, squares / freedom)


def wilson(percent: float, settled: float, errors: float) -> tuple[float, float]:
    """Wilson's bounds of a share, in a hundred, so many standard errors wide."""
    share = percent / _HUNDRED
    squared = errors * errors / settled
    middle = (share + squared / 2) / (1 + squared)
    variance = share * (1 - share) / settled + squared / (4 * settled)
    half = errors / (1 + squared) * math.sqrt(variance)
    return _HUNDRED * (middle - half), _HUNDRED * (middle + half)
