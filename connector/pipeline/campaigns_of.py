"""
Which campaign a message belongs to.

In this order: the one that was named with it, the one that a record of the message tells, the
newest that its person was a member of. Without one it counts for none.
"""

import dataclasses
import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

import orjson

from connector.domain.contribution import Contribution
from connector.domain.delivery import Delivery
from connector.domain.records import is_campaign_id
from connector.mapping import Mapping as ObjectMapping
from connector.mapping import MessageRule
from connector.pipeline.memberships import MEMBERSHIPS, end_of, key_of, newest
from connector.store import Transaction
from connector.store.lookups import Lookup
from connector.store.matches import Match
from connector.store.privacy import is_pseudonym


#: Who may be a member of a campaign; a person account is one as its contact.
_MEMBERS = frozenset({"Account", "Contact", "Lead"})

Key = tuple[str, str]
Found = Mapping[Key, tuple[Delivery, Sequence[Match]]]
Known = Mapping[Key, Lookup]
Read = Callable[[str, Iterable[Key]], Known]


class Why(enum.StrEnum):
    """How the campaign of a message is known."""

    NAMED = "named"  # it rode along, or the sender registered it
    MESSAGE = "message"  # a record of the message tells it
    MEMBERSHIP = "membership"  # the person was a member of it
    KEPT = "kept"  # as before: its person is gone, or its record is being asked for
    NONE = "none"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """
    The campaign of a message, empty for none, and why just that one.

    `told_by` is the object whose record tells it; `since` is when the membership began.
    """

    campaign: str = ""
    why: Why = Why.NONE
    told_by: str = ""
    since: datetime | None = None


NOBODYS = Chosen()


class Campaigns:
    """The campaigns of messages, by these mappings and, if wanted, by memberships."""

    def __init__(
        self,
        mappings: Mapping[str, ObjectMapping],
        zone: tzinfo = UTC,
        *,
        memberships: bool = False,
    ) -> None:
        self._tellers = {
            name: each.message
            for name, each in mappings.items()
            if each.message and each.message.campaign
        }
        self._zone = zone
        self.by_membership = memberships

    def decide(
        self, transaction: Transaction, found: Found, before: Mapping[Key, str]
    ) -> dict[Key, Chosen]:
        """
        Of each message, which; what Salesforce has to be asked for is wanted.

        `before` is what was counted of them. What is known of the lookups stays so until the
        transaction ends, so that an answer which comes meanwhile sees these messages.
        """

        def known(name: str, wanted: Iterable[Key]) -> Known:
            found = transaction.lookups.find(name, wanted)
            missing = [key for key in wanted if key not in found]
            if name == MEMBERSHIPS and missing:
                dues = {key: end_of(key) for key in missing}
                transaction.lookups.want_at(name, dues)
                # Another worker may have wanted them at the same moment: hold those, too.
                found |= transaction.lookups.find(name, missing)
            return found

        return self._all(known, found, before)

    def look(
        self, transaction: Transaction, found: Found, before: Mapping[Key, str]
    ) -> dict[Key, Chosen]:
        """The same for those who only look: nothing is held, and nothing wanted."""
        return self._all(transaction.lookups.read, found, before)

    def of(
        self, transaction: Transaction, delivery: Delivery, matches: Sequence[Match]
    ) -> Chosen:
        """That of one message, as things stand."""
        key = (delivery.gateway, delivery.message_id)
        before = transaction.counted.of([key])
        return self.look(transaction, {key: (delivery, matches)}, before)[key]

    def asked(self, delivery: Delivery, matches: Iterable[Match]) -> list[Key]:
        """Under what the campaigns of its people are looked up, where that would count."""
        if not self.by_membership or is_pseudonym(delivery.recipient):
            return []
        people = {m.record.id for m in matches if m.record.object in _MEMBERS}
        return [key_of(person, delivery.started_at) for person in sorted(people)]

    def _all(self, read: Read, found: Found, before: Mapping[Key, str]) -> dict[Key, Chosen]:
        chosen = {key: _named(delivery) for key, (delivery, _) in found.items()}
        told, waiting = self._told(read, [k for k, each in chosen.items() if not each.campaign])
        chosen |= told
        if not self.by_membership:
            return chosen
        left = {key: found[key] for key, each in chosen.items() if not each.campaign}
        asked = {
            key: self.asked(*each) if key not in waiting else [] for key, each in left.items()
        }
        wanted = sorted({each for keys in asked.values() for each in keys})
        known = read(MEMBERSHIPS, wanted) if wanted else {}
        for key, (delivery, _) in left.items():
            lookups = [known[each] for each in asked[key] if each in known]
            chosen[key] = (
                self._member_of(lookups, delivery)
                if asked[key]
                else _as_before(before.get(key, ""))
            )
        return chosen

    def _told(self, read: Read, keys: Sequence[Key]) -> tuple[dict[Key, Chosen], set[Key]]:
        """
        What the records of messages tell; of several objects the first one's counts.

        And of which messages Salesforce has yet to be asked for the record.
        """
        told: dict[Key, Chosen] = {}
        waiting: set[Key] = set()
        for name, rule in self._tellers.items():
            theirs = _of(rule, keys)
            known = read(name, theirs) if theirs else {}
            for key in theirs:
                lookup = known.get(key)
                if lookup is None or not lookup.answered:
                    waiting.add(key)
                if lookup and (campaign := told_campaign(lookup.details)):
                    chosen = Chosen(campaign=campaign, why=Why.MESSAGE, told_by=name)
                    told.setdefault(key, chosen)
        return told, waiting

    def _member_of(self, lookups: Iterable[Lookup], delivery: Delivery) -> Chosen:
        found = newest(lookups, delivery.started_at, self._zone)
        if found is None:
            return NOBODYS
        return Chosen(campaign=found.campaign, why=Why.MEMBERSHIP, since=found.since)


def told_campaign(details: Iterable[str]) -> str:
    """The campaign among the ids that a record of a message tells; empty without one."""
    return next(filter(is_campaign_id, details), "")


def _of(rule: MessageRule, keys: Iterable[Key]) -> list[Key]:
    return sorted(key for key in keys if rule.value_of(*key))


def _named(delivery: Delivery) -> Chosen:
    if not is_campaign_id(delivery.campaign):
        return NOBODYS
    return Chosen(campaign=delivery.campaign, why=Why.NAMED)


def _as_before(counted: str) -> Chosen:
    """That a person is gone, or a number erased, is no reason to count it elsewhere."""
    campaign = Contribution.restored(orjson.loads(counted)).campaign if counted else ""
    return Chosen(campaign=campaign, why=Why.KEPT) if campaign else NOBODYS
