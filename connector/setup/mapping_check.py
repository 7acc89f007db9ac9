"""A mapping beside the object it writes to: what Salesforce would refuse, before it does."""

import dataclasses
import enum
from collections.abc import Collection, Iterator

from connector.domain.records import FieldValue
from connector.mapping import MEMBER, FactKind, FieldRule, Mapping, MessageRule, nearest
from connector.salesforce.describe import FieldDescription, ObjectDescription


#: Field types by what they can hold (Object Reference, "Field Types").
_TEXTS = frozenset({"string", "textarea", "phone", "email", "url", "encryptedstring"})
_LISTS = frozenset({"picklist", "combobox", "multipicklist"})
_NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})
_HOLDS = {
    FactKind.TEXT: _TEXTS | _LISTS,
    FactKind.PICKLIST: _TEXTS | _LISTS,
    FactKind.DATETIME: frozenset({"datetime"}) | _TEXTS,
    FactKind.BOOLEAN: frozenset({"boolean"}),
    FactKind.ID: frozenset({"reference"}) | _TEXTS,
    FactKind.NUMBER: _NUMBERS,
}
_PHONE_TYPES = _TEXTS
#: How long a moment and an id are when they are written to a text field.
_LENGTHS = {FactKind.DATETIME: 24, FactKind.ID: 18}


