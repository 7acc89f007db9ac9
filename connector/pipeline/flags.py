"""
What people do with the opt-out flag in Salesforce: a tick is a STOP, a clearing a question.

A sync can set an opt-out, never clear one. What we wrote ourselves is told from what somebody
else did by what Salesforce had before, so nothing goes round in circles.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime

from connector.domain.consent import (
    CLOCK_SKEW,
    Consent,
    ConsentEvent,
    ConsentKind,
    ConsentSource,
)
from connector.domain.directory import DirectoryEntry
from connector.mapping import Mapping as ObjectMapping
from connector.pipeline.consent import hear
from connector.pipeline.phone_reader import PhoneReader
from connector.store import Transaction
from connector.store.flags import WrittenConsent


log = logging.getLogger(__name__)


def heed(
    transaction: Transaction,
    entries: Sequence[DirectoryEntry],
    mapping: ObjectMapping,
    read_phone: PhoneReader,
    now: datetime,
    *,
    asked_at: datetime,
) -> frozenset[str]:
    """
    Take what these records' flags say into the ledger; returns which of ours were cleared.

    What we wrote to those is to be forgotten together with keeping them as read: until then
    they may be known by another number, whose opt-out they have.

    `asked_at` is when Salesforce was asked for them, by our clock. In a transaction of its own,
    before the records are kept as read: consent is locked before all else, and what was not
    kept is read again.
    """
    alive = [each for each in entries if each.opt_outs and not (each.deleted or each.successor)]
    phones = {entry.record.id: _own_number(entry, mapping, read_phone) for entry in alive}
    # Without a number there is nobody to text; once there is one, the record is read again.
    alive = [entry for entry in alive if phones[entry.record.id]]
    if not alive:
        return frozenset()
    consents = transaction.consents.find(set(phones.values()))
    before = _Before(transaction, phones, mapping, asked_at)
    events = [
        _event(kind, entry, phones[entry.record.id], now)
        for entry in alive
        if (kind := before.meaning(entry, consents.get(phones[entry.record.id])))
    ]
    # What was cleared is ticked again, whatever we thought that Salesforce has.
    asking = [event.message_id for event in events if event.kind is ConsentKind.REQUEST]
    transaction.writes.forget(asking)
    cleared = frozenset(entry.record.id for entry in alive if before.is_cleared(entry))
    hear(transaction, [(0, event) for event in events])
    transaction.flags.see({each.record.id: any(each.opt_outs.values()) for each in alive})
    if events:
        log.info("consent.flags", extra={"object": mapping.object, "events": len(events)})
    return cleared


class _Before:
    """What the flags of some records were, as far as we know."""

    def __init__(
        self,
        transaction: Transaction,
        record_ids: Collection[str],
        mapping: ObjectMapping,
        asked_at: datetime,
    ) -> None:
        self._written = transaction.flags.written(record_ids)
        self._doubted = transaction.flags.doubted(record_ids)
        self._seen = transaction.flags.seen(record_ids)
        self._inverted = mapping.opt_out_fields
        self._asked_at = asked_at
        restored = transaction.restorations.current()
        self._unsure_since = restored.since if restored else None

    def meaning(self, entry: DirectoryEntry, consent: Consent | None) -> ConsentKind | None:
        """What the flag of this record says that the ledger does not know yet."""
        written = self._written.get(entry.record.id)
        if written and self._asked_at <= written.at:
            # Asked for before we knew that ours was written: what we wrote will be read.
            return None
        ours = self._says(written or self._until_then(entry), entry)
        was_set = self._seen.get(entry.record.id) if ours is None else ours
        if consent and consent.opted_out:
            cleared = not all(entry.opt_outs.values())
            return ConsentKind.REQUEST if was_set and cleared else None
        if not any(entry.opt_outs.values()):
            return None
        if consent is None or consent.changed_at is None:
            # Somebody has ticked it, unless it is left from a number that the record had.
            return None if ours else ConsentKind.STOP
        return ConsentKind.STOP if was_set is False or self._is_unsure(entry) else None

    def _until_then(self, entry: DirectoryEntry) -> WrittenConsent | None:
        """What we wrote before what is in doubt now, of a record that is no newer than that."""
        before = self._doubted.get(entry.record.id)
        return before if before and entry.modified_at < before.at - CLOCK_SKEW else None

    def _is_unsure(self, entry: DirectoryEntry) -> bool:
        """Whether the opt-out may be one that a restored database has forgotten."""
        return self._unsure_since is not None and entry.modified_at > self._unsure_since

    def is_cleared(self, entry: DirectoryEntry) -> bool:
        """Whether somebody has cleared the opt-out that we wrote, whatever holds now."""
        written = self._written.get(entry.record.id)
        if written is None or self._asked_at <= written.at:
            return False
        return bool(self._says(written, entry)) and not all(entry.opt_outs.values())

    def _says(self, written: WrittenConsent | None, entry: DirectoryEntry) -> bool | None:
        """Whether what we wrote last was an opt-out; None where we wrote no such field."""
        if written is None:
            return None
        values = {field: written.fields.get(field) for field in entry.opt_outs}
        said = [
            value is not self._inverted[field]
            for field, value in values.items()
            if isinstance(value, bool)
        ]
        return any(said) if said else None


def _own_number(entry: DirectoryEntry, mapping: ObjectMapping, read_phone: PhoneReader) -> str:
    """
    The number that a record's messages go to.

    A flag says nothing of the others: a switchboard must not be silenced for everybody.
    """
    spelled = {field.lower(): text for field, text in entry.phones.items()}
    found = (read_phone(spelled.get(field.lower(), "")) for field in mapping.phones)
    return next(filter(None, found), "")


def _event(kind: ConsentKind, entry: DirectoryEntry, phone: str, now: datetime) -> ConsentEvent:
    ticked = "ticked" if kind is ConsentKind.STOP else "cleared"
    fields = ", ".join(entry.opt_outs)
    return ConsentEvent(
        phone=phone,
        kind=kind,
        received_at=now,
        occurred_at=entry.modified_at,
        source=ConsentSource.SALESFORCE,
        message_id=entry.record.id,
        actor=f"org:{entry.record.object}",
        reason=f"{fields} {ticked} in Salesforce",
        evidence=entry.record.id,
    )
