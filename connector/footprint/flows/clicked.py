"""A message arrived and its link was opened: the member has responded, the owner follows up."""

from collections.abc import Mapping

from connector.footprint.component import Component
from connector.footprint.event import EVENTS
from connector.footprint.flows.elements import (
    Element,
    Operand,
    Ref,
    decision,
    get_records,
    update_records,
)
from connector.footprint.flows.flow import FAULT, flow, report_failure
from connector.footprint.flows.people import EVENT, only, steps, still, with_person
from connector.footprint.flows.resources import Resource, constant, formula, takes, text
from connector.footprint.flows.starts import called, on_event, on_update
from connector.footprint.flows.tell_owner import tell_owner
from connector.footprint.people import PEOPLE


STEPS = "SMS_Clicked_Steps"
BY_EVENT = "SMS_Clicked_Event"

_CLICK = "SMS_Last_Click_At__c"
_STATUS = "SMS_Delivery_Status__c"


def clicked_flows() -> tuple[Component, ...]:
    return (_steps(), *map(_by_record, PEOPLE), _by_event())


def _steps() -> Component:
    return flow(
        STEPS,
        "SMS: delivered and clicked (steps)",
        "Called by the flows of the same name. Sets the campaign member to the first status "
        "that the campaign counts as a response, and gives the owner of the Contact or Lead a "
        "task. Set the constant Make_A_Task to false for the status only.",
        start=called("Has_Campaign"),
        elements=(
            *_respond(),
            *_follow_up(),
            report_failure(STEPS, Ref("personId")),
        ),
        resources=_resources(),
    )


def _respond() -> tuple[Element, ...]:
    return (
        decision(
            "Has_Campaign",
            "Was it sent for a campaign?",
            outcome=("Campaign_Named", "Yes"),
            when=(("campaignId", "IsNull", False),),
            then="Get_Status",
            otherwise="Is_Task_Wanted",
        ),
        get_records(
            "Get_Status",
            "Get the campaign's status for responses",
            "CampaignMemberStatus",
            where=(
                ("CampaignId", "EqualTo", Ref("campaignId")),
                ("HasResponded", "EqualTo", True),
            ),
            sort="SortOrder",
            queried=("Id", "Label"),
            then="Has_Status",
            fault=FAULT,
        ),
        decision(
            "Has_Status",
            "Does the campaign have one?",
            outcome=("Status_Found", "Yes"),
            when=(("Get_Status", "IsNull", False),),
            then="Mark_Responded",
            otherwise="Is_Task_Wanted",
            # Object Reference, "CampaignMember": Salesforce puts the default in its place.
            description="A status that a campaign does not have would be replaced in silence.",
        ),
        update_records(
            "Mark_Responded",
            "Mark the member as responded",
            "CampaignMember",
            where=(
                ("CampaignId", "EqualTo", Ref("campaignId")),
                ("HasResponded", "EqualTo", False),
                ("ContactId", "EqualTo", Ref("personId")),
                ("LeadId", "EqualTo", Ref("personId")),
            ),
            logic="1 AND 2 AND (3 OR 4)",
            values={"Status": Ref("Get_Status.Label")},
            then="Is_Task_Wanted",
            fault=FAULT,
        ),
    )


def _follow_up() -> tuple[Element, ...]:
    return (
        decision(
            "Is_Task_Wanted",
            "Is a task wanted?",
            outcome=("Task_Wanted", "Yes"),
            when=(("Make_A_Task", "EqualTo", True),),
            then="Tell_Owner",
        ),
        tell_owner(owner=Ref("ownerId"), who=Ref("personId")),
    )


def _resources() -> tuple[Resource, ...]:
    return (
        takes("personId", "The Contact or Lead."),
        takes("personName", "The person's name."),
        takes("ownerId", "The owner of the record."),
        takes("campaignId", "The campaign of the message; may be empty."),
        constant(
            "Make_A_Task",
            held=True,
            kind="Boolean",
            description="False: the campaign member's status only.",
        ),
        formula(
            "Subject",
            '"SMS: follow up with " & {!personName}',
            "The subject of the task and the e-mail.",
            "String",
        ),
        text(
            "Message",
            "{!personName} has opened the link of a text message. Now is a good time to call.",
            "The text of the task and the e-mail.",
        ),
    )


def _by_record(person: str) -> Component:
    return flow(
        f"SMS_Clicked_{person}",
        f"SMS: delivered and clicked ({person})",
        f"When the latest message of a {person} has arrived and its link was opened, the "
        "campaign member counts as responded and the owner gets a task. Replace the steps by "
        "what comes next with you.",
        start=on_update(
            "Is_Of_This_Message",
            person,
            where=(
                (_STATUS, "EqualTo", "Delivered"),
                (_CLICK, "IsNull", False),
                # Either may be the last to come: reports are late at times.
                (_CLICK, "IsChanged", True),
                (_STATUS, "IsChanged", True),
                *still(person),
            ),
            logic=" AND ".join(("1", "2", "(3 OR 4)", *(["5"] if still(person) else []))),
        ),
        elements=(
            decision(
                "Is_Of_This_Message",
                "Is the click of this message?",
                outcome=("Of_This_Message", "Yes"),
                when=(("Is_Click_After_Arrival", "EqualTo", True),),
                then="Do_The_Steps",
                description="The click of an earlier message is older than the arrival.",
            ),
            steps(STEPS, _passing("$Record", "$Record.SMS_Last_Campaign__c")),
        ),
        resources=(
            formula(
                "Is_Click_After_Arrival",
                # The two times are of different clocks, and a receipt may be dated late.
                f"{{!$Record.{_CLICK}}} >= {{!$Record.SMS_Status_At__c}} - 1/24",
                "Whether the click came after the arrival, give or take an hour.",
            ),
        ),
    )


def _by_event() -> Component:
    return flow(
        BY_EVENT,
        "SMS: clicked (event)",
        "The same as the flows on Contact and Lead, started by the platform event. A click "
        "proves that the message arrived, so no report is waited for.",
        start=on_event("Is_For_This_Flow", EVENT),
        elements=(
            only(("$Record.Kind__c", "EqualTo", "click"), then="Is_Contact"),
            *with_person(
                STEPS,
                lambda record: _passing(record, "$Record.Campaign_Id__c"),
                ("Name", "OwnerId"),
            ),
            report_failure(BY_EVENT, Ref("$Record.Record_Id__c")),
        ),
        part=EVENTS,
    )


def _passing(record: str, campaign: str) -> Mapping[str, Operand]:
    return {
        "personId": Ref(f"{record}.Id"),
        "personName": Ref(f"{record}.Name"),
        "ownerId": Ref(f"{record}.OwnerId"),
        "campaignId": Ref(campaign),
    }
