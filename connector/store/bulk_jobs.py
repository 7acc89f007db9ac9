"""Bulk jobs on their way: how far each is, and which changes are in it."""

import dataclasses
import enum
from collections.abc import Iterable, Sequence
from datetime import datetime

import orjson
import sqlalchemy as sa

from connector.domain.records import FieldValue, RecordChange, RecordRef
from connector.store.changes import change_of
from connector.store.outbox import SELECT_OF_RECORDS, canonical
from connector.store.sql import Bulk, Row, Sql, keys, number
from connector.store.times import micros, moment, moment_or_none


SAVE = Bulk(
    "bulk_jobs",
    (
        "job text",
        "object text",
        "salesforce_id text",
        "state text",
        "records bigint",
        "settled bigint",
        "failed bigint",
        "processed bigint",
        "polls bigint",
        "error text",
        "created_at bigint",
        "progressed_at bigint",
        "poll_at bigint",
        "ended_at bigint",
    ),
    """
    ON CONFLICT (job) DO UPDATE SET
      salesforce_id = excluded.salesforce_id, state = excluded.state,
      records = excluded.records, settled = excluded.settled, failed = excluded.failed,
      processed = excluded.processed, polls = excluded.polls, error = excluded.error,
      progressed_at = excluded.progressed_at, poll_at = excluded.poll_at,
      ended_at = excluded.ended_at
    """,
)
SELECT_OPEN = Sql("SELECT * FROM bulk_jobs WHERE object = :object AND ended_at = 0")
SELECT_OPEN_OBJECTS = Sql("SELECT DISTINCT object FROM bulk_jobs WHERE ended_at = 0")
SELECT_LATEST = Sql("SELECT * FROM bulk_jobs ORDER BY created_at DESC LIMIT :limit")
SELECT_FAILED = Sql("""
    SELECT COALESCE(MAX(ended_at), 0) FROM bulk_jobs WHERE object = :object AND error <> ''
""")
PURGE = Sql("DELETE FROM bulk_jobs WHERE ended_at > 0 AND ended_at < :before")
PUT = Bulk(
    "bulk_changes",
    (
        "job text",
        "position bigint",
        "record_id text",
        "fields text",
        "change_ids text",
        "parent text",
        "attempts int",
    ),
)
SELECT_PAGE = Sql("""
    SELECT * FROM bulk_changes WHERE job = :job AND position > :after
    ORDER BY position LIMIT :limit
""")
SELECT_RECORDS = Sql("""
    SELECT * FROM bulk_changes WHERE job = :job AND record_id IN {items}
""")
SETTLE = Sql("DELETE FROM bulk_changes WHERE job = :job AND record_id IN {items}")
SELECT_CANDIDATES = Sql("""
    SELECT record_id, MAX(parent) AS parent FROM (
      SELECT record_id, parent FROM pending
      WHERE object = :object AND urgent = 0 AND not_before <= :now AND calls_only = 0
        AND record_id NOT LIKE '%=%'
      ORDER BY since LIMIT :limit
    ) AS oldest GROUP BY record_id ORDER BY 2, 1
""")
COUNT_CANDIDATES = Sql("""
    SELECT COUNT(DISTINCT record_id) FROM (
      SELECT record_id FROM pending
      WHERE object = :object AND urgent = 0 AND not_before <= :now AND calls_only = 0
        AND record_id NOT LIKE '%=%'
      LIMIT :limit
    ) AS candidates
""")
#: Topics that a record may have; so many rows hold at least a third as many records.
_TOPICS = 3


class Stage(enum.StrEnum):
    """What we know of a job; it is kept before the next step is made."""

    GATHERING = "gathering"  # changes are put into it; Salesforce knows nothing of it
    OPEN = "open"  # Salesforce has given it an id; perhaps it has the data too
    GIVEN = "given"  # it has the data and was told to begin, or is just told
    ENDING = "ending"  # Salesforce is done with it: the results are kept
    ENDED = "ended"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KeptJob:
    """
    A bulk job as we know it.

    `settled` of its `records` are done with, `failed` of them were not written. `processed` is
    what Salesforce told at the last poll. An `error` says why the job as a whole failed.
    """

    job: str
    object: str
    stage: Stage
    created_at: datetime
    progressed_at: datetime
    poll_at: datetime
    salesforce_id: str = ""
    records: int = 0
    settled: int = 0
    failed: int = 0
    processed: int = 0
    polls: int = 0
    error: str = ""
    ended_at: datetime | None = None


