"""Who has our permission sets: the integration user needs those of the parts that are there."""

import dataclasses
from collections.abc import Sequence

from connector.domain.errors import ConfigurationError
from connector.footprint import Footprint
from connector.salesforce import soql
from connector.salesforce.errors import OrgRefusedError
from connector.salesforce.org import Org
from connector.salesforce.rows import id_of, text_of


_TWICE = "DUPLICATE_VALUE"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One permission set for one user; `made` tells those that are there already."""

    permission_set: str
    username: str
    user_id: str
    made: bool


def assignments(
    org: Org, footprint: Footprint, *, connector: str, admin: str
) -> list[Assignment]:
    """
    What the connector's user cannot do without, and what lets the admin see the fields.

    Without it not even administrators do, and the next plan could not compare them.
    """
    wanted = _of(org, connector, footprint.for_connector)
    return wanted if admin == connector else wanted + _of(org, admin, footprint.for_people)


def _of(org: Org, username: str, permission_sets: Sequence[str]) -> list[Assignment]:
    user_id = _user(org, username)
    where = f"WHERE AssigneeId = {soql.record_id(user_id)}"
    rows = org.query(f"SELECT PermissionSet.Name FROM PermissionSetAssignment {where}")  # noqa: S608 (SOQL)
    has = {
        text_of(inner, "Name")
        for row in rows
        if isinstance(inner := row.get("PermissionSet"), dict)
    }
    return [
        Assignment(permission_set=name, username=username, user_id=user_id, made=name in has)
        for name in permission_sets
    ]


def assign(org: Org, assignment: Assignment) -> None:
    """Give the permission set to the user; having it already is as good."""
    where = f"WHERE Name = {soql.text(assignment.permission_set)} AND NamespacePrefix = NULL"
    rows = org.query(soql.select(["Id"], "PermissionSet", where))
    if not rows:
        raise ConfigurationError(f"the org has no permission set {assignment.permission_set}")
    fields = {"AssigneeId": assignment.user_id, "PermissionSetId": id_of(rows[0])}
    try:
        org.create("PermissionSetAssignment", fields)
    except OrgRefusedError as refusal:
        if refusal.code != _TWICE:
            raise ConfigurationError(_refused(assignment, refusal)) from None


def _refused(assignment: Assignment, refusal: OrgRefusedError) -> str:
    return (
        f"{assignment.permission_set} cannot be given to {assignment.username}: {refusal.code}:"
        f" {' '.join(refusal.text.split())}. A user with the licence Salesforce Integration"
        " first needs the permission set licence Salesforce API Integration: Setup > Users >"
        " the user > Permission Set License Assignments; then apply again"
    )


def _user(org: Org, username: str) -> str:
    where = f"WHERE Username = {soql.text(username)} AND IsActive = TRUE"
    rows = org.query(soql.select(["Id"], "User", where))
    if not rows:
        raise ConfigurationError(
            f"there is no active user {username}: say --assign with the username (not the"
            " e-mail) of the user that the connector logs in as"
        )
    return id_of(rows[0])
