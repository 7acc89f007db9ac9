"""One of our fields beside the org's: what has to change, and what cannot."""

import dataclasses
from collections.abc import Iterator

from connector.footprint import Component, Expected, FieldKind, FieldSpec, expected
from connector.footprint.component import Value
from connector.salesforce.describe import FieldDescription, PicklistValue


#: What people call the types of describe.
_WORDS = {
    "string": "Text",
    "textarea": "Text Area",
    "boolean": "Checkbox",
    "picklist": "Picklist",
    "multipicklist": "Picklist (Multi-Select)",
    "datetime": "Date/Time",
    "double": "Number",
    "percent": "Percent",
    "currency": "Currency",
    "reference": "Lookup",
    "phone": "Phone",
    "encryptedstring": "Text (Encrypted)",
    "url": "URL",
}
_NUMBERS = frozenset({"double", "percent", "currency"})


def conflict(spec: FieldSpec, found: FieldDescription) -> str:
    """Why the org's field can never be ours; empty where it can."""
    wanted = expected(spec)
    if found.type != wanted.type:
        return f"is {_word(found.type)}, has to be {_word(wanted.type)}"
    if found.calculated != wanted.calculated:
        return "is a formula, has to be a field" if found.calculated else "has to be a formula"
    lacking = sorted(set(wanted.references) - set(found.references))
    if lacking:
        return f"looks up {', '.join(found.references)}, has to look up {lacking[0]}"
    return ""


def changes(spec: FieldSpec, found: FieldDescription) -> tuple[str, ...]:
    """What has to become other, in words; longer or freer than ours is well as it is."""
    return tuple(_changes(expected(spec), found))


def _changes(wanted: Expected, found: FieldDescription) -> Iterator[str]:
    if not wanted.calculated:
        if found.length < wanted.length:
            yield f"length {found.length} -> {wanted.length}"
        yield from _digits(wanted, found)
    have = {value.casefold() for value in found.values}
    for value in wanted.values:
        if value.casefold() not in have:
            inactive = value.casefold() in {each.casefold() for each in found.inactive}
            yield f"value {value} is inactive" if inactive else f"value {value} is missing"
    if wanted.external_id and not found.external_id:
        yield "becomes an external id"
    if wanted.unique and not found.unique:
        yield "becomes unique"


def _digits(wanted: Expected, found: FieldDescription) -> Iterator[str]:
    if wanted.type not in _NUMBERS:
        return
    before, after = found.precision - found.scale, wanted.precision - wanted.scale
    if before < after:
        yield f"digits before the point {before} -> {after}"
    if found.scale < wanted.scale:
        yield f"digits after the point {found.scale} -> {wanted.scale}"


def widened(spec: FieldSpec, found: FieldDescription) -> Component:
    """
    Our field with all that the org's has more: a deployment takes nothing away.

    Picklist values that a deployment does not name are deactivated (Metadata API Developer
    Guide, "CustomValue"), so those that the admin added go along, as do label and help text.
    """
    scale = max(spec.scale, found.scale)
    before = max(spec.precision - spec.scale, found.precision - found.scale)
    grown = dataclasses.replace(
        spec,
        label=found.label or spec.label,
        help=found.help or spec.help,
        description=spec.description or spec.help,
        length=max(spec.length, found.length) if spec.length else 0,
        precision=before + scale if spec.precision else 0,
        scale=scale,
        restricted=found.restricted,
        external_id=spec.external_id or found.external_id,
        unique=spec.unique or found.unique,
    )
    component = grown.component()
    if spec.kind is not FieldKind.PICKLIST:
        return component
    values: Value = {
        "restricted": found.restricted,
        "valueSetDefinition": {"sorted": False, "value": list(_values(spec, found))},
    }
    return dataclasses.replace(component, body={**component.body, "valueSet": values})


def _values(spec: FieldSpec, found: FieldDescription) -> Iterator[Value]:
    """The org's values in its order, ours made active; then those of ours that it lacks."""
    ours = {choice.value.casefold() for choice in spec.choices}
    known = {choice.value.casefold() for choice in found.choices}
    for choice in found.choices:
        yield _value(choice, active=choice.active or choice.value.casefold() in ours)
    for new in spec.choices:
        if new.value.casefold() not in known:
            yield {"fullName": new.value, "default": False, "label": new.label}


def _value(choice: PicklistValue, *, active: bool) -> Value:
    told: dict[str, Value] = {"fullName": choice.value, "default": choice.default}
    if not active:
        told["isActive"] = False
    return {**told, "label": choice.label}


def _word(kind: str) -> str:
    return _WORDS.get(kind, kind)
