"""Nothing got through for 48 hours: a task and an e-mail for the owner of the record."""

from collections.abc import Mapping

from connector.footprint.component import Component
from connector.footprint.event import EVENTS
from connector.footprint.flows.elements import Operand, Ref, decision
from connector.footprint.flows.flow import flow, report_failure
from connector.footprint.flows.people import EVENT, only, steps, still, with_person
from connector.footprint.flows.resources import formula, takes, text
from connector.footprint.flows.starts import called, hours_after, on_event
from connector.footprint.flows.tell_owner import tell_owner
from connector.footprint.people import PEOPLE


HOURS = 48
STEPS = "SMS_Undelivered_48h_Steps"
BY_EVENT = "SMS_Undelivered_48h_Event"

_SINCE = "SMS_Undelivered_Since__c"


def undelivered_flows() -> tuple[Component, ...]:
    return (_steps(), *map(_by_record, PEOPLE), _by_event())


def _steps() -> Component:
    return flow(
        STEPS,
        "SMS: undelivered for 48 hours (steps)",
        "Called by the flows of the same name. Tells the owner of a Contact or Lead that no "
        "text message has got through for 48 hours, and what helps.",
        start=called("Is_Long_Enough"),
        elements=(
            decision(
                "Is_Long_Enough",
                "Is it still so, and long enough?",
                outcome=("Long_Enough", "Yes"),
                when=(("Is_Undelivered_48h", "EqualTo", True),),
                then="Tell_Owner",
                description="A message may have arrived since the flow was called.",
            ),
            tell_owner(owner=Ref("ownerId"), who=Ref("personId")),
        ),
        resources=(
            takes("personId", "The Contact or Lead."),
            takes("personName", "The person's name."),
            takes("ownerId", "The owner of the record."),
            takes("since", "Since when nothing got through.", "DateTime"),
            takes("advice", "What helps, by the reason of the latest failure."),
            formula(
                "Is_Undelivered_48h",
                # An hour's grace, for a path that Salesforce starts a little early.
                f"AND(NOT(ISBLANK({{!since}})), {{!since}} <= NOW() - {HOURS - 1}/24)",
                "Whether nothing has got through for 48 hours.",
            ),
            formula(
                "Subject",
                '"SMS: nothing reaches " & {!personName}',
                "The subject of the task and the e-mail.",
                "String",
            ),
            text(
                "Message",
                "No text message has reached {!personName} since {!since}.\n\n"
                "What helps: {!advice}\n\n"
                "Please call, or write in another way.",
                "The text of the task and the e-mail.",
            ),
        ),
    )


def _by_record(person: str) -> Component:
    return flow(
        f"SMS_Undelivered_48h_{person}",
        f"SMS: undelivered for 48 hours ({person})",
        f"When nothing has reached a {person} for 48 hours, the owner gets a task and an "
        "e-mail. A message that arrives before, or an opt-out, calls it off. To change the "
        "time, change the scheduled path and the formula in the steps.",
        start=hours_after(
            "Do_The_Steps",
            person,
            HOURS,
            _SINCE,
            where=(
                (_SINCE, "IsNull", False),
                ("SMS_Opt_Out__c", "EqualTo", False),
                *still(person),
            ),
        ),
        elements=(steps(STEPS, _passing("$Record")),),
    )


def _by_event() -> Component:
    return flow(
        BY_EVENT,
        "SMS: undelivered for 48 hours (event)",
        "The same as the flows on Contact and Lead, started by the platform event: with the "
        "first message that fails 48 hours after the last success. An event cannot wait, so "
        "nothing happens before a message is settled.",
        start=on_event("Is_For_This_Flow", EVENT),
        elements=(
            only(
                ("$Record.Kind__c", "EqualTo", "delivery"),
                ("$Record.Status__c", "NotEqualTo", "Delivered"),
                then="Is_Contact",
            ),
            *with_person(
                STEPS,
                _passing,
                ("Name", "OwnerId", _SINCE, "SMS_Recommended_Action__c"),
            ),
            report_failure(BY_EVENT, Ref("$Record.Record_Id__c")),
        ),
        part=EVENTS,
    )


def _passing(record: str) -> Mapping[str, Operand]:
    return {
        "personId": Ref(f"{record}.Id"),
        "personName": Ref(f"{record}.Name"),
        "ownerId": Ref(f"{record}.OwnerId"),
        "since": Ref(f"{record}.{_SINCE}"),
        "advice": Ref(f"{record}.SMS_Recommended_Action__c"),
    }
