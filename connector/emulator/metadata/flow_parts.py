"""The parts of a flow by their names: elements that run, resources that hold values."""

import dataclasses
import re
from collections.abc import Iterator

from connector.emulator.metadata.xml import Node, Problem


ELEMENTS = frozenset(
    {
        "actionCalls",
        "apexPluginCalls",
        "assignments",
        "collectionProcessors",
        "customErrors",
        "decisions",
        "loops",
        "orchestratedStages",
        "recordCreates",
        "recordDeletes",
        "recordLookups",
        "recordRollbacks",
        "recordUpdates",
        "screens",
        "steps",
        "subflows",
        "transforms",
        "waits",
    }
)
RESOURCES = frozenset(
    {
        "choices",
        "constants",
        "dynamicChoiceSets",
        "formulas",
        "stages",
        "textTemplates",
        "variables",
    }
)
RECORDS = frozenset({"recordCreates", "recordDeletes", "recordLookups", "recordUpdates"})
_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")


def wrong(text: str, node: Node | None) -> Problem:
    """How the org words what is wrong inside a flow."""
    return Problem(f"field integrity exception: unknown ({text})", node)


@dataclasses.dataclass(slots=True)
class Parts:
    """The named parts of one flow; names do not depend on case."""

    flow: Node
    elements: dict[str, Node] = dataclasses.field(default_factory=dict)
    resources: dict[str, Node] = dataclasses.field(default_factory=dict)

    @property
    def start(self) -> Node:
        return self.flow.first("start") or Node("start")

    @property
    def active(self) -> bool:
        return self.flow.get("status") == "Active"

    @property
    def object(self) -> str:
        return self.start.get("object")

    def find(self, name: str) -> Node | None:
        key = name.lower()
        return self.elements.get(key) or self.resources.get(key)

    def records(self) -> Iterator[Node]:
        """The elements that read or write records."""
        return (each for each in self.elements.values() if each.tag in RECORDS)


def parts_of(flow: Node) -> Parts:
    """Raises Problem for names that are invalid or given twice."""
    parts = Parts(flow)
    seen: set[str] = set()
    for child in flow.children:
        if child.tag not in ELEMENTS | RESOURCES:
            continue
        for each in _named(child):
            name = each.get("name")
            if not _NAME.fullmatch(name):
                raise wrong(f'The API name "{name}" is invalid.', each)
            if name.lower() in seen:
                raise wrong(f'The API name "{name}" is already used in this flow.', each)
            seen.add(name.lower())
        kept = parts.elements if child.tag in ELEMENTS else parts.resources
        kept[child.get("name").lower()] = child
    return parts


def _named(child: Node) -> Iterator[Node]:
    """The part itself, and the outcomes of a decision, which are named too."""
    yield child
    if child.tag == "decisions":
        yield from child.all("rules")
