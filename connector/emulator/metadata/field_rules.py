"""
What a custom field must say, and what it may not, by its type.

Texts as quoted in public deployment logs: "Must specify 'defaultValue' for a CustomField of
type Checkbox", "Can not specify 'length' for a CustomField of type TextArea".
"""

import re

from connector.emulator.metadata.xml import Node, Problem


_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")
_LONGEST_NAME = 40 + len("__c")
_LONGEST_LABEL = 40

#: What each type must say; a formula must say nothing but its own type's numbers.
NEEDED: dict[str, tuple[str, ...]] = {
    "AutoNumber": ("displayFormat",),
    "Checkbox": ("defaultValue",),
    "Currency": ("precision", "scale"),
    "Date": (),
    "DateTime": (),
    "Email": (),
    "Html": ("length", "visibleLines"),
    "LongTextArea": ("length", "visibleLines"),
    "Lookup": ("referenceTo", "relationshipName"),
    "MasterDetail": ("referenceTo", "relationshipName"),
    "MultiselectPicklist": ("valueSet", "visibleLines"),
    "Number": ("precision", "scale"),
    "Percent": ("precision", "scale"),
    "Phone": (),
    "Picklist": ("valueSet",),
    "Text": ("length",),
    "TextArea": (),
    "Time": (),
    "Url": (),
}
#: Which types may say what; elements not named here belong to any type.
_ALLOWED: dict[str, frozenset[str]] = {
    "caseSensitive": frozenset({"Text"}),
    "deleteConstraint": frozenset({"Lookup"}),
    "displayFormat": frozenset({"AutoNumber"}),
    "externalId": frozenset({"Text", "Number", "Email", "AutoNumber"}),
    "length": frozenset({"Text", "LongTextArea", "Html"}),
    "precision": frozenset({"Number", "Currency", "Percent"}),
    "scale": frozenset({"Number", "Currency", "Percent"}),
    "referenceTo": frozenset({"Lookup", "MasterDetail"}),
    "relationshipLabel": frozenset({"Lookup", "MasterDetail"}),
    "relationshipName": frozenset({"Lookup", "MasterDetail"}),
    "relationshipOrder": frozenset({"MasterDetail"}),
    "reparentableMasterDetail": frozenset({"MasterDetail"}),
    "writeRequiresMasterRead": frozenset({"MasterDetail"}),
    "unique": frozenset({"Text", "Number", "Email"}),
    "valueSet": frozenset({"Picklist", "MultiselectPicklist"}),
    "visibleLines": frozenset({"LongTextArea", "Html", "MultiselectPicklist"}),
}
_NEVER_REQUIRED = frozenset(
    {"Checkbox", "LongTextArea", "Html", "AutoNumber", "MultiselectPicklist"}
)
_FORMULA_TYPES = frozenset(
    {"Checkbox", "Currency", "Date", "DateTime", "Number", "Percent", "Text", "Time"}
)
_NOT_IN_FORMULAS = ("defaultValue", "externalId", "length", "required", "unique")
_EVENT_TYPES = frozenset({"Checkbox", "Date", "DateTime", "LongTextArea", "Number", "Text"})
_LENGTHS = {"Text": (1, 255), "LongTextArea": (256, 131_072), "Html": (256, 131_072)}
_MOST_DIGITS = 18
_LONGEST_PICKLIST_VALUE = 255


def check_field(node: Node, sobject: str, *, event: bool) -> str:
    """The type of a custom field whose own words agree with each other; raises Problem."""
    name, kind = node.get("fullName"), node.get("type")
    _check_name(name, sobject, node)
    if not kind:
        raise Problem("Required field is missing: type", node)
    if not node.get("label") or len(node.get("label")) > _LONGEST_LABEL:
        raise Problem("Must specify a non-empty label for the CustomField", node)
    if kind not in NEEDED:
        raise Problem(f"The emulated org does not know custom fields of type {kind}", node)
    if event and kind not in _EVENT_TYPES:
        raise Problem(f"Can not use type {kind} in a platform event", node)
    if node.has("formula"):
        _check_formula(node, kind)
    else:
        _check_plain(node, kind)
    _check_numbers(node, kind)
    return kind


