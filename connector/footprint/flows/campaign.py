"""What the flows about campaigns share: the campaign, for its name and owner."""

from connector.footprint.flows.elements import Element, Ref, decision, get_records
from connector.footprint.flows.flow import FAULT


def get_campaign() -> tuple[Element, ...]:
    """The campaign of the variable campaignId; then Tell_Owner."""
    return (
        get_records(
            "Get_Campaign",
            "Get the campaign",
            "Campaign",
            where=(("Id", "EqualTo", Ref("campaignId")),),
            queried=("Id", "Name", "OwnerId"),
            then="Is_Campaign",
            fault=FAULT,
        ),
        decision(
            "Is_Campaign",
            "Is the campaign there?",
            outcome=("Campaign_Found", "Yes"),
            when=(("Get_Campaign", "IsNull", False),),
            then="Tell_Owner",
        ),
    )