class BulkJobs:
    """The bulk jobs, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def save(self, job: KeptJob) -> None:
        """Keep it as it is now."""
        row = (
            job.job,
            job.object,
            job.salesforce_id,
            job.stage.value,
            job.records,
            job.settled,
            job.failed,
            job.processed,
            job.polls,
            job.error,
            micros(job.created_at),
            micros(job.progressed_at),
            micros(job.poll_at),
            micros(job.ended_at) if job.ended_at else 0,
        )
        SAVE.run(self._connection, [row])

    def open(self, name: str) -> KeptJob | None:
        """The job of this object that has not ended; there is one at most."""
        row = SELECT_OPEN.run(self._connection, object=name).first()
        return _job(row) if row else None

    def objects(self) -> list[str]:
        """The objects with a job that has not ended."""
        return sorted(SELECT_OPEN_OBJECTS.run(self._connection).scalars())

    def latest(self, limit: int) -> list[KeptJob]:
        """The newest first."""
        return [_job(row) for row in SELECT_LATEST.run(self._connection, limit=limit)]

    def failed_at(self, name: str) -> datetime | None:
        """When a job of this object last failed as a whole."""
        return moment_or_none(number(SELECT_FAILED.run(self._connection, object=name)))

    def purge(self, before: datetime) -> None:
        """Forget jobs that ended before that."""
        PURGE.run(self._connection, before=micros(before))

    def backlog(self, name: str, most: int, now: datetime) -> int:
        """How many records could go by a job now, counted as far as that matters."""
        wanted = {"object": name, "now": micros(now), "limit": (most + 1) * _TOPICS}
        return number(COUNT_CANDIDATES.run(self._connection, **wanted))

    def candidates(self, name: str, limit: int, now: datetime) -> list[str]:
        """The ids of those that waited longest, those of one parent side by side."""
        wanted = {"object": name, "now": micros(now), "limit": limit}
        return list(SELECT_CANDIDATES.run(self._connection, **wanted).scalars())

    def changes(
        self, name: str, record_ids: Iterable[str], now: datetime
    ) -> list[RecordChange]:
        """What of these records may go by a job now, in the order of the ids."""
        wanted = list(record_ids)
        rows: dict[str, list[Row]] = {each: [] for each in wanted}
        pairs = keys((record_id, name) for record_id in wanted)
        for row in SELECT_OF_RECORDS.run(self._connection, keys=pairs):
            if not row.urgent and not row.calls_only and row.not_before <= micros(now):
                rows[row.record_id].append(row)
        return [
            change_of(RecordRef(name, record_id), topics, urgent=False)
            for record_id, topics in rows.items()
            if topics
        ]

    def put(self, job: KeptJob, changes: Sequence[RecordChange]) -> None:
        """These are in the job, behind the others; the caller saves the count."""
        rows = [
            (
                job.job,
                position,
                change.record.id,
                canonical(change.fields),
                keys(sorted(change.change_ids)),
                change.parent,
                change.attempts,
            )
            for position, change in enumerate(changes, start=job.records)
        ]
        PUT.run(self._connection, rows)

    def page(
        self, job: KeptJob, after: int, limit: int
    ) -> list[tuple[int, str, dict[str, FieldValue]]]:
        """Position, record id and fields of what is in it, behind this position."""
        rows = SELECT_PAGE.run(self._connection, job=job.job, after=after, limit=limit)
        return [(row.position, row.record_id, orjson.loads(row.fields)) for row in rows]

    def unsettled(self, job: KeptJob, record_ids: Iterable[str]) -> dict[str, RecordChange]:
        """Those of these records that are in the job and not settled, by id."""
        rows = SELECT_RECORDS.run(self._connection, job=job.job, keys=keys(record_ids))
        return {row.record_id: _change(job, row) for row in rows}

    def left(self, job: KeptJob, limit: int) -> list[RecordChange]:
        """Some of those that are not settled."""
        rows = SELECT_PAGE.run(self._connection, job=job.job, after=-1, limit=limit)
        return [_change(job, row) for row in rows]

    def settle(self, job: KeptJob, record_ids: Iterable[str]) -> None:
        """These are done with; the caller saves the count."""
        SETTLE.run(self._connection, job=job.job, keys=keys(record_ids))


def _change(job: KeptJob, row: Row) -> RecordChange:
    return RecordChange(
        record=RecordRef(job.object, row.record_id),
        fields=orjson.loads(row.fields),
        change_ids=frozenset(orjson.loads(row.change_ids)),
        parent=row.parent,
        attempts=row.attempts,
    )


def _job(row: Row) -> KeptJob:
    return KeptJob(
        job=row.job,
        object=row.object,
        stage=Stage(row.state),
        created_at=moment(row.created_at),
        progressed_at=moment(row.progressed_at),
        poll_at=moment(row.poll_at),
        salesforce_id=row.salesforce_id,
        records=row.records,
        settled=row.settled,
        failed=row.failed,
        processed=row.processed,
        polls=row.polls,
        error=row.error,
        ended_at=moment_or_none(row.ended_at),
    )
