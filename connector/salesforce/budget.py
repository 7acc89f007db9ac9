"""How many of the org's daily API calls we may use: a share, a reserve and a breaker."""

import dataclasses
import re
import threading
from datetime import datetime, timedelta
from typing import Self

from connector.clock import Clock


_HEADER = re.compile(r"(?<![-\w])api-usage=(\d+)/(\d+)")


@dataclasses.dataclass(frozen=True, slots=True)
class ApiUsage:
    """Calls of the whole org, by whomever, in the last 24 hours, and its allowance."""

    used: int
    total: int

    @classmethod
    def read(cls, header: str) -> Self | None:
        """From `Sforce-Limit-Info: api-usage=18/15000; per-app-api-usage=...`."""
        found = _HEADER.search(header)
        return cls(int(found[1]), int(found[2])) if found else None

    @property
    def left(self) -> int:
        return max(self.total - self.used, 0)

    @property
    def ratio(self) -> float:
        return self.used / self.total if self.total else 1.0


class Pace:
    """
    Spreads the share of a day over the day: an hour's worth at once, the rest as time goes by.

    Without it a trickle of reports, each flushed within a second, would use up a small org's
    day by noon. Calls that wait longer carry more records, so nothing is lost by it.
    """

    _burst_hours = 1

    def __init__(self) -> None:
        self._saved: float | None = None
        self._counted_at: datetime | None = None

    def take(self, a_day: float, now: datetime) -> bool:
        """Whether a call may be made now, when so many are meant for a day; counts it."""
        burst = max(a_day / 24 * self._burst_hours, 1.0)
        if self._saved is None or self._counted_at is None:
            saved = burst
        else:
            passed = (now - self._counted_at) / timedelta(days=1)
            saved = min(self._saved + max(passed, 0) * a_day, burst)
        self._counted_at = now
        self._saved = saved - 1 if saved >= 1 else saved
        return saved >= 1


class Budget:
    """
    Whether one more call may be made; safe to ask from several threads. A yes counts as one.

    Ordinary calls are paced over the day. They stop at `share` of the allowance, used by
    whomever, and where only `reserve` calls are left: the rest is for opt-outs. Those go on as
    long as Salesforce takes them, for it tolerates a little too much. Once it says that the
    day is used up, a breaker holds all back: opt-outs for a minute, everything else for a
    quarter of an hour.
    """

    urgent_pause = timedelta(minutes=1)
    pause = timedelta(minutes=15)

    def __init__(self, *, clock: Clock, share: float = 0.8, reserve: int = 500) -> None:
        self._clock = clock
        self._share = share
        self._reserve = reserve
        self._lock = threading.Lock()
        self._usage: ApiUsage | None = None
        self._noted_at: datetime | None = None
        self._exhausted_at: datetime | None = None
        self._pace = Pace()

    def allows(self, *, urgent: bool = False) -> bool:
        with self._lock:
            next_try = self._next_try(urgent=urgent)
            if next_try is not None and self._clock() < next_try:
                return False
            return urgent or (self._within_share() and self._in_pace())

    def note(self, usage: ApiUsage | None) -> None:
        """Take what the last answer said; room in the allowance closes the breaker."""
        if usage is None:
            return
        with self._lock:
            self._usage, self._noted_at = usage, self._clock()
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

    def _in_pace(self) -> bool:
        if self._usage is None:
            return True
        return self._pace.take(self._share * self._usage.total, self._clock())

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
