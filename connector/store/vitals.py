"""
What a monitor asks again and again: how much waits, since when, and how safely it lies.

Nothing here reads what grows without end. Rows are counted up to a limit, along an index.
"""

import dataclasses
import sqlite3
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from connector.store.engine import journal_mode
from connector.store.inbox import Inbox
from connector.store.sql import Sql, number
from connector.store.times import moment, moment_or_none


#: Counted no further: from here on "at least so many" is all that anybody needs to know.
MOST_PENDING = 100_000
MOST_OTHERS = 10_000

#: From one object to the next in the index: DISTINCT would read all that is pending.
SELECT_OBJECTS = Sql("""
    WITH RECURSIVE lanes (object) AS (
      SELECT MIN(object) FROM pending
      UNION ALL
      SELECT (SELECT MIN(p.object) FROM pending AS p WHERE p.object > lanes.object)
      FROM lanes WHERE lanes.object IS NOT NULL
    )
    SELECT object FROM lanes WHERE object IS NOT NULL
""")
COUNT_LANE = Sql("""
    SELECT COUNT(*) FROM (
      SELECT 1 FROM pending WHERE object = :object AND urgent = :urgent LIMIT :most
    ) AS counted
""")
OLDEST_OF_LANE = Sql("""
    SELECT since FROM pending WHERE object = :object AND urgent = :urgent
    ORDER BY since LIMIT 1
""")
_COUNTS = {
    "refused": Sql("SELECT COUNT(*) FROM (SELECT 1 FROM refused LIMIT :most) AS counted"),
    "quarantined": Sql(
        "SELECT COUNT(*) FROM (SELECT 1 FROM quarantine LIMIT :most) AS counted"
    ),
    "unmatched": Sql("""
        SELECT COUNT(*) FROM (
          SELECT 1 FROM deliveries WHERE unmatched = 1 LIMIT :most
        ) AS counted
    """),
    "questions": Sql("""
        SELECT COUNT(*) FROM (
          SELECT 1 FROM consents WHERE questions > 0 LIMIT :most
        ) AS counted
    """),
}
COUNT_UNREAD = Sql("SELECT COUNT(*) FROM (SELECT 1 FROM unread LIMIT :most) AS counted")
FIRST_UNREAD = Sql("""
    SELECT callback_id FROM unread WHERE urgent = :urgent ORDER BY callback_id LIMIT 1
""")
READ_CURSOR = Sql("SELECT position FROM cursors WHERE lane = :lane")
LAST_USAGE = Sql("""
    SELECT used, total FROM call_slots WHERE told_at > 0 ORDER BY start DESC LIMIT 1
""")
SELECT_STOPPED = Sql("SELECT object, COUNT(*) AS lanes FROM stopped_lanes GROUP BY object")
SELECT_JOBS = Sql("SELECT name, every, declared_at FROM jobs ORDER BY name")
LAST_SLOT = Sql("""
    SELECT slot FROM job_slots WHERE job = :job AND finished_at > 0 ORDER BY slot DESC LIMIT 1
""")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much waits, and since when the oldest does; None where nothing does."""

    rows: int = 0
    since: datetime | None = None

    def __add__(self, other: "Waiting") -> "Waiting":
        moments = [each.since for each in (self, other) if each.since]
        return Waiting(rows=self.rows + other.rows, since=min(moments, default=None))


class Vitals:
    """The figures of a monitor, seen from one transaction."""

    def __init__(self, connection: sa.Connection, inbox: Inbox) -> None:
        self._connection = connection
        self._inbox = inbox
        self._follows = connection.dialect.name == "sqlite"

    def pending(self, *, urgent: bool) -> Waiting:
        """What Salesforce does not have yet; opt-outs are the urgent half."""
        found = Waiting()
        for name in SELECT_OBJECTS.run(self._connection).scalars().all():
            lane = {"object": name, "urgent": int(urgent)}
            rows = number(COUNT_LANE.run(self._connection, **lane, most=MOST_PENDING))
            oldest = number(OLDEST_OF_LANE.run(self._connection, **lane))
            found += Waiting(rows=rows, since=moment_or_none(oldest))
        return found

    def unread_since(self, *, urgent: bool) -> datetime | None:
        """When the oldest callback was received that nobody has read."""
        queued = FIRST_UNREAD.run(self._connection, urgent=int(urgent)).scalar()
        found = self._inbox.listed_by_id([queued]) if queued else []
        moments = [each.received_at for each in found]
        if self._follows:
            lane = "urgent" if urgent else "reports"
            position = number(READ_CURSOR.run(self._connection, lane=lane))
            next_ones = self._inbox.after(position, urgent=urgent, limit=1)
            moments += [kept.callback.received_at for kept in next_ones]
        return min(moments, default=None)

    def counts(self) -> Mapping[str, int]:
        """What needs somebody, each kind counted up to a limit."""
        return {
            name: number(count.run(self._connection, most=MOST_OTHERS))
            for name, count in _COUNTS.items()
        }

    def usage(self) -> float | None:
        """Which part of the org's calls is used up, as of Salesforce's last word."""
        row = LAST_USAGE.run(self._connection).first()
        return row.used / row.total if row and row.total else None

    def stopped(self) -> Mapping[str, int]:
        """How many lanes of each object are stopped."""
        return {row.object: row.lanes for row in SELECT_STOPPED.run(self._connection)}

    def due(self) -> Mapping[str, datetime]:
        """By when each job of the schedule shall be done again, with a slot to spare."""
        return {
            job.name: moment(max(self._last_slot(job.name), job.declared_at) + 2 * job.every)
            for job in SELECT_JOBS.run(self._connection).all()
        }

    def _last_slot(self, job: str) -> int:
        return number(LAST_SLOT.run(self._connection, job=job))

    def engine(self) -> Mapping[str, str]:
        """Which engine keeps the data, and how safely."""
        if not self._follows:
            version = self._connection.exec_driver_sql("SHOW server_version").scalar_one()
            return {"engine": "postgresql", "version": str(version), "journal_mode": ""}
        return {
            "engine": "sqlite",
            "version": sqlite3.sqlite_version,
            "journal_mode": journal_mode(),
        }
