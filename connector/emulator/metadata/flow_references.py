"""What a flow speaks of: objects, fields, resources, other flows; all of it must be there."""

import re
from collections.abc import Callable, Iterator

from connector.emulator.metadata.context import Context
from connector.emulator.metadata.flow_parts import Parts, wrong
from connector.emulator.metadata.xml import Node
from connector.emulator.objects import SObject


#: Elements whose text names a resource, an element or one of their fields.
_REFERENCES = frozenset(
    {
        "assignNextValueToReference",
        "assignRecordIdToReference",
        "assignToReference",
        "assignNullValuesIfNoRecordsFound",
        "collectionReference",
        "elementReference",
        "inputReference",
        "leftValueReference",
        "outputReference",
    }
)
_MERGE = re.compile(r"\{!\s*([$A-Za-z][\w.$]*)\s*\}")
_GLOBALS = frozenset(
    {
        "$api",
        "$client",
        "$customlabel",
        "$flow",
        "$globalconstant",
        "$label",
        "$organization",
        "$permission",
        "$profile",
        "$record",
        "$record__prior",
        "$setup",
        "$system",
        "$user",
        "$userrole",
    }
)
_FLAGS = frozenset({"assignNullValuesIfNoRecordsFound"})


def check_references(
    context: Context, parts: Parts, flow_of: Callable[[str], Node | None]
) -> None:
    """Raises Problem for the first thing that is not there."""
    for node in parts.records():
        _check_record_element(context, parts, node)
    _check_start(context, parts)
    for each in parts.resources.values():
        if each.get("dataType") == "SObject":
            _sobject(context, each.get("objectType"), each)
    for reference, node in _references(parts.flow):
        _check_reference(context, parts, reference, node)
    for node in parts.elements.values():
        if node.tag == "subflows":
            _check_subflow(node, flow_of)


def _check_start(context: Context, parts: Parts) -> None:
    if not parts.object:
        return
    sobject = _sobject(context, parts.object, parts.start)
    for each in parts.start.all("filters"):
        _field(context, sobject, each.get("field"), each)


def _check_record_element(context: Context, parts: Parts, node: Node) -> None:
    name = node.get("object")
    if not name:
        target = node.get("inputReference")
        if not target:
            raise wrong(
                f'The element "{node.get("name")}" names no object and no record.', node
            )
        name = _type_of(context, parts, target)
        if not name:
            return
    sobject = _sobject(context, name, node)
    create = node.tag == "recordCreates"
    for each in node.all("inputAssignments"):
        _check_assignable(context, sobject, each, create=create)
    for each in (*node.all("filters"), *node.all("outputAssignments")):
        _field(context, sobject, each.get("field"), each)
    for each in (*node.all("queriedFields"), *node.all("sortField")):
        _field(context, sobject, each.text.strip(), each)


def _check_assignable(context: Context, sobject: SObject, node: Node, *, create: bool) -> None:
    name = node.get("field")
    _field(context, sobject, name, node)
    field = context.schema.field(sobject, name)
    if field and not (field.createable if create else field.updateable):
        raise wrong(
            f'The field "{name}" for the object "{sobject.name}" can\'t be written.', node
        )
    value = node.get("value", "stringValue")
    if field and field.restricted and value and "{!" not in value and value not in field.values:
        context.warn(
            f'"{value}" is no value of the restricted picklist {sobject.name}.{name}', node
        )


def _references(flow: Node) -> Iterator[tuple[str, Node]]:
    for node in flow.walk():
        text = node.text.strip()
        if node.tag in _REFERENCES - _FLAGS and text and not node.children:
            yield text, node
        else:
            for reference in _MERGE.findall(text):
                yield reference, node


def _check_reference(context: Context, parts: Parts, reference: str, node: Node) -> None:
    root, _, path = reference.partition(".")
    if root.startswith("$"):
        if root.lower() not in _GLOBALS:
            raise wrong(f'The resource "{reference}" doesn\'t exist.', node)
        if root.lower() not in {"$record", "$record__prior"}:
            return
        if not parts.object:
            raise wrong(f'The resource "{reference}" needs a flow that a record starts.', node)
    elif parts.find(root) is None and not _is_outcome(parts, root):
        raise wrong(f'The resource "{reference}" doesn\'t exist.', node)
    name = _type_of(context, parts, root)
    if name and path:
        _walk(context, _sobject(context, name, node), path, reference, node)


def _is_outcome(parts: Parts, name: str) -> bool:
    """Outcomes of decisions, and fields of screens, are resources too."""
    return any(
        each.get("name").lower() == name.lower()
        for element in parts.elements.values()
        for each in (*element.all("rules"), *element.all("fields"))
    )


def _walk(context: Context, sobject: SObject, path: str, reference: str, node: Node) -> None:
    """Follow `Campaign__r.Owner.Email` from object to object."""
    *relations, last = path.split(".")
    for relation in relations:
        field = context.schema.relationship(sobject, relation)
        if field is None:
            raise wrong(f'The relationship "{relation}" of "{reference}" doesn\'t exist.', node)
        if len(field.reference_to) > 1 or not context.schema.knows(field.reference_to[0]):
            return
        sobject = context.schema.sobject(field.reference_to[0])
    _field(context, sobject, last, node)


def _type_of(context: Context, parts: Parts, reference: str) -> str:
    """The object of the record that this resource holds; empty for other resources."""
    root, _, path = reference.partition(".")
    if root.lower() in {"$record", "$record__prior"}:
        return "" if path else parts.object
    node = parts.find(root)
    if node is None or path:
        return ""
    if node.tag == "recordLookups":
        return node.get("object")
    if node.tag == "loops":
        return _type_of(context, parts, node.get("collectionReference"))
    return node.get("objectType") if node.get("dataType") == "SObject" else ""


def _check_subflow(node: Node, flow_of: Callable[[str], Node | None]) -> None:
    name = node.get("flowName")
    called = flow_of(name)
    if called is None:
        raise wrong(f'The flow "{name}" doesn\'t exist, or has no version that can run.', node)
    variables = {each.get("name").lower(): each for each in called.all("variables")}
    for tag, flag in (("inputAssignments", "isInput"), ("outputAssignments", "isOutput")):
        for each in node.all(tag):
            variable = variables.get(each.get("name").lower())
            if variable is None or not variable.flag(flag):
                raise wrong(
                    f'The flow "{name}" has no variable "{each.get("name")}" that is available'
                    f" for {'input' if flag == 'isInput' else 'output'}.",
                    each,
                )


def _sobject(context: Context, name: str, node: Node) -> SObject:
    found = context.sobject(name)
    if found is None:
        raise wrong(f"The object \"{name}\" doesn't exist, or isn't known here.", node)
    return found


def _field(context: Context, sobject: SObject, name: str, node: Node) -> None:
    if context.schema.field(sobject, name) is None:
        raise wrong(f'The field "{name}" for the object "{sobject.name}" doesn\'t exist.', node)
