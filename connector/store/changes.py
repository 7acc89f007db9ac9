"""Topics of a record that wait, as the one change that they are written with."""

from collections.abc import Sequence

import orjson

from connector.domain.records import FieldValue, RecordChange, RecordRef
from connector.store.sql import Row


def change_of(record: RecordRef, topics: Sequence[Row], *, urgent: bool) -> RecordChange:
    """One change of all topics of a record that are written together."""
    fields: dict[str, FieldValue] = {}
    for row in topics:
        fields.update(orjson.loads(row.fields))
    return RecordChange(
        record=record,
        fields=fields,
        change_ids=frozenset(row.change_id for row in topics),
        parent=topics[0].parent,
        urgent=urgent,
        attempts=max(row.attempts for row in topics),
    )
