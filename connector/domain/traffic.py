"""What passed through the service: counts by five minutes, and how long it took."""

import bisect
import dataclasses
import enum
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta


#: What is counted together.
SLOT = timedelta(minutes=5)


class Kind(enum.StrEnum):
    """What is counted; the name beside it says of what."""

    CALLBACKS = "callbacks"  # read, by gateway account
    EVENTS = "events"  # what they said, by gateway account
    UNREADABLE = "unreadable"  # set aside, by gateway account
    UNKNOWN = "unknown"  # words that the gateway does not document, by gateway account
    WRITTEN = "written"  # records that Salesforce took, by object
    REFUSED = "refused"  # by object
    FRESH = "fresh"  # from the carrier's event to Salesforce, by span
    HANDLED = "handled"  # from our receipt to Salesforce, by span


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So many of one kind and name in the five minutes from `slot` on."""

    slot: datetime
    kind: Kind
    name: str
    amount: int


def slot_of(moment: datetime) -> datetime:
    """The beginning of the five minutes that a moment lies in."""
    seconds = int(SLOT.total_seconds())
    return datetime.fromtimestamp(moment.timestamp() // seconds * seconds, UTC)


#: Each a seventh longer than the one before, so a percentile is off by no more than that.
SPANS: Sequence[float] = tuple(round(0.1 * 1.14**step, 4) for step in range(118))


def span_name(seconds: float) -> str:
    """The span that so many seconds fall into, as a name to count under."""
    return f"{min(bisect.bisect_left(SPANS, seconds), len(SPANS) - 1):03d}"


@dataclasses.dataclass(frozen=True, slots=True)
class Spans:
    """How many took how long: counts by the name of the span."""

    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def percentile(self, percent: float) -> float | None:
        """Seconds within which so many of a hundred were done; None where there is none."""
        wanted, seen = self.total * percent / 100, 0
        for name in sorted(self.counts):
            count = self.counts[name]
            if count and seen + count >= wanted:
                number = int(name)
                least = SPANS[number - 1] if number else 0.0
                return least + (SPANS[number] - least) * max(wanted - seen, 0) / count
            seen += count
        return None
