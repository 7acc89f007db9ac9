"""What a caller may not do, whatever a record holds: rights, doubled ids, ambiguous keys."""

from collections.abc import Sequence

from connector.emulator.access import Caller
from connector.emulator.drafts import Draft
from connector.emulator.errors import RecordError, refused
from connector.emulator.fields import Field, Value
from connector.emulator.objects import SObject
from connector.emulator.rules import Rules
from connector.emulator.schema import Schema
from connector.emulator.storage import Row


#: The system permissions, one of which writing these needs; other setup objects need the last.
_POWERS = {
    "PermissionSetAssignment": ("AssignPermissionSets",),
    "User": ("ManageInternalUsers", "ManageUsers"),
    "UserLogin": ("ManageUsers",),
    "": ("ManageProfilesPermissionsets",),
}


def check_right(draft: Draft, right: str, schema: Schema, caller: Caller) -> None:
    """Object permissions, as Create on a new record, Edit and Delete on others."""
    if caller.system or _may(draft.sobject, right, schema, caller.user):
        return
    if right == "Create":
        raise refused(
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            f"entity type cannot be inserted: {draft.sobject.label}",
        )
    raise refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")


def _may(sobject: SObject, right: str, schema: Schema, user: str) -> bool:
    if sobject.setup:
        powers = _POWERS.get(sobject.name, _POWERS[""])
        return schema.permissions.has(user, *powers)
    return schema.allows(sobject, right, user)


def check_open(draft: Draft, rules: Rules) -> None:
    """Records that nobody may write just now."""
    if draft.old and draft.old.get("IsConverted"):
        raise refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    if draft.record in rules.locked:
        raise refused("ENTITY_IS_LOCKED", "the entity is locked for editing")
    if draft.record in rules.readonly:
        raise refused(
            "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"
        )


def check_deletable(draft: Draft) -> None:
    if not draft.sobject.deletable:
        message = "insufficient access rights on object id"
        raise refused("INSUFFICIENT_ACCESS_OR_READONLY", message)


def refuse_repeated(drafts: Sequence[Draft]) -> None:
    """The same record twice in one call: both are refused."""
    seen: dict[str, int] = {}
    for draft in drafts:
        seen[draft.record] = seen.get(draft.record, 0) + 1
    for draft in drafts:
        if draft.record and seen[draft.record] > 1 and draft.error is None:
            message = f"duplicate id in the list: {draft.record}"
            draft.error = RecordError(code="DUPLICATE_VALUE", message=message, fields=("Id",))


def key_error(
    key: Field, value: Value, matches: Sequence[Row], times: int
) -> RecordError | None:
    """Why an upsert by this key value cannot go on; None where it can."""
    if value is None and key.type != "id":
        message = f"{key.name} not specified"
        return RecordError(code="MISSING_ARGUMENT", message=message)
    if value is None:
        return None
    if times > 1:
        message = f"Duplicate external id specified: {value}"
        return RecordError(code="DUPLICATE_VALUE", message=message, fields=(key.name,))
    if len(matches) > 1:
        found = ", ".join(str(row["Id"]) for row in matches)
        message = f"{key.name}: more than one record found for external id field: [{found}]"
        return RecordError(code="DUPLICATE_EXTERNAL_ID", message=message)
    return None
