"""What platform events have to tell of records, and what they told last."""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from connector.domain.records import RecordChange, RecordRef
from connector.store.sql import Bulk, Sql, keys, number
from connector.store.times import micros


#: Once a record and topic, however often it is written before somebody tells of it. What was
#: replaced while it was sent is left out: the newer value will be taken too.
WANT = Sql("""
    INSERT INTO announcements (object, record_id, topic, change_id, urgent, since)
    SELECT object, record_id, topic, change_id, urgent, :now FROM pending
    WHERE change_id IN {items} AND topic IN ('delivery', 'consent', 'engagement')
    ORDER BY object, record_id, topic
    ON CONFLICT (object, record_id, topic) DO UPDATE SET
      change_id = excluded.change_id, attempts = 0, not_before = 0
""")
SELECT_DUE = Sql("""
    SELECT object, record_id, topic, change_id, attempts FROM announcements
    WHERE not_before <= :now ORDER BY urgent DESC, since LIMIT :limit
""")
#: Records of which something newer is on its way to Salesforce, or was refused there.
SELECT_UNDER_WAY = Sql("""
    SELECT object, record_id FROM changed_records WHERE (object, record_id) IN {pairs}
    UNION SELECT object, record_id FROM pending WHERE (object, record_id) IN {pairs}
    UNION SELECT object, record_id FROM refused WHERE (object, record_id) IN {pairs}
""")
DONE = Sql("DELETE FROM announcements WHERE change_id IN {items}")
POSTPONE = Sql("""
    UPDATE announcements SET attempts = :attempts, not_before = :not_before
    WHERE change_id = :change_id
""")
DELETE_ALL = Sql("DELETE FROM announcements")
COUNT = Sql("SELECT COUNT(*) FROM announcements")
SELECT_TOLD = Sql("""
    SELECT object, record_id, subject, kind, key FROM announced
    WHERE (object, record_id) IN {pairs}
""")
TELL = Bulk(
    "announced",
    ("object text", "record_id text", "subject text", "kind text", "key text", "at bigint"),
    """
    ON CONFLICT (object, record_id, subject) DO UPDATE SET
      kind = excluded.kind, key = excluded.key, at = excluded.at
    """,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A topic of a record that Salesforce has taken and nobody was told of."""

    record: RecordRef
    topic: str
    change_id: str
    attempts: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was published last on one subject of a record."""

    record: RecordRef
    subject: str
    kind: str
    key: str


class Announcements:
    """The announcements, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def want(self, changes: Iterable[RecordChange], now: datetime) -> None:
        """Salesforce has these; to be called before they are settled."""
        ids = keys(each for change in changes for each in change.change_ids)
        WANT.run(self._connection, keys=ids, now=micros(now))

    def due(self, now: datetime, limit: int) -> list[Announcement]:
        """Those of consent first, then those that have waited longest."""
        return [
            Announcement(
                record=RecordRef(row.object, row.record_id),
                topic=row.topic,
                change_id=row.change_id,
                attempts=row.attempts,
            )
            for row in SELECT_DUE.run(self._connection, now=micros(now), limit=limit)
        ]

    def under_way(self, records: Iterable[RecordRef]) -> set[RecordRef]:
        """Those of these records of which something newer waits, or was refused."""
        rows = SELECT_UNDER_WAY.run(self._connection, keys=_pairs(records))
        return {RecordRef(row.object, row.record_id) for row in rows}

    def done(self, announcements: Iterable[Announcement]) -> None:
        """Forget these; what was written meanwhile has another id and stays."""
        DONE.run(self._connection, keys=keys(each.change_id for each in announcements))

    def postpone(self, announcement: Announcement, until: datetime) -> None:
        POSTPONE.run(
            self._connection,
            change_id=announcement.change_id,
            attempts=announcement.attempts + 1,
            not_before=micros(until),
        )

    def told(self, records: Iterable[RecordRef]) -> dict[tuple[RecordRef, str], Told]:
        """What was told of these last, by record and subject."""
        rows = SELECT_TOLD.run(self._connection, keys=_pairs(records))
        found = (
            Told(
                record=RecordRef(row.object, row.record_id),
                subject=row.subject,
                kind=row.kind,
                key=row.key,
            )
            for row in rows
        )
        return {(each.record, each.subject): each for each in found}

    def tell(self, told: Sequence[Told], now: datetime) -> None:
        """These were published."""
        rows = [
            (each.record.object, each.record.id, each.subject, each.kind, each.key, micros(now))
            for each in told
        ]
        TELL.run(self._connection, sorted(rows))

    def count(self) -> int:
        return number(COUNT.run(self._connection))

    def forget_all(self) -> None:
        """Nobody will be told of what waits."""
        DELETE_ALL.run(self._connection)


def _pairs(records: Iterable[RecordRef]) -> str:
    return keys(sorted({(record.object, record.id) for record in records}))
