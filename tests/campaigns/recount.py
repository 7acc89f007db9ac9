"""The same figures counted by hand, from what was sent and reported and nothing else."""

import collections
import dataclasses
import functools
import math
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from tests.campaigns.script import Report, Sent


STATUSES = ("Pending", "Delivered", "Undelivered", "Failed", "Rejected", "Expired")
REASONS = (
    *("unregistered", "invalid_number", "unreachable", "filtered", "opted_out", "landline"),
    *("throughput", "account_suspended", "network", "expired", "unknown"),
)
EXPIRES_AFTER = timedelta(hours=72)
Row = dict[str, object]
Place = tuple[object, ...]
CampaignOf = Callable[[Sent, datetime, datetime, tzinfo], str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is known of one message by now; `took` is None where nobody knows."""

    message: Sent
    status: str
    reason: str = ""
    took: float | None = None
    never_said: bool = False
    priced: bool = False


def named(message: Sent, _started: datetime, _now: datetime, _zone: tzinfo) -> str:
    """The campaign that was named with a message, empty for none."""
    return message.campaign


def recount(
    messages: Iterable[Sent],
    now: datetime,
    zone: tzinfo,
    object_of: dict[str, str],
    campaign_of: CampaignOf = named,
) -> dict[Place, Row]:
    """Every row that there has to be: by campaign, period, its start, split and value."""
    rows: dict[Place, list[Counted]] = collections.defaultdict(list)
    for message in messages:
        heard = [each for each in message.reports if min(each.arrives) <= now]
        if not heard and not (message.registered and message.sent_at <= now):
            continue
        counted = _counted(message, heard, now)
        started = _started(message, heard)
        campaign = campaign_of(message, started, now, zone) or None
        for place in _places(message, campaign, started, zone, object_of):
            rows[place].append(counted)
    return {place: _row(found) for place, found in rows.items()}


def _started(message: Sent, heard: list[Report]) -> datetime:
    return message.sent_at if message.registered else min(each.at for each in heard)


def _counted(message: Sent, heard: list[Report], now: datetime) -> Counted:
    started = _started(message, heard)
    priced = message.gateway == "generic" and bool(heard)
    known = functools.partial(Counted, message=message, priced=priced)
    if delivered := [each for each in heard if each.status == "delivered"]:
        took = (delivered[0].at - started).total_seconds()
        timed = took > 0 or message.registered
        return known(status="Delivered", took=took if timed else None)
    if finals := [each for each in heard if each.status != "sent"]:
        last = max(finals, key=lambda each: each.at)
        return known(status=last.status.title(), reason=last.reason)
    last_word = max([started, *(each.at for each in heard)])
    if last_word + EXPIRES_AFTER <= now:
        return known(status="Expired", reason="expired", never_said=True)
    return known(status="Pending")


def _places(
    message: Sent,
    campaign: str | None,
    started: datetime,
    zone: tzinfo,
    object_of: dict[str, str],
) -> Iterator[Place]:
    local = started.astimezone(zone)
    hour = local.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    yield (campaign, "Total", None, None, None)
    yield (campaign, "Day", day.timestamp(), None, None)
    yield (campaign, "Hour", hour.timestamp(), None, None)
    yield (campaign, "Total", None, "Gateway", message.gateway)
    yield (campaign, "Total", None, "Country", message.country)
    yield (campaign, "Total", None, "Sender", message.sender)
    yield (campaign, "Total", None, "Object", object_of.get(message.record, "(none)"))


def _row(found: list[Counted]) -> Row:
    statuses = collections.Counter(each.status for each in found)
    reasons = collections.Counter(each.reason for each in found if each.reason)
    seconds = sorted(_rounded(each.took) for each in found if each.took is not None)
    never = sum(each.never_said for each in found)
    top = max(reasons.values(), default=0)
    priced = [each.message for each in found if each.priced]
    return {
        "Messages__c": len(found),
        **{f"{each}__c": statuses[each] for each in STATUSES},
        **{f"Reason_{each.title()}__c": reasons[each] for each in REASONS},
        "Segments__c": sum(message.segments for message in priced),
        "Delivery_Rate__c": round(100 * statuses["Delivered"] / len(found), 2),
        "No_Report_Share__c": round(100 * never / len(found), 2),
        "Median_Delivery_Seconds__c": _percentile(seconds, 50),
        "P95_Delivery_Seconds__c": _percentile(seconds, 95),
        "Top_Reason__c": next((each for each in REASONS if top and reasons[each] == top), None),
        "Cost__c": _cost(priced),
    }


def _cost(priced: list[Sent]) -> float | None:
    millicents = sum(message.millicents for message in priced)
    return round(millicents / 100_000, 4) if millicents else None


def _rounded(took: float) -> int:
    seconds = Decimal(int(took))
    if seconds < 1_000:
        return int(seconds)
    unit = Decimal(10) ** (seconds.adjusted() - 2)
    return int((seconds / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit)


def _percentile(seconds: list[int], percent: int) -> int | None:
    return seconds[math.ceil(len(seconds) * percent / 100) - 1] if seconds else None
