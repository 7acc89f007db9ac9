"""
SOQL text from values: the one place that quotes.

SOQL has no parameters over REST. Sources: SOQL and SOSL Reference, "Quoted String Escape
Sequences" and "Date Formats and Date Literals in WHERE".
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from connector.domain.records import is_record_id, long_id


#: The longest string that a WHERE clause takes.
LONGEST_TEXT = 4_000

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_ESCAPES = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
}
_ESCAPED = str.maketrans(_ESCAPES)
_CONTROL = re.compile(r"[\x00-\x07\x0b\x0e-\x1f\x7f]")


def select(columns: Iterable[str], source: str, *clauses: str) -> str:
    """A query of these columns of one object; the clauses come quoted already."""
    chosen = ",".join(map(name, columns))
    return " ".join(("SELECT", chosen, "FROM", name(source), *clauses))


def text(value: str) -> str:
    """A quoted literal that means exactly this text."""
    return f"'{_clean(value).translate(_ESCAPED)}'"


def record_id(value: str) -> str:
    """A quoted 18-character record id; anything else is refused."""
    if not is_record_id(value):
        raise ValueError("not a Salesforce record id")
    return f"'{long_id(value)}'"


def record_ids(values: Iterable[str]) -> str:
    """A list for IN, in brackets."""
    return f"({','.join(map(record_id, values))})"


def name(value: str) -> str:
    """An object or field name as it is; anything else is refused."""
    if not _NAME.fullmatch(value):
        raise ValueError(f"not a Salesforce API name: {value!r}")
    return value


def moment(value: datetime) -> str:
    """A date-time literal, which is not quoted; a moment without zone is refused."""
    if value.tzinfo is None:
        raise ValueError("moment without zone")
    utc = value.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds" if value.microsecond else "seconds") + "Z"


def read_moment(value: str) -> datetime:
    """A date-time as answers hold it: 2026-11-23T10:00:00.000+0000."""
    return datetime.fromisoformat(value).astimezone(UTC)


def _clean(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("control character in a SOQL literal")
    if len(value) > LONGEST_TEXT:
        raise ValueError("SOQL literal is too long")
    return value
