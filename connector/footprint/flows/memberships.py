"""
A person ends as a member of all active campaigns.

The status is added to a campaign before a member gets it, because Salesforce replaces one that
a campaign does not have by its default, in silence (Object Reference, "CampaignMember"): the
person would look like somebody to be texted. Members are never deleted: that would take the
history of the campaign and its response rate along, and cannot be undone.
"""

from connector.footprint.component import Component
from connector.footprint.flows.elements import (
    Condition,
    Element,
    Ref,
    assignment,
    create_records,
    decision,
    get_records,
    loop,
    update_records,
)
from connector.footprint.flows.flow import FAULT, flow, report_failure
from connector.footprint.flows.resources import Resource, constant, takes, variable
from connector.footprint.flows.starts import called


STEPS = "SMS_Opted_Out_Steps"

_LABEL: Condition = ("Label", "EqualTo", Ref("Opted_Out_Label"))
_IN_ACTIVE: Condition = ("CampaignId", "In", Ref("activeIds"))


def opted_out_steps() -> Component:
    return flow(
        STEPS,
        "SMS: opted out (steps)",
        "Called by the flows of the same name. Sets the person's memberships in active "
        "campaigns to Opted Out. It adds that status to a campaign first and never deletes a "
        "member. To use another word, change the constant Opted_Out_Label.",
        start=called("Get_Memberships"),
        elements=(
            *_memberships(),
            *_active(),
            *_known(),
            *_missing(),
            *_end(),
            report_failure(STEPS, Ref("personId")),
        ),
        resources=_resources(),
    )


def _memberships() -> tuple[Element, ...]:
    """Of which campaigns the person is a member."""
    return (
        get_records(
            "Get_Memberships",
            "Get the person's memberships",
            "CampaignMember",
            where=(
                ("ContactId", "EqualTo", Ref("personId")),
                ("LeadId", "EqualTo", Ref("personId")),
                ("Status", "NotEqualTo", Ref("Opted_Out_Label")),
            ),
            logic="(1 OR 2) AND 3",
            first=False,
            queried=("Id", "CampaignId"),
            then="Each_Membership",
            fault=FAULT,
        ),
        loop(
            "Each_Membership",
            "For each membership",
            over="Get_Memberships",
            each="Note_Campaign",
            after="Is_Member",
        ),
        assignment(
            "Note_Campaign",
            "Note its campaign",
            ("campaignIds", "Add", Ref("Each_Membership.CampaignId")),
            then="Each_Membership",
        ),
        _any(
            "Is_Member", "Is the person a member at all?", "campaignIds", then="Get_Campaigns"
        ),
    )


def _active() -> tuple[Element, ...]:
    """Which of them are active."""
    return (
        get_records(
            "Get_Campaigns",
            "Get those that are active",
            "Campaign",
            where=(("Id", "In", Ref("campaignIds")), ("IsActive", "EqualTo", True)),
            first=False,
            queried=("Id",),
            then="Each_Campaign",
            fault=FAULT,
        ),
        loop(
            "Each_Campaign",
            "For each active campaign",
            over="Get_Campaigns",
            each="Note_Active",
            after="Is_Any_Active",
        ),
        assignment(
            "Note_Active",
            "Note that it is active",
            ("activeIds", "Add", Ref("Each_Campaign.Id")),
            then="Each_Campaign",
        ),
        _any("Is_Any_Active", "Is one active?", "activeIds", then="Get_Statuses"),
    )


def _known() -> tuple[Element, ...]:
    """Which have the status already."""
    return (
        get_records(
            "Get_Statuses",
            "Get the status where it is there",
            "CampaignMemberStatus",
            where=(_IN_ACTIVE, _LABEL),
            first=False,
            queried=("Id", "CampaignId"),
            then="Each_Status",
            fault=FAULT,
        ),
        loop(
            "Each_Status",
            "For each of them",
            over="Get_Statuses",
            each="Note_Known",
            after="Each_Campaign_Again",
        ),
        assignment(
            "Note_Known",
            "Note its campaign",
            ("knownIds", "Add", Ref("Each_Status.CampaignId")),
            then="Each_Status",
        ),
    )


