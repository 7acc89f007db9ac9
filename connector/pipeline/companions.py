"""What shows a message besides the person it went to: its own record, the campaign's member."""

from collections.abc import Iterable, Mapping, Sequence

from connector.domain.delivery import Delivery
from connector.domain.records import RecordRef, is_campaign_id
from connector.mapping import MEMBER
from connector.mapping import Mapping as ObjectMapping
from connector.pipeline.campaigns_of import Chosen
from connector.store import Transaction
from connector.store.lookups import Lookup
from connector.store.matches import Match


#: How these were found, beside reference, registered and phone.
BY_KEY, BY_MEMBERSHIP, BY_MESSAGE = "key", "member", "message"

Found = dict[tuple[str, str], tuple[Delivery, list[Match]]]
Key = tuple[str, str]


class Companions:
    """
    The records beside the person, for a batch of messages.

    What only Salesforce can name is read from the lookups, and wanted there where it is new.
    Costs nothing where no mapping has such records.
    """

    def __init__(
        self,
        transaction: Transaction,
        mappings: Mapping[str, ObjectMapping],
        deliveries: Sequence[Delivery],
    ) -> None:
        self._transaction = transaction
        self._mappings = mappings
        self._messages = [each for each in mappings.values() if each.message]
        self._sought: dict[str, dict[Key, Lookup]] = {
            each.object: transaction.lookups.find(each.object, _keys(each, deliveries))
            for each in self._messages
            if each.message and not each.message.create
        }

    def people(self) -> set[str]:
        """Everybody of whom a record of one of the messages tells."""
        found = (known for each in self._sought.values() for known in each.values())
        return {person for lookup in found for person in _people(lookup)}

    def people_of(self, delivery: Delivery) -> list[str]:
        """Those of whom the records of this message tell."""
        lookups = (found.get(_key(delivery)) for found in self._sought.values())
        return [person for lookup in lookups if lookup for person in _people(lookup)]

    def may_tell(self, delivery: Delivery) -> bool:
        """Whether Salesforce has yet to be asked for a record that tells of its person."""
        for each in self._messages:
            rule = each.message
            if rule and rule.person and rule.value_of(*_key(delivery)):
                lookup = self._sought[each.object].get(_key(delivery))
                if lookup is None or not lookup.answered:
                    return True
        return False

    def add(self, found: Found, campaigns: Mapping[Key, Chosen]) -> None:
        """Put them beside the people that were found; members are those of its campaign."""
        for each in self._messages:
            self._add_messages(each, found)
        if MEMBER in self._mappings:
            self._add_members(found, campaigns)

    def _add_messages(self, mapping: ObjectMapping, found: Found) -> None:
        rule, name = mapping.message, mapping.object
        wanted: list[Key] = []
        for key, (_, matches) in found.items():
            value = rule.value_of(*key) if rule else ""
            if not rule or not value or _has(matches, name):
                continue
            if rule.create:
                record = RecordRef.keyed(name, rule.key, value)
            elif lookup := self._sought[name].get(key):
                record = RecordRef(name, lookup.record_id)
            else:
                wanted.append(key)
                continue
            if record.id:
                matches.append(Match(record=record, matched_by=BY_KEY))
        self._transaction.lookups.want(name, wanted)

    def _add_members(self, found: Found, campaigns: Mapping[Key, Chosen]) -> None:
        pairs = {
            key: self._pairs(campaigns[key].campaign, matches)
            for key, (_, matches) in found.items()
        }
        every = sorted({pair for each in pairs.values() for pair in each})
        if not every:
            return
        known = self._transaction.lookups.find(MEMBER, every)
        wanted: set[Key] = set()
        again: set[Key] = set()
        for key, (delivery, matches) in found.items():
            for pair in pairs[key]:
                lookup = known.get(pair)
                if lookup is None:
                    wanted.add(pair)
                elif lookup.record_id:
                    record = RecordRef(MEMBER, lookup.record_id)
                    matches.append(Match(record=record, matched_by=BY_MEMBERSHIP))
                elif lookup.given_up and _is_news(delivery, lookup):
                    again.add(pair)
        self._transaction.lookups.want(MEMBER, wanted)
        if again:
            self._transaction.lookups.reopen(MEMBER, again)

    def _pairs(self, campaign: str, matches: Sequence[Match]) -> list[Key]:
        """The campaign of a message, with each person that shows it."""
        if not campaign or _has(matches, MEMBER):
            return []
        people = [match.record for match in matches]
        return [(campaign, r.id) for r in people if self._mappings[r.object].of_person]


def _keys(mapping: ObjectMapping, deliveries: Iterable[Delivery]) -> list[Key]:
    """Those messages that may have a record of this object."""
    rule = mapping.message
    keys = sorted(_key(delivery) for delivery in deliveries)
    return [key for key in keys if rule and rule.value_of(*key)]


def _key(delivery: Delivery) -> Key:
    return (delivery.gateway, delivery.message_id)


def _people(lookup: Lookup) -> list[str]:
    """Whom a record of a message tells of; it may tell a campaign, too."""
    return [each for each in lookup.details if not is_campaign_id(each)]


def _has(matches: Iterable[Match], name: str) -> bool:
    """Whether a record of this object was named by its id already."""
    return any(match.record.object == name for match in matches)


def _is_news(delivery: Delivery, lookup: Lookup) -> bool:
    """Whether the message is newer than the last answer: the person may be a member now."""
    return lookup.asked_at is not None and delivery.first_seen_at > lookup.asked_at
