"""What a write leaves on a record beside its values: stamps, the full name, the history."""

import re
from collections.abc import Iterator

from connector.emulator.access import Caller
from connector.emulator.drafts import Draft
from connector.emulator.fields import Value
from connector.emulator.objects import SObject
from connector.emulator.storage import HistoryEntry, Row


_DIGITS = re.compile(r"\{(0+)\}")
_AUDIT = frozenset({"LastModifiedDate", "LastModifiedById", "SystemModstamp"})


def complete_name(draft: Draft) -> None:
    if "LastName" in draft.changes or "FirstName" in draft.changes:
        parts = (draft.value("FirstName"), draft.value("LastName"))
        draft.changes["Name"] = " ".join(str(part) for part in parts if part) or None


def automatic_name(sobject: SObject, number: int) -> str:
    """The name of the n-th record where names are numbers, as in `SCS-{000000}`."""
    return _DIGITS.sub(lambda zeros: str(number).zfill(len(zeros[1])), sobject.name_format)


def stamp(draft: Draft, caller: Caller, *, new: bool) -> None:
    names = {field.name for field in draft.sobject.fields}
    stamps: Row = {
        "SystemModstamp": caller.now,
        "LastModifiedDate": caller.now,
        "LastModifiedById": caller.user,
    }
    if new:
        stamps |= {"CreatedDate": caller.now, "CreatedById": caller.user}
    for name, value in stamps.items():
        if name in names and not (caller.system and name in draft.changes):
            draft.changes[name] = value


def history(draft: Draft, caller: Caller) -> Iterator[HistoryEntry]:
    if draft.old is None:
        yield entry(draft.sobject, draft.record, "created", caller)
        return
    for name, value in draft.changes.items():
        if name not in _AUDIT and draft.old.get(name) != value:
            yield entry(
                draft.sobject, draft.record, name, caller, old=draft.old.get(name), new=value
            )


def entry(
    sobject: SObject,
    record: str,
    field: str,
    caller: Caller,
    *,
    old: Value = None,
    new: Value = None,
) -> HistoryEntry:
    return HistoryEntry(
        object=sobject.name,
        record=record,
        field=field,
        old=old,
        new=new,
        at=caller.now,
        user=caller.user,
        call=caller.call,
    )