class Mismatch(enum.StrEnum):
    """The ways in which an object may not fit its mapping."""

    OBJECT_READ_ONLY = "object read-only"
    NO_CREATE = "may not be created"
    KEY = "no key of messages"
    PHONE_UNSEEN = "phone field unseen"
    PHONE_TYPE = "phone field of another type"
    UNSEEN = "missing or hidden"
    MISSING = "missing"
    HIDDEN = "hidden"
    READ_ONLY = "read-only"
    TYPE = "type"
    REFERENCE = "reference"
    LENGTH = "length"
    VALUES = "values"
    ANY_TEXT = "any text"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing between a mapping and its object; `refused` where writing cannot work."""

    line: int
    name: str
    kind: Mismatch
    text: str
    refused: bool = True


def compare(
    mapping: Mapping,
    described: ObjectDescription,
    existing: Collection[str] | None = None,
) -> list[Finding]:
    """
    Everything that will be refused, or may be, in the order of the file.

    `existing` are the fields that the object has, in lower case, whoever may see them: with
    it, hidden fields are told from missing ones.
    """
    found = list(_object(mapping, described, existing))
    for rule in mapping.fields:
        found += _field(rule, described, existing)
    return sorted(found, key=lambda finding: finding.line)


def unseen(mapping: Mapping, described: ObjectDescription) -> list[str]:
    """The fields that the mapping names and our user does not see, hidden or missing."""
    names = (*mapping.phones, *(rule.field for rule in mapping.fields))
    return [name for name in names if described.field(name) is None]


def _object(
    mapping: Mapping, described: ObjectDescription, existing: Collection[str] | None
) -> Iterator[Finding]:
    here, name = mapping.line, mapping.object
    if not described.updateable:
        text = "the integration user may not change it"
        yield Finding(line=here, name=name, kind=Mismatch.OBJECT_READ_ONLY, text=text)
    if mapping.message:
        yield from _message(mapping.message, here, described, existing)
    for phone in mapping.phones:
        field = described.field(phone)
        if field is None:
            state = _state(phone, existing, "not there", "hidden", "not there, or hidden")
            text = f"phone field {state}: no number is read from it"
            kind = Mismatch.PHONE_UNSEEN
            yield Finding(line=here, name=phone, kind=kind, text=text, refused=False)
        elif field.type not in _PHONE_TYPES:
            text = f"no phone numbers in a {field.type}"
            yield Finding(line=here, name=phone, kind=Mismatch.PHONE_TYPE, text=text)


def _message(
    rule: MessageRule, line: int, described: ObjectDescription, existing: Collection[str] | None
) -> Iterator[Finding]:
    """Whether the rows of messages can be found, made, and tied to people."""
    if rule.create and not described.createable:
        text = "the integration user may not create it"
        yield Finding(line=line, name=described.name, kind=Mismatch.NO_CREATE, text=text)
    key = described.field(rule.key)
    if key is None:
        missing = f"not on {described.name}"
        hidden = "hidden by field-level security"
        text = _state(rule.key, existing, missing, hidden, f"{missing}, or {hidden}")
        yield Finding(line=line, name=rule.key, kind=Mismatch.KEY, text=text)
    elif key.type not in _TEXTS:
        text = f"no message ids in a {key.type}"
        yield Finding(line=line, name=rule.key, kind=Mismatch.KEY, text=text)
    elif rule.create and not (key.external_id and key.unique):
        text = "must be a unique external id, or two rows may be made of one message"
        yield Finding(line=line, name=rule.key, kind=Mismatch.KEY, text=text)
    for name in rule.person:
        lookup = described.field(name)
        if lookup is None or lookup.type != "reference":
            text = f"no lookup of {described.name} that the integration user sees"
            yield Finding(line=line, name=name, kind=Mismatch.REFERENCE, text=text)
    yield from _campaign(rule.campaign, line, described)


def _campaign(name: str, line: int, described: ObjectDescription) -> Iterator[Finding]:
    """Whether a record of a message can tell its campaign."""
    field = described.field(name) if name else None
    if not name or (field and field.type == "reference" and "Campaign" in field.references):
        return
    text = f"no lookup of {described.name} to Campaign that the integration user sees"
    yield Finding(line=line, name=name, kind=Mismatch.REFERENCE, text=text)


def _state(
    name: str, existing: Collection[str] | None, missing: str, hidden: str, either: str
) -> str:
    if existing is None:
        return either
    return hidden if name.lower() in existing else missing


def _field(
    rule: FieldRule, described: ObjectDescription, existing: Collection[str] | None
) -> Iterator[Finding]:
    field = described.field(rule.field)
    if field is None:
        yield _unseen(rule, described, existing)
        return
    if not field.updateable:
        text = "a formula: nobody can write it" if field.calculated else _READ_ONLY
        yield _finding(rule, Mismatch.READ_ONLY, text)
    if field.type not in _types(rule):
        text = f"{rule.fact.name} does not fit a field of type {field.type}"
        yield _finding(rule, Mismatch.TYPE, text)
        return
    if (described.name, field.name) != _LABELS:
        yield from _contents(rule, field)


_READ_ONLY = "read-only for the integration user"
#: Each campaign has labels of its own; missing ones are added before they are written.
_LABELS = (MEMBER, "Status")


def _unseen(
    rule: FieldRule, described: ObjectDescription, existing: Collection[str] | None
) -> Finding:
    names = (each.name for each in described.fields.values() if each.updateable)
    hint = nearest(rule.field, names)
    if existing is None:
        text = f"not on {described.name}, or hidden by field-level security{hint}"
        return _finding(rule, Mismatch.UNSEEN, text)
    if rule.field.lower() in existing:
        return _finding(rule, Mismatch.HIDDEN, "hidden by field-level security")
    return _finding(rule, Mismatch.MISSING, f"not on {described.name}{hint}")


def _contents(rule: FieldRule, field: FieldDescription) -> Iterator[Finding]:
    if field.type == "reference" and rule.fact.refers not in field.references:
        to = ", ".join(field.references)
        article = "an" if rule.fact.refers.startswith("A") else "a"
        text = f"refers to {to}, and {rule.fact.name} is {article} {rule.fact.refers}"
        yield _finding(rule, Mismatch.REFERENCE, text)
    if field.type in _LISTS:
        yield from _choices(rule, field)
    elif field.type in _TEXTS and 0 < field.length < (needed := _length(rule)):
        text = f"holds {field.length} characters, and {rule.fact.name} may have {needed}"
        refused = _values(rule) is not None
        yield _finding(rule, Mismatch.LENGTH, text, refused=refused)


def _choices(rule: FieldRule, field: FieldDescription) -> Iterator[Finding]:
    values = _values(rule)
    if values is None:
        if field.restricted:
            text = f"{rule.fact.name} can be any text, and the picklist is restricted"
            yield _finding(rule, Mismatch.ANY_TEXT, text)
        return
    lacking = [each for each in values if isinstance(each, str) and each not in field.values]
    if lacking:
        shown = (f"{each} (inactive)" if each in field.inactive else each for each in lacking)
        text = f"the picklist lacks {', '.join(shown)}"
        yield _finding(rule, Mismatch.VALUES, text, refused=field.restricted)


def _finding(rule: FieldRule, kind: Mismatch, text: str, *, refused: bool = True) -> Finding:
    return Finding(line=rule.line, name=rule.field, kind=kind, text=text, refused=refused)


def _values(rule: FieldRule) -> list[FieldValue] | None:
    """All that the rule can write, None where that is any text."""
    if rule.translate:
        return [*rule.translate.values(), rule.other, rule.empty]
    return list(rule.fact.values) or None


def _types(rule: FieldRule) -> frozenset[str]:
    """The types of fields that hold what the rule writes."""
    if not rule.translate:
        return _HOLDS[rule.fact.kind]
    written = [value for value in _values(rule) or () if value is not None]
    if any(isinstance(value, bool) for value in written):
        return _HOLDS[FactKind.BOOLEAN]
    if any(isinstance(value, int | float) for value in written):
        return _NUMBERS
    return _HOLDS[FactKind.PICKLIST]


def _length(rule: FieldRule) -> int:
    values = _values(rule)
    if values is not None:
        return max((len(each) for each in values if isinstance(each, str)), default=0)
    return rule.fact.longest or _LENGTHS.get(rule.fact.kind, 0)
