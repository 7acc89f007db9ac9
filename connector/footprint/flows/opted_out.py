"""A person opted out: they end as members of all active campaigns."""

from connector.footprint.component import Component
from connector.footprint.event import EVENTS
from connector.footprint.flows.elements import Ref
from connector.footprint.flows.flow import flow
from connector.footprint.flows.memberships import STEPS, opted_out_steps
from connector.footprint.flows.people import EVENT, only, steps, still
from connector.footprint.flows.starts import after_commit, on_event
from connector.footprint.people import PEOPLE


BY_EVENT = "SMS_Opted_Out_Event"


def opted_out_flows() -> tuple[Component, ...]:
    return (opted_out_steps(), *map(_by_record, PEOPLE), _by_event())


def _by_record(person: str) -> Component:
    return flow(
        f"SMS_Opted_Out_{person}",
        f"SMS: opted out ({person})",
        f"When a {person} opts out of text messages, their memberships in active campaigns "
        "end. It runs apart from the write, so that an opt-out is saved whatever happens here.",
        start=after_commit(
            "Do_The_Steps",
            person,
            where=(("SMS_Opt_Out__c", "EqualTo", True), *still(person)),
        ),
        elements=(steps(STEPS, {"personId": Ref("$Record.Id")}),),
    )


def _by_event() -> Component:
    return flow(
        BY_EVENT,
        "SMS: opted out (event)",
        "The same as the flows on Contact and Lead, started by the platform event.",
        start=on_event("Is_For_This_Flow", EVENT),
        elements=(
            only(
                ("$Record.Kind__c", "EqualTo", "opt_out"),
                ("$Record.Record_Id__c", "IsNull", False),
                then="Do_The_Steps",
            ),
            steps(STEPS, {"personId": Ref("$Record.Record_Id__c")}),
        ),
        part=EVENTS,
    )
