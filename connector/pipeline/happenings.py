"""What happened to a person, as events tell it: settled, opted out or in, clicked, replied."""

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from connector.domain.person import Person
from connector.domain.records import FieldValue, RecordRef
from connector.mapping import FACTS, Topic, org_time
from connector.store.announcements import Told


DELIVERY, OPT_OUT, OPT_IN, CLICK, REPLY = "delivery", "opt_out", "opt_in", "click", "reply"

#: Fields of the event with the facts that fill them, as the fields of records have them.
_OUTCOME = {
    "Status__c": "delivery.status",
    "Reason__c": "delivery.reason",
    "Error_Code__c": "delivery.error_code",
}
_MESSAGE = {"Gateway__c": "delivery.gateway", "Message_Id__c": "delivery.message_id"}
_CAMPAIGN = {"Campaign_Id__c": "delivery.campaign"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """
    One thing to tell of a record.

    `subject` is what one thing may follow another on: of the same subject, the same thing is
    told once. `noted_at` says how old the news is.
    """

    record: RecordRef
    subject: str
    kind: str
    key: str
    noted_at: datetime
    details: Mapping[str, FieldValue]

    @property
    def fields(self) -> dict[str, FieldValue]:
        """The event; never a number, for everybody who may see events sees all of them."""
        return {
            "Kind__c": self.kind,
            "Record_Id__c": self.record.id,
            "Object__c": self.record.object,
            **{name: value for name, value in self.details.items() if value},
            "Idempotency_Key__c": self.key,
        }

    def told(self) -> Told:
        return Told(record=self.record, subject=self.subject, kind=self.kind, key=self.key)

    def is_known(self, last: Told | None) -> bool:
        """Whether that is what was told last; who opts out twice is out once."""
        if last is None:
            return False
        same_side = self.subject == Topic.CONSENT and self.kind == last.kind
        return same_side or self.key == last.key


def happenings(record: RecordRef, topic: str, person: Person) -> list[Happening]:
    """What there is to tell on a topic of a record, as things stand now."""
    of_topic = {
        Topic.DELIVERY.value: _settled,
        Topic.CONSENT.value: _consent,
        Topic.ENGAGEMENT.value: _engagements,
    }
    return list(of_topic[topic](record, person))


def _settled(record: RecordRef, person: Person) -> Iterator[Happening]:
    """A message that is under way is no news; that we gave one up is."""
    delivery = person.delivery
    status = delivery.shown_status if delivery else None
    if delivery is None or status is None or not status.is_final:
        return
    given_up_at = delivery.overdue_since if delivery.is_given_up else None
    yield Happening(
        record=record,
        subject=Topic.DELIVERY.value,
        kind=DELIVERY,
        # Not the time: reports of the same that come again tell another one.
        key=_key(record, DELIVERY, delivery.gateway, delivery.message_id, status),
        noted_at=given_up_at or delivery.reported_at,
        details={
            **_facts(person, _OUTCOME, _MESSAGE, _CAMPAIGN),
            "Occurred_At__c": org_time(delivery.shown_status_at),
        },
    )


def _consent(record: RecordRef, person: Person) -> Iterator[Happening]:
    consent = person.consent
    if consent is None or consent.changed_at is None:
        return
    kind = OPT_OUT if consent.opted_out else OPT_IN
    # The gateway and the message are those by which the person opted out.
    longest = {name: FACTS[fact].longest for name, fact in _MESSAGE.items()}
    yield Happening(
        record=record,
        subject=Topic.CONSENT.value,
        kind=kind,
        key=_key(record, kind, consent.changed_at.isoformat()),
        noted_at=consent.changed_at,
        details={
            **_facts(person, _CAMPAIGN),
            "Gateway__c": consent.gateway[: longest["Gateway__c"]],
            "Message_Id__c": consent.message_id[: longest["Message_Id__c"]],
            "Occurred_At__c": org_time(consent.changed_at),
        },
    )


def _engagements(record: RecordRef, person: Person) -> Iterator[Happening]:
    """The message is the latest one that the person got: few react to an older one."""
    said = person.consent.changed_at if person.consent else None
    # STOP and START are replies too, and are told of as what they mean.
    replied_at = None if person.last_reply_at == said else person.last_reply_at
    for kind, at in ((CLICK, person.last_click_at), (REPLY, replied_at)):
        if at is not None:
            yield Happening(
                record=record,
                subject=kind,
                kind=kind,
                key=_key(record, kind, at.isoformat()),
                noted_at=at,
                details={
                    **_facts(person, _MESSAGE, _CAMPAIGN),
                    "Occurred_At__c": org_time(at),
                },
            )


def _facts(person: Person, *fields: Mapping[str, str]) -> dict[str, FieldValue]:
    return {name: FACTS[fact].read(person) for facts in fields for name, fact in facts.items()}


def _key(record: RecordRef, *parts: str) -> str:
    """The same for the same happening, whoever works it out and whenever."""
    return hashlib.sha256(_joined((record.object, record.id, *parts))).hexdigest()[:40]


def _joined(parts: Iterable[str]) -> bytes:
    return "\n".join(parts).encode("utf-8", "replace")
