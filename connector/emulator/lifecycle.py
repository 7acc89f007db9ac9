"""What makes a record live on as another: lead conversion and merging."""

from collections.abc import Sequence
from typing import Protocol

from connector.emulator.access import Caller
from connector.emulator.errors import refused
from connector.emulator.objects import SObject
from connector.emulator.person_accounts import is_person_contact
from connector.emulator.rules import Rules
from connector.emulator.schema import Schema
from connector.emulator.storage import Row, Storage
from connector.emulator.writes import Writer


#: Lead fields that every conversion carries over.
_CARRIED = (
    "LastName",
    "FirstName",
    "Salutation",
    "Title",
    "Phone",
    "MobilePhone",
    "Fax",
    "Email",
    "Description",
    "LeadSource",
)


class HasRecords(Protocol):
    """As much of an org as living on needs."""

    storage: Storage
    schema: Schema
    rules: Rules
    writer: Writer

    def caller(self, call: str, user: str = "") -> Caller: ...


def convert(org: HasRecords, lead: str, contact: str | None) -> dict[str, str]:
    """
    Turn a lead into a contact of an account.

    Custom fields go along only where the admin mapped them (`rules.lead_fields`); campaign
    memberships then belong to the contact as well.
    """
    row = org.storage.rows("Lead", [lead]).get(lead)
    if row is None or row["IsDeleted"] or row["IsConverted"]:
        raise refused("INVALID_CROSS_REFERENCE_KEY", f"no open lead with id {lead}")
    caller = org.caller("convert_lead")
    if contact is None:
        contact = _new_contact(org, row, caller)
    account = str(org.storage.rows("Contact", [contact])[contact]["AccountId"] or "")
    changes = {
        "IsConverted": True,
        "ConvertedDate": caller.now[:10],
        "ConvertedContactId": contact,
        "ConvertedAccountId": account or None,
        "Status": "Closed - Converted",
    }
    _update(org, "Lead", lead, changes, caller)
    for member in org.storage.rows_where("CampaignMember", "LeadId", [lead]):
        if not member["IsDeleted"]:
            _update(org, "CampaignMember", str(member["Id"]), {"ContactId": contact}, caller)
    return {"contact": contact, "account": account}


def merge(org: HasRecords, winner: str, losers: Sequence[str]) -> None:
    """Hang the losers' children on the winner, then bury the losers under it."""
    sobject = org.schema.of_id(winner)
    if sobject is None or not sobject.mergeable:
        raise refused("INVALID_CROSS_REFERENCE_KEY", f"{winner} is nothing that can be merged")
    caller = org.caller("merge")
    rows = org.storage.rows(sobject.name, [winner, *losers])
    people = {bool(row.get("IsPersonAccount")) for row in rows.values()}
    if len(people) > 1 or any(is_person_contact(sobject.name, row) for row in rows.values()):
        raise refused("INVALID_OPERATION", "a person is merged with people, by their accounts")
    for loser in losers:
        if people == {True}:
            kept, lost = (str(rows[each]["PersonContactId"]) for each in (winner, loser))
            _absorb(org, org.schema.sobject("Contact"), kept, lost, caller)
        _absorb(org, sobject, winner, loser, caller)
    _update(org, sobject.name, winner, {}, caller)


def _absorb(org: HasRecords, sobject: SObject, winner: str, loser: str, caller: Caller) -> None:
    for child, field in org.schema.children_of(sobject.name):
        if field.name in {"MasterRecordId", "PersonContactId"}:
            continue
        for row in org.storage.rows_where(child.name, field.name, [loser]):
            if not row.get("IsDeleted"):
                _update(org, child.name, str(row["Id"]), {field.name: winner}, caller)
    org.writer.bury(sobject, loser, caller, master=winner)


def _new_contact(org: HasRecords, lead: Row, caller: Caller) -> str:
    account = {"Name": lead["Company"], "Phone": lead["Phone"], "OwnerId": lead["OwnerId"]}
    accounts = org.writer.create(org.schema.sobject("Account"), [account], caller)
    carried = {name: lead[name] for name in _CARRIED}
    for source, target in org.rules.lead_fields.items():
        field = org.schema.field(org.schema.sobject("Lead"), source)
        value = lead[source]
        carried[target] = bool(value) if field and field.type == "boolean" else value
    body = {**carried, "AccountId": accounts[0].record, "OwnerId": lead["OwnerId"]}
    saved = org.writer.create(org.schema.sobject("Contact"), [body], caller)[0]
    if saved.error is not None:
        raise refused(saved.error.code, saved.error.message, *saved.error.fields)
    return saved.record


def _update(
    org: HasRecords, sobject: str, record: str, changes: dict[str, object], caller: Caller
) -> None:
    saved = org.writer.update(org.schema.sobject(sobject), [(record, changes)], caller)[0]
    if saved.error is not None:
        raise refused(saved.error.code, saved.error.message, *saved.error.fields)
