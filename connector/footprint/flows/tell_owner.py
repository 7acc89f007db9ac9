"""The flow that tells an owner: a task and an e-mail, once while the task is open."""

from connector.footprint.component import Component
from connector.footprint.flows.elements import (
    Element,
    Operand,
    Ref,
    create_record,
    decision,
    get_records,
    send_email,
    subflow,
)
from connector.footprint.flows.flow import FAULT, flow, report_failure
from connector.footprint.flows.resources import Resource, constant, formula, takes
from connector.footprint.flows.starts import called


TELL_OWNER = "SMS_Tell_Owner"


def tell_owner(
    *, owner: Operand, who: Operand | None = None, what: Operand | None = None
) -> Element:
    """
    The call of the flow, with the caller's resources Subject and Message.

    `who` is a Contact or Lead, `what` a Campaign: a task about a Lead takes nothing beside it.
    """
    about = {"whoId": who, "whatId": what}
    values: dict[str, Operand] = {
        "ownerId": owner,
        **{name: record for name, record in about.items() if record is not None},
        "subject": Ref("Subject"),
        "message": Ref("Message"),
    }
    return subflow("Tell_Owner", "Tell the owner", TELL_OWNER, values=values)


def tell_owner_flow() -> Component:
    return flow(
        TELL_OWNER,
        "SMS: tell the owner (subflow)",
        "Called by the other SMS flows. Gives the owner of a record a task and an e-mail; does "
        "nothing while such a task is open on the record. Where a queue is the owner, its "
        "e-mail address is told; a user who is no longer active is not.",
        start=called("Get_Open_Task"),
        elements=(
            *_once(),
            *_to_user(),
            *_to_queue(),
            report_failure(TELL_OWNER, Ref("About")),
        ),
        resources=_resources(),
    )


def _once() -> tuple[Element, ...]:
    return (
        get_records(
            "Get_Open_Task",
            "Get an open task of this kind",
            "Task",
            where=(
                ("Subject", "EqualTo", Ref("subject")),
                ("IsClosed", "EqualTo", False),
                ("WhoId", "EqualTo", Ref("About")),
                ("WhatId", "EqualTo", Ref("About")),
            ),
            logic="1 AND 2 AND (3 OR 4)",
            queried=("Id",),
            then="Is_Told",
            fault=FAULT,
        ),
        decision(
            "Is_Told",
            "Is the owner told already?",
            outcome=("Not_Told", "Not yet"),
            when=(("Get_Open_Task", "IsNull", True),),
            then="Get_Owner",
        ),
        get_records(
            "Get_Owner",
            "Get the owner",
            "User",
            where=(("Id", "EqualTo", Ref("ownerId")), ("IsActive", "EqualTo", True)),
            queried=("Id", "Email"),
            then="Is_User",
            fault=FAULT,
        ),
        decision(
            "Is_User",
            "Is the owner an active user?",
            outcome=("User_Found", "Yes"),
            when=(("Get_Owner", "IsNull", False),),
            then="Create_Task",
            otherwise="Get_Queue",
        ),
    )


def _to_user() -> tuple[Element, ...]:
    return (
        create_record(
            "Create_Task",
            "Create a task",
            "Task",
            # Status and Priority stay the org's defaults: their values may have been renamed.
            values={
                "ActivityDate": Ref("Due_Date"),
                "Description": Ref("message"),
                "OwnerId": Ref("Get_Owner.Id"),
                "Subject": Ref("subject"),
                "WhatId": Ref("whatId"),
                "WhoId": Ref("whoId"),
            },
            then="Is_Email_Wanted",
            fault=FAULT,
        ),
        decision(
            "Is_Email_Wanted",
            "Is an e-mail wanted too?",
            outcome=("Email_Wanted", "Yes"),
            when=(("Send_An_Email", "EqualTo", True),),
            then="Email_Owner",
        ),
        send_email(
            "Email_Owner",
            "E-mail the owner",
            to=Ref("Get_Owner.Email"),
            subject=Ref("subject"),
            text=Ref("message"),
            fault=FAULT,
        ),
    )


def _to_queue() -> tuple[Element, ...]:
    return (
        get_records(
            "Get_Queue",
            "Get the queue",
            "Group",
            where=(
                ("Id", "EqualTo", Ref("ownerId")),
                ("Type", "EqualTo", "Queue"),
                ("Email", "IsNull", False),
            ),
            queried=("Id", "Email"),
            then="Is_Queue",
            fault=FAULT,
        ),
        decision(
            "Is_Queue",
            "Is the owner a queue with an e-mail address?",
            outcome=("Queue_Found", "Yes"),
            when=(("Get_Queue", "IsNull", False),),
            then="Email_Queue",
        ),
        send_email(
            "Email_Queue",
            "E-mail the queue",
            to=Ref("Get_Queue.Email"),
            subject=Ref("subject"),
            text=Ref("message"),
            fault=FAULT,
        ),
    )


def _resources() -> tuple[Resource, ...]:
    return (
        takes("ownerId", "Whom to tell: a user or a queue."),
        takes("whoId", "The Contact or Lead that the task is about."),
        takes("whatId", "The Campaign that the task is about."),
        takes("subject", "The subject of the task and the e-mail. It tells tasks apart."),
        takes("message", "The text of the task and the e-mail."),
        constant("Send_An_Email", held=True, kind="Boolean", description="False: a task only."),
        constant("Due_In_Days", 1, "In how many days the task is due.", "Number"),
        formula(
            "Due_Date", "{!$Flow.CurrentDate} + {!Due_In_Days}", "When the task is due.", "Date"
        ),
        formula(
            "About",
            "IF(ISBLANK({!whoId}), {!whatId}, {!whoId})",
            "The record that the task is about.",
            "String",
        ),
    )
