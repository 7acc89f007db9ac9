"""
Campaign members, and the labels that their status may have.

Object Reference, "CampaignMember" and "CampaignMemberStatus": a status that the campaign does
not define is not refused. Salesforce writes the campaign's default status in its place and says
nothing, so the labels have to be there first.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from connector.domain.errors import OrgUnavailableError
from connector.domain.records import BATCH_SIZE
from connector.salesforce import soql
from connector.salesforce.connection import Connection
from connector.salesforce.rows import Row, id_of, query, text_of


#: Pairs of campaign and person of one query: Salesforce takes addresses of 16 KB, an id is 27
#: bytes of it, and a pair may bring two.
MOST_PAIRS = 200

#: A campaign, and the Contact or Lead that is its member.
Pair = tuple[str, str]


def find_members(connection: Connection, pairs: Sequence[Pair]) -> Mapping[Pair, str]:
    """The members of these campaigns that are these people; those that are there."""
    campaigns = soql.record_ids(sorted({campaign for campaign, _ in pairs}))
    people = sorted({person for _, person in pairs})
    leads = [person for person in people if person.startswith("00Q")]
    contacts = [person for person in people if not person.startswith("00Q")]
    conditions = [
        f"{field} IN {soql.record_ids(ids)}"
        for field, ids in (("LeadId", leads), ("ContactId", contacts))
        if ids
    ]
    chosen = f"WHERE CampaignId IN {campaigns} AND ({' OR '.join(conditions)})"
    columns = ["Id", "CampaignId", "ContactId", "LeadId"]
    wanted = set(pairs)
    found: dict[Pair, str] = {}
    for row in query(connection, soql.select(columns, "CampaignMember", chosen)):
        for field in ("ContactId", "LeadId"):
            pair = (id_of(row, "CampaignId"), id_of(row, field))
            if pair in wanted:
                found.setdefault(pair, id_of(row))
    return found


def ensure_labels(
    connection: Connection, campaigns: Sequence[str], labels: Sequence[str]
) -> Mapping[str, str]:
    """Add the labels that a campaign lacks; the error code of each that would not have them."""
    known = _labels(connection, campaigns)
    missing = {each: missing_labels(known[each], labels) for each in campaigns}
    return _add(connection, missing)


def _labels(connection: Connection, campaigns: Sequence[str]) -> Mapping[str, list[Row]]:
    """The statuses that members of these campaigns may have."""
    chosen = f"WHERE CampaignId IN {soql.record_ids(campaigns)}"
    columns = ["CampaignId", "Label", "SortOrder"]
    found: dict[str, list[Row]] = {campaign: [] for campaign in campaigns}
    for row in query(connection, soql.select(columns, "CampaignMemberStatus", chosen)):
        found.setdefault(id_of(row, "CampaignId"), []).append(row)
    return found


def missing_labels(known: Sequence[Row], wanted: Sequence[str]) -> list[dict[str, object]]:
    """What to create so that all these labels are there; capitals do not count."""
    there = {text_of(row, "Label").lower() for row in known}
    orders = [row.get("SortOrder") for row in known]
    last = max((order for order in orders if isinstance(order, int)), default=0)
    missing = [label for label in dict.fromkeys(wanted) if label.lower() not in there]
    return [
        {"Label": label, "SortOrder": last + place, "IsDefault": False, "HasResponded": False}
        for place, label in enumerate(missing, start=1)
    ]


def _add(
    connection: Connection, wanted: Mapping[str, Sequence[Mapping[str, object]]]
) -> Mapping[str, str]:
    records = [
        {"attributes": {"type": "CampaignMemberStatus"}, "CampaignId": campaign, **status}
        for campaign, statuses in wanted.items()
        for status in statuses
    ]
    failed: dict[str, str] = {}
    for at in range(0, len(records), BATCH_SIZE):
        part = records[at : at + BATCH_SIZE]
        for record, code in zip(part, _create(connection, part), strict=True):
            # Somebody else added it at the same moment.
            if code not in {"", "DUPLICATE_VALUE"}:
                failed[str(record["CampaignId"])] = code
    return failed


def _create(connection: Connection, records: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """One call; for each record its error code, empty where it was created."""
    body = json.dumps({"allOrNone": False, "records": records})
    answer = connection.ask(
        lambda client: client.restful("composite/sobjects", method="POST", data=body)
    )
    if not isinstance(answer, list) or len(answer) != len(records):
        raise OrgUnavailableError("Salesforce answered for other records than were sent")
    for row in answer:
        told = row if isinstance(row, dict) else {}
        errors = told.get("errors")
        first = errors[0] if isinstance(errors, list) and errors else {}
        code = first.get("statusCode") if isinstance(first, dict) else ""
        yield "" if told.get("success") is True else str(code or "UNKNOWN_ERROR")
