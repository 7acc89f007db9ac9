"""Metadata as the Tooling API writes it: JSON with numbers and flags, single values alone."""

import json
from collections.abc import Callable, Mapping

from connector.emulator.metadata.types import known
from connector.emulator.metadata.xml import Tree


#: Names that JSON has in the place of those of the files.
OTHER_NAMES = {("CustomValue", "fullName"): "valueName"}
_READ: Mapping[str, Callable[[str], object]] = {
    "boolean": lambda text: text in {"true", "1"},
    "int": int,
    "double": float,
}


def as_json(kind: str, tree: Tree) -> str:
    """The text that a field of the type complexvalue keeps; full names stand elsewhere."""
    value = _value(kind, tree)
    if isinstance(value, dict):
        value.pop("fullName", None)
    return json.dumps(value)


def _value(kind: str, tree: Tree) -> object:
    if isinstance(tree, str):
        return _READ.get(kind, str)(tree)
    slots = known().slots[kind]
    shown: dict[str, object] = {}
    for name, listed in tree.items():
        values = [_value(slots[name].type, each) for each in listed]
        shown[OTHER_NAMES.get((kind, name), name)] = values if slots[name].many else values[0]
    return shown