def _check_name(name: str, sobject: str, node: Node) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise Problem(
            f"The field name you provided {name.removesuffix('__c')} on object {sobject} can"
            " only contain alphanumeric characters, must begin with a letter, and cannot end"
            " with an underscore or contain two consecutive underscore characters.",
            node,
        )


def _check_plain(node: Node, kind: str) -> None:
    needed = (tag for tag in NEEDED[kind] if not _says(node, tag, empty=tag == "valueSet"))
    missing = next(needed, None)
    if missing is not None:
        raise Problem(f"Must specify '{missing}' for a CustomField of type {kind}", node)
    for tag, kinds in _ALLOWED.items():
        if kind not in kinds and _says(node, tag) and node.get(tag) != "false":
            raise _not_for(kind, tag, node)
    if kind == "MasterDetail" and node.has("required"):
        raise Problem("Master-Detail Relationship Fields Cannot be Optional or Required", node)
    if kind in _NEVER_REQUIRED and node.flag("required"):
        raise _not_for(kind, "required", node)
    if kind == "Lookup":
        _check_lookup(node)
    if node.has("valueSet"):
        check_values(node)


def _check_lookup(node: Node) -> None:
    if node.get("deleteConstraint") in {"", "SetNull"} and node.flag("required"):
        raise Problem(
            "field integrity exception: unknown (must specify either cascade delete or restrict"
            " delete for required lookup foreign key)",
            node,
        )


def _says(node: Node, tag: str, *, empty: bool = True) -> bool:
    return node.has(tag) and (empty or bool(node.get(tag)))


def _check_formula(node: Node, kind: str) -> None:
    if kind not in _FORMULA_TYPES:
        raise _not_for(kind, "formula", node)
    for tag in _NOT_IN_FORMULAS:
        if _says(node, tag) and node.get(tag) != "false":
            raise Problem(f"Can not specify '{tag}' for a formula field", node.first(tag))
    for tag in {"precision", "scale"} & set(NEEDED[kind]):
        if not node.get(tag):
            raise Problem(f"Must specify '{tag}' for a CustomField of type {kind}", node)


def _check_numbers(node: Node, kind: str) -> None:
    if kind in _LENGTHS and not node.has("formula"):
        low, high = _LENGTHS[kind]
        if not low <= int(node.get("length")) <= high:
            raise Problem(
                f"The length of a field of type {kind} must be between {low} and {high}", node
            )
    if node.get("precision"):
        precision, scale = int(node.get("precision")), int(node.get("scale") or 0)
        if not 1 <= precision <= _MOST_DIGITS or not 0 <= scale <= precision:
            raise Problem(
                "Precision must be between 1 and 18, and scale must not be greater than it",
                node,
            )


def check_values(node: Node) -> None:
    """A picklist needs values of its own, each once, and at most one default."""
    values = node.first("valueSet")
    if values is None or values.get("valueSetName"):
        if values is not None:
            raise Problem(
                f"In field: valueSet - no GlobalValueSet named {values.get('valueSetName')}"
                " found",
                values,
            )
        return
    definition = values.first("valueSetDefinition")
    listed = definition.all("value") if definition else []
    if not listed:
        raise Problem("Must specify at least one picklist value", values)
    names = [value.get("fullName") for value in listed]
    for at, name in enumerate(names):
        if not name or len(name) > _LONGEST_PICKLIST_VALUE:
            raise Problem("Required field is missing: fullName", listed[at])
        if name.casefold() in {other.casefold() for other in names[:at]}:
            raise Problem(f"Duplicate picklist value: {name}", listed[at])
    if sum(value.flag("default") for value in listed) > 1:
        raise Problem("Only one picklist value can be the default", values)


def _not_for(kind: str, tag: str, node: Node) -> Problem:
    text = f"Can not specify '{tag}' for a CustomField of type {kind}"
    return Problem(text, node.first(tag) or node)
