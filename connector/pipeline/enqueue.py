"""What records shall show: worked out from the state, queued unless Salesforce has it."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from connector.clock import Clock
from connector.domain.consent import strictest
from connector.domain.person import Person
from connector.domain.records import FieldValue, RecordRef
from connector.mapping import MEMBER, Topic
from connector.mapping import Mapping as ObjectMapping
from connector.pipeline.campaign_rows import TOPIC, changes_of_rows, is_row
from connector.pipeline.labels import Labels
from connector.pipeline.retry_window import retry_after
from connector.pipeline.trail import tell_queued
from connector.store import Store, Transaction
from connector.store.outbox import Queued, canonical


BATCH = 1_000
_MAPPINGS = "mappings"
_TAKEN_BACK = frozenset({Topic.DELIVERY, Topic.HYGIENE})
#: Which topics a record may have something to be written of: messages are custom objects.
_OF_CUSTOM = tuple(topic.value for topic in Topic)
_OF_STANDARD = tuple(topic.value for topic in Topic if topic is not Topic.MESSAGE)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EnqueueReport:
    """What one round queued; `unchanged` topics Salesforce has already."""

    records: int = 0
    queued: int = 0
    unchanged: int = 0


def enqueue(
    store: Store, mappings: Mapping[str, ObjectMapping], clock: Clock, *, limit: int = BATCH
) -> EnqueueReport:
    """Work out marked records anew, those with a change of consent first."""
    with store.transaction() as transaction:
        records = transaction.outbox.claim_marked(limit)
        if not records:
            return EnqueueReport()
        known = Knowledge(transaction, records, mappings)
        changes = [
            change
            for record in records
            if (mapping := mappings.get(record.object))
            for change in known.changes(record, mapping)
        ]
        changes += changes_of_rows(transaction, [each for each in records if is_row(each)])
        queued = [change for change in changes if not known.is_written(change)]
        transaction.outbox.enqueue(queued, clock())
        transaction.outbox.forget(_others(records, queued))
        transaction.outbox.unmark(records)
        known.want_labels()
    tell_queued(queued)
    unchanged = sum(bool(change.fields) for change in changes) - len(queued)
    return EnqueueReport(records=len(records), queued=len(queued), unchanged=unchanged)


def _others(
    records: Sequence[RecordRef], queued: Iterable[Queued]
) -> list[tuple[RecordRef, str]]:
    """The topics that need no writing: written already, unknown, or no longer mapped."""
    wanted = {(change.record, change.topic) for change in queued}
    every = ((record, topic) for record in records for topic in _topics(record))
    return [each for each in every if each not in wanted]


def _topics(record: RecordRef) -> Sequence[str]:
    if is_row(record):
        return (TOPIC,)
    return _OF_CUSTOM if record.object.endswith("__c") else _OF_STANDARD


def adopt(store: Store, mappings: Mapping[str, ObjectMapping]) -> bool:
    """
    Have what waits, or was refused, worked out anew if the mappings are not those of last time.

    Else a field that a mended mapping no longer names would be sent on. Returns whether they
    changed.
    """
    told = hashlib.sha256("".join(map(_told, mappings.values())).encode()).hexdigest()
    with store.transaction() as transaction:
        before = transaction.marks.get(_MAPPINGS)
        if before == told:
            return False
        transaction.marks.set(_MAPPINGS, told)
        if before:
            transaction.outbox.mark_waiting()
    return True


def _told(mapping: ObjectMapping) -> str:
    """All that a mapping says, wherever its file lies and however its lines are ordered."""
    rules = sorted(
        repr((r.field, r.fact.name, r.translate, r.other, r.empty, r.inverted, r.only_sets))
        for r in mapping.fields
    )
    return repr((mapping.object, mapping.phones, mapping.holders, mapping.message, rules))


class Knowledge:
    """All that is known of some records, fetched with one question a table."""

    def __init__(
        self,
        transaction: Transaction,
        records: Sequence[RecordRef],
        mappings: Mapping[str, ObjectMapping],
    ) -> None:
        ids = [record.id for record in records]
        self._latest = transaction.matches.latest(ids)
        self._phones = transaction.directory.phones(ids)
        self._records = transaction.directory.records(ids)
        self._remembered = transaction.writes.remembered(ids)
        phones = {phone for held in self._phones.values() for phone in held.values()}
        self._consents = transaction.consents.find(phones) if phones else {}
        self._engagements = transaction.engagements.find(phones) if phones else {}
        self._hygiene = transaction.hygiene.find(phones) if phones else {}
        self._shown_on = self._people(transaction, mappings)
        self._unsure = transaction.restorations.current() is not None
        self._labels = Labels(transaction, mappings.get(MEMBER), self._campaigns(records))

    def _people(
        self, transaction: Transaction, mappings: Mapping[str, ObjectMapping]
    ) -> Mapping[RecordRef, Mapping[str, str]]:
        """Of each record of a message, whom it is shown on: an id by object."""
        keys = {
            record: (latest.delivery.gateway, latest.delivery.message_id)
            for record, latest in self._latest.items()
            if (mapping := mappings.get(record.object)) and mapping.message
        }
        matches = transaction.matches.of_messages(keys.values()) if keys else {}
        return {
            record: {
                match.record.object: match.record.id for match in reversed(matches.get(key, ()))
            }
            for record, key in keys.items()
        }

    def _campaigns(self, records: Sequence[RecordRef]) -> set[str]:
        members = (self._latest.get(each) for each in records if each.object == MEMBER)
        return {latest.delivery.campaign for latest in members if latest}

    def want_labels(self) -> None:
        """Have those asked for that a campaign lacks; its members are worked out anew then."""
        self._labels.want()

    def changes(self, record: RecordRef, mapping: ObjectMapping) -> Iterable[Queued]:
        """Every topic of the record that something is known of, with all of its fields."""
        person = self.person(record, mapping)
        known = self._records.get(record.id)
        parent = known.parent if known else ""
        if mapping.of_member:
            parent = person.delivery.campaign if person.delivery else ""
            if not self._labels.ready(parent):
                return
        # Of a record that the directory has not seen yet, nobody knows that it has no number.
        topics = mapping.topics if known else mapping.topics - {Topic.PERSON}
        if self._unsure and not (person.consent and person.consent.opted_out):
            # An opt-out may be forgotten here that Salesforce knows of: first it is read.
            topics = topics - {Topic.CONSENT}
        for topic in topics:
            yield Queued(
                record=record,
                topic=topic.value,
                fields=mapping.values(topic, person) or self._cleared(record, topic, mapping),
                urgent=topic is Topic.CONSENT,
                parent=parent,
                **(_report(person) if topic is Topic.DELIVERY else {}),
            )

    def _cleared(
        self, record: RecordRef, topic: Topic, mapping: ObjectMapping
    ) -> Mapping[str, FieldValue]:
        """
        What takes back a message that turned out to be another record's.

        It was found by its number, then somebody named the record that it was sent for. Or the
        record has another number by now, of which nothing bad is known.
        """
        written = self._remembered.get((record.id, topic.value))
        if topic not in _TAKEN_BACK or written is None or record.key:
            return {}
        return mapping.cleared(json.loads(written))

    def is_written(self, change: Queued) -> bool:
        """Whether Salesforce has just this, or there is nothing to have."""
        remembered = self._remembered.get((change.record.id, change.topic))
        return not change.fields or remembered == canonical(change.fields)

    def person(self, record: RecordRef, mapping: ObjectMapping) -> Person:
        """Whose record it is, as far as we know."""
        held = self._phones.get(record.id, {})
        phones = [held[field] for field in mapping.phones if field in held]
        latest = self._latest.get(record)
        engaged = [self._engagements[phone] for phone in phones if phone in self._engagements]
        clicks = [each.last_click_at for each in engaged if each.last_click_at]
        replies = [each.last_reply_at for each in engaged if each.last_reply_at]
        return Person(
            delivery=latest.delivery if latest else None,
            last_delivered_at=latest.last_delivered_at if latest else None,
            consent=strictest(
                said
                for each in phones
                if (said := self._consents.get(each)) and said.changed_at
            ),
            last_click_at=max(clicks, default=None),
            last_reply_at=max(replies, default=None),
            phone=phones[0] if phones else "",
            shown_on=self._shown_on.get(record, {}),
            undelivered_since=latest.undelivered_since if latest else None,
            retry_after=retry_after(latest.delivery) if latest else None,
            hygiene=max(
                (self._hygiene[phone] for phone in phones if phone in self._hygiene),
                key=lambda each: (each.needs_review, each.failures),
                default=None,
            ),
        )


def _report(person: Person) -> dict[str, datetime]:
    """When the report was that a record shows, and when it was heard; nothing without one."""
    delivery = person.delivery
    if delivery is None or delivery.status is None or delivery.overdue:
        return {}
    return {"event_at": delivery.status_at, "heard_at": delivery.reported_at}
