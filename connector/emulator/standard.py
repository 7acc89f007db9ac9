"""The standard objects that an org is born with, as far as the emulator knows them."""

import dataclasses

from connector.emulator.fields import Field
from connector.emulator.kinds import (
    checkbox,
    computed,
    day,
    long_text,
    lookup,
    person_name,
    phone,
    picklist,
    record_id,
    required,
    system_fields,
    text,
)
from connector.emulator.objects import SObject
from connector.emulator.setup_objects import BOTH, SETUP_OBJECTS
from connector.emulator.standard_access import ACCESS_OBJECTS
from connector.emulator.standard_activities import TASK
from connector.emulator.standard_campaigns import (
    CAMPAIGN,
    CAMPAIGN_MEMBER,
    CAMPAIGN_MEMBER_STATUS,
)
from connector.emulator.standard_setup import GROUP, ORGANIZATION, USER
from connector.emulator.tooling_objects import SHARED, TOOLING_OBJECTS


LEAD_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
INDUSTRIES = ("Agriculture", "Banking", "Education", "Retail", "Technology", "Other")


def _address(prefix: str, label: str = "") -> tuple[Field, ...]:
    start = f"{label} " if label else ""
    whole = f"{prefix}Address"
    return (
        Field(
            name=f"{prefix}Street",
            label=f"{start}Street",
            type="textarea",
            length=255,
            compound=whole,
        ),
        text(f"{prefix}City", f"{start}City", 40, compound=whole),
        text(f"{prefix}State", f"{start}State/Province", 80, compound=whole),
        text(f"{prefix}PostalCode", f"{start}Zip/Postal Code", 20, compound=whole),
        text(f"{prefix}Country", f"{start}Country", 80, compound=whole),
    )


def _merged_into(name: str) -> Field:
    return computed(
        lookup("MasterRecordId", "Master Record ID", name, relationship="MasterRecord")
    )


ACCOUNT = SObject(
    name="Account",
    label="Account",
    label_plural="Accounts",
    key_prefix="001",
    mergeable=True,
    fields=(
        record_id("Account ID"),
        _merged_into("Account"),
        text("Name", "Account Name", nillable=False, name_field=True, permissionable=False),
        picklist("Type", "Account Type", "Prospect", "Customer", "Partner", "Other", length=40),
        lookup("ParentId", "Parent Account ID", "Account", children="ChildAccounts"),
        *_address("Billing", "Billing"),
        phone("Phone", "Account Phone"),
        phone("Fax", "Account Fax"),
        text("AccountNumber", "Account Number", 40),
        Field(name="Website", label="Website", type="url", length=255),
        picklist("Industry", "Industry", *INDUSTRIES, length=40),
        long_text("Description", "Account Description"),
        *system_fields(),
    ),
)

CONTACT = SObject(
    name="Contact",
    label="Contact",
    label_plural="Contacts",
    key_prefix="003",
    mergeable=True,
    fields=(
        record_id("Contact ID"),
        _merged_into("Contact"),
        lookup("AccountId", "Account ID", "Account", children="Contacts", cascade_delete=True),
        *person_name(),
        *_address("Mailing", "Mailing"),
        phone("Phone", "Business Phone"),
        phone("Fax", "Business Fax"),
        phone("MobilePhone", "Mobile Phone"),
        phone("HomePhone", "Home Phone"),
        phone("OtherPhone", "Other Phone"),
        phone("AssistantPhone", "Asst. Phone"),
        lookup("ReportsToId", "Reports To ID", "Contact"),
        Field(name="Email", label="Email", type="email", length=80, id_lookup=True),
        text("Title", "Title", 128),
        text("Department", "Department", 80),
        picklist("LeadSource", "Lead Source", *LEAD_SOURCES),
        day("Birthdate", "Birthdate"),
        long_text("Description", "Contact Description"),
        *system_fields(),
        computed(day("LastActivityDate", "Last Activity")),
    ),
)

LEAD = SObject(
    name="Lead",
    label="Lead",
    label_plural="Leads",
    key_prefix="00Q",
    mergeable=True,
    fields=(
        record_id("Lead ID"),
        _merged_into("Lead"),
        *person_name(),
        text("Title", "Title", 128),
        required(text("Company", "Company")),
        *_address(""),
        phone("Phone", "Phone"),
        phone("MobilePhone", "Mobile Phone"),
        phone("Fax", "Fax"),
        Field(name="Email", label="Email", type="email", length=80, id_lookup=True),
        Field(name="Website", label="Website", type="url", length=255),
        long_text("Description", "Description"),
        picklist("LeadSource", "Lead Source", *LEAD_SOURCES),
        required(
            picklist(
                "Status",
                "Status",
                "Open - Not Contacted",
                "Working - Contacted",
                "Closed - Converted",
                "Closed - Not Converted",
                default="Open - Not Contacted",
                defaulted=True,
            )
        ),
        picklist("Industry", "Industry", *INDUSTRIES),
        picklist("Rating", "Rating", "Hot", "Warm", "Cold"),
        computed(checkbox("IsConverted", "Converted")),
        computed(day("ConvertedDate", "Converted Date")),
        computed(lookup("ConvertedAccountId", "Converted Account ID", "Account")),
        computed(lookup("ConvertedContactId", "Converted Contact ID", "Contact")),
        checkbox("IsUnreadByOwner", "Unread By Owner", default=True, permissionable=False),
        *system_fields(),
        computed(day("LastActivityDate", "Last Activity")),
    ),
)

_OBJECTS = (
    ACCOUNT,
    CAMPAIGN,
    CAMPAIGN_MEMBER,
    CAMPAIGN_MEMBER_STATUS,
    CONTACT,
    LEAD,
    GROUP,
    ORGANIZATION,
    TASK,
    USER,
    *ACCESS_OBJECTS,
    *SETUP_OBJECTS,
    *TOOLING_OBJECTS,
)
STANDARD_OBJECTS = tuple(
    dataclasses.replace(each, apis=BOTH) if each.name in SHARED else each for each in _OBJECTS
)
