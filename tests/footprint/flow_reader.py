"""A flow as a graph of elements and names, read from its metadata, for tests to look into."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from connector.footprint import Component


#: Elements by name; what each holds, the test knows.
Node: TypeAlias = Mapping[str, Any]

ELEMENTS = (
    "actionCalls",
    "assignments",
    "decisions",
    "loops",
    "recordCreates",
    "recordLookups",
    "recordUpdates",
    "subflows",
)
RESOURCES = ("constants", "formulas", "textTemplates", "variables")
#: What asks or changes the database, or sends: it may fail, and costs where it is repeated.
MAY_FAIL = ("actionCalls", "recordCreates", "recordLookups", "recordUpdates")

_MERGED = re.compile(r"\{!([^}]+)\}")
_NAMING = ("elementReference", "leftValueReference", "assignToReference", "inputReference")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What a test asks of one flow."""

    component: Component

    @property
    def name(self) -> str:
        return self.component.name

    @property
    def body(self) -> Node:
        return self.component.body

    @property
    def start(self) -> Node:
        start: Node = self.body["start"]
        return start

    @property
    def elements(self) -> Mapping[str, Node]:
        return {each["name"]: each for kind in ELEMENTS for each in self.all(kind)}

    @property
    def resources(self) -> Mapping[str, Node]:
        return {each["name"]: each for kind in RESOURCES for each in self.all(kind)}

    def all(self, kind: str) -> list[Node]:
        return list(self.body.get(kind, ()))

    def kind(self, name: str) -> str:
        found = [
            kind for kind in ELEMENTS if any(each["name"] == name for each in self.all(kind))
        ]
        return found[0]

    @property
    def inputs(self) -> Mapping[str, str]:
        """The variables that a caller fills, with their types."""
        return {
            each["name"]: each["dataType"] for each in self.all("variables") if each["isInput"]
        }

    @property
    def own_names(self) -> list[str]:
        """Everything that has an API name of its own in the flow."""
        rules = [rule for each in self.all("decisions") for rule in each["rules"]]
        paths = self.start.get("scheduledPaths", ())
        return [
            *self.elements,
            *self.resources,
            *(each["name"] for each in (*rules, *paths) if "name" in each),
        ]

    def leads_to(self, name: str, *, faults: bool = True) -> list[str]:
        """The elements that may come after one; the start is the one without a name."""
        body = self.elements[name] if name else self.start
        return list(_targets(body, faults=faults))

    def reached(self, *first: str, barring: str = "", faults: bool = True) -> set[str]:
        """All elements that a run may come to from there."""
        seen: set[str] = set()
        waiting = list(first)
        while waiting:
            name = waiting.pop()
            if name not in seen and name != barring:
                seen.add(name)
                waiting += self.leads_to(name, faults=faults)
        return seen

    @property
    def references(self) -> set[str]:
        """All that the flow names: variables, fields of records, results of elements."""
        return set(_references(self.body))

    @property
    def logics(self) -> Iterator[tuple[str, int]]:
        """How conditions hang together, each with their number."""
        for holder in (self.start, *self.elements.values()):
            if "filterLogic" in holder:
                yield holder["filterLogic"], len(holder["filters"])
        for each in self.all("decisions"):
            yield from (
                (rule["conditionLogic"], len(rule["conditions"])) for rule in each["rules"]
            )

    @property
    def texts(self) -> list[str]:
        return list(_texts(self.body))

    @property
    def conditions(self) -> Iterator[tuple[str, str, str, object]]:
        """Object, field, operator and value of each condition on a field of a record."""
        holders = [self.start, *self.elements.values()]
        for holder in holders:
            for each in holder.get("filters", ()):
                yield holder["object"], each["field"], each["operator"], plain(each["value"])
        for each in self.all("decisions"):
            for condition in (when for rule in each["rules"] for when in rule["conditions"]):
                of, _, field = condition["leftValueReference"].partition(".")
                if field:
                    value = plain(condition["rightValue"])
                    yield self.object_of(of), field, condition["operator"], value

    def object_of(self, name: str) -> str:
        """The object of the record, or records, that a name stands for."""
        if name == "$Record":
            return str(self.start["object"])
        element = {**self.elements, **self.resources}[name]
        if "collectionReference" in element:
            return self.object_of(element["collectionReference"])
        return str(element.get("object") or element["objectType"])

    @property
    def entry(self) -> dict[tuple[str, str], object]:
        """The conditions that a record must fit for the flow to start."""
        return {
            (each["field"], each["operator"]): plain(each["value"])
            for each in self.start.get("filters", ())
        }


def plain(value: Node) -> object:
    """What a condition compares with; a reference as `=name`."""
    [(kind, held)] = value.items()
    return f"={held}" if kind == "elementReference" else held


def _targets(body: Any, *, faults: bool) -> Iterator[str]:
    for key, held in _pairs(body):
        if key == "targetReference":
            yield held
        elif faults or key != "faultConnector":
            yield from _targets(held, faults=faults)


def _references(body: Any) -> Iterator[str]:
    for key, held in _pairs(body):
        if isinstance(held, str):
            yield from _MERGED.findall(held)
            if key in _NAMING or key == "collectionReference":
                yield held
        else:
            yield from _references(held)


def _texts(body: Any) -> Iterator[str]:
    for _, held in _pairs(body):
        if isinstance(held, str):
            yield held
        else:
            yield from _texts(held)


def _pairs(body: Any) -> Iterator[tuple[str, Any]]:
    """The elements of a body, and those of each of several; a list of texts one by one."""
    if isinstance(body, Mapping):
        for key, held in body.items():
            if isinstance(held, list) and held and isinstance(held[0], str):
                yield from ((key, each) for each in held)
            else:
                yield key, held
    elif isinstance(body, list):
        for each in body:
            yield from _pairs(each)
