"""A campaign became critical: a task and an e-mail for its owner."""

from connector.footprint.campaign_stat import CAMPAIGN_STAT
from connector.footprint.component import Component
from connector.footprint.event import EVENTS
from connector.footprint.flows.campaign import get_campaign
from connector.footprint.flows.elements import Condition, Ref, get_records
from connector.footprint.flows.flow import FAULT, flow, report_failure
from connector.footprint.flows.people import EVENT, only, steps
from connector.footprint.flows.resources import formula, takes, text
from connector.footprint.flows.starts import after_commit, called, on_event
from connector.footprint.flows.tell_owner import tell_owner


STEPS = "SMS_Campaign_Critical_Steps"
BY_RECORD = "SMS_Campaign_Critical"
BY_EVENT = "SMS_Campaign_Critical_Event"

#: The row of the whole campaign, of which there is one.
_TOTAL: tuple[Condition, ...] = (
    ("Period__c", "EqualTo", "Total"),
    ("Split_By__c", "IsNull", True),
)


def critical_flows() -> tuple[Component, ...]:
    return (_steps(), _by_record(), _by_event())


def _steps() -> Component:
    return flow(
        STEPS,
        "SMS: campaign critical (steps)",
        "Called by the flows of the same name. Tells the owner of a campaign that too few of "
        "its messages arrive, and what helps.",
        start=called("Get_Campaign"),
        elements=(
            *get_campaign(),
            tell_owner(owner=Ref("Get_Campaign.OwnerId"), what=Ref("Get_Campaign.Id")),
            report_failure(STEPS, Ref("campaignId")),
        ),
        resources=(
            takes("campaignId", "The campaign."),
            takes("rate", "Delivered messages in a hundred.", "Number"),
            takes("advice", "What helps against the most frequent reason."),
            formula(
                "Subject",
                '"SMS: campaign critical: " & {!Get_Campaign.Name}',
                "The subject of the task and the e-mail.",
                "String",
            ),
            text(
                "Message",
                "Only {!rate} % of the text messages of the campaign {!Get_Campaign.Name} "
                "arrive.\n\n"
                "What helps against the most frequent reason: {!advice}\n\n"
                "The list SMS Campaign Stats has the figures by day, gateway and country.",
                "The text of the task and the e-mail.",
            ),
        ),
    )


def _by_record() -> Component:
    return flow(
        BY_RECORD,
        "SMS: campaign critical",
        "When the delivery rate of a whole campaign falls into Critical, its owner gets a "
        "task and an e-mail. The connector changes the health with some slack, so this "
        "happens once.",
        start=after_commit(
            "Do_The_Steps",
            CAMPAIGN_STAT.name,
            where=(
                ("Health__c", "EqualTo", "Critical"),
                *_TOTAL,
                ("Campaign__c", "IsNull", False),
            ),
        ),
        elements=(steps(STEPS, _passing("$Record")),),
    )


def _by_event() -> Component:
    return flow(
        BY_EVENT,
        "SMS: campaign critical (event)",
        "The same as the flow on SMS Campaign Stat, started by the platform event.",
        start=on_event("Is_For_This_Flow", EVENT),
        elements=(
            only(("$Record.Kind__c", "EqualTo", "campaign_critical"), then="Get_Figures"),
            get_records(
                "Get_Figures",
                "Get the figures of the campaign",
                CAMPAIGN_STAT.name,
                where=(("Campaign__c", "EqualTo", Ref("$Record.Campaign_Id__c")), *_TOTAL),
                queried=("Id", "Campaign__c", "Delivery_Rate__c", "Recommended_Action__c"),
                then="Do_The_Steps",
                fault=FAULT,
            ),
            steps(STEPS, _passing("Get_Figures")),
            report_failure(BY_EVENT, Ref("$Record.Campaign_Id__c")),
        ),
        part=EVENTS,
    )


def _passing(record: str) -> dict[str, Ref]:
    return {
        "campaignId": Ref(f"{record}.Campaign__c"),
        "rate": Ref(f"{record}.Delivery_Rate__c"),
        "advice": Ref(f"{record}.Recommended_Action__c"),
    }
