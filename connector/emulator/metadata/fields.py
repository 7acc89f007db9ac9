"""Custom fields as they are deployed: built, checked against the org, and made part of it."""

import dataclasses
import re

from connector.emulator.fields import Field
from connector.emulator.metadata.context import Context
from connector.emulator.metadata.field_rules import check_field
from connector.emulator.metadata.package import Component
from connector.emulator.metadata.registry import Kept
from connector.emulator.metadata.xml import Node, Problem
from connector.emulator.objects import SObject
from connector.emulator.storage import quoted, statement


TYPES = {
    "AutoNumber": "string",
    "Checkbox": "boolean",
    "Currency": "currency",
    "Date": "date",
    "DateTime": "datetime",
    "Email": "email",
    "Html": "textarea",
    "LongTextArea": "textarea",
    "Lookup": "reference",
    "MasterDetail": "reference",
    "MultiselectPicklist": "multipicklist",
    "Number": "double",
    "Percent": "percent",
    "Phone": "phone",
    "Picklist": "picklist",
    "Text": "string",
    "TextArea": "textarea",
    "Time": "time",
    "Url": "url",
}
_LENGTHS = {
    "AutoNumber": 30,
    "Email": 80,
    "Lookup": 18,
    "MasterDetail": 18,
    "MultiselectPicklist": 4_099,
    "Phone": 40,
    "Picklist": 255,
    "TextArea": 255,
    "Url": 255,
}
_FORMULA_LENGTH = 1_300
#: Types between which the Metadata API changes a field.
_ALIKE = (frozenset({"Number", "Currency", "Percent"}), frozenset({"Text", "AutoNumber"}))
_CASE = re.compile(
    r"\s*CASE\(\s*(?:TEXT\(\s*(\w+)\s*\)|(\w+))\s*,((?:\s*\"[^\"]*\"\s*,\s*\"[^\"]*\"\s*,)+)"
    r"\s*(?:\"([^\"]*)\"|(NULL))\s*\)\s*",
    re.IGNORECASE,
)
_PAIR = re.compile(r'"([^"]*)"\s*,\s*"([^"]*)"')
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|/\*.*?\*/', re.DOTALL)
_OWN_FIELD = re.compile(r"(?<![\w.$])([A-Za-z]\w*__c)\b(?!\s*\()")


def deploy_field(context: Context, component: Component) -> Kept:
    """Add or change one custom field; raises Problem."""
    parent, _, name = component.name.partition(".")
    sobject = context.sobject(parent)
    if sobject is None:
        raise Problem(
            f"Entity of type 'CustomObject' named '{parent}' cannot be found", component.node
        )
    existing = context.schema.field(sobject, name)
    if not name.endswith("__c"):
        if existing is None:
            text = f"Entity of type 'CustomField' named '{component.name}' cannot be found"
            raise Problem(text, component.node)
        return _keep(context, component)
    kind = check_field(component.node, sobject.name, event=sobject.event)
    field = build(component.node, kind)
    _check_relationship(context, sobject, field, component.node)
    _check_formula(context, sobject, field, component.node)
    _check_limits(context, sobject, field, component.node)
    if existing is not None:
        _check_change(context, sobject, existing, field, component.node)
        field = dataclasses.replace(field, name=existing.name)
    if field != existing:
        context.schema.add_fields(sobject.name, field)
    # Who may publish an event may fill all of its fields: they have no permissions.
    if existing is None and field.permissionable and not sobject.event:
        context.schema.permissions.guard(f"{sobject.name}.{field.name}")
    kept = _keep(context, component)
    return dataclasses.replace(kept, created=existing is None)


def build(node: Node, kind: str) -> Field:
    """The field that this definition describes."""
    formula = node.get("formula")
    required = node.flag("required") or kind == "MasterDetail"
    lookup = kind in {"Lookup", "MasterDetail"}
    boolean = kind == "Checkbox"
    length = int(node.get("length") or _LENGTHS.get(kind, 0))
    field = Field(
        name=node.get("fullName"),
        label=node.get("label"),
        type=TYPES[kind],
        length=_FORMULA_LENGTH if formula and kind == "Text" else length,
        precision=int(node.get("precision") or 0),
        scale=int(node.get("scale") or 0),
        createable=not formula and kind != "AutoNumber",
        updateable=not formula and kind not in {"AutoNumber", "MasterDetail"},
        nillable=not (required or boolean or kind == "AutoNumber"),
        default=node.get("defaultValue") == "true" if boolean and not formula else None,
        unique=node.flag("unique"),
        external_id=node.flag("externalId"),
        permissionable=not required,
        reference_to=(node.get("referenceTo"),) if lookup else (),
        relationship=f"{node.get('fullName')[:-1]}r" if lookup else None,
        children=f"{node.get('relationshipName')}__r" if lookup else None,
        cascade_delete=kind == "MasterDetail" or node.get("deleteConstraint") == "Cascade",
        help=node.get("inlineHelpText") or None,
        extra_type="richtextarea" if kind == "Html" else None,
    )
    return _with_formula(_with_values(field, node), formula)


def _with_values(field: Field, node: Node) -> Field:
    values = node.first("valueSet")
    if values is None:
        return field
    definition = values.first("valueSetDefinition")
    listed = definition.all("value") if definition else []
    active = [each for each in listed if each.get("isActive") != "false"]
    chosen = next((each.get("fullName") for each in active if each.flag("default")), None)
    return dataclasses.replace(
        field,
        values=tuple(each.get("fullName") for each in active),
        labels=tuple(each.get("label") or each.get("fullName") for each in active),
        restricted=values.flag("restricted"),
        default=chosen,
        defaulted=chosen is not None,
    )


