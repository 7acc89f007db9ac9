"""One chunk of a bulk job, through the write path that collections use."""

import dataclasses
from collections.abc import Sequence

from connector.emulator.access import Caller
from connector.emulator.bulk_cells import Columns
from connector.emulator.errors import RecordError, RefusedRecordError
from connector.emulator.fields import Field, Value
from connector.emulator.objects import SObject
from connector.emulator.values import coerce
from connector.emulator.writes import Saved, Writer


@dataclasses.dataclass(slots=True)
class Row:
    """One row on its way: `error` has the form of the column sf__Error."""

    number: int
    cells: Sequence[str]
    error: str = ""
    record: str = ""
    created: bool = False
    body: dict[str, object] = dataclasses.field(default_factory=dict)
    key: str = ""

    def __post_init__(self) -> None:
        if self.error:
            self.refuse("INVALID_INPUT", self.error)

    def refuse(self, code: str, message: str, fields: Sequence[str] = ()) -> None:
        """`CODE:message:Field1 Field2 --`, as result files word it."""
        named = "".join(f"{field} " for field in fields)
        self.error = f"{code}:{message}:{named}--"

    def take(self, saved: Saved) -> None:
        self.record, self.created = saved.record or self.record, saved.created
        if saved.error is not None:
            self.refuse_with(saved.error)

    def refuse_with(self, error: RecordError) -> None:
        self.refuse(error.code, error.message, error.fields)


def write_rows(
    writer: Writer,
    sobject: SObject,
    operation: str,
    key: Field | None,
    rows: Sequence[Row],
    columns: Columns,
    caller: Caller,
) -> None:
    """Write these rows and note in each what became of it; raises ApiError for all of them."""
    good = [row for row in rows if not row.error and _understood(row, columns)]
    match operation:
        case "insert":
            saved = writer.create(sobject, [row.body for row in good], caller)
        case "update":
            saved = writer.update(sobject, [(row.key, row.body) for row in good], caller)
        case "upsert" if key is not None:
            good = [row for row in good if _keyed(row, key)]
            pairs = [(_key_value(key, row), row.body) for row in good]
            saved = writer.upsert(sobject, key, pairs, caller)
        case _:
            saved = writer.delete(sobject, [row.key for row in good], caller)
    for row, one in zip(good, saved, strict=True):
        row.take(one)
        row.created = not row.error and (row.created or operation == "insert")


def _understood(row: Row, columns: Columns) -> bool:
    """Whether the row's cells are values of their fields; if not, its error says why."""
    row.key = columns.key(row.cells)
    row.record = row.key if columns.by_id else ""
    try:
        row.body = columns.body(row.cells)
    except RefusedRecordError as refusal:
        row.refuse_with(refusal.error)
    return not row.error


def _keyed(row: Row, key: Field) -> bool:
    try:
        _key_value(key, row)
    except RefusedRecordError as refusal:
        row.refuse_with(refusal.error)
    return not row.error


def _key_value(key: Field, row: Row) -> Value:
    if key.type == "id" or not row.key:
        return row.key or None
    return coerce(key, row.body.get(key.name))
