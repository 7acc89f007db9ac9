"""Campaigns, their members, and what members may be."""

from connector.emulator.kinds import (
    checkbox,
    computed,
    day,
    fixed,
    long_text,
    lookup,
    number,
    picklist,
    record_id,
    required,
    system_fields,
    text,
    whole,
)
from connector.emulator.objects import SObject


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
            lookup(
                "LeadId",
                "Lead ID",
                "Lead",
                children="CampaignMembers",
                cascade_delete=True,
                permissionable=False,
            )
        ),
        fixed(
            lookup(
                "ContactId",
                "Contact ID",
                "Contact",
                children="CampaignMembers",
                cascade_delete=True,
                permissionable=False,
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
        text("Label", "Label", 765, permissionable=False),
        whole("SortOrder", "Sort Order", permissionable=False),
        checkbox("IsDefault", "Is Default", permissionable=False),
        checkbox("HasResponded", "Responded", permissionable=False),
        *system_fields(owner=False),
    ),
)
