"""The closed list of facts: all that a mapping may name, so that it is data, never code."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from connector.domain.consent import Consent, ConsentSource
from connector.domain.delivery import NO_REPORT, Delivery, DeliveryStatus, Reason
from connector.domain.hygiene import Hygiene
from connector.domain.person import Person
from connector.domain.records import FieldValue, is_campaign_id
from connector.mapping.fact import Fact, FactKind, org_time


#: Texts are cut here, so that the fields of the set-up hold them.
_NAME, _CODE, _MESSAGE_ID, _PHONE, _REVIEW = 40, 40, 128, 16, 80


def _of_delivery(read: Callable[[Delivery], FieldValue]) -> Callable[[Person], FieldValue]:
    return lambda person: read(person.delivery) if person.delivery else None


def _of_hygiene(read: Callable[[Hygiene], FieldValue]) -> Callable[[Person], FieldValue]:
    return lambda person: read(person.hygiene) if person.hygiene else None


def _of_opt_out(read: Callable[[Consent], FieldValue]) -> Callable[[Person], FieldValue]:
    """How an opt-out came about; nothing once the person has opted in again."""

    def value(person: Person) -> FieldValue:
        consent = person.consent
        return read(consent) if consent and consent.opted_out else None

    return value


def _shown_on(name: str) -> Callable[[Person], FieldValue]:
    return lambda person: person.shown_on.get(name)


def _campaign(delivery: Delivery) -> str | None:
    campaign = delivery.campaign
    return campaign if is_campaign_id(campaign) else None


#: The fact that is read back from Salesforce as well.
OPTED_OUT = "consent.opted_out"

_ALL = (
    Fact(
        name="delivery.status",
        kind=FactKind.PICKLIST,
        describe="where the latest message stands, one of six words",
        read=_of_delivery(
            lambda delivery: delivery.shown_status and delivery.shown_status.value
        ),
        values=tuple(DeliveryStatus),
        may_be_empty=False,
    ),
    Fact(
        name="delivery.status_at",
        kind=FactKind.DATETIME,
        describe="since when it stands there, by the gateway's clock where it tells",
        read=_of_delivery(lambda delivery: org_time(delivery.shown_status_at)),
    ),
    Fact(
        name="delivery.reason",
        kind=FactKind.PICKLIST,
        describe="why it did not arrive; empty while nothing is wrong",
        read=_of_delivery(
            lambda delivery: delivery.shown_reason and delivery.shown_reason.value
        ),
        values=tuple(Reason),
    ),
    Fact(
        name="delivery.error_code",
        kind=FactKind.TEXT,
        describe=f"the gateway's own error code; {NO_REPORT} is ours: no final report came",
        read=_of_delivery(lambda delivery: delivery.shown_error_code[:_CODE] or None),
        longest=_CODE,
    ),
    Fact(
        name="delivery.gateway",
        kind=FactKind.TEXT,
        describe="the gateway that carried the latest message",
        read=_of_delivery(lambda delivery: delivery.gateway[:_NAME]),
        longest=_NAME,
        may_be_empty=False,
    ),
    Fact(
        name="delivery.message_id",
        kind=FactKind.TEXT,
        describe="the gateway's id of the latest message",
        read=_of_delivery(lambda delivery: delivery.message_id[:_MESSAGE_ID]),
        longest=_MESSAGE_ID,
        may_be_empty=False,
    ),
    Fact(
        name="delivery.campaign",
        kind=FactKind.ID,
        describe="the Campaign that the latest message was sent for",
        read=_of_delivery(_campaign),
        refers="Campaign",
    ),
    Fact(
        name="delivery.last_delivered_at",
        kind=FactKind.DATETIME,
        describe="when a message last arrived, the latest one or an earlier one",
        read=lambda person: org_time(person.last_delivered_at),
    ),
    Fact(
        name="delivery.undelivered_since",
        kind=FactKind.DATETIME,
        describe="since when no message has got through; empty after one arrives",
        read=lambda person: org_time(person.undelivered_since),
    ),
    Fact(
        name="delivery.soft_failure",
        kind=FactKind.BOOLEAN,
        describe="true while no final report came of the latest message for a day",
        read=lambda person: bool(person.delivery and person.delivery.is_overdue),
        may_be_empty=False,
    ),
    Fact(
        name="delivery.retry_after",
        kind=FactKind.DATETIME,
        describe="when to try again: the next 09:00 to 21:00 where the person is",
        read=lambda person: org_time(person.retry_after),
    ),
    Fact(
        name=OPTED_OUT,
        kind=FactKind.BOOLEAN,
        describe="true while the person does not want to be texted",
        read=lambda person: bool(person.consent and person.consent.opted_out),
        may_be_empty=False,
    ),
    Fact(
        name="consent.changed_at",
        kind=FactKind.DATETIME,
        describe="when the person opted out, or in again",
        read=lambda person: org_time(person.consent.changed_at) if person.consent else None,
    ),
    Fact(
        name="consent.source",
        kind=FactKind.PICKLIST,
        describe="who told us of the opt-out; empty after an opt-in",
        read=_of_opt_out(lambda consent: consent.source or None),
        values=tuple(ConsentSource),
    ),
    Fact(
        name="consent.keyword",
        kind=FactKind.TEXT,
        describe="the word that the person wrote; empty after an opt-in",
        read=_of_opt_out(lambda consent: consent.keyword[:_CODE] or None),
        longest=_CODE,
    ),
    Fact(
        name="engagement.last_click_at",
        kind=FactKind.DATETIME,
        describe="when the person last opened a link of a message",
        read=lambda person: org_time(person.last_click_at),
    ),
    Fact(
        name="engagement.last_reply_at",
        kind=FactKind.DATETIME,
        describe="when the person last wrote back",
        read=lambda person: org_time(person.last_reply_at),
    ),
    Fact(
        name="hygiene.consecutive_failures",
        kind=FactKind.NUMBER,
        describe="how many messages in a row failed because of the number",
        read=_of_hygiene(lambda hygiene: hygiene.failures),
    ),
    Fact(
        name="hygiene.needs_review",
        kind=FactKind.BOOLEAN,
        describe="true while the number should be checked with the person",
        read=lambda person: bool(person.hygiene and person.hygiene.needs_review),
        may_be_empty=False,
    ),
    Fact(
        name="hygiene.review_reason",
        kind=FactKind.TEXT,
        describe="why the number should be checked; empty while it need not be",
        read=_of_hygiene(lambda hygiene: hygiene.review_reason or None),
        longest=_REVIEW,
    ),
    Fact(
        name="person.phone",
        kind=FactKind.TEXT,
        describe="the number in E.164, for exact matching",
        read=lambda person: person.phone or None,
        longest=_PHONE,
    ),
    *(
        Fact(
            name=f"message.{name.lower()}",
            kind=FactKind.ID,
            describe=f"the {name} that the message is shown on",
            read=_shown_on(name),
            refers=name,
        )
        for name in ("Contact", "Lead", "Account")
    ),
    Fact(
        name="message.phone",
        kind=FactKind.TEXT,
        describe="the number that the message went to, in E.164",
        read=_of_delivery(lambda delivery: delivery.recipient[:_PHONE] or None),
        longest=_PHONE,
    ),
    Fact(
        name="message.sender",
        kind=FactKind.TEXT,
        describe="the number or name that the message came from",
        read=_of_delivery(lambda delivery: delivery.sender[:_NAME] or None),
        longest=_NAME,
    ),
    Fact(
        name="message.sent_at",
        kind=FactKind.DATETIME,
        describe="when the message was sent: as registered, else when it was first seen",
        read=_of_delivery(lambda delivery: org_time(delivery.started_at)),
    ),
    Fact(
        name="message.segments",
        kind=FactKind.NUMBER,
        describe="how many parts the message was sent in, where the gateway tells",
        read=_of_delivery(lambda delivery: delivery.segments or None),
    ),
)

#: Every fact by its name, in the order of the documentation.
FACTS: Mapping[str, Fact] = MappingProxyType({fact.name: fact for fact in _ALL})
