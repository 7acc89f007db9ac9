"""How many calls we made to the org, and what all workers together may spend now."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from connector.domain.calls import CallSlot
from connector.store.sql import Sql
from connector.store.times import micros, moment, moment_or_none


#: How long one row counts for.
SLOT = timedelta(minutes=10)
#: The allowance is that of a day; older calls decide nothing any more.
KEPT = timedelta(hours=25)

COUNT = Sql("""
    INSERT INTO call_slots AS s (start, ours, used, total, told_at)
    VALUES (:start, :ours, :used, :total, :told_at)
    ON CONFLICT (start) DO UPDATE SET
      ours = s.ours + excluded.ours,
      used = CASE WHEN excluded.told_at > 0 THEN excluded.used ELSE s.used END,
      total = CASE WHEN excluded.told_at > 0 THEN excluded.total ELSE s.total END,
      told_at = {greatest}(s.told_at, excluded.told_at)
""")
PURGE = Sql("DELETE FROM call_slots WHERE start < :before")
SELECT_SLOTS = Sql("""
    SELECT start, ours, used, total, told_at FROM call_slots
    WHERE start >= :since ORDER BY start
""")
SELECT_SAVED = Sql("""
    SELECT saved_micros, counted_at FROM call_pace WHERE name = :name {lock}
""")
SAVE = Sql("""
    INSERT INTO call_pace (name, saved_micros, counted_at)
    VALUES (:name, :saved_micros, :counted_at)
    ON CONFLICT (name) DO UPDATE SET
      saved_micros = excluded.saved_micros, counted_at = excluded.counted_at
""")
COUNT_BACKLOG = Sql("""
    SELECT object, urgent, COUNT(DISTINCT record_id) AS records FROM pending
    GROUP BY object, urgent ORDER BY object, urgent DESC
""")
_MILLION = 1_000_000


class Calls:
    """The calls to the org, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def count(self, ours: int, usage: tuple[int, int] | None, now: datetime) -> None:
        """Add calls of ours, and note how many of how many the org says were made."""
        used, total = usage or (0, 0)
        COUNT.run(
            self._connection,
            start=micros(_slot(now)),
            ours=ours,
            used=used,
            total=total,
            told_at=micros(now) if usage else 0,
        )
        PURGE.run(self._connection, before=micros(now - KEPT))

    def slots(self, since: datetime) -> list[CallSlot]:
        """The oldest first; the one that `since` lies in is among them."""
        return [
            CallSlot(
                start=moment(row.start),
                ours=row.ours,
                used=row.used,
                total=row.total,
                told_at=moment_or_none(row.told_at),
            )
            for row in SELECT_SLOTS.run(self._connection, since=micros(_slot(since)))
        ]

    def saved(self, name: str) -> tuple[float, datetime] | None:
        """What was saved up for this purpose and when; locked until the transaction ends."""
        row = SELECT_SAVED.run(self._connection, name=name).first()
        return (row.saved_micros / _MILLION, moment(row.counted_at)) if row else None

    def save(self, name: str, saved: float, now: datetime) -> None:
        SAVE.run(
            self._connection,
            name=name,
            saved_micros=int(saved * _MILLION),
            counted_at=micros(now),
        )

    def backlog(self) -> dict[tuple[str, bool], int]:
        """Records with something to be written, by object and urgency; reads all of them."""
        rows = COUNT_BACKLOG.run(self._connection)
        return {(row.object, bool(row.urgent)): row.records for row in rows}


def _slot(now: datetime) -> datetime:
    return datetime.fromtimestamp(now.timestamp() // SLOT.seconds * SLOT.seconds, UTC)
