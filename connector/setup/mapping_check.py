"""A mapping beside the object it writes to: what Salesforce would refuse, before it does."""

import dataclasses
from collections.abc import Iterator

from connector.domain.records import FieldValue
from connector.mapping import FactKind, FieldRule, Mapping, nearest
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
}
_PHONE_TYPES = _TEXTS
#: How long a moment and an id are when they are written to a text field.
_LENGTHS = {FactKind.DATETIME: 24, FactKind.ID: 18}
_CAMPAIGN = "Campaign"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing between a mapping and its object; `refused` where writing cannot work."""

    line: int
    name: str
    text: str
    refused: bool = True


def compare(mapping: Mapping, described: ObjectDescription) -> list[Finding]:
    """Everything that will be refused, or may be, in the order of the file."""
    found = list(_object(mapping, described))
    for rule in mapping.fields:
        found += _field(rule, described)
    return sorted(found, key=lambda finding: finding.line)


def _object(mapping: Mapping, described: ObjectDescription) -> Iterator[Finding]:
    here, name = mapping.line, mapping.object
    if not described.updateable:
        yield Finding(line=here, name=name, text="the integration user may not change it")
    for phone in mapping.phones:
        field = described.field(phone)
        if field is None:
            text = "phone field not there, or hidden: no number is read from it"
            yield Finding(line=here, name=phone, text=text, refused=False)
        elif field.type not in _PHONE_TYPES:
            yield Finding(line=here, name=phone, text=f"no phone numbers in a {field.type}")


def _field(rule: FieldRule, described: ObjectDescription) -> Iterator[Finding]:
    field = described.field(rule.field)
    if field is None:
        names = (each.name for each in described.fields.values() if each.updateable)
        text = f"not on {described.name}, or hidden by field-level security"
        yield _finding(rule, text + nearest(rule.field, names))
        return
    if not field.updateable:
        yield _finding(rule, "read-only for the integration user")
    if field.type not in _types(rule):
        yield _finding(rule, f"{rule.fact.name} does not fit a field of type {field.type}")
        return
    yield from _contents(rule, field)


def _contents(rule: FieldRule, field: FieldDescription) -> Iterator[Finding]:
    if field.type == "reference" and _CAMPAIGN not in field.references:
        to = ", ".join(field.references)
        yield _finding(rule, f"refers to {to}, and {rule.fact.name} is a {_CAMPAIGN}")
    if field.type in _LISTS:
        yield from _choices(rule, field)
    elif field.type in _TEXTS and 0 < field.length < (needed := _length(rule)):
        text = f"holds {field.length} characters, and {rule.fact.name} may have {needed}"
        yield _finding(rule, text, refused=_values(rule) is not None)


def _choices(rule: FieldRule, field: FieldDescription) -> Iterator[Finding]:
    values = _values(rule)
    if values is None:
        if field.restricted:
            text = f"{rule.fact.name} can be any text, and the picklist is restricted"
            yield _finding(rule, text)
        return
    lacking = [each for each in values if isinstance(each, str) and each not in field.values]
    if lacking:
        text = f"the picklist lacks {', '.join(lacking)}"
        yield _finding(rule, text, refused=field.restricted)


def _finding(rule: FieldRule, text: str, *, refused: bool = True) -> Finding:
    return Finding(line=rule.line, name=rule.field, text=text, refused=refused)


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
