"""What passed through of late: how much, how fast, and by whom."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connector.domain.traffic import SLOT, Count, Kind, Spans, slot_of
from connector.store import Transaction


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: What "now" is: the five minutes under way, and those before.
NOW = 2 * SLOT
HOURS = 24


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many of one kind: a minute as of now, in the last hour, and hour by hour of a day."""

    a_minute: float
    last_hour: int
    hours: Sequence[int]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """
    How long it took until Salesforce had what the carrier reported.

    `fresh` counts from the carrier's event, `handled` from our receipt of the callback: the
    difference is the gateway's.
    """

    fresh: Spans
    handled: Spans


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """The last hour and the last day; `hours` are the beginnings of the hours."""

    callbacks: Rate
    events: Rate
    written: Rate
    refused: Rate
    hours: Sequence[datetime]
    last_hour: Freshness
    last_day: Freshness


def recent(transaction: Transaction, now: datetime) -> Recent:
    """From counts of five minutes; how many there are does not grow with what is stored."""
    traffic = transaction.traffic
    lately = traffic.totals(slot_of(now - NOW + SLOT))
    hour, day = traffic.totals(now - HOUR + SLOT), traffic.totals(now - DAY)
    hours = hours_until(now)
    by_hour = traffic.hours(hours[0], [Kind.CALLBACKS, Kind.EVENTS, Kind.WRITTEN, Kind.REFUSED])
    minutes = (now - slot_of(now - NOW + SLOT)) / timedelta(minutes=1)

    def rate(kind: Kind) -> Rate:
        return Rate(
            a_minute=_sum(lately, kind) / max(minutes, 1.0),
            last_hour=_sum(hour, kind),
            hours=series([each for each in by_hour if each.kind is kind], hours),
        )

    return Recent(
        callbacks=rate(Kind.CALLBACKS),
        events=rate(Kind.EVENTS),
        written=rate(Kind.WRITTEN),
        refused=rate(Kind.REFUSED),
        hours=hours,
        last_hour=_freshness(hour),
        last_day=_freshness(day),
    )


def hours_until(now: datetime) -> list[datetime]:
    """The beginnings of the hours of a day, up to the one under way."""
    this = now.replace(minute=0, second=0, microsecond=0)
    return [this - HOUR * back for back in reversed(range(HOURS))]


def series(counts: Sequence[Count], hours: Sequence[datetime]) -> list[int]:
    """The amounts of each of these hours."""
    found = dict.fromkeys(hours, 0)
    for each in counts:
        if each.slot in found:
            found[each.slot] += each.amount
    return list(found.values())


def _freshness(totals: Mapping[tuple[Kind, str], int]) -> Freshness:
    return Freshness(
        fresh=Spans({name: n for (kind, name), n in totals.items() if kind is Kind.FRESH}),
        handled=Spans({name: n for (kind, name), n in totals.items() if kind is Kind.HANDLED}),
    )


def _sum(totals: Mapping[tuple[Kind, str], int], kind: Kind) -> int:
    return sum(amount for (each, _), amount in totals.items() if each is kind)
