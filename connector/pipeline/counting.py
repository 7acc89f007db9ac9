"""What each message adds to the figures of its campaign, worked out when it is matched."""

import dataclasses
import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, tzinfo

import orjson

from connector.domain.contribution import Contribution, start_of
from connector.domain.delivery import Delivery, DeliveryStatus
from connector.domain.figures import Cell, Reaction, account_of, add
from connector.mapping import MEMBER
from connector.mapping import Mapping as ObjectMapping
from connector.phones import country
from connector.pipeline.campaigns_of import Campaigns, Chosen
from connector.store import Transaction
from connector.store.matches import Match
from connector.store.privacy import is_pseudonym
from connector.store.times import micros, moment


#: In every time zone of today an hour begins at a quarter of an hour of UTC.
_QUARTER = 15 * 60 * 1_000_000

Key = tuple[str, str]
Found = Mapping[Key, tuple[Delivery, Sequence[Match]]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What of one message is in the figures: the stored form of its contribution."""

    key: Key
    text: str
    campaign: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The campaigns of a batch of messages, and what was counted of them before."""

    campaigns: Mapping[Key, Chosen]
    before: Mapping[Key, str]


class Counting:
    """
    Counts messages by the time zone in which campaigns' days begin.

    `memberships` says whether a message that names no campaign counts for its person's.
    """

    def __init__(
        self,
        mappings: Mapping[str, ObjectMapping],
        zone: tzinfo = UTC,
        *,
        memberships: bool = False,
    ) -> None:
        self._mappings = mappings
        self.campaigns = Campaigns(mappings, zone, memberships=memberships)
        self._starts = functools.lru_cache(maxsize=4_096)(functools.partial(_starts, zone))

    def decide(self, transaction: Transaction, found: Found) -> Decided:
        """Which campaigns these belong to, and what was counted of them before."""
        before = transaction.counted.of(found)
        return Decided(
            campaigns=self.campaigns.decide(transaction, found, before), before=before
        )

    def count(self, transaction: Transaction, found: Found, decided: Decided) -> None:
        """Note what changed about these messages since they were counted last."""
        before = decided.before
        reactions = transaction.reactions.of_messages(found)
        changed: list[Counted] = []
        net: Counter[str] = Counter()
        for key, (delivery, matches) in found.items():
            contribution = self.contribution(
                delivery,
                matches,
                reactions.get(key, frozenset()),
                before.get(key, ""),
                decided.campaigns[key].campaign,
            )
            text = orjson.dumps(contribution.stored()).decode()
            old = before.get(key, "")
            if text == old:
                continue
            changed.append(Counted(key=key, text=text, campaign=contribution.campaign))
            net[text] += 1
            if old:
                net[old] -= 1
        transaction.counted.put((*each.key, each.text, each.campaign) for each in changed)
        transaction.figures.note(summed(net))

    def contributions(
        self, transaction: Transaction, deliveries: Sequence[Delivery]
    ) -> list[Contribution]:
        """
        What each of these adds now.

        What was counted of it before counts only where nobody can know any more: of numbers
        that were erased, of people who are gone.
        """
        keys = [(each.gateway, each.message_id) for each in deliveries]
        matches = transaction.matches.of_messages(keys)
        before = transaction.counted.of(keys)
        reactions = transaction.reactions.of_messages(keys)
        found = {k: (d, matches.get(k, ())) for k, d in zip(keys, deliveries, strict=True)}
        campaigns = self.campaigns.look(transaction, found, before)
        return [
            self.contribution(
                delivery,
                matches.get(key, ()),
                reactions.get(key, frozenset()),
                before.get(key, ""),
                campaigns[key].campaign,
            )
            for key, delivery in zip(keys, deliveries, strict=True)
        ]

    def contribution(
        self,
        delivery: Delivery,
        matches: Iterable[Match],
        reactions: frozenset[Reaction],
        before: str,
        campaign: str,
    ) -> Contribution:
        """What one message adds; `before` tells the country of a number that was erased."""
        hour, day = self._starts(micros(delivery.started_at) // _QUARTER)
        return Contribution(
            campaign=campaign,
            account=account_of(delivery.gateway, delivery.account),
            hour=hour,
            day=day,
            gateway=delivery.gateway,
            country=_country(delivery.recipient, before),
            sender=delivery.sender,
            carrier=delivery.carrier,
            shown_on=self._object(matches),
            status=delivery.shown_status or DeliveryStatus.PENDING,
            reason=delivery.shown_reason,
            segments=delivery.segments,
            cost=delivery.cost,
            currency=delivery.currency,
            seconds=_seconds(delivery),
            no_report=delivery.is_given_up,
            reactions=reactions,
        )

    def _object(self, matches: Iterable[Match]) -> str:
        """The object of the person that the message went to, else of what else shows it."""
        shown = [match.record.object for match in matches]
        names = [name for name in shown if name in self._mappings]
        people = [name for name in names if self._mappings[name].of_person]
        others = [name for name in names if name != MEMBER and not self._mappings[name].message]
        return next(iter([*people, *others]), "")


def summed(net: Mapping[str, int]) -> dict[Cell, dict[str, int]]:
    """So many times these contributions, cell by cell."""
    cells: dict[Cell, dict[str, int]] = {}
    for text, times in net.items():
        if not times:
            continue
        contribution = Contribution.restored(orjson.loads(text))
        counts = contribution.counts()
        for cell in contribution.cells():
            add(cells.setdefault(cell, {}), counts, times)
    return cells


def _starts(zone: tzinfo, quarter: int) -> tuple[int, int]:
    """When the hour and the day of this quarter of an hour began, in microseconds."""
    hour, day = start_of(moment(quarter * _QUARTER).astimezone(zone))
    return micros(hour), micros(day)


def _country(recipient: str, before: str) -> str:
    if is_pseudonym(recipient):
        return Contribution.restored(orjson.loads(before)).country if before else ""
    return country(recipient)


def _seconds(delivery: Delivery) -> int | None:
    """
    How long it took to arrive.

    Where nobody registered it and its only report is that of its arrival, nobody knows.
    """
    if delivery.status is not DeliveryStatus.DELIVERED:
        return None
    took = (delivery.status_at - delivery.started_at).total_seconds()
    if delivery.sent_at is None and took <= 0:
        return None
    return max(int(took), 0)
