"""What became of a message, a number or a record, and why: read from the store."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from connector.domain.consent import Consent, ConsentEvent
from connector.domain.delivery import Delivery, DeliveryStatus
from connector.domain.engagement import Engagement
from connector.domain.records import RecordRef, long_id, names_record
from connector.pipeline.campaign_story import CampaignStory, tell_campaign
from connector.pipeline.campaigns_of import Campaigns
from connector.pipeline.decision import Decision
from connector.pipeline.match import Mappings
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.prefixes import ObjectNames
from connector.pipeline.sought import Sought, sought
from connector.store import Store, Transaction
from connector.store.bulk_jobs import KeptJob
from connector.store.directory import Holder
from connector.store.events import KnownEvent
from connector.store.inbox import Inbox, ListedCallback
from connector.store.outbox import Waiting
from connector.store.writes import Refused, StoppedLane, Write


#: The newest of each; more would hide what matters.
MOST_MESSAGES, MOST_WRITES, MOST_SAID = 10, 20, 50


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SeenEvent:
    """One thing said about a message, and whether its state follows from it."""

    event: KnownEvent
    decides: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RecordStory:
    """What one record has been sent, and what it has yet to get."""

    record: RecordRef
    phones: Mapping[str, str]
    deleted: bool
    successor: RecordRef | None
    #: What it shall show has yet to be worked out anew.
    marked: bool
    pending: Sequence[Waiting]
    writes: Sequence[Write]
    refused: Refused | None
    stopped: StoppedLane | None
    #: The bulk job of its object that is under way; ordinary fields wait for its end.
    job: KeptJob | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ShownOn:
    """A record that shows a message, how it was found, and why it was chosen."""

    matched_by: str
    because: str
    story: RecordStory


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MessageStory:
    """One message from its callbacks to the records that show it."""

    delivery: Delivery
    #: What is told of it: its status, unless we gave it up.
    shown_status: DeliveryStatus | None
    status_at: datetime
    started_at: datetime
    callbacks: Sequence[ListedCallback]
    events: Sequence[SeenEvent]
    shown_on: Sequence[ShownOn]
    why_none: str
    #: Who holds the number and does not show the message.
    passed_over: Sequence[Holder]
    #: What was not found in Salesforce yet, or was given up.
    sought: Sequence[Sought] = ()
    #: The campaign that it counts for, and why that one; None where nobody asked for one.
    campaign: CampaignStory | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One consent event and the number of its callback; 0 where it came another way."""

    callback_id: int
    event: ConsentEvent


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PhoneStory:
    """One number: what its owner said, who holds it, and what was sent to it."""

    phone: str
    opted_out: bool
    changed_at: datetime | None
    consent: Consent | None
    said: Sequence[Said]
    engagement: Engagement | None
    holders: Sequence[Holder]
    messages: Sequence[Delivery]

    def __bool__(self) -> bool:
        """Whether anything is known of it."""
        return bool(self.consent or self.engagement or self.holders or self.messages)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RecordAnswer:
    """One record: its story, its messages, and the consent of its numbers."""

    story: RecordStory
    messages: Sequence[Delivery]
    consents: Sequence[Consent]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that is known under one text, and as what it was looked for."""

    asked: str
    looked_for: Sequence[str]
    messages: Sequence[MessageStory] = ()
    phone: PhoneStory | None = None
    record: RecordAnswer | None = None

    def __bool__(self) -> bool:
        """Whether anything is known."""
        return bool(self.messages or self.phone or self.record)


def explain(
    store: Store,
    mappings: Mappings,
    read_phone: PhoneReader,
    text: str,
    campaigns: Campaigns | None = None,
) -> Explanation:
    """Look for a message id, a record id of 15 or 18 characters, and a phone number."""
    text = text.strip()
    with store.transaction(reads=True) as transaction:
        explainer = Explainer(
            transaction, store.inbox, mappings, campaigns or Campaigns(mappings)
        )
        record_id = long_id(text) if names_record(text) else ""
        phone = read_phone(text)
        looked_for = (
            f"message id {text}",
            f"record id {record_id}" if record_id else "",
            f"number {phone}" if phone else "",
        )
        return Explanation(
            asked=text,
            looked_for=[each for each in looked_for if each],
            messages=[
                explainer.message(each) for each in transaction.deliveries.of_message_id(text)
            ],
            # An opt-out counts for a sender that is no number too, as it stands.
            phone=explainer.phone(phone or text) or None,
            record=explainer.record(record_id) if record_id else None,
        )


class Explainer:
    """Gathers stories within one transaction."""

    def __init__(
        self, transaction: Transaction, inbox: Inbox, mappings: Mappings, campaigns: Campaigns
    ) -> None:
        self._transaction = transaction
        self._inbox = inbox
        self._mappings = mappings
        self._campaigns = campaigns
        self._names = ObjectNames(transaction, mappings)
        self._lanes = {lane.object: lane for lane in transaction.writes.stopped_lanes()}

    def message(self, delivery: Delivery) -> MessageStory:
        key = (delivery.gateway, delivery.message_id)
        events = self._transaction.events.of_message(*key)
        matches = self._transaction.matches.of_message(*key)
        chosen = self._campaigns.of(self._transaction, delivery, matches)
        decision = Decision(
            self._transaction, self._mappings, delivery, matches, chosen.campaign
        )
        numbers = {event.callback_id for event in events if event.callback_id}
        callbacks = self._inbox.listed_by_id(numbers)[::-1]
        waits = self._transaction.deliveries.is_changed(*key)
        return MessageStory(
            delivery=delivery,
            shown_status=delivery.shown_status,
            status_at=delivery.shown_status_at,
            started_at=delivery.started_at,
            callbacks=callbacks,
            events=list(_seen(delivery, events)),
            shown_on=[
                ShownOn(
                    matched_by=match.matched_by,
                    because=decision.words(match),
                    story=self.story(match.record),
                )
                for match in matches
            ],
            why_none=decision.why_none(waits=waits),
            passed_over=decision.passed_over,
            sought=list(
                sought(
                    self._transaction,
                    self._mappings,
                    delivery,
                    matches,
                    chosen.campaign,
                    self._campaigns.asked(delivery, matches) if not chosen.campaign else (),
                )
            ),
            campaign=tell_campaign(
                chosen,
                callbacks,
                all_kept=len(callbacks) == len(numbers),
                by_membership=self._campaigns.by_membership,
            ),
        )

    def phone(self, phone: str) -> PhoneStory:
        consent = self._transaction.consents.find([phone]).get(phone)
        return PhoneStory(
            phone=phone,
            opted_out=bool(consent and consent.opted_out),
            changed_at=consent.changed_at if consent else None,
            consent=consent,
            said=[
                Said(callback_id=number, event=event)
                for number, event in self._transaction.consents.said_by(phone, MOST_SAID)
            ],
            engagement=self._transaction.engagements.find([phone]).get(phone),
            holders=self._transaction.directory.holders([phone]).get(phone, []),
            messages=self._transaction.deliveries.of_phone(phone, MOST_MESSAGES)
            if phone
            else [],
        )

    def record(self, record_id: str) -> RecordAnswer | None:
        """None where nothing is known of the record."""
        known = self._transaction.directory.records([record_id]).get(record_id)
        messages = self._transaction.matches.of_record(record_id, MOST_MESSAGES)
        story = self.story(known.record if known else self._named(record_id))
        if not (known or messages or story.pending or story.writes or story.marked):
            return None
        consents = self._transaction.consents.find(set(story.phones.values()))
        return RecordAnswer(
            story=story,
            messages=messages,
            consents=[consents[phone] for phone in sorted(consents)],
        )

    def story(self, record: RecordRef) -> RecordStory:
        known = self._transaction.directory.records([record.id]).get(record.id)
        refused = self._transaction.writes.refused(record_id=record.id, limit=1)
        return RecordStory(
            record=record,
            phones=self._transaction.directory.phones([record.id]).get(record.id, {}),
            deleted=bool(known and known.deleted),
            successor=known.successor if known else None,
            marked=self._transaction.outbox.is_marked(record),
            pending=self._transaction.outbox.waiting(record.id),
            writes=self._transaction.writes.of_record(record.id, limit=MOST_WRITES),
            refused=refused[0] if refused else None,
            stopped=self._lanes.get(record.object),
            job=self._transaction.bulk_jobs.open(record.object),
        )

    def _named(self, record_id: str) -> RecordRef:
        """A record that the directory does not hold: what was written tells its object."""
        writes = self._transaction.writes.of_record(record_id, limit=1)
        name = writes[0].record.object if writes else self._names.of(record_id)
        return RecordRef(name, record_id)


def _seen(delivery: Delivery, events: Iterable[KnownEvent]) -> Iterable[SeenEvent]:
    """The events as they came; at most one of them decides."""
    events = sorted(events, key=lambda event: (event.received_at, event.callback_id))
    deciding = [event for event in events if _says(event, delivery)]
    first = min(deciding, key=lambda event: event.received_at, default=None)
    return (SeenEvent(event=event, decides=event is first) for event in events)


def _says(event: KnownEvent, delivery: Delivery) -> bool:
    return delivery.status is not None and (
        event.word,
        event.occurred_at,
        event.error_code,
    ) == (delivery.status.value, delivery.occurred_at, delivery.error_code)
