"""Figures of campaigns: what each message adds, to which cells, and what they add up to."""

import dataclasses
import enum
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Self

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
_REASON, _COST, _SECONDS = "reason:", "cost:", "seconds:"
#: Seconds to delivery are exact up to here, and to three digits above.
_EXACT_SECONDS = 1_000
#: Salesforce compares the keys of rows without regard to case.
_LONGEST_VALUE = 80


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

        Salesforce takes two keys that differ in case only for one, so a value that could be
        mistaken for another is told apart by a piece of its hash.
        """
        parts = [self.campaign or "none", self.period.value]
        if self.start:
            parts.append(str(self.start // 1_000_000))
        if self.split:
            parts += [self.split.value, _unmistakable(self.value)]
        return "/".join(parts)


def _unmistakable(value: str) -> str:
    if value.isascii() and value == value.lower():
        return value
    return f"{value}~{hashlib.sha256(value.encode()).hexdigest()[:8]}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """
    What one message adds to the figures: where it is counted, and what it counts there.

    `hour` and `day` are when those began in which it was sent, in microseconds since 1970.
    `shown_on` is the object of its person's record. `seconds` is how long it took to arrive,
    None where that is not known.
    """

    campaign: str
    account: str
    hour: int
    day: int
    gateway: str
    country: str = ""
    sender: str = ""
    carrier: str = ""
    shown_on: str = ""
    status: DeliveryStatus = DeliveryStatus.PENDING
    reason: Reason | None = None
    segments: int = 0
    cost: int = 0
    currency: str = ""
    seconds: int | None = None
    no_report: bool = False
    reactions: frozenset[Reaction] = frozenset()

    def stored(self) -> list[object]:
        """What JSON can hold, always the same for the same contribution."""
        values = [getattr(self, name) for name in _FIELDS[:-1]]
        return [*values, sorted(self.reactions)]

    @classmethod
    def restored(cls, values: Sequence[Any]) -> Self:
        """The same from what JSON held."""
        given = dict(zip(_FIELDS, values, strict=True))
        given["status"] = DeliveryStatus(given["status"])
        given["reason"] = Reason(given["reason"]) if given["reason"] else None
        given["reactions"] = frozenset(map(Reaction, given["reactions"]))
        return cls(**given)

    def counts(self) -> dict[str, int]:
        """What it adds to each of its cells."""
        found = {MESSAGES: 1, self.status.value: 1}
        if self.reason and self.status is not DeliveryStatus.DELIVERED:
            found[_REASON + self.reason] = 1
        if self.segments:
            found[SEGMENTS] = self.segments
        if self.cost:
            found[_COST + self.currency] = self.cost
        if self.seconds is not None:
            found[f"{_SECONDS}{rounded_seconds(self.seconds)}"] = 1
        if self.no_report:
            found[NO_REPORT] = 1
        found.update((reaction.value, 1) for reaction in self.reactions)
        return found

    def cells(self) -> Iterator[Cell]:
        """Where it is counted."""
        yield _cell(self.campaign, Period.TOTAL, 0)
        yield _cell(self.campaign, Period.DAY, self.day)
        yield from self._hours(self.campaign)
        for split, value in (
            (Split.GATEWAY, self.gateway),
            (Split.COUNTRY, self.country),
            (Split.SENDER, self.sender),
            (Split.OBJECT, self.shown_on),
        ):
            yield _cell(self.campaign, Period.TOTAL, 0, split, value)
        yield from self._hours(self.account)

    def _hours(self, whose: str) -> Iterator[Cell]:
        yield _cell(whose, Period.HOUR, self.hour)
        yield _cell(whose, Period.HOUR, self.hour, Split.COUNTRY, self.country)
        if self.carrier:
            yield _cell(whose, Period.HOUR, self.hour, Split.CARRIER, self.carrier)


_FIELDS = tuple(field.name for field in dataclasses.fields(Contribution))


def _cell(
    whose: str, period: Period, start: int, split: Split = Split.NONE, value: str = ""
) -> Cell:
    value = value.strip()[:_LONGEST_VALUE].rstrip()
    return Cell(campaign=whose, period=period, start=start, split=split, value=value)


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
            reason: count for reason in Reason if (count := self.counts.get(_REASON + reason))
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
            name.removeprefix(_COST): count
            for name, count in sorted(self.counts.items())
            if name.startswith(_COST)
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
            (int(name.removeprefix(_SECONDS)), count)
            for name, count in self.counts.items()
            if name.startswith(_SECONDS)
        )
        rank = math.ceil(sum(count for _, count in took) * percent / 100)
        for seconds, count in took:
            rank -= count
            if rank <= 0:
                return seconds
        return None


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None


def start_of(moment: datetime) -> tuple[datetime, datetime]:
    """When the hour and the day began, by the clock of the moment's own time zone."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return hour, hour.replace(hour=0, fold=0)
