"""What the org counts: API calls of the last day, and calls by endpoint."""

import collections
import threading
from collections.abc import Callable
from datetime import datetime, timedelta


_DAY = timedelta(hours=24)


class Usage:
    """The rolling daily allowance; counted by the minute, forgotten after a day."""

    def __init__(self, clock: Callable[[], datetime], daily_limit: int) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._minutes: collections.OrderedDict[datetime, int] = collections.OrderedDict()
        self.daily_limit = daily_limit
        #: Calls by endpoint since the start, such as `PATCH /composite/sobjects`.
        self.calls: collections.Counter[str] = collections.Counter()

    def count(self, endpoint: str, calls: int = 1) -> None:
        minute = self._clock().replace(second=0, microsecond=0)
        with self._lock:
            self._minutes[minute] = self._minutes.get(minute, 0) + calls
            self.calls[endpoint] += 1

    @property
    def used(self) -> int:
        start = self._clock() - _DAY
        with self._lock:
            while self._minutes and next(iter(self._minutes)) < start:
                self._minutes.popitem(last=False)
            return sum(self._minutes.values())

    def spend(self, calls: int) -> None:
        """Use up calls as another integration of the same org would."""
        minute = self._clock().replace(second=0, microsecond=0)
        with self._lock:
            self._minutes[minute] = self._minutes.get(minute, 0) + calls

    @property
    def exhausted(self) -> bool:
        return self.used >= self.daily_limit

    @property
    def header(self) -> str:
        return f"api-usage={self.used}/{self.daily_limit}"

    def limits(self) -> dict[str, object]:
        """The answer of `/limits`; calls are counted, the rest stays full."""
        left = max(self.daily_limit - self.used, 0)
        constant = {
            "DailyAsyncApexExecutions": 250_000,
            "DailyBulkApiBatches": 15_000,
            "DailyBulkV2QueryJobs": 10_000,
            "DailyStreamingApiEvents": 10_000,
            "DailyDeliveredPlatformEvents": 10_000,
            "HourlyPublishedPlatformEvents": 50_000,
            "DataStorageMB": 1_024,
            "FileStorageMB": 1_024,
            "SingleEmail": 5_000,
        }
        return {
            "DailyApiRequests": {"Max": self.daily_limit, "Remaining": left},
            **{name: {"Max": size, "Remaining": size} for name, size in constant.items()},
        }
