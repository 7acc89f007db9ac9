"""What Salesforce shall have and has not yet, record by record and topic by topic."""

import dataclasses
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import orjson
import sqlalchemy as sa

from connector.domain.records import FieldValue, RecordChange, RecordRef
from connector.store.changes import change_of
from connector.store.sql import Bulk, Row, Sql, keys, number
from connector.store.times import micros, moment


MARK = Bulk(
    "changed_records AS c",
    ("object text", "record_id text", "urgent smallint"),
    """
    ON CONFLICT (object, record_id) DO UPDATE SET
      urgent = {greatest}(c.urgent, excluded.urgent)
    """,
)
#: What waits was worked out with the mappings of that time, what was refused too.
MARK_WAITING = Sql("""
    INSERT INTO changed_records (object, record_id, urgent)
    SELECT object, record_id, MAX(urgent) FROM (
      SELECT object, record_id, urgent FROM pending
      UNION ALL SELECT object, record_id, 0 FROM refused
    ) AS waiting WHERE TRUE GROUP BY object, record_id ORDER BY object, record_id
    ON CONFLICT (object, record_id) DO NOTHING
""")
CLAIM_MARKED = Sql("""
    SELECT object, record_id FROM changed_records
    ORDER BY urgent DESC, object, record_id LIMIT :limit {skip_locked}
""")
UNMARK = Sql("DELETE FROM changed_records WHERE (object, record_id) IN {pairs}")
SELECT_MARKED = Sql("""
    SELECT object, record_id FROM changed_records
    WHERE (object, record_id) IN {pairs} AND urgent >= :urgent
""")
COUNT_MARKED = Sql("SELECT COUNT(*) FROM changed_records")
#: The same again is no other change; of consent it is, for its flag may be cleared by others.
PUT = Bulk(
    "pending",
    (
        "object text",
        "record_id text",
        "topic text",
        "fields text",
        "change_id text",
        *("since bigint", "urgent smallint", "parent text"),
        *("event_at bigint", "heard_at bigint"),
    ),
    """
    ON CONFLICT (object, record_id, topic) DO UPDATE SET
      fields = excluded.fields, urgent = excluded.urgent,
      parent = excluded.parent, change_id = CASE WHEN pending.fields = excluded.fields
        AND excluded.urgent = 0 THEN pending.change_id ELSE excluded.change_id END,
      event_at = excluded.event_at, heard_at = excluded.heard_at
    """,
)
FORGET = Sql("DELETE FROM pending WHERE (record_id, topic) IN {pairs}")
#: Who has waited longest comes first, so that a small budget starves nobody.
SELECT_OLDEST = Sql("""
    SELECT record_id FROM pending
    WHERE object = :object AND urgent = :urgent AND not_before <= :now
      AND calls_only >= :calls_only
    ORDER BY since LIMIT :limit
""")
#: By the key and nothing else: a queue has no statistics that hold, and PostgreSQL, guessing
#: that one row fits, would compare every row with every id.
SELECT_OF_RECORDS = Sql("""
    SELECT record_id, fields, change_id, parent, attempts, urgent, not_before, calls_only
    FROM pending WHERE (record_id, object) IN {pairs}
""")
#: From one object to the next in the index: DISTINCT would read all that is pending.
SELECT_OBJECTS = Sql("""
    WITH RECURSIVE lanes (object) AS (
      SELECT MIN(object) FROM pending
      UNION ALL
      SELECT (SELECT MIN(p.object) FROM pending AS p WHERE p.object > lanes.object)
      FROM lanes WHERE lanes.object IS NOT NULL
    )
    SELECT object FROM lanes WHERE EXISTS (
      SELECT 1 FROM pending AS p WHERE p.object = lanes.object AND p.not_before <= :now
    )
""")
SELECT_SENT = Sql("SELECT change_id FROM pending WHERE change_id IN {items}")
LOCK_SENT = Sql("""
    SELECT change_id FROM pending WHERE change_id IN {items}
    ORDER BY object, record_id, topic {lock}
""")
SETTLE = Sql("""
    DELETE FROM pending WHERE change_id IN {items} RETURNING event_at, heard_at
""")
POSTPONE = Sql("""
    UPDATE pending SET attempts = :attempts, not_before = :not_before
    WHERE change_id IN {items}
""")
#: What a bulk job did not decide: the next call shall, and no job.
HAND_OVER = Sql("""
    UPDATE pending SET calls_only = 1, not_before = 0 WHERE change_id IN {items}
""")
COUNT = Sql("SELECT COUNT(*), COALESCE(MIN(since), 0) FROM pending")
SELECT_TOUCHED = Sql("""
    SELECT object, record_id FROM pending WHERE (object, record_id) IN {pairs}
    UNION SELECT object, record_id FROM written WHERE (object, record_id) IN {pairs}
""")
SELECT_WAITING = Sql("""
    SELECT topic, fields, since, attempts, not_before FROM pending
    WHERE record_id = :record_id ORDER BY topic
""")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """Fields of one topic for a record; where they show a report, when it was and was heard."""

    record: RecordRef
    topic: str
    fields: Mapping[str, FieldValue]
    urgent: bool
    parent: str
    event_at: datetime | None = None
    heard_at: datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Fields of one topic that wait to be written."""

    topic: str
    fields: Mapping[str, FieldValue]
    since: datetime
    attempts: int
    not_before: datetime


class Outbox:
    """The outbox, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def mark(self, records: Iterable[RecordRef], *, urgent: bool) -> None:
        """What these records shall show has to be worked out anew."""
        MARK.run(
            self._connection,
            [(record.object, record.id, int(urgent)) for record in sorted(set(records))],
        )

    def mark_waiting(self) -> None:
        """What waits to be written, or was refused, has to be worked out anew."""
        MARK_WAITING.run(self._connection)

    def claim_marked(self, limit: int) -> list[RecordRef]:
        """Records to be worked out; nobody else gets them before this transaction ends."""
        rows = CLAIM_MARKED.run(self._connection, limit=limit)
        return [RecordRef(row.object, row.record_id) for row in rows]

    def unmark(self, records: Iterable[RecordRef]) -> None:
        pairs = keys((record.object, record.id) for record in records)
        UNMARK.run(self._connection, keys=pairs)

    def enqueue(self, changes: Iterable[Queued], now: datetime) -> None:
        """Queue these fields; a newer value replaces an unsent one and keeps its place."""
        rows = [
            (
                change.record.object,
                change.record.id,
                change.topic,
                canonical(change.fields),
                uuid.uuid4().hex,
                micros(now),
                int(change.urgent),
                change.parent,
                micros(change.event_at),
                micros(change.heard_at),
            )
            for change in changes
        ]
        PUT.run(self._connection, sorted(rows))

    def forget(self, topics: Iterable[tuple[RecordRef, str]]) -> None:
        """These need no writing any more: Salesforce has the newest value already."""
        FORGET.run(self._connection, keys=keys((record.id, topic) for record, topic in topics))

    def objects(self, now: datetime) -> list[str]:
        """Which lanes have something that may be written now."""
        return sorted(
            row.object for row in SELECT_OBJECTS.run(self._connection, now=micros(now))
        )

    def pending(
        self,
        name: str,
        limit: int,
        now: datetime,
        *,
        urgent: bool = False,
        calls_only: bool = False,
    ) -> list[RecordChange]:
        """
        The changes of one object that may be written now; opt-outs are the `urgent` ones.

        They are changes of their own: nothing that Salesforce refuses may take one with it.
        With `calls_only`, those records only of which something must not go by a bulk job.
        """
        wanted = {"object": name, "urgent": int(urgent), "now": micros(now)}
        oldest = SELECT_OLDEST.run(
            self._connection, **wanted, calls_only=int(calls_only), limit=limit
        ).scalars()
        pairs = keys((record_id, name) for record_id in dict.fromkeys(oldest))
        rows: dict[str, list[Row]] = {}
        for row in SELECT_OF_RECORDS.run(self._connection, keys=pairs):
            if row.urgent == wanted["urgent"] and row.not_before <= micros(now):
                rows.setdefault(row.record_id, []).append(row)
        return [
            change_of(RecordRef(name, record_id), topics, urgent=urgent)
            for record_id, topics in rows.items()
        ]

    def overtaken(
        self, changes: Sequence[RecordChange], *, lock: bool = False
    ) -> list[RecordRef]:
        """
        The records of which something was replaced or withdrawn since it was taken.

        With `lock` what is left stays as it is until the transaction ends.
        """
        ids = keys(change_id for change in changes for change_id in change.change_ids)
        rows = (LOCK_SENT if lock else SELECT_SENT).run(self._connection, keys=ids).all()
        left = {row.change_id for row in rows}
        return [change.record for change in changes if not change.change_ids <= left]

    def settle(self, changes: Sequence[RecordChange]) -> list[tuple[datetime, datetime]]:
        """
        Forget what was answered; what was queued since has another id and stays.

        Returns of each report among it when it was, and when it was heard.
        """
        ids = keys(change_id for change in changes for change_id in change.change_ids)
        rows = SETTLE.run(self._connection, keys=ids).all()
        return [(moment(row.event_at), moment(row.heard_at)) for row in rows if row.heard_at]

    def postpone(self, changes: Sequence[RecordChange], attempts: int, until: datetime) -> None:
        """Try these no sooner than then; what was queued since may be tried at once."""
        ids = [change_id for change in changes for change_id in change.change_ids]
        POSTPONE.run(
            self._connection, keys=keys(ids), attempts=attempts, not_before=micros(until)
        )

    def hand_over(self, changes: Iterable[RecordChange]) -> None:
        """No bulk job can decide these: they go by calls of their own, at once."""
        ids = keys(change_id for change in changes for change_id in change.change_ids)
        HAND_OVER.run(self._connection, keys=ids)

    def waiting(self, record_id: str) -> list[Waiting]:
        return [
            Waiting(
                topic=row.topic,
                fields=orjson.loads(row.fields),
                since=moment(row.since),
                attempts=row.attempts,
                not_before=moment(row.not_before),
            )
            for row in SELECT_WAITING.run(self._connection, record_id=record_id)
        ]

    def is_marked(self, record: RecordRef) -> bool:
        """Whether what it shall show has yet to be worked out anew."""
        return bool(self.marked([record]))

    def marked(self, records: Iterable[RecordRef], *, urgent: bool = False) -> set[RecordRef]:
        """Those of these records, or of those with a change of consent, to be worked out."""
        pairs = keys((record.object, record.id) for record in records)
        rows = SELECT_MARKED.run(self._connection, keys=pairs, urgent=int(urgent))
        return {RecordRef(row.object, row.record_id) for row in rows}

    def touched(self, records: Iterable[RecordRef]) -> set[RecordRef]:
        """Those of these records to which something was written, or will be."""
        pairs = keys((record.object, record.id) for record in records)
        rows = SELECT_TOUCHED.run(self._connection, keys=pairs)
        return {RecordRef(row.object, row.record_id) for row in rows}

    def marked_count(self) -> int:
        return number(COUNT_MARKED.run(self._connection))

    def size(self) -> tuple[int, datetime | None]:
        """How many topics wait, and since when the oldest does."""
        count, oldest = COUNT.run(self._connection).one()
        return int(count), moment(oldest) if oldest else None


def canonical(fields: Mapping[str, FieldValue]) -> str:
    """One text for one set of values, to compare by."""
    return orjson.dumps(dict(fields), option=orjson.OPT_SORT_KEYS).decode()
