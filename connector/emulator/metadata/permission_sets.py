"""Permission sets as they are deployed: every grant checked, then kept as rows."""

import re

from connector.emulator.metadata.context import Context
from connector.emulator.metadata.package import Component
from connector.emulator.metadata.registry import Kept
from connector.emulator.metadata.xml import Node, Problem
from connector.emulator.permissions import FOLLOWS
from connector.emulator.standard_access import POWERS
from connector.emulator.storage import Row


#: What each element of object permissions grants, its name in refusals, and what it rests on.
_GRANTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "allowRead": ("Read", "Read", ()),
    "allowCreate": ("Create", "Create", ("allowRead",)),
    "allowEdit": ("Edit", "Edit", ("allowRead",)),
    "allowDelete": ("Delete", "Delete", ("allowRead", "allowEdit")),
    "viewAllRecords": ("ViewAllRecords", "Read All", ("allowRead",)),
    "modifyAllRecords": (
        "ModifyAllRecords",
        "Modify All",
        ("allowRead", "allowEdit", "allowDelete", "viewAllRecords"),
    ),
}
#: Objects that cannot be read without another one.
_RESTS_ON = {"Contact": "Account"}
_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
_REPLACES_SINCE = 40.0


def deploy_permission_set(context: Context, component: Component) -> Kept:
    """Add or change one permission set; from version 40 on it holds what the file holds."""
    node, name = component.node, component.name
    if not _NAME.fullmatch(name):
        raise Problem(f"The permission set name {name} is not a valid API name", node)
    if not node.get("label"):
        raise Problem("Required field is missing: label", node)
    powers = _powers(node)
    objects = [_object_row(context, each) for each in node.all("objectPermissions")]
    _check_dependencies(context, node)
    fields = [_field_row(context, each, node) for each in node.all("fieldPermissions")]
    _check_doubles(node)
    _check_tabs(context, node)
    licence = _licence(context, node)
    kept = context.registry.get("PermissionSet", name)
    if kept is not None and kept.tree == node.tree():
        return Kept(id=kept.id, created=False, changed=False)
    record, created = _keep_set(context, name, node, {**powers, "LicenseId": licence})
    if context.version >= _REPLACES_SINCE:
        _clear(context, record)
    _write(context, "ObjectPermissions", "SobjectType", record, objects)
    _write(context, "FieldPermissions", "Field", record, fields)
    context.registry.keep(
        "PermissionSet",
        name,
        node.tree(),
        context.caller,
        file=component.file,
        known_id=record,
    )
    return Kept(id=record, created=created, changed=True)


def _powers(node: Node) -> Row:
    granted: Row = {f"Permissions{power}": False for power in POWERS}
    for each in node.all("userPermissions"):
        name = each.get("name")
        if name not in POWERS:
            raise Problem(f"Unknown user permission: {name}", each)
        granted[f"Permissions{name}"] = each.flag("enabled")
    return granted


def _object_row(context: Context, node: Node) -> Row:
    sobject = context.sobject(node.get("object"))
    if sobject is None or sobject.setup or sobject.name.lower() in FOLLOWS:
        raise Problem(
            f"In field: object - no CustomObject named {node.get('object')} found", node
        )
    if sobject.event and any(node.flag(tag) for tag in ("allowEdit", "allowDelete")):
        raise Problem(
            f"Permission Edit {sobject.name} is not available for platform events", node
        )
    for tag, (_, title, needs) in _GRANTS.items():
        missing = [_GRANTS[need][1] for need in needs if not node.flag(need)]
        if node.flag(tag) and missing:
            listed = ", ".join(f"{word} {sobject.name}" for word in missing)
            text = f"Permission {title} {sobject.name} depends on permission(s): {listed}"
            raise Problem(text, node)
    granted = {f"Permissions{right}": node.flag(tag) for tag, (right, _, _) in _GRANTS.items()}
    return {"SobjectType": sobject.name, **granted}


def _check_dependencies(context: Context, node: Node) -> None:
    """Reading a detail or a contact wants reading its master or account."""
    readable = {
        each.get("object").lower()
        for each in node.all("objectPermissions")
        if each.flag("allowRead")
    }
    for each in node.all("objectPermissions"):
        sobject = context.sobject(each.get("object"))
        if sobject is None or not each.flag("allowRead"):
            continue
        masters = {
            field.reference_to[0]
            for field in sobject.fields
            if field.custom and field.cascade_delete and not field.nillable
        }
        masters |= {_RESTS_ON[sobject.name]} if sobject.name in _RESTS_ON else set()
        for master in sorted(masters):
            if master.lower() not in readable:
                raise Problem(
                    f"Permission Read {sobject.name} depends on permission(s): Read {master}",
                    each,
                )


