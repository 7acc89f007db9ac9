"""What the opt-out flags of records said: when they were last read, and last written."""

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime

import orjson
import sqlalchemy as sa

from connector.domain.records import FieldValue
from connector.store.sql import Bulk, Sql, keys
from connector.store.times import moment


PUT = Bulk(
    "record_flags",
    ("record_id text", "opted_out smallint"),
    "ON CONFLICT (record_id) DO UPDATE SET opted_out = excluded.opted_out",
)
SELECT = Sql("SELECT record_id, opted_out FROM record_flags WHERE record_id IN {items}")
SELECT_WRITTEN = Sql("""
    SELECT record_id, fields, at FROM written
    WHERE topic = :topic AND record_id IN {items}
""")
_NOW, _BEFORE = "consent", "consent before"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WrittenConsent:
    """What Salesforce has taken of a record's consent, and when."""

    fields: Mapping[str, FieldValue]
    at: datetime


class Flags:
    """The flags, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def seen(self, record_ids: Iterable[str]) -> dict[str, bool]:
        """Whether each record said that its person opted out, when it was last read."""
        rows = SELECT.run(self._connection, keys=keys(record_ids))
        return {row.record_id: bool(row.opted_out) for row in rows}

    def see(self, flags: Mapping[str, bool]) -> None:
        PUT.run(self._connection, sorted((each, int(said)) for each, said in flags.items()))

    def written(self, record_ids: Iterable[str]) -> dict[str, WrittenConsent]:
        """What we wrote of consent last; nothing of what is under way just now."""
        return self._written(_NOW, record_ids)

    def doubted(self, record_ids: Iterable[str]) -> dict[str, WrittenConsent]:
        """What Salesforce had of it from us before, `at`, we sent something else."""
        return self._written(_BEFORE, record_ids)

    def _written(self, topic: str, record_ids: Iterable[str]) -> dict[str, WrittenConsent]:
        rows = SELECT_WRITTEN.run(self._connection, topic=topic, keys=keys(record_ids))
        return {
            row.record_id: WrittenConsent(fields=orjson.loads(row.fields), at=moment(row.at))
            for row in rows
        }
