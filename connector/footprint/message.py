"""SMS_Message__c: one row a message, for orgs that want the history and have the storage."""

from collections.abc import Iterator
from functools import partial

from connector.footprint.choices import REASONS, STATUSES, action_for
from connector.footprint.fields import FieldKind, FieldSpec, Sections
from connector.footprint.objects import ObjectSpec


MESSAGES = "messages"

MESSAGE = ObjectSpec(
    name="SMS_Message__c",
    label="SMS Message",
    plural="SMS Messages",
    description="The history of text messages: one row a message, which costs about 2 KB of "
    "data storage each. Written by the SMS connector.",
    number_format="SMS-{0000000000}",
    part=MESSAGES,
)

_field = partial(FieldSpec, object=MESSAGE.name, part=MESSAGES)
_text = partial(_field, kind=FieldKind.TEXT, length=40)
_moment = partial(_field, kind=FieldKind.DATETIME)


def message_sections() -> Sections:
    return {
        "Message": tuple(_whose()),
        "What became of it": tuple(_outcome()),
        "Sending": tuple(_sending()),
    }


def message_fields() -> tuple[FieldSpec, ...]:
    return tuple(spec for each in message_sections().values() for spec in each)


def _whose() -> Iterator[FieldSpec]:
    yield _text(
        name="Key__c",
        label="Key",
        length=255,
        external_id=True,
        unique=True,
        required=True,
        help="Gateway and message ID: what the connector finds the row by. Do not change.",
    )
    for target in ("Contact", "Lead", "Campaign"):
        yield _field(
            name=f"{target}__c",
            label=target,
            kind=FieldKind.LOOKUP,
            reference_to=target,
            children="SMS_Messages",
            children_label="SMS Messages",
            help=f"The {target.lower()} that the message was sent "
            f"{'for' if target == 'Campaign' else 'to'}.",
        )


def _outcome() -> Iterator[FieldSpec]:
    yield _field(
        name="Status__c",
        label="Status",
        kind=FieldKind.PICKLIST,
        choices=STATUSES,
        help="Where the message stands.",
    )
    yield _moment(
        name="Status_At__c",
        label="Status At",
        help="Since when it stands there, by the gateway's clock.",
    )
    yield _field(
        name="Failure_Reason__c",
        label="Failure Reason",
        kind=FieldKind.PICKLIST,
        choices=REASONS,
        help="Why it did not arrive. Empty while nothing is wrong.",
    )
    yield _text(
        name="Error_Code__c",
        label="Error Code",
        help="The gateway's own code for what went wrong.",
    )
    yield _field(
        name="Recommended_Action__c",
        label="Recommended Action",
        kind=FieldKind.TEXT,
        formula=action_for("Failure_Reason__c"),
        help="What helps, by the failure reason.",
    )


def _sending() -> Iterator[FieldSpec]:
    yield _text(
        name="Gateway__c",
        label="Gateway",
        help="The SMS provider that carried it.",
    )
    yield _text(
        name="Message_Id__c",
        label="Message ID",
        length=255,
        help="The provider's ID of it, to find it in the provider's logs.",
    )
    yield _field(
        name="Phone__c",
        label="Phone",
        kind=FieldKind.PHONE,
        help="The number that it was sent to.",
    )
    yield _text(
        name="Sender__c",
        label="Sender",
        help="The number or name that it was sent from.",
    )
    yield _field(
        name="Segments__c",
        label="Segments",
        kind=FieldKind.NUMBER,
        precision=4,
        help="How many parts it was sent in: what gateways charge for.",
    )
    yield _moment(name="Sent_At__c", label="Sent At", help="When it was sent.")
    yield _moment(name="Delivered_At__c", label="Delivered At", help="When it arrived.")
