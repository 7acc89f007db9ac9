"""Which records a message is shown on."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from connector.domain.delivery import Delivery
from connector.domain.records import RecordRef
from connector.mapping import HolderRule
from connector.mapping import Mapping as ObjectMapping
from connector.store import Store, Transaction
from connector.store.directory import Holder, KnownRecord
from connector.store.matches import Match


#: Key prefixes of standard objects (Salesforce help, "Standard Field Record ID Prefix").
PREFIXES = {"001": "Account", "003": "Contact", "00Q": "Lead"}
#: How often a record may have moved on before its trail is given up.
LONGEST_TRAIL = 5
BATCH = 2_000

Mappings = Mapping[str, ObjectMapping]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MatchReport:
    """What one round matched."""

    matched: int = 0
    unmatched: int = 0


def match(store: Store, mappings: Mappings, *, limit: int = BATCH) -> MatchReport:
    """Find the records of messages that changed; those without one wait for a holder."""
    with store.transaction() as transaction:
        changed = transaction.deliveries.claim_changed(limit)
        if not changed:
            return MatchReport()
        finder = Finder(transaction, mappings, changed)
        found = {(each.gateway, each.message_id): (each, finder.find(each)) for each in changed}
        touched = transaction.matches.replace(found)
        matched = [message for message, (_, matches) in found.items() if matches]
        unmatched = [message for message, (_, matches) in found.items() if not matches]
        transaction.deliveries.settle_changed(matched, unmatched)
        transaction.outbox.mark(touched, urgent=False)
    return MatchReport(matched=len(matched), unmatched=len(unmatched))


class Finder:
    """
    Finds the records of a batch of messages with a few questions to the directory.

    In this order: the record id that rode along, the registered one, whoever holds the number.
    """

    def __init__(
        self, transaction: Transaction, mappings: Mappings, deliveries: Sequence[Delivery]
    ) -> None:
        self._mappings = mappings
        named = {each for d in deliveries for each in (d.reference, d.registered_record)} - {""}
        self._records = _with_successors(transaction, named)
        phones = {d.recipient for d in deliveries if d.recipient and not self._named(d)}
        self._holders = transaction.directory.holders(phones) if phones else {}

    def find(self, delivery: Delivery) -> list[Match]:
        if named := self._named(delivery):
            return [named]
        holders = self._holders.get(delivery.recipient, ())
        return [Match(record=record, matched_by="phone") for record in self._choose(holders)]

    def _named(self, delivery: Delivery) -> Match | None:
        for record_id, how in (
            (delivery.reference, "reference"),
            (delivery.registered_record, "registered"),
        ):
            if record_id and (record := self._follow(record_id)):
                return Match(record=record, matched_by=how)
        return None

    def _follow(self, record_id: str) -> RecordRef | None:
        """The record with this id, or where it went; None when it is gone or not ours."""
        known = self._records.get(record_id)
        record = (
            known.record if known else RecordRef(PREFIXES.get(record_id[:3], ""), record_id)
        )
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
