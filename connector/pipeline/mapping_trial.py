"""What a callback would write, worked out without a store: for trying a mapping."""

import dataclasses
from collections.abc import Iterator

from connector.domain.callback import Callback, KeptCallback
from connector.domain.consent import fold
from connector.domain.delivery import Delivery, DeliveryStatus
from connector.domain.person import Person
from connector.domain.records import FieldValue
from connector.gateways.base import Gateway
from connector.mapping import Mapping, Topic
from connector.pipeline.events import Batch, read_batch
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.retry_window import retry_after


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Whom the callback tells of, and what is known of them from it alone."""

    about: str
    person: Person

    def fields(self, mapping: Mapping) -> dict[str, FieldValue]:
        """What a record of that object would get; of a message's own, its key as well."""
        key: dict[str, FieldValue] = {}
        if rule := mapping.message:
            delivery = self.person.delivery
            value = rule.value_of(delivery.gateway, delivery.message_id) if delivery else ""
            if not value:
                return {}
            key = {rule.key: value}
        topics = [topic for topic in Topic if topic is not Topic.PERSON or self.person.phone]
        values = (mapping.values(topic, self.person) for topic in topics)
        return {**key, **{field: value for each in values for field, value in each.items()}}


def trials(
    callback: Callback, gateway: Gateway, read_phone: PhoneReader
) -> tuple[list[Trial], str]:
    """What the callback says, a message or a number each, and what of it cannot be read."""
    kept = KeptCallback(id=0, callback=callback)
    batch = read_batch([kept], {gateway.name: gateway}, read_phone)
    return list(_people(batch)), "; ".join(reason for _, reason in batch.unreadable)


def _people(batch: Batch) -> Iterator[Trial]:
    spoken_of = (event.phone for _, event in batch.consent_events)
    phones = dict.fromkeys((*spoken_of, *batch.engagements))
    for delivery in batch.deliveries.values():
        phones.pop(delivery.recipient, None)
        yield Trial(
            about=f"message {delivery.message_id}",
            person=_person(batch, delivery.recipient, delivery),
        )
    for phone in phones:
        yield Trial(about=f"number {phone}", person=_person(batch, phone))
    for click in batch.clicks:
        yield Trial(about=f"message {click.message_id}", person=Person(last_click_at=click.at))


def _person(batch: Batch, phone: str, delivery: Delivery | None = None) -> Person:
    engagement = batch.engagements.get(phone)
    said = [event for _, event in batch.consent_events if event.phone == phone]
    arrived = delivery is not None and delivery.status is DeliveryStatus.DELIVERED
    return Person(
        delivery=delivery,
        last_delivered_at=delivery.status_at if delivery and arrived else None,
        consent=fold(phone, said) if said else None,
        undelivered_since=delivery.started_at if delivery and not arrived else None,
        retry_after=retry_after(delivery) if delivery else None,
        last_click_at=engagement.last_click_at if engagement else None,
        last_reply_at=engagement.last_reply_at if engagement else None,
        phone=phone,
    )
