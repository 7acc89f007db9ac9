"""Which slots of time each job has had, and the one that it is at."""

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from connector.store.sql import Bulk, Row, Sql, keys
from connector.store.times import micros, moment, moment_or_none


#: What is open, and the newest that had begun by then.
LOOK = Sql("""
    SELECT slot, since, holder, fence, attempts, not_before, started_at, finished_at, result
    FROM job_slots WHERE job = :job AND (finished_at = 0 OR slot =
      (SELECT MAX(slot) FROM job_slots WHERE job = :job AND slot <= :until))
    ORDER BY slot
""")
BEGIN = Sql("""
    INSERT INTO job_slots (job, slot, since, holder, fence, attempts, not_before, started_at)
    VALUES (:job, :slot, :since, :holder, :fence, 1, :not_before, :now)
    ON CONFLICT (job, slot) DO NOTHING
""")
TAKE_OVER = Sql("""
    UPDATE job_slots SET holder = :holder, fence = :fence, attempts = attempts + 1,
      not_before = :not_before, started_at = :now
    WHERE job = :job AND slot = :slot AND finished_at = 0
""")
FINISH = Sql("""
    UPDATE job_slots SET finished_at = :now, result = :result, not_before = 0
    WHERE job = :job AND slot = :slot AND fence = :fence AND finished_at = 0
""")
PUT_OFF = Sql("""
    UPDATE job_slots SET holder = '', result = :result, not_before = :not_before
    WHERE job = :job AND slot = :slot AND fence = :fence AND finished_at = 0
""")
TELL = Sql("""
    UPDATE job_slots SET result = :result
    WHERE job = :job AND slot = :slot AND fence = :fence AND finished_at > 0
""")
COALESCE = Bulk(
    "job_slots",
    (
        "job text",
        "slot bigint",
        "since bigint",
        "holder text",
        "fence bigint",
        "started_at bigint",
        "finished_at bigint",
        "result text",
        "coalesced bigint",
    ),
    "ON CONFLICT (job, slot) DO NOTHING",
)
FORGET = Sql("""
    DELETE FROM job_slots WHERE job = :job AND finished_at > 0 AND slot <
      (SELECT slot FROM job_slots WHERE job = :job ORDER BY slot DESC LIMIT 1 OFFSET :keep)
""")
DECLARE = Bulk(
    "jobs",
    ("name text", "every bigint", "declared_at bigint"),
    "ON CONFLICT (name) DO UPDATE SET every = excluded.every",
)
FORGET_JOBS = Sql("DELETE FROM jobs WHERE name NOT IN {items}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """
    One slot of one job, from its beginning on.

    `since` is the oldest slot that it makes up for, its own start where none was missed.
    Without a holder nobody is at it; `attempts` counts how often somebody was.
    """

    job: str
    start: datetime
    since: datetime
    holder: str
    fence: int
    attempts: int
    not_before: datetime | None
    started_at: datetime
    finished_at: datetime | None
    result: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a job stands: the slot that is open, and the newest of all."""

    open: Slot | None
    last: Slot | None


class Slots:
    """The slots, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def standing(self, job: str, until: datetime) -> Standing:
        """Where the job stands in a moment: slots after it do not count, unless one is open."""
        rows = LOOK.run(self._connection, job=job, until=micros(until))
        found = [_slot(job, row) for row in rows]
        return Standing(
            open=next((each for each in found if each.finished_at is None), None),
            last=next((each for each in reversed(found) if each.start <= until), None),
        )

    def begin(self, slot: Slot) -> bool:
        """Whether nobody had begun it."""
        begun = BEGIN.run(
            self._connection,
            job=slot.job,
            slot=micros(slot.start),
            since=micros(slot.since),
            holder=slot.holder,
            fence=slot.fence,
            not_before=micros(slot.not_before),
            now=micros(slot.started_at),
        )
        return begun.rowcount == 1

    def take_over(self, slot: Slot) -> bool:
        """Go on, as this holder and fence, with what another left open."""
        taken = TAKE_OVER.run(
            self._connection,
            job=slot.job,
            slot=micros(slot.start),
            holder=slot.holder,
            fence=slot.fence,
            not_before=micros(slot.not_before),
            now=micros(slot.started_at),
        )
        return taken.rowcount == 1

    def finish(self, slot: Slot, now: datetime, result: str) -> bool:
        """Whether it was still open, and ours."""
        return self._change(FINISH, slot, now=micros(now), result=result)

    def put_off(self, slot: Slot, not_before: datetime, result: str) -> bool:
        """It failed, and stays open for whoever comes then."""
        return self._change(PUT_OFF, slot, not_before=micros(not_before), result=result)

    def tell(self, slot: Slot, result: str) -> bool:
        """What came of a slot that is finished."""
        return self._change(TELL, slot, result=result)

    def _change(self, statement: Sql, slot: Slot, **values: object) -> bool:
        changed = statement.run(
            self._connection,
            job=slot.job,
            slot=micros(slot.start),
            fence=slot.fence,
            **values,
        )
        return changed.rowcount == 1

    def coalesce(self, into: Slot, missed: Iterable[datetime], now: datetime) -> None:
        """Record what nobody did at its time; one slot has made up for it."""
        rows = [
            (
                into.job,
                micros(start),
                micros(start),
                into.holder,
                into.fence,
                micros(into.started_at),
                micros(now),
                "coalesced",
                micros(into.start),
            )
            for start in missed
        ]
        COALESCE.run(self._connection, rows)

    def forget(self, job: str, keep: int) -> None:
        """Keep the newest of them only, and what is open."""
        FORGET.run(self._connection, job=job, keep=keep - 1)

    def declare(self, jobs: Mapping[str, timedelta], now: datetime) -> None:
        """These jobs there are, and no others."""
        FORGET_JOBS.run(self._connection, keys=keys(jobs))
        rows = [
            (name, every // timedelta(microseconds=1), micros(now))
            for name, every in sorted(jobs.items())
        ]
        DECLARE.run(self._connection, rows)


def _slot(job: str, row: Row) -> Slot:
    return Slot(
        job=job,
        start=moment(row.slot),
        since=moment(row.since),
        holder=row.holder,
        fence=row.fence,
        attempts=row.attempts,
        not_before=moment_or_none(row.not_before),
        started_at=moment(row.started_at),
        finished_at=moment_or_none(row.finished_at),
        result=row.result,
    )
