"""Which slots of time each job has had, and the one that it is at."""

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from connector.store.sql import Bulk, Row, Sql, keys
from connector.store.times import micros, moment, moment_or_none


#: By more than that no clock is ahead that anybody looks after.
SKEW = timedelta(days=1)
#: What is open, the newest that had begun by then, and the first after that.
LOOK = Sql("""
    SELECT * FROM job_slots WHERE job = :job AND (finished_at = 0
      OR slot = (SELECT MAX(slot) FROM job_slots WHERE job = :job AND slot <= :until)
      OR slot = (SELECT MIN(slot) FROM job_slots WHERE job = :job AND slot > :until))
    ORDER BY slot
""")
SELECT_NEWEST = Sql("""
    SELECT * FROM job_slots WHERE job = :job ORDER BY slot DESC LIMIT :limit
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
      (SELECT slot FROM job_slots WHERE job = :job AND slot <= :slot
       ORDER BY slot DESC LIMIT 1 OFFSET :keep)
""")
FORGET_AHEAD = Sql("DELETE FROM job_slots WHERE slot > :latest")
DECLARE = Bulk(
    "jobs",
    ("name text", "every bigint", "declared_at bigint"),
    "ON CONFLICT (name) DO UPDATE SET every = excluded.every",
)
#: Nothing is begun while a slot is open, so the newest is the one that is open or the last.
SELECT_JOBS = Sql("""
    SELECT n.*, j.name, j.every, j.declared_at,
      d.slot AS done, d.finished_at AS done_at, d.result AS done_result,
      (SELECT MAX(slot) FROM job_slots WHERE job = j.name) AS ahead
    FROM jobs AS j
    LEFT JOIN job_slots AS n ON n.job = j.name AND n.slot =
      (SELECT MAX(slot) FROM job_slots
       WHERE job = j.name AND (slot <= :latest OR finished_at = 0))
    LEFT JOIN job_slots AS d ON d.job = j.name AND d.slot =
      (SELECT MAX(slot) FROM job_slots
       WHERE job = j.name AND slot <= :latest AND finished_at > 0)
    ORDER BY j.name
""")
FORGET_JOBS = Sql("DELETE FROM jobs WHERE name NOT IN {items}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """
    One slot of one job, from its beginning on.

    `since` is the oldest slot that it makes up for, its own start where none was missed.
    Without a holder nobody is at it; `attempts` counts how often somebody was. One that was
    missed was done together with another one, `into`.
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
    into: datetime | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """
    Where a job stands in a moment: the slot that is open, and the last that had begun by then.

    `ahead` says that there are later ones, by a clock that goes before ours.
    """

    open: Slot | None
    last: Slot | None
    ahead: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """
    A job and what it did last; `done` is the newest slot that is finished.

    `ahead` is the newest of all where that is too far ahead to be believed.
    """

    name: str
    every: timedelta
    declared_at: datetime
    newest: Slot | None
    done: datetime | None
    done_at: datetime | None
    done_result: str
    ahead: datetime | None


class Slots:
    """The slots, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def standing(self, job: str, until: datetime) -> Standing:
        rows = LOOK.run(self._connection, job=job, until=micros(until))
        found = [_slot(job, row) for row in rows]
        return Standing(
            open=next((each for each in found if each.finished_at is None), None),
            last=next((each for each in reversed(found) if each.start <= until), None),
            ahead=any(each.start > until for each in found),
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

    def newest(self, job: str, limit: int) -> list[Slot]:
        """The last of them, the newest first."""
        rows = SELECT_NEWEST.run(self._connection, job=job, limit=limit)
        return [_slot(job, row) for row in rows]

    def forget(self, job: str, keep: int, until: datetime) -> None:
        """Keep the newest of them only, as of this slot, and what is open."""
        FORGET.run(self._connection, job=job, slot=micros(until), keep=keep - 1)

    def declare(self, jobs: Mapping[str, timedelta], now: datetime) -> None:
        """These jobs there are, and no others; forgets what a clock far ahead has noted."""
        FORGET_AHEAD.run(self._connection, latest=micros(now + SKEW))
        FORGET_JOBS.run(self._connection, keys=keys(jobs))
        rows = [
            (name, every // timedelta(microseconds=1), micros(now))
            for name, every in sorted(jobs.items())
        ]
        DECLARE.run(self._connection, rows)

    def jobs(self, now: datetime) -> list[Job]:
        """All that were declared, in the order of their names."""
        latest = micros(now + SKEW)
        return [_job(row, latest) for row in SELECT_JOBS.run(self._connection, latest=latest)]


def _job(row: Row, latest: int) -> Job:
    return Job(
        name=row.name,
        every=timedelta(microseconds=row.every),
        declared_at=moment(row.declared_at),
        newest=None if row.slot is None else _slot(row.name, row),
        done=None if row.done is None else moment(row.done),
        done_at=None if row.done is None else moment(row.done_at),
        done_result=row.done_result or "",
        ahead=moment(row.ahead) if (row.ahead or 0) > latest else None,
    )


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
        into=moment_or_none(row.coalesced),
    )
