"""Tasks: what people are given to do, about a person and about a thing."""

from connector.emulator.fields import Field
from connector.emulator.kinds import (
    checkbox,
    computed,
    day,
    long_text,
    moment,
    picklist,
    record_id,
    required,
    system_fields,
    text,
)
from connector.emulator.objects import SObject


def _about(name: str, label: str, relationship: str, *objects: str) -> Field:
    return Field(
        name=name,
        label=label,
        type="reference",
        length=18,
        reference_to=objects,
        relationship=relationship,
        children="Tasks",
    )


TASK = SObject(
    name="Task",
    label="Task",
    label_plural="Tasks",
    key_prefix="00T",
    fields=(
        record_id("Activity ID"),
        _about("WhoId", "Name ID", "Who", "Contact", "Lead"),
        _about("WhatId", "Related To ID", "What", "Account", "Campaign"),
        picklist("Subject", "Subject", "Call", "Send Letter", "Send Quote", "Other"),
        day("ActivityDate", "Due Date Only"),
        required(
            picklist(
                "Status",
                "Status",
                "Not Started",
                "In Progress",
                "Completed",
                "Waiting on someone else",
                "Deferred",
                default="Not Started",
                defaulted=True,
            )
        ),
        required(
            picklist(
                "Priority",
                "Priority",
                "High",
                "Normal",
                "Low",
                default="Normal",
                defaulted=True,
            )
        ),
        computed(checkbox("IsHighPriority", "High Priority")),
        computed(checkbox("IsClosed", "Closed")),
        long_text("Description", "Description"),
        picklist("Type", "Type", "Call", "Meeting", "Other", length=40),
        picklist("TaskSubtype", "Task Subtype", "Task", "Email", "Call", length=40),
        checkbox("IsReminderSet", "Reminder Set"),
        moment("ReminderDateTime", "Reminder Date/Time"),
        text("CallDisposition", "Call Result"),
        *system_fields(),
    ),
)
