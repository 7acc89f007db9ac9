"""Figures of campaigns: which cells are counted, and what is worked out from their counts."""

import dataclasses
import enum
import hashlib
import math
from collections.abc import Mapping

from connector.domain.delivery import DeliveryStatus, Reason


class Period(enum.StrEnum):
    """What stretch of time a row counts; a day and an hour by the time zone of the setting."""

    TOTAL = "Total"
    DAY = "Day"
    HOUR = "Hour"


class Split(enum.StrEnum):
    """What the messages are divided by; those by carrier are for us alone."""

    NONE = ""
    GATEWAY = "Gateway"
    COUNTRY = "Country"
    SENDER = "Sender"
    OBJECT = "Object"
    CARRIER = "Carrier"


class Reaction(enum.StrEnum):
    """What a person did with a message; each is counted once a message."""

    CLICK = "click"
    REPLY = "reply"
    OPT_OUT = "opt_out"


#: Everything of a gateway account, whichever campaign it was for; never written to Salesforce.
ACCOUNT_MARK = "@"
#: The names of counts beside the words of the six statuses.
MESSAGES, SEGMENTS, NO_REPORT = "messages", "segments", "no_report"
REASON_PREFIX, COST_PREFIX, SECONDS_PREFIX = "reason:", "cost:", "seconds:"
#: Seconds to delivery are exact up to here, and to three digits above.
_EXACT_SECONDS = 1_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Cell:
    """
    What one row counts: of a campaign, in a period that begins at `start`, with a split.

    `campaign` is the id of a Campaign, empty for messages without one, or "@gateway/account"
    for all messages of an account. `start` is in microseconds since 1970, 0 for the total.
    """

    campaign: str
    period: Period
    start: int
    split: Split
    value: str

    @property
    def is_shown(self) -> bool:
        """Whether Salesforce gets a row of it."""
        if self.campaign.startswith(ACCOUNT_MARK):
            return False
        return self.split is Split.NONE or (
            self.period is Period.TOTAL and self.split is not Split.CARRIER
        )

    @property
    def key(self) -> str:
        """
        The unique external id of its row.

        Salesforce takes two keys that differ in case only for one, so a sender that could be
        mistaken for another is told apart by a piece of its hash.
        """
        parts = [self.campaign or "none", self.period.value]
        if self.start:
            parts.append(str(self.start // 1_000_000))
        if self.split:
            is_free = self.split is Split.SENDER
            parts += [self.split.value, _unmistakable(self.value) if is_free else self.value]
        return "/".join(parts)


def _unmistakable(value: str) -> str:
    if value.isascii() and value == value.lower():
        return value
    return f"{value}~{hashlib.sha256(value.encode()).hexdigest()[:8]}"


def account_of(gateway: str, account: str) -> str:
    """The name under which all messages of an account are counted."""
    return f"{ACCOUNT_MARK}{gateway}/{account}"


def rounded_seconds(seconds: int) -> int:
    """Exact below a thousand, to three digits above: at most half a hundredth off."""
    if seconds < _EXACT_SECONDS:
        return seconds
    unit = 10 ** (len(str(seconds)) - 3)
    return int((seconds + unit // 2) // unit * unit)


def add(into: dict[str, int], counts: Mapping[str, int], sign: int = 1) -> None:
    """Add counts, or take them away; what comes to nothing is left out."""
    for name, count in counts.items():
        total = into.get(name, 0) + sign * count
        if total:
            into[name] = total
        else:
            into.pop(name, None)


@dataclasses.dataclass(frozen=True, slots=True)
class Figures:
    """The counts of one cell, and what is worked out from them."""

    counts: Mapping[str, int] = dataclasses.field(default_factory=dict)

    @property
    def messages(self) -> int:
        return self.counts.get(MESSAGES, 0)

    def of(self, status: DeliveryStatus) -> int:
        """How many messages stand there."""
        return self.counts.get(status.value, 0)

    @property
    def delivered(self) -> int:
        return self.of(DeliveryStatus.DELIVERED)

    @property
    def settled(self) -> int:
        """Messages that nothing more is expected of."""
        return sum(self.of(status) for status in DeliveryStatus if status.is_final)

    @property
    def delivery_rate(self) -> float | None:
        """Delivered messages in a hundred; None without messages."""
        return _percent(self.delivered, self.messages)

    @property
    def settled_rate(self) -> float | None:
        """Delivered messages in a hundred settled ones: what health is judged by."""
        return _percent(self.delivered, self.settled)

    @property
    def reasons(self) -> Mapping[Reason, int]:
        """Why messages did not arrive, the most frequent reason first."""
        found = {
            reason: count
            for reason in Reason
            if (count := self.counts.get(REASON_PREFIX + reason))
        }
        return dict(sorted(found.items(), key=lambda each: -each[1]))

    @property
    def top_reason(self) -> Reason | None:
        """The most frequent one; of equals the one that the list of reasons names first."""
        return next(iter(self.reasons), None)

    def reactions(self, kind: Reaction) -> int:
        """Messages that somebody reacted to in this way."""
        return self.counts.get(kind.value, 0)

    @property
    def segments(self) -> int:
        return self.counts.get(SEGMENTS, 0)

    @property
    def no_report(self) -> int:
        """Messages whose end nobody reported in time."""
        return self.counts.get(NO_REPORT, 0)

    @property
    def costs(self) -> Mapping[str, int]:
        """What the messages cost, by currency, in millionths."""
        return {
            name.removeprefix(COST_PREFIX): count
            for name, count in sorted(self.counts.items())
            if name.startswith(COST_PREFIX)
        }

    def share(self, count: int) -> float | None:
        """So many in a hundred delivered messages; None without any."""
        return _percent(count, self.delivered)

    @property
    def no_report_share(self) -> float | None:
        return _percent(self.no_report, self.messages)

    def percentile_seconds(self, percent: int) -> int | None:
        """
        So many in a hundred of the messages that arrived took no longer than this.

        By the nearest rank; None where no message is known to have taken any time.
        """
        took = sorted(
            (int(name.removeprefix(SECONDS_PREFIX)), count)
            for name, count in self.counts.items()
            if name.startswith(SECONDS_PREFIX)
        )
        rank = math.ceil(sum(count for _, count in took) * percent / 100)
        for seconds, count in took:
            rank -= count
            if rank <= 0:
                return seconds
        return None


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None
