"""
What is special about campaign members.

Object Reference, CampaignMember: one campaign with one contact or lead; a status that the
campaign does not define gives way to its default one; HasResponded follows the status.
"""

from collections.abc import Iterator, Sequence

from connector.emulator.drafts import Draft
from connector.emulator.errors import refused
from connector.emulator.schema import Schema
from connector.emulator.storage import Row, Storage


#: Whose record a member is; of a converted lead it is the contact's.
_WHOSE = {
    "Contact": "{0}.ContactId IS NULL",
    "Lead": "({0}.LeadId IS NULL OR {0}.ContactId IS NOT NULL)",
}


def seen_members(alias: str, schema: Schema, user: str) -> Iterator[str]:
    """
    What narrows a query to the members that a user may see.

    Salesforce Help, "Displaying and Editing a Campaign Member": to view one takes permissions
    on the campaign, and on the lead or contact.
    """
    for name, others in _WHOSE.items():
        if not schema.sees_object(schema.sobject(name), user):
            yield others.format(alias)


def complete_members(drafts: Sequence[Draft], storage: Storage) -> None:
    """Settle person, status and response of these members, and refuse the doubled ones."""
    statuses = _statuses(drafts, storage)
    taken = _taken(drafts, storage)
    for draft in drafts:
        if draft.old is None:
            draft.attempt(lambda each: _join(each, taken))
        if draft.old is None or "Status" in draft.changes:
            campaign = draft.value("CampaignId")
            _settle_status(draft, [s for s in statuses if s["CampaignId"] == campaign])


def _join(draft: Draft, taken: set[tuple[object, object]]) -> None:
    if draft.value("ContactId") is not None:
        draft.changes["LeadId"] = None  # of the two, only the contact is kept
    person = draft.value("ContactId") or draft.value("LeadId")
    if person is None:
        raise refused(
            "REQUIRED_FIELD_MISSING", "Required fields are missing: [LeadId]", "LeadId"
        )
    pair = (draft.value("CampaignId"), person)
    if pair in taken:
        raise refused("DUPLICATE_VALUE", "Already a campaign member.")
    taken.add(pair)


def _settle_status(draft: Draft, defined: Sequence[Row]) -> None:
    status = str(draft.value("Status") or "").lower()
    chosen = next((s for s in defined if str(s["Label"]).lower() == status), None)
    chosen = chosen or next((s for s in defined if s["IsDefault"]), None)
    if chosen is not None:
        draft.changes["Status"] = chosen["Label"]
    draft.changes["HasResponded"] = int(bool(chosen and chosen["HasResponded"]))


def _statuses(drafts: Sequence[Draft], storage: Storage) -> list[Row]:
    campaigns = {draft.value("CampaignId") for draft in drafts}
    rows = storage.rows_where("CampaignMemberStatus", "CampaignId", campaigns)
    return [row for row in rows if not row["IsDeleted"]]


def _taken(drafts: Sequence[Draft], storage: Storage) -> set[tuple[object, object]]:
    people = {draft.value(field) for draft in drafts for field in ("ContactId", "LeadId")}
    return {
        (row["CampaignId"], row[field])
        for field in ("ContactId", "LeadId")
        for row in storage.rows_where("CampaignMember", field, people - {None})
        if not row["IsDeleted"]
    }
