"""
What a field takes: JSON values checked and brought into the form in which they are kept.

A value of the wrong JSON type stops the whole request while it is read
(`JSON_PARSER_ERROR`); a value of the right type that the field cannot hold refuses its record.
Texts as quoted in the REST API Developer Guide's error code page and in public issue threads.
"""

import math
import re
from collections.abc import Callable, Mapping

from connector.emulator.errors import parser_error, refused
from connector.emulator.fields import Field, Value
from connector.emulator.ids import parse_id
from connector.emulator.times import parse_date, parse_datetime, stamp


_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;.]+(\.[^@\s,;.]+)+")
#: Characters that no XML, and so no Salesforce text, can hold.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
#: How long a value is quoted in an error, at most.
_QUOTED = 80


def coerce(field: Field, value: object) -> Value:
    """The value as kept; raises ApiError or RefusedRecordError."""
    if value is None:
        if field.type == "boolean":
            raise _wrong_type(field, value)
        return None
    return _COERCIONS.get(field.type, _text)(field, value)


def _text(field: Field, value: object) -> str | None:
    if not isinstance(value, str):
        raise _wrong_type(field, value)
    text = _CONTROLS.sub("", value).strip()
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise parser_error(f"{field.name}: half a character at [line:1, column:1]")
    if len(text) > field.length:
        shown = text[:_QUOTED] + ("..." if len(text) > _QUOTED else "")
        raise refused(
            "STRING_TOO_LONG",
            f"{field.title}: data value too large: {shown} (max length={field.length})",
            field.name,
        )
    return text or None


def _picklist(field: Field, value: object) -> str | None:
    text = _text(field, value)
    if text is not None and field.restricted and text not in field.values:
        raise refused(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{field.title}: bad value for restricted picklist field: {text}",
            field.name,
        )
    return text


def _email(field: Field, value: object) -> str | None:
    text = _text(field, value)
    if text is not None and not _EMAIL.fullmatch(text):
        raise refused(
            "INVALID_EMAIL_ADDRESS", f"{field.title}: invalid email address: {text}", field.name
        )
    return text


def _boolean(field: Field, value: object) -> int:
    if not isinstance(value, bool):
        raise _wrong_type(field, value)
    return int(value)


def _number(field: Field, value: object) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong_type(field, value)
    if not math.isfinite(value):
        raise _wrong_type(field, value)
    whole_digits = field.precision - field.scale
    if field.precision and abs(value) >= 10**whole_digits:
        raise refused(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{field.title}: value outside of valid range on numeric field: {value}",
            field.name,
        )
    return round(float(value), field.scale) if field.precision else float(value)


def _whole(field: Field, value: object) -> int:
    kept = _number(field, value)
    if kept != int(kept):
        raise _wrong_type(field, value)
    return int(kept)


def _datetime(field: Field, value: object) -> str:
    moment = parse_datetime(value) if isinstance(value, str) else None
    if moment is None:
        raise _wrong_type(field, value)
    return stamp(moment)


def _date(field: Field, value: object) -> str:
    day = parse_date(value) if isinstance(value, str) else None
    if day is None:
        raise _wrong_type(field, value)
    return day.isoformat()


def _reference(field: Field, value: object) -> str | None:
    if not isinstance(value, str):
        raise _wrong_type(field, value)
    if not value.strip():
        return None
    record = parse_id(value.strip())
    if record is None:
        raise refused(
            "MALFORMED_ID", f"{field.title}: id value of incorrect type: {value}", field.name
        )
    return record


def _unwritable(field: Field, value: object) -> Value:
    raise _wrong_type(field, value)


_COERCIONS: Mapping[str, Callable[[Field, object], Value]] = {
    "picklist": _picklist,
    "email": _email,
    "boolean": _boolean,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "int": _whole,
    "datetime": _datetime,
    "date": _date,
    "reference": _reference,
    "id": _reference,
    "address": _unwritable,
}

_TOKENS: Mapping[type, str] = {
    bool: "VALUE_TRUE",
    int: "VALUE_NUMBER_INT",
    float: "VALUE_NUMBER_FLOAT",
    str: "VALUE_STRING",
    dict: "START_OBJECT",
    list: "START_ARRAY",
}


def _wrong_type(field: Field, value: object) -> Exception:
    token = "VALUE_FALSE" if value is False else _TOKENS.get(type(value), "VALUE_NULL")
    expected = field.type if field.type in _COERCIONS and field.type != "picklist" else "string"
    shown = str(value).lower() if isinstance(value, bool) else str(value)[:_QUOTED]
    return parser_error(
        f"Cannot deserialize instance of {expected} from {token} value {shown}"
        " or request may be missing a required field at [line:1, column:1]"
    )
