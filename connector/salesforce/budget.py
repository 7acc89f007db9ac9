"""How many of the org's daily API calls we may use: a share, a reserve and a breaker."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from connector.clock import Clock
from connector.domain.calls import CallSlot
from connector.salesforce.forecast import forecast
from connector.salesforce.usage import ApiUsage


__all__ = ["ApiUsage", "Budget", "Ledger", "MemoryLedger", "Pace"]

#: For so long others are expected to go on as in the last hour.
HORIZON_HOURS = 6
#: So much of our share stays, however much others use, until the share itself is used up.
LEAST = 0.05
#: What is counted is kept, and others' use worked out anew, this often.
COUNTED_EVERY, JUDGED_EVERY = timedelta(seconds=10), timedelta(minutes=1)


class Pace:
    """
    Spreads the share of a day over the day: an hour's worth at once, the rest as time goes by.

    Without it a trickle of reports, each flushed within a second, would use up a small org's
    day by noon. Calls that wait longer carry more records, so nothing is lost by it.
    """

    _burst_hours = 1

    def __init__(self, saved: float | None = None, counted_at: datetime | None = None) -> None:
        self.saved = saved
        self.counted_at = counted_at

    def take(self, a_day: float, now: datetime, calls: int = 1) -> bool:
        """Whether calls may be made now, when so many are meant for a day; counts them."""
        burst = max(a_day / 24 * self._burst_hours, 1.0)
        if self.saved is None or self.counted_at is None:
            saved = burst
        else:
            passed = (now - self.counted_at) / timedelta(days=1)
            saved = min(self.saved + max(passed, 0) * a_day, burst)
        self.counted_at = now
        granted = saved >= min(calls, burst)
        self.saved = saved - min(calls, burst) if granted else saved
        return granted


class Ledger(Protocol):
    """What all workers of one org know together of their calls."""

    def take(self, a_day: float, now: datetime, calls: int) -> bool:
        """Whether these are in pace, when so many are meant for a day; counts them."""

    def count(self, calls: int, usage: ApiUsage | None, now: datetime) -> None:
        """Add calls that were made, and what the org told of all."""

    def slots(self, now: datetime) -> Sequence[CallSlot]:
        """What was counted in the last day, the oldest first."""


class MemoryLedger:
    """The ledger of a process that is alone."""

    def __init__(self) -> None:
        self._pace = Pace()
        self._slots: list[CallSlot] = []

    def take(self, a_day: float, now: datetime, calls: int) -> bool:
        return self._pace.take(a_day, now, calls)

    def count(self, calls: int, usage: ApiUsage | None, now: datetime) -> None:
        used, total = (usage.used, usage.total) if usage else (0, 0)
        slot = CallSlot(
            start=now, ours=calls, used=used, total=total, told_at=now if usage else None
        )
        self._slots.append(slot)

    def slots(self, now: datetime) -> Sequence[CallSlot]:
        oldest = now - timedelta(hours=25)
        self._slots = [slot for slot in self._slots if slot.start > oldest]
        return self._slots


class Budget:
    """
    Whether one more call may be made; safe to ask from several threads. A yes counts as one.

    Ordinary calls are paced over the day, the slower the more others use, so that the org will
    not come to the share. They stop at `share` of the allowance, used by
    whomever, and where only `reserve` calls are left: the rest is for opt-outs. Those go on as
    long as Salesforce takes them, for it tolerates a little too much. Once it says that the
    day is used up, a breaker holds all back: opt-outs for a minute, everything else for a
    quarter of an hour.
    """

    urgent_pause = timedelta(minutes=1)
    pause = timedelta(minutes=15)

    def __init__(
        self,
        *,
        clock: Clock,
        share: float = 0.8,
        reserve: int = 500,
        ledger: Ledger | None = None,
        calls: Callable[[], int] | None = None,
    ) -> None:
        """`calls` tells how many were made so far; without it, what was allowed counts."""
        self._clock = clock
        self._share = share
        self._reserve = reserve
        self._ledger = ledger or MemoryLedger()
        self._granted = 0
        self._calls = calls or (lambda: self._granted)
        self._counted = self._calls()
        self._counted_at: datetime | None = None
        self._a_day: float = 0
        self._judged_at: datetime | None = None
        self._lock = threading.Lock()
        self._usage: ApiUsage | None = None
        self._noted_at: datetime | None = None
        self._exhausted_at: datetime | None = None
        self._closed = False

    def close(self) -> None:
        """From now on nothing is granted, to opt-outs neither: this process ends."""
        self._closed = True

    def allows(self, *, urgent: bool = False, calls: int = 1) -> bool:
        """Whether so many may be made now; all or none are granted."""
        with self._lock:
            next_try = self._next_try(urgent=urgent)
            if self._closed or (next_try is not None and self._clock() < next_try):
                return False
            allowed = urgent or (self._within_share() and self._in_pace(calls))
            self._granted += calls if allowed else 0
            return allowed

    def note(self, usage: ApiUsage | None) -> None:
        """Take what the last answer said; room in the allowance closes the breaker."""
        if usage is None:
            return
        with self._lock:
            self._usage, self._noted_at = usage, self._clock()
            self._count(usage, self._noted_at)
            next_try = self._next_try(urgent=True)
            # An answer that was under way while another was refused proves nothing.
            if usage.left and next_try is not None and self._noted_at >= next_try:
                self._exhausted_at = None

    def exhausted(self, now: datetime) -> None:
        """Salesforce said at this moment that the day's calls are used up."""
        with self._lock:
            self._exhausted_at = now

    def next_try(self, *, urgent: bool = False) -> datetime | None:
        """Until when the breaker holds calls back; None while it does not."""
        with self._lock:
            return self._next_try(urgent=urgent)

    def _next_try(self, *, urgent: bool) -> datetime | None:
        if self._exhausted_at is None:
            return None
        return self._exhausted_at + (self.urgent_pause if urgent else self.pause)

    def _in_pace(self, calls: int) -> bool:
        if self._usage is None:
            return True
        now = self._clock()
        if self._judged_at is None or now >= self._judged_at + JUDGED_EVERY:
            self._a_day, self._judged_at = self._meant_for_a_day(self._usage, now), now
        return self._ledger.take(self._a_day, now, calls)

    def _meant_for_a_day(self, usage: ApiUsage, now: datetime) -> float:
        """Our share, less what others are going to use of it."""
        told = forecast(self._ledger.slots(now), usage, now)
        share = self._share * usage.total
        uncounted = self._calls() - self._counted
        others = max(told.others - uncounted, 0)
        others_more = max(told.others_growth or 0, 0) * HORIZON_HOURS
        return min(max(share - others - others_more, share * LEAST), share)

    def _count(self, usage: ApiUsage, now: datetime) -> None:
        if self._counted_at is not None and now < self._counted_at + COUNTED_EVERY:
            return
        calls = self._calls()
        self._ledger.count(calls - self._counted, usage, now)
        self._counted, self._counted_at = calls, now

    def _within_share(self) -> bool:
        usage, noted_at = self._usage, self._noted_at
        if usage is None or noted_at is None:
            return True
        # Old news: one call must go out, else nobody would ever learn that there is room.
        if self._clock() >= noted_at + self.pause:
            return True
        # A small org must not be all reserve.
        reserve = min(self._reserve, usage.total // 10)
        return usage.ratio < self._share and usage.left > reserve
