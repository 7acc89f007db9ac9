"""Custom objects and platform events as they are deployed: checked, then part of the org."""

import dataclasses
import re
import string

from connector.emulator.fields import Field
from connector.emulator.kinds import (
    computed,
    lookup,
    moment,
    record_id,
    system_fields,
    text,
)
from connector.emulator.metadata.context import Context
from connector.emulator.metadata.package import Component
from connector.emulator.metadata.registry import Kept
from connector.emulator.metadata.xml import Node, Problem
from connector.emulator.objects import SObject


_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__[ce]")
_LONGEST_NAME = 40 + len("__c")
_NEEDED = {
    "__c": ("deploymentStatus", "sharingModel"),
    "__e": ("deploymentStatus", "eventType"),
}
_TOGETHER = ("enableBulkApi", "enableSharing", "enableStreamingApi")
_NOT_FOR_EVENTS = ("nameField", "sharingModel", "enableHistory", "enableReports")
_DIGITS = string.digits + string.ascii_letters
_NUMBERS = re.compile(r"\{0+\}")
_LONGEST_NAME_FIELD = 80


def deploy_object(context: Context, component: Component) -> Kept:
    """Add or change one object; of a standard one only its settings can be deployed."""
    node, name = component.node, component.name
    existing = context.sobject(name)
    if not name.endswith(("__c", "__e")):
        if existing is None:
            raise Problem(f"Entity of type 'CustomObject' named '{name}' cannot be found", node)
    elif existing is None:
        _check(node, name)
        sobject = _built(context, node, name)
        context.schema.add_object(sobject)
        context.schema.permissions.guard(sobject.name)
    elif node.children:
        _check(node, name)
        _change(context, existing, node)
    if not node.children:
        entry = context.registry.get("CustomObject", name)
        return Kept(id=entry.id if entry else "", created=False, changed=False)
    kept = context.registry.keep(
        "CustomObject", name, node.tree(), context.caller, file=component.file
    )
    return dataclasses.replace(kept, created=existing is None)


def _check(node: Node, name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise Problem(
            f"The object name you provided {name[:-3]} can only contain alphanumeric"
            " characters, must begin with a letter, and cannot end with an underscore or"
            " contain two consecutive underscore characters.",
            node,
        )
    for tag in ("label", "pluralLabel"):
        if not node.get(tag):
            raise Problem(f"Must specify a non-empty {tag} for the CustomObject", node)
    for tag in _NEEDED[name[-3:]]:
        if not node.get(tag):
            raise Problem(f"Required field is missing: {tag}", node)
    if name.endswith("__e"):
        _check_event(node)
    else:
        _check_kept(node)


def _check_kept(node: Node) -> None:
    for tag in ("eventType", "publishBehavior"):
        if node.has(tag):
            raise Problem(f"Can not specify '{tag}' for a custom object", node.first(tag))
    if len({node.get(tag) or "false" for tag in _TOGETHER}) > 1:
        raise Problem(
            "enableBulkApi, enableSharing and enableStreamingApi must have the same value", node
        )
    name_field = node.first("nameField")
    if name_field is None or name_field.get("type") not in {"Text", "AutoNumber"}:
        raise Problem("Must specify a nameField of type Text or AutoNumber", node)
    if not name_field.get("label"):
        raise Problem("Must specify a non-empty label for the nameField", name_field)
    if name_field.get("type") == "AutoNumber" and not _NUMBERS.search(
        name_field.get("displayFormat")
    ):
        raise Problem(
            "Must specify 'displayFormat' for a CustomField of type AutoNumber", name_field
        )


def _check_event(node: Node) -> None:
    for tag in _NOT_FOR_EVENTS:
        if node.has(tag):
            raise Problem(f"Can not specify '{tag}' for a platform event", node.first(tag))
    if node.get("eventType") != "HighVolume":
        raise Problem(
            "Standard-volume platform events can no longer be created", node.first("eventType")
        )


def _built(context: Context, node: Node, name: str) -> SObject:
    event = name.endswith("__e")
    name_field = node.first("nameField")
    return SObject(
        name=name,
        label=node.get("label"),
        label_plural=node.get("pluralLabel"),
        key_prefix=_free_prefix(context, "e" if event else "a"),
        fields=_event_fields() if event or name_field is None else _fields(name_field),
        updateable=not event,
        deletable=not event,
        searchable=not event and node.get("enableSearch") != "false",
        layoutable=not event,
        name_format=name_field.get("displayFormat") if name_field else "",
    )


def _change(context: Context, existing: SObject, node: Node) -> None:
    """Labels and the name field may change; fields are components of their own."""
    changed = dataclasses.replace(
        existing, label=node.get("label"), label_plural=node.get("pluralLabel")
    )
    name_field = node.first("nameField")
    if name_field is not None:
        changed = dataclasses.replace(changed, name_format=name_field.get("displayFormat"))
        changed = changed.with_fields([_name_field(name_field)])
    if sorted(changed.fields, key=_by_name) != sorted(existing.fields, key=_by_name) or (
        dataclasses.replace(changed, fields=existing.fields) != existing
    ):
        context.schema.add_object(changed)


def _by_name(field: Field) -> str:
    return field.name


def _fields(name_field: Node) -> tuple[Field, ...]:
    return (record_id("Record ID"), _name_field(name_field), *system_fields())


def _name_field(node: Node) -> Field:
    field = text(
        "Name",
        node.get("label"),
        int(node.get("length") or _LONGEST_NAME_FIELD),
        name_field=True,
        permissionable=False,
    )
    return computed(field) if node.get("type") == "AutoNumber" else field


def _event_fields() -> tuple[Field, ...]:
    return (
        computed(text("ReplayId", "Replay ID", 1_000)),
        computed(moment("CreatedDate", "Created Date", nillable=False)),
        computed(lookup("CreatedById", "Created By ID", "User", nillable=False)),
        computed(text("EventUuid", "Event UUID", 36)),
    )


def _free_prefix(context: Context, letter: str) -> str:
    taken = {sobject.key_prefix for sobject in context.schema}
    return next(
        prefix
        for first in _DIGITS
        for second in _DIGITS
        if (prefix := f"{letter}{first}{second}") not in taken
    )
