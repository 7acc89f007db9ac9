"""What the flows about people share: the two objects, and how an event finds its person."""

from collections.abc import Callable, Mapping, Sequence

from connector.footprint.event import DELIVERY_EVENT
from connector.footprint.flows.elements import (
    Condition,
    Element,
    Operand,
    Ref,
    decision,
    get_records,
    subflow,
)
from connector.footprint.flows.flow import FAULT
from connector.footprint.people import PEOPLE


#: What a flow passes to its steps, given where the person's record is: "$Record" or an element.
Passing = Callable[[str], Mapping[str, Operand]]

EVENT = DELIVERY_EVENT.name
_RECORD = Ref("$Record.Record_Id__c")


def still(person: str) -> tuple[Condition, ...]:
    """A converted Lead lives on as its Contact, which has a flow of its own."""
    return (("IsConverted", "EqualTo", False),) if person == "Lead" else ()


def steps(flow: str, passing: Mapping[str, Operand], name: str = "Do_The_Steps") -> Element:
    return subflow(name, "Do the steps", flow, values=passing)


def only(*when: Condition, then: str) -> Element:
    """The decision that an event is one for this flow: a start by event has no conditions."""
    return decision(
        "Is_For_This_Flow",
        "Is the event for this flow?",
        outcome=("For_This_Flow", "Yes"),
        when=when,
        then=then,
    )


def with_person(flow: str, passing: Passing, queried: Sequence[str]) -> tuple[Element, ...]:
    """The elements from Is_Contact on: get the event's person, then do the steps with it."""
    following = {"Contact": "Is_Lead", "Lead": ""}
    return tuple(
        element
        for person in PEOPLE
        for element in _with(
            person, following[person], steps_of(person, flow, passing), queried
        )
    )


def steps_of(person: str, flow: str, passing: Passing) -> Element:
    return steps(flow, passing(f"Get_{person}"), f"Do_The_Steps_For_{person}")


def _with(
    person: str, otherwise: str, then: Element, queried: Sequence[str]
) -> tuple[Element, ...]:
    return (
        decision(
            f"Is_{person}",
            f"Is it a {person}?",
            outcome=(f"{person}_Named", "Yes"),
            when=(("$Record.Object__c", "EqualTo", person),),
            then=f"Get_{person}",
            otherwise=otherwise,
        ),
        get_records(
            f"Get_{person}",
            f"Get the {person}",
            person,
            where=(("Id", "EqualTo", _RECORD),),
            queried=("Id", *queried),
            then=f"Is_{person}_Found",
            fault=FAULT,
        ),
        decision(
            f"Is_{person}_Found",
            f"Is the {person} there?",
            outcome=(f"{person}_Found", "Yes"),
            when=((f"Get_{person}", "IsNull", False),),
            then=then.name,
        ),
        then,
    )
