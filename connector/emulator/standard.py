"""The standard objects that an org is born with, as far as the emulator knows them."""

from connector.emulator.fields import Field
from connector.emulator.kinds import (
    checkbox,
    computed,
    day,
    fixed,
    long_text,
    lookup,
    moment,
    number,
    person_name,
    phone,
    picklist,
    record_id,
    required,
    system_fields,
    text,
    whole,
)
from connector.emulator.objects import SObject


LEAD_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
INDUSTRIES = ("Agriculture", "Banking", "Education", "Retail", "Technology", "Other")


def _address(prefix: str, label: str = "") -> tuple[Field, ...]:
    start = f"{label} " if label else ""
    part = {"compound": f"{prefix}Address"}
    return (
        Field(
            name=f"{prefix}Street", label=f"{start}Street", type="textarea", length=255, **part
        ),
        text(f"{prefix}City", f"{start}City", 40, **part),
        text(f"{prefix}State", f"{start}State/Province", 80, **part),
        text(f"{prefix}PostalCode", f"{start}Zip/Postal Code", 20, **part),
        text(f"{prefix}Country", f"{start}Country", 80, **part),
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

CAMPAIGN = SObject(
    name="Campaign",
    label="Campaign",
    label_plural="Campaigns",
    key_prefix="701",
    fields=(
        record_id("Campaign ID"),
        text("Name", "Name", 80, nillable=False, name_field=True, permissionable=False),
        lookup("ParentId", "Parent Campaign ID", "Campaign", children="ChildCampaigns"),
        picklist("Type", "Type", "Email", "Telemarketing", "Other", length=40),
        picklist(
            "Status", "Status", "Planned", "In Progress", "Completed", "Aborted", length=40
        ),
        day("StartDate", "Start Date"),
        day("EndDate", "End Date"),
        number("NumberSent", "Num Sent"),
        checkbox("IsActive", "Active"),
        long_text("Description", "Description"),
        *system_fields(),
    ),
)

CAMPAIGN_MEMBER = SObject(
    name="CampaignMember",
    label="Campaign Member",
    label_plural="Campaign Members",
    key_prefix="00v",
    searchable=False,
    fields=(
        record_id("Campaign Member ID"),
        required(
            fixed(
                lookup(
                    "CampaignId",
                    "Campaign ID",
                    "Campaign",
                    children="CampaignMembers",
                    cascade_delete=True,
                )
            )
        ),
        fixed(
            lookup("LeadId", "Lead ID", "Lead", children="CampaignMembers", cascade_delete=True)
        ),
        fixed(
            lookup(
                "ContactId",
                "Contact ID",
                "Contact",
                children="CampaignMembers",
                cascade_delete=True,
            )
        ),
        picklist("Status", "Status", "Sent", "Responded", length=40, permissionable=False),
        computed(checkbox("HasResponded", "Responded")),
        computed(day("FirstRespondedDate", "First Responded Date")),
        *system_fields(owner=False),
    ),
)

CAMPAIGN_MEMBER_STATUS = SObject(
    name="CampaignMemberStatus",
    label="Campaign Member Status",
    label_plural="Campaign Member Statuses",
    key_prefix="01Y",
    searchable=False,
    layoutable=False,
    fields=(
        record_id("Campaign Member Status ID"),
        required(
            fixed(
                lookup(
                    "CampaignId",
                    "Campaign ID",
                    "Campaign",
                    children="CampaignMemberStatuses",
                    cascade_delete=True,
                )
            )
        ),
        text("Label", "Label", 765),
        whole("SortOrder", "Sort Order"),
        checkbox("IsDefault", "Is Default"),
        checkbox("HasResponded", "Responded"),
        *system_fields(owner=False),
    ),
)

USER = SObject(
    name="User",
    label="User",
    label_plural="Users",
    key_prefix="005",
    deletable=False,
    setup=True,
    fields=(
        record_id("User ID"),
        required(text("Username", "Username", 80, id_lookup=True)),
        *person_name(),
        required(Field(name="Email", label="Email", type="email", length=128, id_lookup=True)),
        required(text("Alias", "Alias", 8)),
        checkbox("IsActive", "Active", default=True),
        text("TimeZoneSidKey", "Time Zone", 40, default="Europe/London"),
        text("LanguageLocaleKey", "Language", 40, default="en_US"),
        *system_fields(owner=False, deletable=False),
    ),
)

ORGANIZATION = SObject(
    name="Organization",
    label="Organization",
    label_plural="Organizations",
    key_prefix="00D",
    createable=False,
    deletable=False,
    searchable=False,
    setup=True,
    fields=(
        record_id("Organization ID"),
        text("Name", "Name", 80, nillable=False, name_field=True),
        computed(text("InstanceName", "Instance Name", 5)),
        computed(checkbox("IsSandbox", "Is Sandbox")),
        computed(moment("TrialExpirationDate", "Trial Expiration Date")),
        computed(text("NamespacePrefix", "Namespace Prefix", 15)),
        computed(text("OrganizationType", "Edition", 40)),
        text("LanguageLocaleKey", "Language", 40),
        *system_fields(owner=False, deletable=False),
    ),
)

PERMISSION_SET = SObject(
    name="PermissionSet",
    label="Permission Set",
    label_plural="Permission Sets",
    key_prefix="0PS",
    searchable=False,
    setup=True,
    fields=(
        record_id("Permission Set ID"),
        required(text("Name", "Permission Set Name", 80, name_field=True)),
        required(text("Label", "Permission Set Label", 80)),
        text("Description", "Description", 255),
        *system_fields(owner=False, deletable=False),
    ),
)

STANDARD_OBJECTS = (
    ACCOUNT,
    CAMPAIGN,
    CAMPAIGN_MEMBER,
    CAMPAIGN_MEMBER_STATUS,
    CONTACT,
    LEAD,
    ORGANIZATION,
    PERMISSION_SET,
    USER,
)
