"""The SMS fields and objects that a prepared org has, for tests and the demo."""

from collections.abc import Iterator
from typing import Protocol

from connector.emulator.fields import Field
from connector.emulator.kinds import (
    checkbox,
    lookup,
    moment,
    number,
    picklist,
    record_id,
    required,
    system_fields,
    text,
)
from connector.emulator.objects import SObject


STATUSES = ("Pending", "Delivered", "Undelivered", "Failed", "Rejected", "Expired")
REASONS = (
    "unregistered",
    "invalid_number",
    "unreachable",
    "filtered",
    "opted_out",
    "landline",
    "throughput",
    "account_suspended",
    "network",
    "expired",
    "unknown",
)
ADVICE = (
    ("unregistered", "Register the sender or the campaign"),
    ("invalid_number", "Correct the number"),
    ("unreachable", "Try again later"),
    ("filtered", "Review the content"),
    ("opted_out", "Do not text"),
    ("landline", "Ask for a mobile number"),
)


class TakesSchema(Protocol):
    """Whatever objects and fields can be added to: the emulated org."""

    def add_object(self, sobject: SObject) -> None: ...

    def add_fields(self, sobject: str, *fields: Field) -> None: ...


def install_sms_fields(org: TakesSchema) -> None:
    """Make the org one in which the connector's fields and objects are deployed and visible."""
    for sobject in ("Contact", "Lead"):
        org.add_fields(sobject, *person_fields(sobject))
    org.add_object(CAMPAIGN_STAT)
    org.add_object(MESSAGE)


def person_fields(sobject: str) -> Iterator[Field]:
    yield picklist("SMS_Delivery_Status__c", "SMS Delivery Status", *STATUSES, restricted=True)
    yield moment("SMS_Status_At__c", "SMS Status At")
    yield picklist("SMS_Failure_Reason__c", "SMS Failure Reason", *REASONS, restricted=True)
    yield text("SMS_Error_Code__c", "SMS Error Code", 40)
    yield Field(
        name="SMS_Recommended_Action__c",
        label="SMS Recommended Action",
        length=1300,
        createable=False,
        updateable=False,
        case_of="SMS_Failure_Reason__c",
        cases=ADVICE,
    )
    yield text("SMS_Gateway__c", "SMS Gateway", 40)
    yield text("SMS_Message_Id__c", "SMS Message Id", 255)
    yield lookup(
        "SMS_Last_Campaign__c", "SMS Last Campaign", "Campaign", children=f"SMS_{sobject}s__r"
    )
    yield moment("SMS_Last_Delivered_At__c", "SMS Last Delivered At")
    yield moment("SMS_Undelivered_Since__c", "SMS Undelivered Since")
    yield checkbox("SMS_Soft_Failure__c", "SMS Soft Failure")
    yield number("SMS_Consecutive_Failures__c", "SMS Consecutive Failures", 4)
    yield checkbox("SMS_Needs_Review__c", "SMS Needs Review")
    yield text("SMS_Review_Reason__c", "SMS Review Reason", 80)
    yield moment("SMS_Retry_After__c", "SMS Retry After")
    yield moment("SMS_Last_Click_At__c", "SMS Last Click At")
    yield moment("SMS_Last_Reply_At__c", "SMS Last Reply At")
    yield checkbox("SMS_Opt_Out__c", "SMS Opt Out")
    yield moment("SMS_Opt_Out_At__c", "SMS Opt Out At")
    yield picklist(
        "SMS_Opt_Out_Source__c",
        "SMS Opt Out Source",
        "Reply",
        "Salesforce",
        "Provider",
        "Import",
        "API",
        "Operator",
        restricted=True,
    )
    yield text("SMS_Opt_Out_Keyword__c", "SMS Opt Out Keyword", 40)
    yield text("SMS_Phone_E164__c", "SMS Phone (E.164)", 20, external_id=True)


def _counts() -> Iterator[Field]:
    for name in ("Messages", *STATUSES, "Opt_Outs", "Clicks", "Replies", "Segments"):
        yield number(f"{name}__c", name.replace("_", " "))
    for reason in REASONS:
        yield number(f"Reason_{reason.title()}__c", f"Reason: {reason.replace('_', ' ')}")


CAMPAIGN_STAT = SObject(
    name="SMS_Campaign_Stat__c",
    label="SMS Campaign Stat",
    label_plural="SMS Campaign Stats",
    key_prefix="a01",
    fields=(
        record_id("Record ID"),
        text("Name", "Name", 80, name_field=True),
        text("Key__c", "Key", 255, external_id=True, unique=True),
        lookup("Campaign__c", "Campaign", "Campaign", children="SMS_Campaign_Stats__r"),
        picklist("Period__c", "Period", "Total", "Day", "Hour", restricted=True),
        moment("Period_Start__c", "Period Start"),
        picklist(
            "Split_By__c", "Split By", "Gateway", "Country", "Sender", "Object", restricted=True
        ),
        text("Split_Value__c", "Split Value", 80),
        *_counts(),
        number("Delivery_Rate__c", "Delivery Rate", 5, 2),
        picklist("Health__c", "Health", "Healthy", "Watch", "Critical", restricted=True),
        moment("Health_Changed_At__c", "Health Changed At"),
        picklist("Top_Reason__c", "Top Reason", *REASONS, restricted=True),
        *system_fields(),
    ),
)

MESSAGE = SObject(
    name="SMS_Message__c",
    label="SMS Message",
    label_plural="SMS Messages",
    key_prefix="a02",
    fields=(
        record_id("Record ID"),
        text("Name", "Name", 80, name_field=True),
        required(text("Key__c", "Key", 255, external_id=True, unique=True)),
        lookup("Contact__c", "Contact", "Contact", children="SMS_Messages__r"),
        lookup("Lead__c", "Lead", "Lead", children="SMS_Messages__r"),
        lookup("Campaign__c", "Campaign", "Campaign", children="SMS_Messages__r"),
        picklist("Status__c", "Status", *STATUSES, restricted=True),
        moment("Status_At__c", "Status At"),
        picklist("Failure_Reason__c", "Failure Reason", *REASONS, restricted=True),
        text("Error_Code__c", "Error Code", 40),
        text("Gateway__c", "Gateway", 40),
        text("Message_Id__c", "Message Id", 255),
        text("Phone__c", "Phone", 20),
        text("Sender__c", "Sender", 40),
        number("Segments__c", "Segments", 4),
        moment("Sent_At__c", "Sent At"),
        moment("Delivered_At__c", "Delivered At"),
        *system_fields(),
    ),
)
