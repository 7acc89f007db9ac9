"""The elements of a flow, as Flow Builder names them: Get Records, Decision, Send Email, ..."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from connector.footprint.component import Body, Value


@dataclasses.dataclass(frozen=True, slots=True)
class Ref:
    """Something of the flow by its name: a variable, a field, what an element found."""

    name: str


#: What a flow may set or compare with.
Operand: TypeAlias = str | bool | int | Ref
#: A field or variable, how it is compared, and with what.
Condition: TypeAlias = tuple[str, str, Operand]

#: What stands before the elements in alphabetical order, in every type of the WSDL.
_FIRST = ("description", "name", "label", "locationX", "locationY")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One box on the canvas; `kind` is its XML element, `body` what is its own in there."""

    kind: str
    name: str
    label: str
    body: Body
    description: str = ""

    def targets(self) -> tuple[str, ...]:
        """The names of the elements that may come next, the usual one first."""
        return tuple(targets(self.body))

    def placed(self, x: int, y: int) -> Body:
        own: Body = {"name": self.name, "label": self.label, "locationX": x, "locationY": y}
        return ordered({**own, **self.body}, description=self.description)


def targets(body: Body) -> Iterator[str]:
    """The elements that connectors name, faults last."""
    for key in sorted(body, key=lambda name: name == "faultConnector"):
        yield from _targets(key, body[key])


def _targets(key: str, held: Value) -> Iterator[str]:
    match held:
        case str() if key == "targetReference":
            yield held
        case Mapping():
            yield from targets(held)
        case list():
            for each in held:
                yield from _targets("", each)
        case _:
            pass


def ordered(body: Body, *, description: str = "", first: Sequence[str] = _FIRST) -> Body:
    """In the order of the WSDL; a label stands first only where a box has one."""
    whole = {**body, "description": description} if description else body
    front = {name: whole[name] for name in first if name in whole}
    rest = {name: whole[name] for name in sorted(whole) if name not in front}
    return {**front, **rest}


def value(operand: Operand) -> Body:
    match operand:
        case Ref():
            return {"elementReference": operand.name}
        case bool():
            return {"booleanValue": operand}
        case int():
            return {"numberValue": float(operand)}
        case _:
            return {"stringValue": operand}


def connector(kind: str, target: str) -> Body:
    """A connector, or nothing where the flow ends."""
    return {kind: {"targetReference": target}} if target else {}


def filters(where: Sequence[Condition], logic: str = "and") -> Body:
    """Conditions on fields, as Start, Get Records and Update Records have them."""
    conditions: list[Value] = [
        {"field": field, "operator": operator, "value": value(operand)}
        for field, operator, operand in where
    ]
    return {"filterLogic": logic, "filters": conditions}


def fields(values: Mapping[str, Operand]) -> list[Value]:
    return [{"field": field, "value": value(operand)} for field, operand in values.items()]


def inputs(values: Mapping[str, Operand]) -> list[Value]:
    return [{"name": name, "value": value(operand)} for name, operand in values.items()]


def get_records(
    name: str,
    label: str,
    of: str,
    *,
    where: Sequence[Condition],
    queried: Sequence[str],
    then: str,
    fault: str,
    logic: str = "and",
    first: bool = True,
    sort: str = "",
) -> Element:
    """Get Records: the first one that fits, or all; the element's name holds what was found."""
    body: Body = {
        "assignNullValuesIfNoRecordsFound": False,
        **connector("connector", then),
        **connector("faultConnector", fault),
        **filters(where, logic),
        "getFirstRecordOnly": first,
        "object": of,
        "queriedFields": list(queried),
        **({"sortField": sort, "sortOrder": "Asc"} if sort else {}),
        "storeOutputAutomatically": True,
    }
    return Element(kind="recordLookups", name=name, label=label, body=body)


def create_record(
    name: str, label: str, of: str, *, values: Mapping[str, Operand], then: str = "", fault: str
) -> Element:
    body: Body = {
        **connector("connector", then),
        **connector("faultConnector", fault),
        "inputAssignments": fields(values),
        "object": of,
        "storeOutputAutomatically": True,
    }
    return Element(kind="recordCreates", name=name, label=label, body=body)


def create_records(
    name: str, label: str, *, collection: str, then: str = "", fault: str, description: str = ""
) -> Element:
    """Create Records, all those of a collection at once."""
    body: Body = {
        **connector("connector", then),
        **connector("faultConnector", fault),
        "inputReference": collection,
    }
    return Element(
        kind="recordCreates", name=name, label=label, body=body, description=description
    )


def update_records(
    name: str,
    label: str,
    of: str,
    *,
    where: Sequence[Condition],
    values: Mapping[str, Operand],
    then: str = "",
    fault: str,
    logic: str = "and",
) -> Element:
    """Update Records that fit conditions."""
    body: Body = {
        **connector("connector", then),
        **connector("faultConnector", fault),
        **filters(where, logic),
        "inputAssignments": fields(values),
        "object": of,
    }
    return Element(kind="recordUpdates", name=name, label=label, body=body)


def decision(
    name: str,
    label: str,
    *,
    outcome: tuple[str, str],
    when: Sequence[Condition],
    then: str,
    otherwise: str = "",
    logic: str = "and",
    description: str = "",
) -> Element:
    """Decision with one outcome, by name and label, and the default one."""
    conditions: list[Value] = [
        {"leftValueReference": left, "operator": operator, "rightValue": value(operand)}
        for left, operator, operand in when
    ]
    rule: Body = {
        "name": outcome[0],
        "conditionLogic": logic,
        "conditions": conditions,
        **connector("connector", then),
        "label": outcome[1],
    }
    # The outcome stands first, so that its branch is drawn straight down.
    body: Body = {
        "rules": [rule],
        **connector("defaultConnector", otherwise),
        "defaultConnectorLabel": "Otherwise",
    }
    return Element(kind="decisions", name=name, label=label, body=body, description=description)


def assignment(name: str, label: str, *items: Condition, then: str = "") -> Element:
    body: Body = {
        "assignmentItems": [
            {"assignToReference": target, "operator": operator, "value": value(operand)}
            for target, operator, operand in items
        ],
        **connector("connector", then),
    }
    return Element(kind="assignments", name=name, label=label, body=body)


def loop(name: str, label: str, *, over: str, each: str, after: str) -> Element:
    body: Body = {
        "collectionReference": over,
        "iterationOrder": "Asc",
        **connector("nextValueConnector", each),
        **connector("noMoreValuesConnector", after),
    }
    return Element(kind="loops", name=name, label=label, body=body)


def send_email(
    name: str, label: str, *, to: Ref, subject: Ref, text: Ref, then: str = "", fault: str
) -> Element:
    """Send Email, plain text, from whom the flow runs as."""
    body: Body = {
        "actionName": "emailSimple",
        "actionType": "emailSimple",
        **connector("connector", then),
        **connector("faultConnector", fault),
        "flowTransactionModel": "CurrentTransaction",
        "inputParameters": inputs(
            {"emailAddresses": to, "emailSubject": subject, "emailBody": text}
        ),
    }
    return Element(kind="actionCalls", name=name, label=label, body=body)


def subflow(
    name: str, label: str, flow: str, *, values: Mapping[str, Operand], then: str = ""
) -> Element:
    """Another flow of ours; it has no fault path, because it ends its own faults itself."""
    body: Body = {
        **connector("connector", then),
        "flowName": flow,
        "inputAssignments": inputs(values),
    }
    return Element(kind="subflows", name=name, label=label, body=body)
