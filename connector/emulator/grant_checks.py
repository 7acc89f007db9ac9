"""Access that is given over the data API: permission sets to users, rights to the sets."""

from collections.abc import Sequence

from connector.emulator.access import Caller
from connector.emulator.drafts import Draft
from connector.emulator.errors import refused
from connector.emulator.schema import Schema
from connector.emulator.storage import Storage


#: What a right over an object rests on.
_RESTS_ON = {
    "Create": ("Read",),
    "Edit": ("Read",),
    "Delete": ("Read", "Edit"),
    "ViewAllRecords": ("Read",),
    "ModifyAllRecords": ("Read", "Edit", "Delete", "ViewAllRecords"),
}


def check_grants(
    drafts: Sequence[Draft], schema: Schema, storage: Storage, caller: Caller
) -> None:
    """Refuse what a permission set or its assignment may not be."""
    for draft in drafts:
        if draft.sobject.name == "PermissionSetAssignment":
            draft.attempt(_check_assignment, storage)
        elif not caller.system and draft.sobject.name == "FieldPermissions":
            draft.attempt(_check_once, "Field", storage)
            draft.attempt(_check_field, schema)
        elif not caller.system and draft.sobject.name == "ObjectPermissions":
            draft.attempt(_check_once, "SobjectType", storage)
            draft.attempt(_check_object, schema)


def _check_assignment(draft: Draft, storage: Storage) -> None:
    """A permission set goes to a user once, and only to users of its licence."""
    given, user = draft.value("PermissionSetId"), draft.value("AssigneeId")
    rows = storage.rows_where("PermissionSetAssignment", "AssigneeId", [user])
    if any(row["PermissionSetId"] == given for row in rows):
        raise refused(
            "DUPLICATE_VALUE",
            f"Duplicate PermissionSetAssignment. Assignee: {user}; Permission Set: {given}",
            "AssigneeId",
            "PermissionSetId",
        )
    chosen = storage.rows("PermissionSet", [str(given)]).get(str(given), {})
    assignee = storage.rows("User", [str(user)]).get(str(user), {})
    profile = storage.rows("Profile", [str(assignee.get("ProfileId"))])
    licences = {row["UserLicenseId"] for row in profile.values()}
    if chosen.get("LicenseId") and chosen["LicenseId"] not in licences:
        raise refused(
            "FIELD_INTEGRITY_EXCEPTION",
            f"Can't assign permission set {chosen['Label']} to user {assignee.get('Name')}."
            " The user license doesn't match the permission set's license.",
            "PermissionSetId",
        )
    draft.changes["IsActive"] = 1


def _check_once(draft: Draft, key: str, storage: Storage) -> None:
    if draft.old is not None:
        return
    for row in storage.rows_where(draft.sobject.name, "ParentId", [draft.value("ParentId")]):
        if str(row[key]).lower() == str(draft.value(key)).lower():
            raise refused(
                "DUPLICATE_VALUE",
                f"duplicate value found: <unknown> duplicates value on record with id:"
                f" {row['Id']}",
            )


def _check_field(draft: Draft, schema: Schema) -> None:
    full_name = str(draft.value("Field"))
    parent, _, name = full_name.partition(".")
    sobject = schema.sobject(parent) if schema.knows(parent) else None
    field = schema.field(sobject, name) if sobject else None
    if sobject is None or field is None or not field.permissionable:
        raise _bad_value("Field Name", full_name, "Field")
    if str(draft.value("SobjectType")) != sobject.name:
        raise _bad_value("SObject Type", str(draft.value("SobjectType")), "SobjectType")
    if draft.value("PermissionsEdit") and not draft.value("PermissionsRead"):
        raise _depends("Edit", full_name, "Read")


def _check_object(draft: Draft, schema: Schema) -> None:
    name = str(draft.value("SobjectType"))
    if not schema.knows(name) or schema.sobject(name).setup:
        raise _bad_value("SObject Type", name, "SobjectType")
    for right, needs in _RESTS_ON.items():
        for need in needs:
            if draft.value(f"Permissions{right}") and not draft.value(f"Permissions{need}"):
                raise _depends(right, name, need)


def _bad_value(label: str, value: str, field: str) -> Exception:
    code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    return refused(code, f"{label}: bad value for restricted picklist field: {value}", field)


def _depends(right: str, name: str, need: str) -> Exception:
    text = f"Permission {right} {name} depends on permission(s): {need} {name}"
    return refused("FIELD_INTEGRITY_EXCEPTION", text)
