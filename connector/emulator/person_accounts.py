"""
Person accounts: an Account and a Contact that are one person, whichever side is written.

Object Reference, "Person Account Record Types": the account's name is the person's, its
contact cannot be deleted, merged or moved on its own, and business fields and person fields do
not mix.
"""

from collections.abc import Callable, Mapping, Sequence

from connector.emulator.access import Caller
from connector.emulator.drafts import Draft
from connector.emulator.errors import refused
from connector.emulator.person_fields import SAME, both_ways
from connector.emulator.schema import Schema
from connector.emulator.storage import Row, Storage


#: The next id of an object, by its prefix.
NewId = Callable[[str], str]

_ALONE = "the contact of a person account can not be {} on its own"
_SHARED = frozenset({"Phone", "Fax", "OwnerId"})


class PersonAccounts:
    """Keeps both sides of a person alike; does nothing where the feature is off."""

    def __init__(self, storage: Storage, schema: Schema) -> None:
        self._storage = storage
        self._schema = schema

    def complete(self, drafts: Sequence[Draft]) -> None:
        """Say of each account whether it is a person, and refuse what does not go together."""
        name = drafts[0].sobject.name if drafts else ""
        if name not in {"Account", "Contact"} or not self._schema.has_people:
            return
        for draft in drafts:
            draft.attempt(self._settle if name == "Account" else self._check_contact)

    def check_deletable(self, draft: Draft) -> None:
        if is_person_contact(draft.sobject.name, draft.old):
            raise refused("DELETE_FAILED", _ALONE.format("deleted"))

    def judged(self, draft: Draft) -> tuple[str, Row]:
        """The object whose rules this record answers to, and the record as they see it."""
        row = {"Id": draft.record, **draft.new}
        if not is_person_contact(draft.sobject.name, row):
            return draft.sobject.name, row
        account = str(row["AccountId"])
        pairs = both_ways(draft.sobject)
        own = self._storage.rows("Account", [account])[account]
        return "Account", {
            **own,
            **{pairs[k]: v for k, v in draft.changes.items() if k in pairs},
        }

    def mirror(self, drafts: Sequence[Draft], caller: Caller, new_id: NewId) -> None:
        """Write what was written on one side to the other."""
        name = drafts[0].sobject.name if drafts else ""
        if name not in {"Account", "Contact"} or not self._schema.has_people:
            return
        pairs = both_ways(self._schema.sobject("Contact"))
        for draft in drafts:
            if name == "Account" and draft.value("IsPersonAccount"):
                self._to_contact(draft, pairs, caller, new_id)
            elif name == "Contact" and draft.value("IsPersonAccount"):
                changes = {pairs[k]: v for k, v in draft.changes.items() if k in pairs}
                self._change("Account", draft.value("AccountId"), changes, draft, caller)

    def _settle(self, draft: Draft) -> None:
        person = bool(draft.value("IsPersonAccount"))
        if draft.old is None:
            person = draft.value("LastName") is not None or self._is_person_type(draft)
            draft.changes["IsPersonAccount"] = int(person)
            if person and draft.value("RecordTypeId") is None:
                draft.changes["RecordTypeId"] = self._person_type()
        wrong = ["Name"] if person else self._person_names()
        bad = [name for name in wrong if draft.changed(name) and draft.changes[name]]
        if bad:
            raise refused(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                f"Account: bad field names on insert/update call: {', '.join(bad)}",
                *bad,
            )
        needed = "LastName" if person else "Name"
        if draft.value(needed) is None:
            raise refused(
                "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{needed}]", needed
            )

    def _check_contact(self, draft: Draft) -> None:
        if draft.value("IsPersonAccount"):
            if draft.old is not None and draft.changed("AccountId"):
                raise refused("FIELD_INTEGRITY_EXCEPTION", _ALONE.format("moved"), "AccountId")
            return
        account = str(draft.value("AccountId") or "")
        row = self._storage.rows("Account", [account]).get(account, {})
        if draft.changed("AccountId") and row.get("IsPersonAccount"):
            raise refused(
                "FIELD_INTEGRITY_EXCEPTION",
                "a person account can not have other contacts",
                "AccountId",
            )

    def _to_contact(
        self, draft: Draft, pairs: Mapping[str, str], caller: Caller, new_id: NewId
    ) -> None:
        back = {other: name for name, other in pairs.items()}
        changes = {back[k]: v for k, v in draft.changes.items() if k in back}
        contact = draft.value("PersonContactId")
        if contact is not None:
            self._change("Contact", contact, changes, draft, caller)
            return
        made = new_id("003")
        stamps = {"CreatedDate": caller.now, "CreatedById": caller.user}
        row: Row = {"Id": made, "AccountId": draft.record, "IsPersonAccount": 1, **stamps}
        self._storage.insert("Contact", [{**row, **changes, **_names(draft), **_now(caller)}])
        self._storage.update("Account", [{"Id": draft.record, "PersonContactId": made}])

    def _change(
        self, sobject: str, record: object, changes: Row, draft: Draft, caller: Caller
    ) -> None:
        row: Row = {"Id": str(record), **changes, **_names(draft), **_now(caller)}
        self._storage.update(sobject, [row])

    def _person_names(self) -> list[str]:
        own = set(both_ways(self._schema.sobject("Contact")).values()) - _SHARED
        return sorted(own | (set(SAME) - _SHARED))

    def _is_person_type(self, draft: Draft) -> bool:
        return draft.value("RecordTypeId") == self._person_type()

    def _person_type(self) -> str | None:
        rows = self._storage.rows_where("RecordType", "IsPersonType", [1])
        return str(rows[0]["Id"]) if rows else None


def is_person_contact(sobject: str, row: Row | None) -> bool:
    return sobject == "Contact" and bool(row and row.get("IsPersonAccount"))


def _names(draft: Draft) -> Row:
    return {"Name": draft.value("Name")}


def _now(caller: Caller) -> Row:
    return {
        "LastModifiedDate": caller.now,
        "LastModifiedById": caller.user,
        "SystemModstamp": caller.now,
    }
