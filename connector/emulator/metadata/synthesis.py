"""Metadata of what no deployment brought: read back from the schema."""

from connector.emulator.fields import Field
from connector.emulator.metadata.fields import TYPES
from connector.emulator.metadata.xml import Tree
from connector.emulator.org import EmulatedOrg


_NAMES = {
    kind: name
    for name, kind in reversed(TYPES.items())
    if name not in {"AutoNumber", "MasterDetail", "Html"}
}


def tree_of(org: EmulatedOrg, kind: str, name: str) -> Tree | None:
    """The component as its file would describe it; None where there is none."""
    parent, _, field_name = name.partition(".")
    if not org.schema.knows(parent):
        return None
    sobject = org.schema.sobject(parent)
    if kind == "CustomObject":
        return {"label": [sobject.label], "pluralLabel": [sobject.label_plural]}
    field = org.schema.field(sobject, field_name) if kind == "CustomField" else None
    return field_tree(field) if field and field.deployable else None


def object_tree(org: EmulatedOrg, name: str, own: Tree | None) -> Tree | None:
    """An object with its custom fields inside, as readMetadata gives it."""
    if not isinstance(own, dict) or not org.schema.knows(name):
        return own
    sobject = org.schema.sobject(name)
    fields: list[Tree] = []
    for field in sobject.fields:
        if field.deployable:
            entry = org.deployments.registry.get("CustomField", f"{sobject.name}.{field.name}")
            fields.append(entry.tree if entry else field_tree(field))
    return {**own, "fields": fields}


def field_tree(field: Field) -> Tree:
    kind = "LongTextArea" if field.is_long_text else _NAMES.get(field.type, "Text")
    tree: dict[str, list[Tree]] = {
        "fullName": [field.name],
        "label": [field.title],
        "type": [kind],
        "externalId": [_flag(field.external_id)],
    }
    if kind in {"Text", "LongTextArea"} and not field.calculated:
        tree["length"] = [str(field.length)]
    if kind in {"Number", "Percent", "Currency"}:
        tree |= {"precision": [str(field.precision)], "scale": [str(field.scale)]}
    if kind == "Checkbox":
        tree["defaultValue"] = [_flag(bool(field.default))]
    if field.unique:
        tree["unique"] = ["true"]
    formula = field.formula()
    if formula:
        tree["formula"] = [formula]
    if field.reference_to:
        tree |= {"referenceTo": [field.reference_to[0]]}
        tree |= {"relationshipName": [(field.children or "").removesuffix("__r")]}
    if field.values:
        tree["valueSet"] = [_values(field)]
    return tree


def _values(field: Field) -> Tree:
    labels = field.labels or field.values
    listed: list[Tree] = [
        {"fullName": [value], "default": [_flag(value == field.default)], "label": [label]}
        for value, label in zip(field.values, labels, strict=True)
    ]
    definition: Tree = {"sorted": ["false"], "value": listed}
    return {"restricted": [_flag(field.restricted)], "valueSetDefinition": [definition]}


def _flag(on: bool) -> str:  # noqa: FBT001 - a value to write down
    return str(on).lower()
