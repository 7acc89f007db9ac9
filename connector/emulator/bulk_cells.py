"""
The cells of a Bulk upload made into the values that a record's body would have.

Bulk API 2.0 guide, "Prepare CSV Files", "Relationship Fields in a Header Row". An empty cell
leaves its field alone and `#N/A` empties it. A column that the object lacks, or that the user
may not see or write, fails the whole job (messages as quoted in public issue threads).
"""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from connector.emulator.bulk_csv import UnreadableError
from connector.emulator.errors import ApiError, refused
from connector.emulator.fields import Field
from connector.emulator.objects import SObject
from connector.emulator.schema import Schema
from connector.emulator.times import parse_date, parse_datetime


EMPTIED = "#N/A"
_LONGEST_CELL = 32_000
_MOST_COLUMNS = 5_000
_BOOLEANS: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_XSD = {
    "datetime": "xsd:dateTime",
    "date": "xsd:date",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
}
_DATE_LENGTH = 10


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """One column: the field it fills, and of a relationship its name and the parent's key."""

    field: Field
    relationship: str = ""
    key: str = ""

    def value(self, text: str, number: int) -> tuple[str, object]:
        """The entry of a record's body; raises RefusedRecordError."""
        if text == EMPTIED:
            return self.field.name, None
        if self.relationship:
            return self.relationship, {self.key: text}
        return self.field.name, _converted(self.field, text, number)


class Columns:
    """The header of one job's upload, understood for the user who runs it."""

    def __init__(
        self,
        schema: Schema,
        sobject: SObject,
        names: Sequence[str],
        *,
        user: str,
        operation: str,
        key: str = "Id",
        strict: bool = True,
    ) -> None:
        self._schema = schema
        self._sobject = sobject
        self._user = user
        self._operation = operation
        self._strict = strict
        if len(names) > _MOST_COLUMNS:
            raise UnreadableError(f"InvalidBatch : More than {_MOST_COLUMNS} columns")
        self._columns = [self._column(name) for name in names]
        lowered = [name.lower() for name in names]
        for name in names:
            if lowered.count(name.lower()) > 1:
                raise UnreadableError(f"InvalidBatch : Duplicate field name : {name}")
        needed = {"insert": "", "upsert": key}.get(operation, "Id")
        if needed and needed.lower() not in lowered:
            raise missing(needed)
        if operation in {"delete", "hardDelete"} and len(names) > 1:
            raise missing(next(name for name in names if name.lower() != "id"))
        #: Whether rows name their record by its id.
        self.by_id = needed.lower() == "id"
        self._key = lowered.index(needed.lower()) if needed else None

    def key(self, cells: Sequence[str]) -> str:
        """What finds the record of a row; empty for an insert."""
        return "" if self._key is None or self._key >= len(cells) else cells[self._key]

    def body(self, cells: Sequence[str]) -> dict[str, object]:
        """A record's body, without what the row leaves alone; raises RefusedRecordError."""
        return dict(self._values(cells))

    def _values(self, cells: Sequence[str]) -> Iterator[tuple[str, object]]:
        for number, (column, text) in enumerate(zip(self._columns, cells, strict=True)):
            if len(text) > _LONGEST_CELL:
                message = f"{column.field.name}: more than {_LONGEST_CELL} characters"
                raise refused("STRING_TOO_LONG", message, column.field.name)
            if text and column.field.type != "id":
                yield column.value(text, number)
            elif text and self._operation == "insert":
                yield "Id", text

    def _column(self, name: str) -> Column:
        """Raises UnreadableError for a column that the job cannot have."""
        typed, _, path = name.rpartition(":")
        relationship, dot, key = path.partition(".")
        if not dot or not key:
            return Column(self._field(name))
        field = self._schema.relationship(self._sobject, relationship)
        if field is None or "." in key:
            raise missing(name)
        if typed and len(field.reference_to) == 1:
            message = "type is not needed for non polymorphic foreign key"
            raise UnreadableError(f"InvalidBatch : {message} : {name}")
        self._field(field.name, shown=name)
        parent = self._schema.sobject(typed or field.reference_to[0])
        found = self._schema.field(parent, key)
        if found is None or not (found.finds_records or found.type == "id"):
            raise missing(name)
        return Column(field, relationship, found.name)

    def _field(self, name: str, shown: str = "") -> Field:
        try:
            field = self._schema.seen_field(self._sobject, name, self._user)
        except ApiError as error:
            raise missing(shown or name) from error
        if field.type != "id" and self._strict and not self._writable(field):
            raise missing(shown or name)
        return field

    def _writable(self, field: Field) -> bool:
        if field.finds_records and self._operation == "upsert":
            return True
        allowed = {"insert": field.createable, "update": field.updateable}.get(
            self._operation, field.createable or field.updateable
        )
        return allowed and self._schema.writable(self._sobject, field, self._user)


def missing(name: str) -> UnreadableError:
    return UnreadableError(f"InvalidBatch : Field name not found : {name}")


def _converted(field: Field, text: str, number: int) -> object:
    reader = _READERS.get(field.type)
    value = text if reader is None else reader(text)
    if value is None:
        message = (
            f"Failed to deserialize field at col {number}. Due to, '{text}' is not a valid"
            f" value for the type {_XSD.get(field.type, 'xsd:double')}"
        )
        raise refused("INVALID_FIELD", message, field.name)
    return value


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _whole(text: str) -> float | None:
    value = _number(text)
    return value if value is not None and value == value // 1 else None


def _moment(text: str) -> str | None:
    return text if parse_datetime(text) else None


def _day(text: str) -> str | None:
    """A date takes no time of day and no offset ("Valid Date Format in Records")."""
    return text if parse_date(text) and len(text) == _DATE_LENGTH else None


_READERS: Mapping[str, Callable[[str], object]] = {
    "boolean": lambda text: _BOOLEANS.get(text.lower()),
    "double": _number,
    "currency": _number,
    "percent": _number,
    "int": _whole,
    "datetime": _moment,
    "date": _day,
}
