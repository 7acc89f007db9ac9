"""
YAML as a tree that remembers its lines: the only place that knows the library.

Read as YAML 1.2: only true and false are booleans, so that Yes, No and NO stay the text they
are in a picklist. No anchors, no tags, no dates; a key stands once.
"""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from connector.domain.errors import ConfigurationError
from connector.domain.records import FieldValue


#: The largest file that is read; a mapping has some 2,000 characters.
_LARGEST = 256 * 1024
_LONGEST_WORD = 80
_PLAIN = re.compile(r"[\w.-]+")
_TAG = "tag:yaml.org,2002:"


class Complaints:
    """Everything that is wrong with one file, so that one reading shows it all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, text: str) -> None:
        self._found.append((line, text))

    def raise_any(self) -> None:
        """Raise ConfigurationError with a line for each complaint, where there is one."""
        if self._found:
            lines = (f"{self._path}:{line}: {text}" for line, text in sorted(self._found))
            raise ConfigurationError("\n".join(dict.fromkeys(lines)))


def shown(text: str) -> str:
    """A name of the file as a message begins with it: one line, never too long."""
    return text if _PLAIN.fullmatch(text) and len(text) <= _LONGEST_WORD else quoted(text)


def quoted(text: str) -> str:
    """A word of the file as a message tells of it: one line, never too long."""
    return repr(text if len(text) <= _LONGEST_WORD else text[:_LONGEST_WORD] + "...")


@dataclasses.dataclass(frozen=True, slots=True)
class Scalar:
    """One value; `text` is how it was written."""

    value: FieldValue
    text: str
    line: int


@dataclasses.dataclass(frozen=True, slots=True)
class Listing:
    """Values one after the other."""

    items: tuple["Tree", ...]
    line: int


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """A key with what stands under it."""

    key: str
    line: int
    tree: "Tree"


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """Keys with values, in the order of the file."""

    entries: Mapping[str, Entry]
    line: int


Tree = Scalar | Listing | Table


class _Loader(yaml.SafeLoader):
    """The safe loader with YAML 1.2's few plain types; aliases are refused."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 (as the library declares it)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="a mapping has no aliases", problem_mark=mark)
        return super().compose_node(parent, index)


_TYPES = {
    "bool": r"true|True|TRUE|false|False|FALSE",
    "null": r"~|null|Null|NULL|",
    # More digits, or leading zeros, are a code and stay text.
    "int": r"-?(?:0|[1-9][0-9]{0,14})",
    "float": r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}",
}
_TAGS = {_TAG + kind for kind in (*_TYPES, "str", "map", "seq")}
for _kind, _pattern in _TYPES.items():
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(rf"(?:{_pattern})\Z"), None)


def read(path: Path, complaints: Complaints) -> Table | None:
    """The file's table; what is wrong with it goes to `complaints`."""
    node = _composed(path, _text(path))
    tree = _tree(node, complaints)
    if isinstance(tree, Table):
        return tree
    complaints.add(1, "not a mapping: it wants keys such as 'object:' and 'fields:'")
    return None


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}") from error
    if len(content) > _LARGEST:
        raise ConfigurationError(f"{path}: too large to be a mapping")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path}:{line}: not UTF-8; save it as UTF-8") from error


def _composed(path: Path, text: str) -> yaml.Node:
    try:
        loader = _Loader(text)
        try:
            node: yaml.Node | None = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = " ".join((error.problem or "cannot be read").split())
        raise ConfigurationError(f"{path}:{line}: not YAML: {problem}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigurationError(f"{path}:{line}: not YAML: a control character") from error
    except RecursionError as error:
        raise ConfigurationError(f"{path}:1: not YAML: nested too deeply") from error
    if node is None:
        raise ConfigurationError(f"{path}:1: empty; it wants 'object:' and 'fields:'")
    return node


def _tree(node: yaml.Node, complaints: Complaints) -> Tree:
    line = node.start_mark.line + 1
    if node.tag not in _TAGS:
        complaints.add(line, f"{quoted(node.tag)}: no tags, please")
    if isinstance(node, yaml.MappingNode):
        return Table(_entries(node, complaints), line)
    if isinstance(node, yaml.SequenceNode):
        return Listing(tuple(_tree(each, complaints) for each in node.value), line)
    return Scalar(_value(node), str(node.value), line)


def _entries(node: yaml.MappingNode, complaints: Complaints) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for key, below in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            complaints.add(line, "a key must be a single word")
        elif key.value in entries:
            first = entries[key.value].line
            complaints.add(line, f"{shown(key.value)}: stands twice, first in line {first}")
        else:
            entries[key.value] = Entry(key.value, line, _tree(below, complaints))
    return entries


def _value(node: yaml.Node) -> FieldValue:
    text = str(node.value)
    kind = node.tag.removeprefix(_TAG)
    if not re.fullmatch(_TYPES.get(kind, ""), text):
        return text
    match kind:
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text)
        case "float":
            return float(text)
        case _:
            return None
