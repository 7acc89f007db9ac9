"""
Looks at everything that makes such integrations fail in practice, in order.

    for check, findings in diagnose(context): ...

Each finding says what is wrong, what to do and where to click. A check of which another one
must be well first is skipped until it is; one that our user may not ask for is a warning.
"""

from collections.abc import Iterator

from connector.setup.doctor import (
    automation,
    connection,
    fields,
    login,
    memberships,
    organization,
    people,
    room,
    writing,
)
from connector.setup.doctor.check import ANYWHERE, Check, run
from connector.setup.doctor.context import DoctorContext
from connector.setup.doctor.finding import Finding, Level, Trouble


#: Every check, in the order in which they are made.
CHECKS: tuple[Check, ...] = (
    *connection.CHECKS,
    *login.CHECKS,
    *organization.CHECKS,
    *fields.CHECKS,
    *people.CHECKS,
    *memberships.CHECKS,
    *automation.CHECKS,
    *room.CHECKS,
    *writing.CHECKS,
)

__all__ = [
    "ANYWHERE",
    "CHECKS",
    "Check",
    "DoctorContext",
    "Finding",
    "Level",
    "Trouble",
    "diagnose",
]


def diagnose(context: DoctorContext) -> Iterator[tuple[Check, list[Finding]]]:
    """Every check with what it found, one after the other as they are made."""
    return run(CHECKS, context)
