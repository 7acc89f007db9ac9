"""
The campaigns that people are members of.

Object Reference, "CampaignMember": a member is of one campaign, and a contact or a lead; that
of a lead which was converted names both. Nothing says when somebody left.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from connector.salesforce import soql
from connector.salesforce.connection import Connection
from connector.salesforce.rows import Row, id_of, moment_of, query, text_of


#: The object, and the fields of its campaign, that have to be seen.
CAMPAIGN_FIELDS = ("IsActive", "StartDate", "EndDate")

_COLUMNS = "CampaignId,ContactId,LeadId,CreatedDate,Campaign.StartDate,Campaign.EndDate"
_LEAD = "00Q"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A place in a campaign since a moment; the campaign may have a first and a last day."""

    campaign: str
    since: datetime
    first: date | None = None
    last: date | None = None


def find_memberships(
    connection: Connection, people: Sequence[str], until: datetime
) -> Mapping[str, list[Membership]]:
    """
    The places of these Contacts and Leads in campaigns, of those who have any, as of `until`.

    Of campaigns that have an end, or are active: when the others ended, nobody knows.
    """
    leads = [person for person in people if person.startswith(_LEAD)]
    contacts = [person for person in people if not person.startswith(_LEAD)]
    theirs = " OR ".join(
        f"{field} IN {soql.record_ids(ids)}"
        for field, ids in (("ContactId", contacts), ("LeadId", leads))
        if ids
    )
    statement = (
        f"SELECT {_COLUMNS} FROM CampaignMember WHERE ({theirs})"  # noqa: S608 (quoted ids)
        f" AND CreatedDate <= {soql.moment(until)}"
        " AND (Campaign.IsActive = true OR Campaign.EndDate != null)"
    )
    wanted = set(people)
    found: dict[str, list[Membership]] = {}
    for row in query(connection, statement):
        for person in {id_of(row, "ContactId"), id_of(row, "LeadId")} & wanted:
            found.setdefault(person, []).append(_membership(row))
    return found


def _membership(row: Row) -> Membership:
    campaign = row.get("Campaign")
    days = campaign if isinstance(campaign, dict) else {}
    return Membership(
        campaign=id_of(row, "CampaignId"),
        since=moment_of(row, "CreatedDate"),
        first=_day(days, "StartDate"),
        last=_day(days, "EndDate"),
    )


def _day(row: Row, field: str) -> date | None:
    text = text_of(row, field)
    return date.fromisoformat(text) if text else None
