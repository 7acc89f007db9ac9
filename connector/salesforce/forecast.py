"""
Who uses the org's daily calls, and how it will go on.

Salesforce tells one number only: the calls of the last 24 hours, by whomever. Ours we count
ourselves; what the number grew beyond them is others'.
"""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.domain.calls import CallSlot
from connector.salesforce.usage import ApiUsage


DAY, HOUR = timedelta(days=1), timedelta(hours=1)
#: What is compared with now was told at least, and at most, so long ago.
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(hours=3)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """
    Calls of the last 24 hours, and by how many an hour that number grows.

    Old calls leave it as time goes by, so it may shrink. The growths are None until the org
    was asked for ten minutes.
    """

    usage: ApiUsage
    now: datetime
    ours: int
    others: int
    growth: float | None = None
    others_growth: float | None = None

    @property
    def full_at(self) -> datetime | None:
        """When all calls will be used up, if it goes on so for less than a day."""
        if self.growth is None or self.growth <= 0:
            return None
        wait = self.usage.left / self.growth * HOUR
        return self.now + wait if wait < DAY else None

    @property
    def ratio_in_a_day(self) -> float | None:
        """How much will be used in a day, if it goes on so."""
        if self.growth is None or not self.usage.total:
            return None
        later = self.usage.used + self.growth * (DAY / HOUR)
        return min(max(later / self.usage.total, 0.0), 1.0)


def forecast(slots: Sequence[CallSlot], usage: ApiUsage, now: datetime) -> Forecast:
    """From what was counted; `usage` is what the org tells now."""
    ours = sum(slot.ours for slot in slots if slot.start > now - DAY)
    others = max(usage.used - ours, 0)
    base = _base(slots, usage, now)
    if base is None or base.told_at is None:
        return Forecast(usage=usage, now=now, ours=ours, others=others)
    hours = (now - base.told_at) / HOUR
    grown = usage.used - base.used
    came = sum(slot.ours for slot in slots if slot.start > base.start)
    left = sum(slot.ours for slot in slots if base.start - DAY <= slot.start < now - DAY)
    return Forecast(
        usage=usage,
        now=now,
        ours=ours,
        others=others,
        growth=grown / hours,
        others_growth=(grown - came + left) / hours,
    )


def _base(slots: Sequence[CallSlot], usage: ApiUsage, now: datetime) -> CallSlot | None:
    """What to compare with: told an hour ago, or as far back as there is."""
    told = [
        slot
        for slot in slots
        if slot.told_at
        and SHORTEST <= now - slot.told_at <= LONGEST
        and slot.total == usage.total
    ]
    recent = [slot for slot in told if slot.told_at and now - slot.told_at <= HOUR]
    return recent[0] if recent else told[-1] if told else None
