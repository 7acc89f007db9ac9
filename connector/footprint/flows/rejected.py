"""A message was rejected: the owner of its campaign learns of it, once."""

from collections.abc import Mapping

from connector.footprint.component import Component
from connector.footprint.event import EVENTS
from connector.footprint.flows.campaign import get_campaign
from connector.footprint.flows.elements import Operand, Ref
from connector.footprint.flows.flow import flow, report_failure
from connector.footprint.flows.people import EVENT, only, steps, still, with_person
from connector.footprint.flows.resources import formula, takes, text
from connector.footprint.flows.starts import called, on_event, one_by_one
from connector.footprint.flows.tell_owner import tell_owner
from connector.footprint.people import PEOPLE


STEPS = "SMS_Rejected_Steps"
BY_EVENT = "SMS_Rejected_Event"


def rejected_flows() -> tuple[Component, ...]:
    return (_steps(), *map(_by_record, PEOPLE), _by_event())


def _steps() -> Component:
    return flow(
        STEPS,
        "SMS: rejected (steps)",
        "Called by the flows of the same name. Tells the owner of the campaign that messages "
        "are rejected: once, until the task is closed.",
        start=called("Get_Campaign"),
        elements=(
            *get_campaign(),
            tell_owner(owner=Ref("Get_Campaign.OwnerId"), what=Ref("Get_Campaign.Id")),
            report_failure(STEPS, Ref("campaignId")),
        ),
        resources=(
            takes("campaignId", "The campaign of the rejected message."),
            takes("personName", "To whom it was not sent."),
            takes("advice", "What helps, by the reason."),
            formula(
                "Subject",
                '"SMS: messages are rejected: " & {!Get_Campaign.Name}',
                "The subject of the task and the e-mail.",
                "String",
            ),
            text(
                "Message",
                "The gateway or a carrier refuses text messages of the campaign "
                "{!Get_Campaign.Name}. The first one was for {!personName}.\n\n"
                "What helps: {!advice}\n\n"
                "The report Failures by Reason shows all of them. You hear of further ones "
                "after you have closed the task.",
                "The text of the task and the e-mail.",
            ),
        ),
    )


def _by_record(person: str) -> Component:
    return flow(
        f"SMS_Rejected_{person}",
        f"SMS: rejected ({person})",
        f"When the latest message of a {person} was rejected, the owner of its campaign gets a "
        "task and an e-mail: one for the campaign, not one a person.",
        # One after the other, so that the second sees the task that the first has made.
        start=one_by_one(
            "Do_The_Steps",
            person,
            where=(
                ("SMS_Delivery_Status__c", "EqualTo", "Rejected"),
                ("SMS_Last_Campaign__c", "IsNull", False),
                *still(person),
            ),
        ),
        elements=(steps(STEPS, _passing("$Record", "$Record.SMS_Last_Campaign__c")),),
    )


def _by_event() -> Component:
    return flow(
        BY_EVENT,
        "SMS: rejected (event)",
        "The same as the flows on Contact and Lead, started by the platform event. Events come "
        "many at a time: the owner may get a task for each of the first ones.",
        start=on_event("Is_For_This_Flow", EVENT),
        elements=(
            only(
                ("$Record.Kind__c", "EqualTo", "delivery"),
                ("$Record.Status__c", "EqualTo", "Rejected"),
                ("$Record.Campaign_Id__c", "IsNull", False),
                then="Is_Contact",
            ),
            *with_person(
                STEPS,
                lambda record: _passing(record, "$Record.Campaign_Id__c"),
                ("Name", "SMS_Recommended_Action__c"),
            ),
            report_failure(BY_EVENT, Ref("$Record.Record_Id__c")),
        ),
        part=EVENTS,
    )


def _passing(record: str, campaign: str) -> Mapping[str, Operand]:
    return {
        "campaignId": Ref(campaign),
        "personName": Ref(f"{record}.Name"),
        "advice": Ref(f"{record}.SMS_Recommended_Action__c"),
    }
