"""How many of the org's daily calls are used, as every answer tells it."""

import dataclasses
import re
from typing import Self


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
