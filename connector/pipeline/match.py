"""Which records a message is shown on."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from connector.clock import Clock
from connector.domain.delivery import Delivery
from connector.domain.records import RecordRef
from connector.domain.time_rules import USUAL, TimeRules
from connector.mapping import HolderRule
from connector.mapping import Mapping as ObjectMapping
from connector.pipeline.companions import BY_MESSAGE, Companions, Found
from connector.pipeline.counting import Counting
from connector.pipeline.hygiene import judge_recipients
from connector.pipeline.prefixes import ObjectNames
from connector.pipeline.trail import tell_matched
from connector.store import Store, Transaction
from connector.store.directory import Holder, KnownRecord
from connector.store.matches import Match


#: How often a record may have moved on before its trail is given up.
LONGEST_TRAIL = 5
BATCH = 2_000

Mappings = Mapping[str, ObjectMapping]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MatchReport:
    """What one round matched."""

    matched: int = 0
    unmatched: int = 0


def match(
    store: Store,
    mappings: Mappings,
    clock: Clock,
    rules: TimeRules = USUAL,
    *,
    counting: Counting | None = None,
    limit: int = BATCH,
) -> MatchReport:
    """
    Find the records of messages that changed; those without one wait for a holder.

    What time alone says of them is worked out anew, and what they add to figures.

    A record of the message itself does not count as one: it would hide that nobody is known
    whom the message went to.
    """
    with store.transaction() as transaction:
        claimed = transaction.deliveries.claim_changed(limit)
        if not claimed:
            return MatchReport()
        transaction.reactions.reopen(claimed)
        now = clock()
        changed = [rules.judged(each, now) for each in claimed]
        companions = Companions(transaction, mappings, changed)
        finder = Finder(transaction, mappings, changed, companions)
        found: Found = {
            (each.gateway, each.message_id): (each, finder.find(each)) for each in changed
        }
        matched = [message for message, (_, matches) in found.items() if matches]
        unmatched = [message for message, (_, matches) in found.items() if not matches]
        counting = counting or Counting(mappings)
        decided = counting.decide(transaction, found)
        companions.add(found, decided.campaigns)
        finder.names.note_unknown()
        counting.count(transaction, found, decided)
        touched = transaction.matches.replace(found)
        transaction.deliveries.settle_changed(matched, unmatched, now=now, rules=rules)
        judge_recipients(transaction, changed)
        transaction.outbox.mark(touched, urgent=False)
    tell_matched(found)
    return MatchReport(matched=len(matched), unmatched=len(unmatched))


class Finder:
    """
    Finds the records of a batch of messages with a few questions to the directory.

    In this order: the record id that rode along, the registered one, whom a record of the
    message tells of, whoever holds the number. The first that leads to a person decides.
    Records of other objects, such as a case, are shown the message beside that person.
    """

    def __init__(
        self,
        transaction: Transaction,
        mappings: Mappings,
        deliveries: Sequence[Delivery],
        companions: Companions,
    ) -> None:
        self._mappings = mappings
        self._companions = companions
        self.names = ObjectNames(transaction, mappings)
        named = {each for d in deliveries for each in (d.reference, d.registered_record)} - {""}
        named |= companions.people()
        self._twins = twins(transaction, mappings, named)
        self._records = _with_successors(transaction, named.union(self._twins.values()))
        self._by_id = {(d.gateway, d.message_id): self._named(d) for d in deliveries if named}
        phones = {d.recipient for d in deliveries if d.recipient and self._by_phone(d)}
        self._holders = transaction.directory.holders(phones) if phones else {}

    def find(self, delivery: Delivery) -> list[Match]:
        found = self._by_id.get((delivery.gateway, delivery.message_id), [])
        if not self._by_phone(delivery):
            return list(found)
        holders = self._holders.get(delivery.recipient, ())
        chosen = [Match(record=each, matched_by="phone") for each in self._choose(holders)]
        return [*found, *chosen]

    def _by_phone(self, delivery: Delivery) -> bool:
        """Whether the number decides whom the message went to."""
        found = self._by_id.get((delivery.gateway, delivery.message_id), ())
        if any(self._mappings[match.record.object].of_person for match in found):
            return False
        return not self._companions.may_tell(delivery)

    def _named(self, delivery: Delivery) -> list[Match]:
        """The records that somebody named by their ids, of persons only one."""
        found: dict[RecordRef, str] = {}
        is_known = False
        for record_id, how in (
            (delivery.reference, "reference"),
            (delivery.registered_record, "registered"),
            *((person, BY_MESSAGE) for person in self._companions.people_of(delivery)),
        ):
            record = self._follow(record_id) if record_id else None
            if record is None:
                continue
            of_person = self._mappings[record.object].of_person
            if not (of_person and is_known):
                found.setdefault(record, how)
            is_known = is_known or of_person
        return [Match(record=record, matched_by=how) for record, how in found.items()]

    def _follow(self, record_id: str) -> RecordRef | None:
        """The record with this id, or where it went; None when it is gone or not ours."""
        record_id = self._twins.get(record_id, record_id)
        known = self._records.get(record_id)
        record = known.record if known else RecordRef(self.names.of(record_id), record_id)
        for _ in range(LONGEST_TRAIL):
            if known is None or known.successor is None:
                break
            record = known.successor
            known = self._records.get(record.id)
        gone = known is not None and (known.deleted or known.successor is not None)
        return record if record.object in self._mappings and not gone else None

    def _choose(self, holders: Iterable[Holder]) -> list[RecordRef]:
        """Each object's rule chooses among its own; of the single choices one is taken."""
        by_object: dict[str, dict[RecordRef, Holder]] = {}
        for holder in holders:
            if holder.record.object in self._mappings:
                by_object.setdefault(holder.record.object, {})[holder.record] = holder
        everyone: list[RecordRef] = []
        single: list[Holder] = []
        for name, found in by_object.items():
            rule = self._mappings[name].holders
            if rule is HolderRule.ALL:
                everyone += found
            elif rule is HolderRule.NEWEST:
                single.append(max(found.values(), key=_age))
            elif rule is HolderRule.OLDEST:
                single.append(min(found.values(), key=_age))
        return everyone + ([max(single, key=_age).record] if single else [])


def _age(holder: Holder) -> tuple[object, ...]:
    # The id only makes the order total.
    return (holder.modified_at, holder.record.id)


def twins(
    transaction: Transaction, mappings: Mappings, record_ids: Iterable[str]
) -> dict[str, str]:
    """
    Of ids of person accounts, under which other id the same person is mapped.

    An account and its contact are one: what is not mapped is shown on what is.
    """
    if "Account" not in mappings and "Contact" in mappings:
        accounts = [each for each in record_ids if each.startswith("001")]
        return transaction.directory.contacts_of(accounts) if accounts else {}
    if "Contact" not in mappings and "Account" in mappings:
        contacts = [each for each in record_ids if each.startswith("003")]
        return transaction.directory.accounts_of(contacts) if contacts else {}
    return {}


def _with_successors(
    transaction: Transaction, record_ids: Iterable[str]
) -> dict[str, KnownRecord]:
    """What the directory knows of these records and of those they became."""
    found: dict[str, KnownRecord] = {}
    wanted = set(record_ids)
    for _ in range(LONGEST_TRAIL):
        if not wanted:
            break
        found |= transaction.directory.records(wanted)
        wanted = {known.successor.id for known in found.values() if known.successor} - set(
            found
        )
    return found
