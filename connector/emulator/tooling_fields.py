"""Custom fields created one by one over the Tooling API, from JSON instead of a file."""

from collections.abc import Mapping

from connector.emulator.calls import Call
from connector.emulator.errors import ApiError, RecordError, not_found, parser_error
from connector.emulator.metadata.as_json import OTHER_NAMES
from connector.emulator.metadata.context import Context
from connector.emulator.metadata.fields import deploy_field
from connector.emulator.metadata.package import Component
from connector.emulator.metadata.registry import Registry
from connector.emulator.metadata.types import Slot, known
from connector.emulator.metadata.xml import Node, Problem
from connector.emulator.rows import RefusedRowError


_POWER = "CustomizeApplication"
_FILE_NAMES = {(kind, other): name for (kind, name), other in OTHER_NAMES.items()}


def create_field(call: Call) -> str:
    """The new field's id; raises for names that are taken and for what a field may not be."""
    body = call.fields()
    unknown = set(body) - {"FullName", "Metadata", "attributes"}
    if unknown:
        message = f"No such column '{min(unknown)}' on sobject of type CustomField"
        raise ApiError(400, "INVALID_FIELD", message)
    full_name, metadata = body.get("FullName"), body.get("Metadata")
    if not isinstance(full_name, str) or not isinstance(metadata, Mapping):
        missing = "FullName" if not isinstance(full_name, str) else "Metadata"
        message = f"Required fields are missing: [{missing}]"
        raise ApiError(400, "REQUIRED_FIELD_MISSING", message, fields=(missing,))
    parent, _, name = full_name.partition(".")
    schema = call.org.schema
    sobject = schema.sobject(parent) if schema.knows(parent) else None
    if sobject is not None and schema.field(sobject, name):
        label = name.removesuffix("__c")
        message = f"There is already a field named {label} on {sobject.label}."
        raise ApiError(400, "DUPLICATE_DEVELOPER_NAME", message, fields=("FullName",))
    return _deploy(call, full_name, metadata)


def change_field(call: Call, record: str) -> None:
    registry = Registry(call.org.storage, call.org.writer)
    entry = next((e for e in registry.all("CustomField") if e.id[:15] == record[:15]), None)
    if entry is None:
        raise not_found()
    metadata = call.fields().get("Metadata")
    if not isinstance(metadata, Mapping):
        message = "Required fields are missing: [Metadata]"
        raise ApiError(400, "REQUIRED_FIELD_MISSING", message, fields=("Metadata",))
    _deploy(call, entry.name, metadata)


def _deploy(call: Call, full_name: str, metadata: Mapping[str, object]) -> str:
    org = call.org
    org.schema.permissions.demand(
        call.user, _POWER, message="insufficient access rights on entity: CustomField"
    )
    node = _node("CustomField", "CustomField", metadata)
    node.children.insert(0, Node("fullName", text=full_name.partition(".")[2]))
    context = Context(
        storage=org.storage,
        schema=org.schema,
        writer=org.writer,
        registry=Registry(org.storage, org.writer),
        caller=org.caller("tooling", call.user),
        settings=org.deployments.settings,
        version=call.version,
    )
    component = Component(kind="CustomField", name=full_name, file="", node=node)
    try:
        return deploy_field(context, component).id
    except Problem as problem:
        org.schema.reload()
        code = "FIELD_INTEGRITY_EXCEPTION"
        raise RefusedRowError(RecordError(code=code, message=problem.text)) from problem


def _node(tag: str, kind: str, value: Mapping[str, object]) -> Node:
    """A tree of elements from JSON, every name of it known to the type."""
    slots = known().slots[kind]
    node = Node(tag)
    for given, each in value.items():
        name = _FILE_NAMES.get((kind, given), given)
        slot = slots.get(name)
        if slot is None or (name == "fullName" and name == given and kind == "CustomValue"):
            message = f"No such column '{given}' on sobject of type {kind}"
            raise ApiError(400, "INVALID_FIELD", message)
        if each is not None:
            items = each if isinstance(each, list) else [each]
            node.children += [_child(name, slot, item) for item in items]
    return node


def _child(name: str, slot: Slot, item: object) -> Node:
    types = known()
    if isinstance(item, Mapping) and slot.type in types.slots:
        return _node(name, slot.type, item)
    if isinstance(item, Mapping | list) or slot.type in types.slots:
        raise parser_error(f"Cannot deserialize {slot.type} at [line:1, column:1]")
    text = str(item).lower() if isinstance(item, bool) else str(item)
    allowed = types.values.get(slot.type)
    if allowed is not None and text not in allowed:
        raise parser_error(f"{text} is not a valid value for the enum {slot.type}")
    return Node(name, text=text)
