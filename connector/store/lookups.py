"""Records that only Salesforce can name: which are found, which are sought, which given up."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import orjson
import sqlalchemy as sa

from connector.store.sql import Bulk, Row, Sql, keys
from connector.store.times import micros, moment_or_none


_COLUMNS = (
    "scope text",
    "name text",
    "object text",
    "record_id text",
    "details text",
    "attempts integer",
    "since bigint",
    "asked_at bigint",
    "next_at bigint",
    "error text",
)
_NAMES = ", ".join(column.split()[0] for column in _COLUMNS)
#: Due at once: nobody has asked yet.
_AT_ONCE = 1

WANT = Bulk(
    "lookups",
    ("scope text", "name text", "object text", "next_at bigint"),
    "ON CONFLICT (scope, name, object) DO NOTHING",
)
PUT = Bulk(
    "lookups",
    _COLUMNS,
    """
    ON CONFLICT (scope, name, object) DO UPDATE SET
      record_id = excluded.record_id, details = excluded.details,
      attempts = excluded.attempts, since = excluded.since, asked_at = excluded.asked_at,
      next_at = excluded.next_at, error = excluded.error
    """,
)
SELECT = Sql(f"""
    SELECT {_NAMES} FROM lookups WHERE (scope, name) IN {{pairs}} AND object = :object
    ORDER BY scope, name {{share}}
""")  # noqa: S608 (the names above, nothing else)
READ = Sql(f"""
    SELECT {_NAMES} FROM lookups WHERE (scope, name) IN {{pairs}} AND object = :object
    ORDER BY scope, name
""")  # noqa: S608
FORGET = Sql("""
    DELETE FROM lookups WHERE (scope, name) IN {pairs} AND object = :object
""")
REOPEN = Sql(f"""
    UPDATE lookups SET record_id = '', attempts = 0, since = 0, next_at = {_AT_ONCE}
    WHERE (scope, name) IN {{pairs}} AND object = :object
""")  # noqa: S608
SELECT_DUE = Sql(f"""
    SELECT {_NAMES} FROM lookups WHERE next_at > 0 AND next_at <= :now
    ORDER BY next_at LIMIT :limit
""")  # noqa: S608
SELECT_FOUND = Sql(f"""
    SELECT {_NAMES} FROM lookups WHERE scope = :scope AND object = :object AND record_id <> ''
    ORDER BY name
""")  # noqa: S608
SELECT_BY_RECORD = Sql(f"""
    SELECT {_NAMES} FROM lookups WHERE record_id IN {{items}} AND record_id <> ''
    ORDER BY scope, name, object
""")  # noqa: S608


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """
    One record that is looked for.

    A message's is named by gateway (`scope`) and message id (`name`), a campaign's member by
    campaign and person. `details` are the ids that the record told besides its own. `next_at`
    is None once it is found, or given up.
    """

    object: str
    scope: str
    name: str
    record_id: str = ""
    details: tuple[str, ...] = ()
    attempts: int = 0
    since: datetime | None = None
    asked_at: datetime | None = None
    next_at: datetime | None = None
    error: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return (self.scope, self.name)

    @property
    def answered(self) -> bool:
        """Whether Salesforce said anything of it yet."""
        return bool(self.record_id or self.attempts)

    @property
    def given_up(self) -> bool:
        return not self.record_id and self.next_at is None


class Lookups:
    """The lookups, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def want(self, name: str, wanted: Iterable[tuple[str, str]]) -> None:
        """Look for these records of an object, unless that is done already."""
        rows = [(*each, name, _AT_ONCE) for each in sorted(set(wanted))]
        WANT.run(self._connection, rows)

    def want_at(self, name: str, wanted: Mapping[tuple[str, str], datetime]) -> None:
        """Look for these once it is that late, unless that is done already."""
        rows = [(*key, name, micros(at)) for key, at in sorted(wanted.items())]
        WANT.run(self._connection, rows)

    def forget(self, name: str, known: Iterable[tuple[str, str]]) -> int:
        """Know nothing of these any more; how many were known."""
        rows = FORGET.run(self._connection, keys=keys(sorted(set(known))), object=name)
        return rows.rowcount

    def reopen(self, name: str, wanted: Iterable[tuple[str, str]]) -> None:
        """Look for these anew, whatever was found before."""
        REOPEN.run(self._connection, keys=keys(sorted(set(wanted))), object=name)

    def find(
        self, name: str, wanted: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], Lookup]:
        """
        What is known of these.

        They stay so until the transaction ends: an answer that comes meanwhile sees what is
        committed here.
        """
        rows = SELECT.run(self._connection, keys=keys(wanted), object=name)
        return {found.key: found for found in map(_lookup, rows)}

    def read(
        self, name: str, wanted: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], Lookup]:
        """What is known of these now, for those who only look: it holds up no answer."""
        rows = READ.run(self._connection, keys=keys(wanted), object=name)
        return {found.key: found for found in map(_lookup, rows)}

    def found_in(self, name: str, scope: str) -> list[Lookup]:
        """Those of an object that were found in one scope."""
        rows = SELECT_FOUND.run(self._connection, object=name, scope=scope)
        return [_lookup(row) for row in rows]

    def of_records(self, record_ids: Iterable[str]) -> list[Lookup]:
        """The lookups that led to these records."""
        rows = SELECT_BY_RECORD.run(self._connection, keys=keys(record_ids))
        return [_lookup(row) for row in rows]

    def due(self, now: datetime, limit: int) -> list[Lookup]:
        """What Salesforce should be asked for now, the longest overdue first."""
        rows = SELECT_DUE.run(self._connection, now=micros(now), limit=limit)
        return [_lookup(row) for row in rows]

    def put(self, lookups: Sequence[Lookup]) -> None:
        PUT.run(self._connection, sorted(map(_row, lookups)))


def _lookup(row: Row) -> Lookup:
    return Lookup(
        object=row.object,
        scope=row.scope,
        name=row.name,
        record_id=row.record_id,
        details=tuple(orjson.loads(row.details)) if row.details else (),
        attempts=row.attempts,
        since=moment_or_none(row.since),
        asked_at=moment_or_none(row.asked_at),
        next_at=moment_or_none(row.next_at),
        error=row.error,
    )


def _row(lookup: Lookup) -> tuple[object, ...]:
    return (
        lookup.scope,
        lookup.name,
        lookup.object,
        lookup.record_id,
        orjson.dumps(lookup.details).decode() if lookup.details else "",
        lookup.attempts,
        micros(lookup.since),
        micros(lookup.asked_at),
        micros(lookup.next_at),
        lookup.error,
    )
