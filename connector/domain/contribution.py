"""What one message adds to the figures, and to which cells."""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Self

from connector.domain.delivery import DeliveryStatus, Reason
from connector.domain.figures import (
    COST_PREFIX,
    MESSAGES,
    NO_REPORT,
    REASON_PREFIX,
    SECONDS_PREFIX,
    SEGMENTS,
    Cell,
    Period,
    Reaction,
    Split,
    rounded_seconds,
)


#: As long as the field of a row that names what it is split by.
_LONGEST_VALUE = 80


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
            found[REASON_PREFIX + self.reason] = 1
        if self.segments:
            found[SEGMENTS] = self.segments
        if self.cost:
            found[COST_PREFIX + self.currency] = self.cost
        if self.seconds is not None:
            found[f"{SECONDS_PREFIX}{rounded_seconds(self.seconds)}"] = 1
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


def start_of(moment: datetime) -> tuple[datetime, datetime]:
    """When the hour and the day began, by the clock of the moment's own time zone."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return hour, hour.replace(hour=0, fold=0)
