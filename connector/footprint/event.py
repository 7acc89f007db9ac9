"""SMS_Delivery__e: a platform event for flows that cannot wait for a field to change."""

from functools import partial

from connector.footprint.fields import FieldKind, FieldSpec
from connector.footprint.objects import ObjectSpec


EVENTS = "events"

DELIVERY_EVENT = ObjectSpec(
    name="SMS_Delivery__e",
    label="SMS Delivery",
    plural="SMS Deliveries",
    description="Published by the SMS connector when a message is settled, a person opts out "
    "or in, opens a link or replies, or a campaign becomes critical. It may come twice: "
    "compare Idempotency_Key__c. It names records, never phone numbers.",
    part=EVENTS,
)

#: What an event may tell of, in Kind__c.
EVENT_KINDS = ("delivery", "opt_out", "opt_in", "click", "reply", "campaign_critical")

_field = partial(FieldSpec, object=DELIVERY_EVENT.name, part=EVENTS)
_text = partial(_field, kind=FieldKind.TEXT)


def event_fields() -> tuple[FieldSpec, ...]:
    return (
        _text(
            name="Kind__c",
            label="Kind",
            length=40,
            help=f"What it tells of: {', '.join(EVENT_KINDS)}.",
        ),
        _text(
            name="Record_Id__c",
            label="Record ID",
            length=18,
            help="The person's record; empty for a campaign that became critical.",
        ),
        _text(
            name="Object__c",
            label="Object",
            length=80,
            help="The object of that record, such as Contact.",
        ),
        _text(name="Campaign_Id__c", label="Campaign ID", length=18, help="The campaign."),
        _text(
            name="Status__c",
            label="Status",
            length=40,
            help="Where the message stands, in the words of SMS_Delivery_Status__c.",
        ),
        _text(
            name="Reason__c",
            label="Reason",
            length=40,
            help="Why it did not arrive, in the words of SMS_Failure_Reason__c.",
        ),
        _text(
            name="Error_Code__c", label="Error Code", length=40, help="The gateway's own code."
        ),
        _text(name="Gateway__c", label="Gateway", length=40, help="The gateway."),
        _text(
            name="Message_Id__c",
            label="Message ID",
            length=255,
            help="The gateway's ID of the message.",
        ),
        _field(
            name="Occurred_At__c",
            label="Occurred At",
            kind=FieldKind.DATETIME,
            help="When it happened, by the gateway's clock.",
        ),
        _text(
            name="Idempotency_Key__c",
            label="Idempotency Key",
            length=255,
            help="The same for the same happening, should it be published twice.",
        ),
    )
