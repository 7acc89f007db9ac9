"""What the org counts: calls, bulk batches and events of the last day or hour."""

import collections
import threading
from collections.abc import Callable
from datetime import datetime, timedelta


_DAY = timedelta(hours=24)
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


class Allowance:
    """A number that may be used up in a rolling span; counted and forgotten by the minute."""

    def __init__(self, clock: Callable[[], datetime], limit: int, span: timedelta) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._span = span
        self._minutes: collections.OrderedDict[datetime, int] = collections.OrderedDict()
        self.limit = limit

    def use(self, number: int = 1, at: datetime | None = None) -> None:
        minute = (at or self._clock()).replace(second=0, microsecond=0)
        with self._lock:
            late = bool(self._minutes) and minute < next(reversed(self._minutes))
            self._minutes[minute] = self._minutes.get(minute, 0) + number
            if late:
                self._minutes = collections.OrderedDict(sorted(self._minutes.items()))

    @property
    def used(self) -> int:
        start = self._clock() - self._span
        with self._lock:
            while self._minutes and next(iter(self._minutes)) < start:
                self._minutes.popitem(last=False)
            return sum(self._minutes.values())

    @property
    def left(self) -> int:
        return max(self.limit - self.used, 0)

    def as_json(self) -> dict[str, object]:
        return {"Max": self.limit, "Remaining": self.left}


class Usage:
    """The org's allowances; the daily calls are spent by others too."""

    def __init__(self, clock: Callable[[], datetime], daily_limit: int) -> None:
        self._clock = clock
        self._calls = Allowance(clock, daily_limit, _DAY)
        self._others_rate = 0.0
        self._others_since = clock()
        self._others_rest = 0.0
        #: Batches of bulk ingest jobs, query jobs, and platform events published.
        self.bulk_batches = Allowance(clock, 15_000, _DAY)
        self.bulk_queries = Allowance(clock, 10_000, _DAY)
        self.events = Allowance(clock, 50_000, _HOUR)
        #: Calls by endpoint since the start, such as `PATCH /composite/sobjects`.
        self.calls: collections.Counter[str] = collections.Counter()

    @property
    def daily_limit(self) -> int:
        return self._calls.limit

    @daily_limit.setter
    def daily_limit(self, limit: int) -> None:
        self._calls.limit = limit

    def count(self, endpoint: str, calls: int = 1) -> None:
        self._calls.use(calls)
        self.calls[endpoint] += 1

    def spend(self, calls: int) -> None:
        """Use up calls as another integration of the same org would."""
        self._calls.use(calls)

    def others(self, calls_per_hour: float) -> None:
        """From now on others call this often, as the org's clock goes; 0 ends it."""
        self._spend_for_others()
        self._others_rate = calls_per_hour
        self._others_since = self._clock()

    @property
    def used(self) -> int:
        self._spend_for_others()
        return self._calls.used

    @property
    def exhausted(self) -> bool:
        return self.used >= self.daily_limit

    @property
    def header(self) -> str:
        return f"api-usage={self.used}/{self.daily_limit}"

    def limits(self) -> dict[str, object]:
        """The answer of `/limits`; what is not counted here stays full."""
        constant = {
            "DailyAsyncApexExecutions": 250_000,
            "DailyStreamingApiEvents": 10_000,
            "DailyDeliveredPlatformEvents": 10_000,
            "DataStorageMB": 1_024,
            "FileStorageMB": 1_024,
            "SingleEmail": 5_000,
        }
        self._spend_for_others()
        return {
            "DailyApiRequests": self._calls.as_json(),
            "DailyBulkApiBatches": self.bulk_batches.as_json(),
            "DailyBulkV2QueryJobs": self.bulk_queries.as_json(),
            "HourlyPublishedPlatformEvents": self.events.as_json(),
            **{name: {"Max": size, "Remaining": size} for name, size in constant.items()},
        }

    def _spend_for_others(self) -> None:
        """Put the calls of others into the minutes in which they were made."""
        now = self._clock()
        if not self._others_rate:
            return
        start = max(self._others_since, now - _DAY)
        while start < now:
            end = min(start + _MINUTE, now)
            self._others_rest += self._others_rate * ((end - start) / _HOUR)
            whole = int(self._others_rest)
            if whole:
                self._calls.use(whole, start)
            self._others_rest -= whole
            start = end
        self._others_since = now
