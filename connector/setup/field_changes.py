"""One of our fields beside the org's: what has to change, and what cannot."""

from collections.abc import Iterator

from connector.footprint import Expected, FieldSpec, expected
from connector.salesforce.describe import FieldDescription


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


def _word(kind: str) -> str:
    return _WORDS.get(kind, kind)
