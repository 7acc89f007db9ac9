"""
The campaigns that somebody was a member of when a message was sent.

Salesforce is asked once for each person and period in which messages went to them, when it is
over: by then every membership is there that may count. The answer is kept, so it does not
matter in which order messages are heard of, or who leaves a campaign later.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

from connector.domain.records import is_campaign_id
from connector.salesforce.memberships import Membership
from connector.store.lookups import Lookup
from connector.store.times import micros, moment


#: The object of these lookups: a period is their scope, a person their name.
MEMBERSHIPS = "CampaignMember of"
PERIOD = timedelta(minutes=5)
_PERIOD = PERIOD // timedelta(microseconds=1)
_DAY = timedelta(days=1)
_SEPARATOR = "|"

Key = tuple[str, str]


def key_of(person: str, sent: datetime) -> Key:
    """Under what is looked up which campaigns this person was in then."""
    return (str(micros(sent) // _PERIOD), person)


def begin_of(key: Key) -> datetime:
    """When the period of a lookup began."""
    return moment(int(key[0]) * _PERIOD)


def end_of(key: Key) -> datetime:
    """When it is over, and Salesforce may be asked."""
    return begin_of(key) + PERIOD


def newest(lookups: Iterable[Lookup], sent: datetime, zone: tzinfo) -> Membership | None:
    """
    The membership that began last of those that a message of this moment may belong to.

    The campaign has to run on that day. Of two that began in one second it is that of the
    campaign whose id comes last.
    """
    day = sent.astimezone(zone).date()
    fitting = [
        each
        for lookup in lookups
        for each in _restored(lookup.details)
        if each.since <= sent and _runs(each, day, day)
    ]
    return max(fitting, key=_place, default=None)


def stored(key: Key, found: Iterable[Membership]) -> tuple[str, ...]:
    """
    What has to be kept of an answer, the newest first.

    In whatever time zone a day is counted, none matters that is older than one that counts.
    """
    begin, end = begin_of(key), end_of(key)
    first, last = begin.date() - _DAY, end.date() + _DAY
    kept: list[Membership] = []
    for each in sorted(found, key=_place, reverse=True):
        if each.since > end or not _runs(each, first, last):
            continue
        kept.append(each)
        whole = (each.first or date.min) <= first and last <= (each.last or date.max)
        if each.since <= begin and whole:
            break
    return tuple(map(_told, kept))


def _place(membership: Membership) -> tuple[datetime, str]:
    return (membership.since, membership.campaign)


def _runs(membership: Membership, first: date, last: date) -> bool:
    """Whether its campaign runs on one of these days."""
    begun = membership.first is None or membership.first <= last
    return begun and (membership.last is None or first <= membership.last)


def _told(membership: Membership) -> str:
    days = (membership.first, membership.last)
    told = (each.isoformat() if each else "" for each in days)
    since = membership.since.astimezone(UTC).isoformat()
    return _SEPARATOR.join((membership.campaign, since, *told))


def _restored(details: Iterable[str]) -> Iterator[Membership]:
    """What was kept; a text that an erasure has cut tells nothing."""
    for text in details:
        try:
            campaign, since, first, last = text.split(_SEPARATOR)
            membership = Membership(
                campaign=campaign,
                since=datetime.fromisoformat(since),
                first=date.fromisoformat(first) if first else None,
                last=date.fromisoformat(last) if last else None,
            )
        except ValueError:
            continue
        if is_campaign_id(campaign):
            yield membership