def _with_formula(field: Field, formula: str) -> Field:
    """A CASE over texts is computed, every other formula only shown."""
    if not formula:
        return field
    match = _CASE.fullmatch(formula)
    if match is None:
        return dataclasses.replace(field, formula_text=formula)
    pairs = tuple((value, text) for value, text in _PAIR.findall(match[3]))
    source = match[1] or match[2]
    return dataclasses.replace(
        field, case_of=source, cases=pairs, case_else=match[4] or "", formula_text=formula
    )


def _check_relationship(context: Context, sobject: SObject, field: Field, node: Node) -> None:
    for target in field.reference_to:
        known = context.sobject(target)
        if known is None or known.event:
            raise Problem(
                f"referenceTo value of '{target}' does not resolve to a valid sObject type",
                node,
            )
        for child, other in context.schema.children_of(known.name):
            taken = (other.children or "").lower() == (field.children or "").lower()
            if taken and (child.name, other.name.lower()) != (sobject.name, field.name.lower()):
                name = node.get("relationshipName")
                raise Problem(
                    f"There is already a Child Relationship named {name} on {known.label}.",
                    node,
                )


def _check_formula(context: Context, sobject: SObject, field: Field, node: Node) -> None:
    for name in _OWN_FIELD.findall(_STRING.sub("", field.formula_text)):
        if context.schema.field(sobject, name) is None:
            raise Problem(
                f"Field {name} does not exist. Check spelling.", node.first("formula")
            )


def _check_limits(context: Context, sobject: SObject, field: Field, node: Node) -> None:
    others = [each for each in sobject.fields if each.name.lower() != field.name.lower()]
    keys = sum(each.external_id for each in others)
    settings = context.settings
    if field.external_id and keys >= settings.most_external_ids:
        raise Problem(
            f"You have reached the maximum number of {settings.most_external_ids} external ID"
            f" fields on {sobject.label}",
            node,
        )
    if sum(each.deployable for each in others) >= settings.most_custom_fields:
        raise Problem(
            "This would exceed the maximum number of custom fields allowed on"
            f" {sobject.label}: {settings.most_custom_fields}",
            node,
        )
    if node.flag("trackHistory"):
        _check_tracking(context, sobject, field, node)


def _check_tracking(context: Context, sobject: SObject, field: Field, node: Node) -> None:
    entry = context.registry.get("CustomObject", sobject.name)
    tree = entry.tree if entry and isinstance(entry.tree, dict) else {}
    if sobject.custom and tree.get("enableHistory") != ["true"]:
        text = "Can not track the history of a field whose object does not enable history"
        raise Problem(text, node.first("trackHistory"))
    tracked = {
        each.name.lower()
        for each in context.registry.all("CustomField")
        if each.name.partition(".")[0].lower() == sobject.name.lower()
        and isinstance(each.tree, dict)
        and each.tree.get("trackHistory") == ["true"]
    } | {f"{sobject.name}.{field.name}".lower()}
    if len(tracked) > context.settings.most_tracked_fields:
        raise Problem(
            "NUM_HISTORY_FIELDS_BY_SOBJECT_EXCEEDED: The maximum number of history-tracked"
            f" fields on {sobject.label} is {context.settings.most_tracked_fields}",
            node.first("trackHistory"),
        )


def _check_change(
    context: Context, sobject: SObject, old: Field, new: Field, node: Node
) -> None:
    before, after = metadata_type(context, sobject, old), node.get("type")
    if old.calculated != new.calculated:
        raise Problem("You cannot convert a field into a formula field or back", node)
    if before != after and not any({before, after} <= group for group in _ALIKE):
        text = f"Cannot change field type from {before} to {after} via the API"
        raise Problem(text, node.first("type"))
    if old.reference_to != new.reference_to:
        raise Problem("Cannot update referenceTo", node.first("referenceTo"))
    if new.is_text and new.length < old.length:
        context.warn(
            f"The length of {sobject.name}.{old.name} decreases from {old.length} to"
            f" {new.length}: longer values are cut",
            node,
        )
    if new.unique and not old.unique:
        _check_doubles(context, sobject, old, node)


def metadata_type(context: Context, sobject: SObject, field: Field) -> str:
    """What the Metadata API calls the type of a field that the org has."""
    entry = context.registry.get("CustomField", f"{sobject.name}.{field.name}")
    if entry is not None and isinstance(entry.tree, dict) and "type" in entry.tree:
        return str(entry.tree["type"][0])
    if field.type == "textarea":
        return "LongTextArea" if field.is_long_text else "TextArea"
    if field.type == "reference":
        return "MasterDetail" if field.cascade_delete and not field.nillable else "Lookup"
    return next(
        (name for name, kind in TYPES.items() if kind == field.type and name != "AutoNumber"),
        "Text",
    )


def _check_doubles(context: Context, sobject: SObject, field: Field, node: Node) -> None:
    column = quoted(field.name)
    rows = context.storage.fetch(
        statement(
            "SELECT 1 FROM",
            quoted(sobject.name),
            "WHERE",
            column,
            "IS NOT NULL GROUP BY",
            column,
            "HAVING COUNT(*) > 1 LIMIT 1",
        )
    )
    if rows:
        raise Problem(
            f"Field {field.name} can not be made unique: there are duplicate values",
            node.first("unique"),
        )


def _keep(context: Context, component: Component) -> Kept:
    return context.registry.keep(
        "CustomField",
        component.name,
        component.node.tree(),
        context.caller,
        file=component.file,
    )