def _field_row(context: Context, node: Node, whole: Node) -> Row:
    full_name = node.get("field")
    parent, _, name = full_name.partition(".")
    sobject = context.sobject(parent)
    if sobject is None:
        raise Problem(f"In field: field - no CustomObject named {parent} found", node)
    field = context.schema.field(sobject, name)
    if field is None:
        raise Problem(f"In field: field - no CustomField named {full_name} found", node)
    if not field.permissionable:
        raise Problem(f"You cannot deploy to a required field: {full_name}", node)
    if node.flag("editable"):
        _check_editable(field.updateable or field.createable, node, full_name)
    custom = sobject.custom and context.settings.fields_need_object
    if custom and node.flag("readable") and not _reads(whole, sobject.name):
        text = f"Permission Read {full_name} depends on permission(s): Read {sobject.name}"
        raise Problem(text, node)
    return {
        "SobjectType": sobject.name,
        "Field": f"{sobject.name}.{field.name}",
        "PermissionsRead": node.flag("readable"),
        "PermissionsEdit": node.flag("editable"),
    }


def _check_editable(writable: bool, node: Node, full_name: str) -> None:  # noqa: FBT001
    if not writable:
        text = f"Field permission on {full_name} can not be editable: the field is read-only"
        raise Problem(text, node)
    if not node.flag("readable"):
        raise Problem(
            f"Permission Edit {full_name} depends on permission(s): Read {full_name}", node
        )


def _reads(whole: Node, sobject: str) -> bool:
    return any(
        each.get("object").lower() == sobject.lower() and each.flag("allowRead")
        for each in whole.all("objectPermissions")
    )


def _check_doubles(node: Node) -> None:
    for tag, key in (("fieldPermissions", "field"), ("objectPermissions", "object")):
        seen: set[str] = set()
        for each in node.all(tag):
            name = each.get(key).lower()
            if name in seen:
                raise Problem(f"Duplicate value specified for {key}: {each.get(key)}", each)
            seen.add(name)


def _check_tabs(context: Context, node: Node) -> None:
    for each in node.all("tabSettings"):
        name = each.get("tab")
        if not name.startswith("standard-") and not context.deployed("CustomTab", name):
            raise Problem(f"In field: tab - no CustomTab named {name} found", each)
    for each in node.all("applicationVisibilities"):
        name = each.get("application")
        if not name.startswith("standard__") and not context.deployed(
            "CustomApplication", name
        ):
            text = f"In field: application - no CustomApplication named {name} found"
            raise Problem(text, each)


def _licence(context: Context, node: Node) -> str | None:
    name = node.get("license")
    if not name:
        return None
    rows = context.storage.rows_where("UserLicense", "Name", [name])
    if not rows:
        raise Problem(f"In field: license - no UserLicense named {name} found", node)
    return str(rows[0]["Id"])


def _keep_set(context: Context, name: str, node: Node, more: Row) -> tuple[str, bool]:
    fields: Row = {
        "Name": name,
        "Label": node.get("label"),
        "Description": node.get("description") or None,
        "HasActivationRequired": node.flag("hasActivationRequired"),
        **more,
    }
    sobject = context.schema.sobject("PermissionSet")
    rows = context.storage.rows_where("PermissionSet", "Name", [name])
    if rows:
        record = str(rows[0]["Id"])
        saved = context.writer.update(sobject, [(record, fields)], context.caller)[0]
    else:
        saved = context.writer.create(sobject, [fields], context.caller)[0]
    if saved.error is not None:
        raise Problem(saved.error.message, node)
    return saved.record, not rows


def _clear(context: Context, record: str) -> None:
    for sobject in ("ObjectPermissions", "FieldPermissions"):
        for row in context.storage.rows_where(sobject, "ParentId", [record]):
            context.storage.remove(sobject, str(row["Id"]))


def _write(context: Context, sobject: str, key: str, record: str, rows: list[Row]) -> None:
    old = {
        str(row[key]).lower(): str(row["Id"])
        for row in context.storage.rows_where(sobject, "ParentId", [record])
    }
    for row in rows:
        if str(row[key]).lower() in old:
            context.storage.remove(sobject, old[str(row[key]).lower()])
    known = context.schema.sobject(sobject)
    context.writer.create(known, [{"ParentId": record, **row} for row in rows], context.caller)
