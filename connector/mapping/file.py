"""A mapping file: read whole, and every mistake in it told at once, with its line."""

from collections.abc import Iterator
from collections.abc import Mapping as Map
from pathlib import Path

import connector
from connector.domain.errors import ConfigurationError
from connector.mapping.document import Complaints, Entry, Listing, Scalar, Table, read, shown
from connector.mapping.fields import read_fields
from connector.mapping.message import read_message, topics_of
from connector.mapping.rules import HolderRule, Mapping
from connector.mapping.targets import (
    MEMBER,
    PERSON_ACCOUNT,
    SAME_FIELD,
    nearest,
    object_name,
    object_problem,
    phone_problem,
)


_KEYS = ("object", "phones", "holders", "message", "fields")
_PATTERNS = ("*.yaml", "*.yml")


def packaged() -> Path:
    """The folder of the mappings that come with the service."""
    package = Path(connector.__file__).parent
    inside = package / "mappings"
    return inside if inside.is_dir() else package.parent / "mappings"


def load(path: Path) -> Mapping:
    """The mapping of one file; ConfigurationError has a line for each mistake."""
    complaints = Complaints(path)
    table = read(path, complaints)
    mapping = _mapping(path, table, complaints) if table else None
    complaints.raise_any()
    assert mapping is not None, "no complaint without a mapping"  # noqa: S101 (for the types)
    return mapping


def load_all(folder: Path) -> Map[str, Mapping]:
    """Every mapping of a folder by its object; ConfigurationError tells of all files."""
    return load_files(files(folder))


def files(folder: Path) -> list[Path]:
    """The mapping files of a folder, in the order of their names; there must be some."""
    if not folder.is_dir():
        raise ConfigurationError(f"{folder}: no such folder of mappings")
    found = sorted(path for pattern in _PATTERNS for path in folder.glob(pattern))
    if not found:
        raise ConfigurationError(f"{folder}: no mapping here (*.yaml)")
    return found


def load_files(paths: list[Path]) -> Map[str, Mapping]:
    mappings: list[Mapping] = []
    wrong: list[str] = []
    for path in paths:
        try:
            mappings.append(load(path))
        except ConfigurationError as error:
            wrong.append(str(error))
    wrong += conflicts(mappings)
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return {mapping.object: mapping for mapping in mappings}


def conflicts(mappings: list[Mapping]) -> list[str]:
    """Where two files would write the same field: a line for each."""
    wrong: list[str] = []
    first: dict[str, Mapping] = {}
    for mapping in mappings:
        other = first.setdefault(mapping.object.lower(), mapping)
        if other is not mapping:
            wrong.append(
                f"{mapping.path}:{mapping.line}: {mapping.object} has a mapping already,"
                f" in {other.path}:{other.line}"
            )
    person, contact = first.get(PERSON_ACCOUNT.lower()), first.get("contact")
    if person and contact:
        wrong += _doubled(person, contact)
    return [*wrong, *_one_key(mappings)]


def _doubled(person: Mapping, contact: Mapping) -> Iterator[str]:
    """Salesforce keeps X__pc of the account and X__c of its contact in one place."""
    taken = {rule.field.lower() for rule in contact.fields}
    for rule in person.fields:
        name = rule.field.lower()
        is_custom = name.endswith("__pc")
        same = f"{rule.field[:-4]}__c" if is_custom else SAME_FIELD.get(name, "")
        if same.lower() in taken:
            where = f"{person.path}:{rule.line}: {rule.field}"
            other = f"{contact.path} writes the same field, as {same} of the person's Contact"
            yield f"{where}: {other}"


def _one_key(mappings: list[Mapping]) -> Iterator[str]:
    """Of two objects whose records we make, a record's name must tell which is meant."""
    first: dict[tuple[str, str], Mapping] = {}
    for mapping in mappings:
        rule = mapping.message
        if rule and rule.create:
            other = first.setdefault((rule.key.lower(), rule.value), mapping)
            if other.object.lower() != mapping.object.lower():
                yield (
                    f"{mapping.path}:{mapping.line}: {mapping.object} and {other.object} have"
                    f" the same key, {rule.key}: give one of them another name or value"
                )


def _mapping(path: Path, table: Table, complaints: Complaints) -> Mapping | None:
    for key, entry in table.entries.items():
        if key not in _KEYS:
            complaints.add(entry.line, f"{shown(key)}: unknown key{nearest(key, _KEYS)}")
    for key in ("object", "fields"):
        if key not in table.entries:
            complaints.add(1, f"'{key}:' is missing")
    named = table.entries.get("object")
    of_object = _object(named, complaints)
    phones = _phones(table.entries.get("phones"), complaints)
    message = read_message(table.entries.get("message"), of_object, complaints)
    if message or of_object == MEMBER:
        _check_numberless(table, complaints)
    taken = {name.lower(): "numbers are read from it" for name in phones}
    if message:
        taken |= {name.lower(): "whose record it is is read from it" for name in message.person}
        if message.campaign:
            taken[message.campaign.lower()] = "its campaign is read from it"
        taken[message.key.lower()] = "it names the message"
    topics = topics_of(of_object, is_message="message" in table.entries)
    return Mapping(
        object=of_object,
        phones=phones,
        holders=_holders(table.entries.get("holders"), complaints),
        message=message,
        fields=read_fields(table.entries.get("fields"), of_object, taken, topics, complaints),
        path=path,
        line=named.line if named is not None else 1,
    )


def _check_numberless(table: Table, complaints: Complaints) -> None:
    for key in ("phones", "holders"):
        if key in table.entries:
            text = f"'{key}:' is for objects of people, and these are none"
            complaints.add(table.entries[key].line, text)


def _object(entry: Entry | None, complaints: Complaints) -> str:
    if entry is None:
        return ""
    if not isinstance(entry.tree, Scalar) or not isinstance(entry.tree.value, str):
        complaints.add(entry.line, "'object:' wants a name, such as Contact")
        return ""
    name = object_name(entry.tree.value)
    if not name:
        complaints.add(entry.line, object_problem(entry.tree.value))
    return name


def _phones(entry: Entry | None, complaints: Complaints) -> tuple[str, ...]:
    if entry is None:
        return ()
    if not isinstance(entry.tree, Listing):
        complaints.add(entry.line, "'phones:' wants a list, such as [MobilePhone, Phone]")
        return ()
    names: dict[str, str] = {}
    for item in entry.tree.items:
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            complaints.add(item.line, "'phones:' wants names of fields")
        elif problem := phone_problem(item.value):
            complaints.add(item.line, f"{shown(item.value)}: {problem}")
        elif item.value.lower() in names:
            complaints.add(item.line, f"{shown(item.value)}: stands twice in 'phones:'")
        else:
            names[item.value.lower()] = item.value
    return tuple(names.values())


def _holders(entry: Entry | None, complaints: Complaints) -> HolderRule:
    if entry is None:
        return HolderRule.NEWEST
    word = entry.tree.text if isinstance(entry.tree, Scalar) else ""
    if word in tuple(HolderRule):
        return HolderRule(word)
    known = ", ".join(HolderRule)
    complaints.add(entry.line, f"'holders:' is one of {known}{nearest(word, HolderRule)}")
    return HolderRule.NEWEST
