"""The fields of Contact and Lead: what became of a person's latest message, and consent."""

from collections.abc import Iterator
from functools import partial

from connector.footprint.choices import OPT_OUT_SOURCES, REASONS, STATUSES, action_for
from connector.footprint.fields import FieldKind, FieldSpec


#: Person accounts have the fields of their Contact.
PEOPLE = ("Contact", "Lead")


def person_fields() -> tuple[FieldSpec, ...]:
    return tuple(spec for person in PEOPLE for spec in (*_delivery(person), *_rest(person)))


def _rest(person: str) -> Iterator[FieldSpec]:
    yield from _trouble(person)
    yield from _engagement(person)
    yield from _consent(person)


def _delivery(person: str) -> Iterator[FieldSpec]:
    """What became of the latest message."""
    field = partial(FieldSpec, object=person)
    yield field(
        name="SMS_Delivery_Status__c",
        label="SMS Delivery Status",
        kind=FieldKind.PICKLIST,
        choices=STATUSES,
        help="Where the latest text message to this person stands.",
        description="Where the latest message stands: one of six words, whatever the gateway "
        "calls it. Pending after 72 hours becomes Expired. Written by the SMS connector.",
    )
    yield field(
        name="SMS_Status_At__c",
        label="SMS Status At",
        kind=FieldKind.DATETIME,
        help="Since when the latest message stands there, by the gateway's clock.",
    )
    yield field(
        name="SMS_Failure_Reason__c",
        label="SMS Failure Reason",
        kind=FieldKind.PICKLIST,
        choices=REASONS,
        help="Why the latest message did not arrive. Empty while nothing is wrong.",
        description="What the gateway's error code comes down to, the same for all gateways; "
        "the code itself is in SMS_Error_Code__c. Written by the SMS connector.",
    )
    yield field(
        name="SMS_Error_Code__c",
        label="SMS Error Code",
        kind=FieldKind.TEXT,
        length=40,
        help="The gateway's own code for what went wrong, to look up or to ask its support.",
    )
    yield field(
        name="SMS_Recommended_Action__c",
        label="SMS Recommended Action",
        kind=FieldKind.TEXT,
        formula=action_for("SMS_Failure_Reason__c"),
        help="What helps, by the failure reason.",
    )
    yield field(
        name="SMS_Gateway__c",
        label="SMS Gateway",
        kind=FieldKind.TEXT,
        length=40,
        help="The SMS provider that carried the latest message.",
    )
    yield field(
        name="SMS_Message_Id__c",
        label="SMS Message ID",
        kind=FieldKind.TEXT,
        length=255,
        help="The provider's ID of the latest message, to find it in the provider's logs.",
    )
    yield field(
        name="SMS_Last_Campaign__c",
        label="SMS Last Campaign",
        kind=FieldKind.LOOKUP,
        reference_to="Campaign",
        children=f"SMS_{person}s",
        children_label=f"{person}s last texted for this",
        help="The campaign that the latest message was sent for.",
    )
    yield field(
        name="SMS_Last_Delivered_At__c",
        label="SMS Last Delivered At",
        kind=FieldKind.DATETIME,
        help="When a message last arrived: the latest one or an earlier one.",
    )


def _trouble(person: str) -> Iterator[FieldSpec]:
    """What keeps going wrong."""
    field = partial(FieldSpec, object=person)
    yield field(
        name="SMS_Undelivered_Since__c",
        label="SMS Undelivered Since",
        kind=FieldKind.DATETIME,
        help="Since when no message has got through. Empty while messages arrive.",
        description="Since when no message has got through. Made for scheduled paths of flows, "
        "such as 48 hours later. Written by the SMS connector.",
    )
    yield field(
        name="SMS_Soft_Failure__c",
        label="SMS Soft Failure",
        kind=FieldKind.CHECKBOX,
        help="The latest message has been on its way for 24 hours and may still arrive.",
    )
    yield field(
        name="SMS_Consecutive_Failures__c",
        label="SMS Consecutive Failures",
        kind=FieldKind.NUMBER,
        precision=4,
        help="How many messages in a row failed because of this number. 0 after one arrives.",
    )
    yield field(
        name="SMS_Needs_Review__c",
        label="SMS Needs Review",
        kind=FieldKind.CHECKBOX,
        help="The number may be wrong: please check it with the person.",
        description="Ticked after three failures in a row, or one that says that the number "
        "is invalid or a landline; a delivery or a reply unticks it. It says nothing about "
        "consent. Written by the SMS connector.",
    )
    yield field(
        name="SMS_Review_Reason__c",
        label="SMS Review Reason",
        kind=FieldKind.TEXT,
        length=80,
        help="Why the number should be checked.",
    )
    yield field(
        name="SMS_Retry_After__c",
        label="SMS Retry After",
        kind=FieldKind.DATETIME,
        help="When another try makes sense: between 09:00 and 21:00 where the person is.",
    )


def _engagement(person: str) -> Iterator[FieldSpec]:
    field = partial(FieldSpec, object=person, kind=FieldKind.DATETIME)
    yield field(
        name="SMS_Last_Click_At__c",
        label="SMS Last Click At",
        help="When the person last opened a link of a message.",
    )
    yield field(
        name="SMS_Last_Reply_At__c",
        label="SMS Last Reply At",
        help="When the person last wrote back.",
    )


def _consent(person: str) -> Iterator[FieldSpec]:
    field = partial(FieldSpec, object=person)
    yield field(
        name="SMS_Opt_Out__c",
        label="SMS Opt Out",
        kind=FieldKind.CHECKBOX,
        help="Ticked: this person must not be texted.",
        description="Whether the person has opted out of text messages. Written by the SMS "
        "connector when somebody answers STOP or START, on every record with their number.",
    )
    yield field(
        name="SMS_Opt_Out_At__c",
        label="SMS Opt Out At",
        kind=FieldKind.DATETIME,
        help="When the person opted out, or in again.",
    )
    yield field(
        name="SMS_Opt_Out_Source__c",
        label="SMS Opt Out Source",
        kind=FieldKind.PICKLIST,
        choices=OPT_OUT_SOURCES,
        help="How we learned of the opt-out: a reply, somebody here, the provider, an import.",
    )
    yield field(
        name="SMS_Opt_Out_Keyword__c",
        label="SMS Opt Out Keyword",
        kind=FieldKind.TEXT,
        length=40,
        help="The word that the person wrote, such as STOP.",
    )
    yield field(
        name="SMS_Phone_E164__c",
        label="SMS Phone (E.164)",
        kind=FieldKind.TEXT,
        length=20,
        external_id=True,
        help="The number in the international form, such as +14155550123. Filled by itself.",
        description="The number that messages go to, in E.164. An external ID, so that it is "
        "indexed and a number finds its records; not unique, since people share numbers. "
        "Written by the SMS connector.",
    )
