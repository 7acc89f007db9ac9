"""
Metadata files as trees, read as strictly as the Metadata API reads them.

Its refusals name the element and the type: unknown elements, repeated ones that do not stand
together, values outside an enumeration (texts as quoted in public deployment logs).
"""

import dataclasses
import re
from collections.abc import Iterator
from xml.parsers import expat

from connector.emulator.metadata.types import NAMESPACE, Slot, known


#: A tree as JSON keeps it: text, or lists of children by element name.
Tree = str | dict[str, list["Tree"]]

_NUMBER = re.compile(r"[+-]?\d+")
_REAL = re.compile(r"[+-]?\d+(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FORMS = {
    "boolean": re.compile("true|false|1|0"),
    "int": _NUMBER,
    "double": _REAL,
    "date": _DATE,
}


class Problem(Exception):  # noqa: N818 - what the API calls it
    """Why a component cannot be deployed, and where in its file the reason stands."""

    def __init__(self, text: str, node: "Node | None" = None, *, line: int = 0) -> None:
        super().__init__(text)
        self.text = text
        self.line = node.line if node else line
        self.column = node.column if node else 0


@dataclasses.dataclass(slots=True)
class Node:
    """One element with its text or its children, and the place where it starts."""

    tag: str
    line: int = 0
    column: int = 0
    text: str = ""
    children: list["Node"] = dataclasses.field(default_factory=list)
    attributes: dict[str, str] = dataclasses.field(default_factory=dict)

    def first(self, tag: str) -> "Node | None":
        return next((child for child in self.children if child.tag == tag), None)

    def all(self, tag: str) -> list["Node"]:
        return [child for child in self.children if child.tag == tag]

    def get(self, *path: str) -> str:
        """The text at the end of a path of elements; empty where there is none."""
        node: Node | None = self
        for tag in path:
            node = node.first(tag) if node else None
        return node.text.strip() if node else ""

    def has(self, tag: str) -> bool:
        return self.first(tag) is not None

    def flag(self, tag: str) -> bool:
        return self.get(tag) in {"true", "1"}

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child.walk()

    def without(self, *tags: str) -> "Node":
        kept = [child for child in self.children if child.tag not in tags]
        return dataclasses.replace(self, children=kept)

    def tree(self) -> Tree:
        """The same as plain lists and texts."""
        if not self.children:
            return self.text.strip()
        grouped: dict[str, list[Tree]] = {}
        for child in self.children:
            grouped.setdefault(child.tag, []).append(child.tree())
        return grouped


def from_tree(tag: str, tree: Tree) -> Node:
    """The node that such a tree was made of; places are lost."""
    if isinstance(tree, str):
        return Node(tag, text=tree)
    children = [from_tree(name, each) for name, listed in tree.items() for each in listed]
    return Node(tag, children=children)


def read(data: bytes) -> Node:
    """Any XML without a document type; namespaces of elements stay as `{uri}name`."""
    parser = expat.ParserCreate(namespace_separator="}")
    roots: list[Node] = []
    stack: list[Node] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        at = (parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
        node = Node("{" + tag if "}" in tag else tag, *at, attributes=attributes)
        (stack[-1].children if stack else roots).append(node)
        stack.append(node)

    def end(_tag: str) -> None:
        stack.pop()

    def text(data: str) -> None:
        stack[-1].text += data

    def refuse(*_declaration: object) -> None:
        raise Problem(
            "Error parsing file: DOCTYPE is not allowed", line=parser.CurrentLineNumber
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003 - the parser's own signature
    except expat.ExpatError as error:
        place = f"[{error.lineno},{error.offset + 1}]"
        message = expat.ErrorString(error.code)
        raise Problem(
            f"Error parsing file: ParseError at [row,col]:{place}\nMessage: {message}",
            line=error.lineno,
        ) from error
    return roots[0]


def read_type(data: bytes, kind: str) -> Node:
    """The tree of a file whose root is this type; every element is checked against it."""
    root = read(data)
    _check_name(root, kind)
    _check(root, kind)
    return root


def check_type(node: Node, kind: str) -> None:
    """The same for a node that came in a message, with its names shortened already."""
    for each in node.walk():
        if each is not node:
            each.tag = f"{{{NAMESPACE}}}{each.tag}"
    _check(node, kind)


def _check_name(root: Node, kind: str) -> None:
    if root.tag != f"{{{NAMESPACE}}}{kind}":
        raise Problem(f"Error parsing file: Element {root.tag} is not of type {kind}", root)
    root.tag = kind


def _check(node: Node, kind: str) -> None:
    slots = known().slots[kind]
    seen: dict[str, int] = {}
    for at, child in enumerate(node.children):
        namespace, _, name = child.tag.rpartition("}")
        slot = slots.get(name) if namespace == "{" + NAMESPACE else None
        if slot is None:
            raise Problem(
                f"Error parsing file: Element {child.tag} invalid at this location"
                f" in type {kind}",
                child,
            )
        if name in seen and not (slot.many and seen[name] == at - 1):
            raise Problem(
                f"Error parsing file: Element {name} is duplicated at this location"
                f" in type {kind}",
                child,
            )
        seen[name] = at
        child.tag = name
        _check_value(child, slot)
    _check_text(node, kind)
    missing = next(
        (name for name, slot in slots.items() if slot.needed and name not in seen), ""
    )
    if missing:
        raise Problem(f"Required field is missing: {missing}", node)


def _check_text(node: Node, kind: str) -> None:
    if node.text.strip():
        raise Problem(f"Error parsing file: Unexpected text in type {kind}", node)


def _check_value(node: Node, slot: Slot) -> None:
    types = known()
    if _is_nil(node):
        return
    if slot.type in types.slots:
        _check(node, slot.type)
        return
    if node.children:
        child = node.children[0]
        raise Problem(
            f"Error parsing file: Element {child.tag} invalid at this location"
            f" in type {slot.type}",
            child,
        )
    text, allowed = node.text.strip(), types.values.get(slot.type)
    if allowed is not None and text not in allowed:
        raise Problem(f"'{text}' is not a valid value for the enum '{slot.type}'", node)
    form = _FORMS.get(slot.type)
    if form is not None and not form.fullmatch(text):
        raise Problem(f"'{text}' is not a valid value for the type xsd:{slot.type}", node)


def _is_nil(node: Node) -> bool:
    return node.attributes.get("http://www.w3.org/2001/XMLSchema-instance}nil") == "true"
