"""The types of the Metadata API: which elements each one holds, and what enumerations allow."""

import dataclasses
import functools
from importlib import resources
from types import MappingProxyType


NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_CARDINALITY = "!*+"


@dataclasses.dataclass(frozen=True, slots=True)
class Slot:
    """One element of a type: what it holds, and how often it may and must be there."""

    type: str
    many: bool = False
    needed: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Types:
    """All known types, their bases' elements included, and all enumerations."""

    slots: MappingProxyType[str, MappingProxyType[str, Slot]]
    values: MappingProxyType[str, frozenset[str]]


@functools.cache
def known() -> Types:
    """The table beside this module, read once."""
    text = resources.files("connector.emulator.metadata").joinpath("types.txt").read_text()
    own: dict[str, tuple[str, dict[str, Slot]]] = {}
    values: dict[str, frozenset[str]] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        head, *elements = line.split(" ")
        name, _, listed = line.partition("=")
        if listed and " " not in name:
            values[name] = frozenset(listed.split("|"))
            continue
        name, _, base = head.partition("<")
        own[name] = (base, dict(_slot(element) for element in elements))
    slots = {name: MappingProxyType(_with_base(name, own)) for name in own}
    return Types(MappingProxyType(slots), MappingProxyType(values))


def _slot(text: str) -> tuple[str, Slot]:
    name, _, kind = text.partition(":")
    mark = kind[-1:] if kind[-1:] in _CARDINALITY else ""
    kind = kind.rstrip(_CARDINALITY)
    return name, Slot(kind, many=mark in {"*", "+"}, needed=mark in {"!", "+"})


def _with_base(name: str, own: dict[str, tuple[str, dict[str, Slot]]]) -> dict[str, Slot]:
    base, slots = own[name]
    return {**(_with_base(base, own) if base in own else {}), **slots}
