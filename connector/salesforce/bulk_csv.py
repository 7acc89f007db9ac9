"""
The CSV of Bulk API 2.0, written and read.

An empty cell leaves a field as it is and `#N/A` clears it, so one file may hold records with
different fields (Bulk API 2.0 and Bulk API Developer Guide, "Prepare CSV Files").
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from connector.domain.errors import OrgUnavailableError
from connector.domain.records import FieldValue


ID = "Id"
CLEARED = "#N/A"
#: The most characters that a cell may have ("Limits": a field, 32,000).
LONGEST_CELL = 32_000

_HEAD = re.compile(r"([A-Z][A-Z0-9_]+):")
#: Where one error ends; a record may have several, without anything between them.
_TAIL = re.compile(r":([\w., ]*?) ?--(?=$|[A-Z][A-Z0-9_]+:)")
_UNKNOWN = "UNKNOWN_ERROR"


def fits(fields: Mapping[str, FieldValue]) -> bool:
    """Whether a CSV can say this: the text `#N/A` would clear the field instead."""
    return all(map(_fits, fields.values()))


def _fits(value: FieldValue) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if not isinstance(value, str):
        return True
    if value == CLEARED or len(value) > LONGEST_CELL or "\0" in value:
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def columns(fields: Iterable[Iterable[str]]) -> list[str]:
    """Every field that any of the records has, in one order for all."""
    return sorted({name for names in fields for name in names})


def head(names: Sequence[str]) -> str:
    return ",".join([ID, *names]) + "\n"


def line(record_id: str, fields: Mapping[str, FieldValue], names: Sequence[str]) -> str:
    """One record; the columns that it has no value for stay empty."""
    cells = (_cell(fields[name]) if name in fields else "" for name in names)
    return ",".join([_cell(record_id), *cells]) + "\n"


def _cell(value: FieldValue) -> str:
    """Always in quotes, so that spaces, commas, quotes and line breaks are what they are."""
    if value is None or value == "":
        text = CLEARED  # an empty text clears a field over REST too
    elif isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = str(value)
    return '"' + text.replace('"', '""') + '"'


def read(content: bytes) -> Iterator[dict[str, str]]:
    """The rows by column; one that was cut off on the way is left out."""
    lines = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    rows = csv.reader(lines)
    try:
        names = next(rows, [])
        for row in rows:
            if len(row) == len(names):
                yield dict(zip(names, row, strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise OrgUnavailableError(
            f"Salesforce's results cannot be read: {type(error).__name__}"
        ) from None


def read_error(text: str) -> tuple[str, str, tuple[str, ...]]:
    """
    Code, message and fields of `sf__Error`: `CODE:message:Field1 Field2 --`.

    The first error counts, as it does in the answers of other calls.
    """
    found = _HEAD.match(text)
    if found is None:
        return _UNKNOWN, text, ()
    end = _TAIL.search(text, found.end() - 1)
    if end is None:
        return found[1], text[found.end() :], ()
    names = tuple(end[1].replace(",", " ").split())
    return found[1], text[found.end() : end.start()], names