def _missing() -> tuple[Element, ...]:
    """Those that have not get it."""
    return (
        loop(
            "Each_Campaign_Again",
            "For each active campaign",
            over="Get_Campaigns",
            each="Is_Known",
            after="Is_Any_Missing",
        ),
        decision(
            "Is_Known",
            "Does it have the status?",
            outcome=("Known", "Yes"),
            when=(("knownIds", "Contains", Ref("Each_Campaign_Again.Id")),),
            then="Each_Campaign_Again",
            otherwise="Prepare_Status",
        ),
        assignment(
            "Prepare_Status",
            "Prepare the status for it",
            ("newStatus.CampaignId", "Assign", Ref("Each_Campaign_Again.Id")),
            ("newStatus.Label", "Assign", Ref("Opted_Out_Label")),
            ("newStatus.HasResponded", "Assign", False),
            ("newStatus.IsDefault", "Assign", False),
            ("newStatus.SortOrder", "Assign", Ref("Opted_Out_Sort_Order")),
            ("newStatuses", "Add", Ref("newStatus")),
            then="Each_Campaign_Again",
        ),
        _any("Is_Any_Missing", "Is one without?", "newStatuses", "Add_Statuses", "Get_Ready"),
        create_records(
            "Add_Statuses",
            "Add the status",
            collection="newStatuses",
            then="Get_Ready",
            # The same opt-out may come for several people at once; one of them adds it.
            fault="Get_Ready",
            description="Where it cannot be added, the members of that campaign stay as they "
            "are.",
        ),
    )


def _end() -> tuple[Element, ...]:
    """Only where the status is there by now, the member gets it."""
    return (
        get_records(
            "Get_Ready",
            "Get the status again, where it is there now",
            "CampaignMemberStatus",
            where=(_IN_ACTIVE, _LABEL),
            first=False,
            queried=("Id", "CampaignId"),
            then="Each_Ready",
            fault=FAULT,
        ),
        loop(
            "Each_Ready",
            "For each of them",
            over="Get_Ready",
            each="Note_Ready",
            after="Is_Any_Ready",
        ),
        assignment(
            "Note_Ready",
            "Note its campaign",
            ("readyIds", "Add", Ref("Each_Ready.CampaignId")),
            then="Each_Ready",
        ),
        _any("Is_Any_Ready", "Is one ready?", "readyIds", then="End_Memberships"),
        update_records(
            "End_Memberships",
            "End the memberships",
            "CampaignMember",
            where=(
                ("CampaignId", "In", Ref("readyIds")),
                ("ContactId", "EqualTo", Ref("personId")),
                ("LeadId", "EqualTo", Ref("personId")),
            ),
            logic="1 AND (2 OR 3)",
            values={"Status": Ref("Opted_Out_Label")},
            fault=FAULT,
        ),
    )


def _any(name: str, label: str, collection: str, then: str, otherwise: str = "") -> Element:
    return decision(
        name,
        label,
        outcome=(f"{name}_Yes", "Yes"),
        when=((collection, "IsEmpty", False),),
        then=then,
        otherwise=otherwise,
    )


def _resources() -> tuple[Resource, ...]:
    status = "CampaignMemberStatus"
    return (
        takes("personId", "The Contact or Lead that opted out."),
        constant("Opted_Out_Label", "Opted Out", "The member status that ends a membership."),
        constant(
            "Opted_Out_Sort_Order",
            9000,
            "Where the status stands in the campaign's list; no other may have the number.",
            "Number",
        ),
        variable("campaignIds", "The campaigns that the person is in.", several=True),
        variable("activeIds", "Those that are active.", several=True),
        variable("knownIds", "The ids of those that have the status, one after the other."),
        variable("newStatus", "A status to add.", "SObject", of=status),
        variable("newStatuses", "All to add.", "SObject", several=True, of=status),
        variable("readyIds", "The campaigns that have the status now.", several=True),
    )
