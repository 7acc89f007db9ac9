"""What Salesforce did with our writes: taken, refused, or stopped for a whole object."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import orjson
import sqlalchemy as sa

from connector.domain.records import FieldValue, Outcome, RecordChange, RecordRef
from connector.store.outbox import canonical
from connector.store.sql import Bulk, Sql, keys, number
from connector.store.times import micros, moment, moment_or_none


#: Only what was not replaced while it was sent: of the rest, nobody knows what came last.
REMEMBER = Sql("""
    INSERT INTO written (object, record_id, topic, fields, at)
    SELECT object, record_id, topic, fields, :now FROM pending WHERE change_id IN {items}
    ON CONFLICT (object, record_id, topic) DO UPDATE SET
      fields = excluded.fields, at = excluded.at
""")
SELECT_REMEMBERED = Sql("""
    SELECT object, record_id, topic, fields FROM written WHERE record_id IN {items}
""")
FORGET = Sql("DELETE FROM written WHERE record_id IN {items}")
FORGET_HALF = Sql("""
    DELETE FROM written WHERE record_id IN {items}
      AND CASE WHEN topic LIKE 'consent%' THEN 1 ELSE 0 END = :consent
""")
#: What Salesforce had of a consent from us before something else was sent, and when that was.
DOUBT_CONSENT = Sql("""
    INSERT INTO written (object, record_id, topic, fields, at)
    SELECT w.object, w.record_id, 'consent before', w.fields, :now
    FROM written AS w JOIN pending AS p
      ON p.object = w.object AND p.record_id = w.record_id AND p.topic = w.topic
    WHERE w.topic = 'consent' AND p.change_id IN {items}
    ON CONFLICT (object, record_id, topic) DO UPDATE SET
      fields = excluded.fields, at = excluded.at
""")
FORGET_SENT = Sql("""
    DELETE FROM written WHERE (object, record_id, topic) IN (
      SELECT object, record_id, topic FROM pending WHERE change_id IN {items}
    )
""")
LOG = Bulk(
    "writes",
    (
        "object text",
        "record_id text",
        "fields text",
        "verdict text",
        "error_code text",
        "at bigint",
    ),
)
SELECT_LOG = Sql("""
    SELECT object, record_id, fields, verdict, error_code, at FROM writes
    WHERE record_id = :record_id ORDER BY id DESC LIMIT :limit
""")
SELECT_LAST = Sql("SELECT at FROM writes ORDER BY id DESC LIMIT 1")
REFUSE = Bulk(
    "refused",
    (
        "object text",
        "record_id text",
        "fields text",
        "error_code text",
        "message text",
        "error_fields text",
        "since bigint",
    ),
    """
    ON CONFLICT (object, record_id) DO UPDATE SET
      fields = excluded.fields, error_code = excluded.error_code,
      message = excluded.message, error_fields = excluded.error_fields
    """,
)
UNREFUSE = Sql("DELETE FROM refused WHERE record_id IN {items}")
SELECT_REFUSED = Sql("""
    SELECT object, record_id, fields, error_code, message, error_fields, since FROM refused
    WHERE (:record_id = '' OR record_id = :record_id)
      AND (:error_code = '' OR error_code = :error_code)
      AND (:object = '' OR object = :object)
    ORDER BY since, record_id LIMIT :limit
""")
COUNT_REFUSED = Sql("SELECT COUNT(*) FROM refused")
STOP_LANE = Bulk(
    "stopped_lanes",
    (
        "object text",
        "urgent smallint",
        "error_code text",
        "message text",
        "since bigint",
        "retry_at bigint",
    ),
    """
    ON CONFLICT (object, urgent) DO UPDATE SET
      error_code = excluded.error_code, message = excluded.message,
      retry_at = excluded.retry_at
    """,
)
START_LANE = Sql("DELETE FROM stopped_lanes WHERE object = :object AND urgent = :urgent")
SELECT_STOPPED = Sql("""
    SELECT object, urgent, error_code, message, since, retry_at FROM stopped_lanes
    ORDER BY object, urgent DESC
""")
#: Salesforce repeats our values in its messages; this much is enough to see what it wants.
_LONGEST_MESSAGE = 500


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One try to write a record, and Salesforce's answer."""

    record: RecordRef
    fields: Mapping[str, FieldValue]
    verdict: str
    error_code: str
    at: datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A change that Salesforce will not take before somebody changes something."""

    record: RecordRef
    fields: Mapping[str, FieldValue]
    error_code: str
    message: str
    error_fields: str
    since: datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StoppedLane:
    """
    An object to which nothing is written for now, because every write would fail.

    Opt-outs are the `urgent` half: they go on while the rest of the object is stopped.
    """

    object: str
    urgent: bool
    error_code: str
    message: str
    since: datetime
    retry_at: datetime


class Writes:
    """The answers, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def remember(self, changes: Iterable[RecordChange], now: datetime) -> None:
        """Salesforce has these now; to be called before they are settled."""
        ids = keys(each for change in changes for each in change.change_ids)
        REMEMBER.run(self._connection, keys=ids, now=micros(now))

    def remembered(self, record_ids: Iterable[str]) -> dict[tuple[str, str], str]:
        """The canonical text of what Salesforce has, by record id and topic."""
        rows = SELECT_REMEMBERED.run(self._connection, keys=keys(record_ids))
        return {(row.record_id, row.topic): row.fields for row in rows}

    def in_doubt(self, changes: Iterable[RecordChange], now: datetime) -> None:
        """
        While these are under way nobody knows what Salesforce has of their topics.

        Of an opt-out it is kept what was there until now, to know our own flag by.
        """
        ids = keys(each for change in changes for each in change.change_ids)
        DOUBT_CONSENT.run(self._connection, keys=ids, now=micros(now))
        FORGET_SENT.run(self._connection, keys=ids)

    def forget(self, record_ids: Iterable[str]) -> None:
        """Whatever Salesforce has of these records, write it again."""
        FORGET.run(self._connection, keys=keys(record_ids))

    def forget_half(self, record_ids: Iterable[str], *, urgent: bool) -> None:
        """
        The same of consent, or of all but consent.

        Of a flag whose writing we forgot we could not tell that it is ours.
        """
        FORGET_HALF.run(self._connection, keys=keys(record_ids), consent=int(urgent))

    def log(self, outcomes: Sequence[Outcome], now: datetime) -> None:
        LOG.run(self._connection, [_log_row(outcome, now) for outcome in outcomes])

    def of_record(self, record_id: str, limit: int) -> list[Write]:
        """The newest first."""
        return [
            Write(
                record=RecordRef(row.object, row.record_id),
                fields=orjson.loads(row.fields),
                verdict=row.verdict,
                error_code=row.error_code,
                at=moment(row.at),
            )
            for row in SELECT_LOG.run(self._connection, record_id=record_id, limit=limit)
        ]

    def last_written_at(self) -> datetime | None:
        """When Salesforce last answered for a record."""
        return moment_or_none(number(SELECT_LAST.run(self._connection)))

    def refuse(self, outcomes: Sequence[Outcome], now: datetime) -> None:
        """Keep these with their reasons until somebody tries them again."""
        rows = [_refused_row(outcome, now) for outcome in outcomes]
        REFUSE.run(self._connection, sorted(rows))

    def unrefuse(self, record_ids: Iterable[str]) -> None:
        UNREFUSE.run(self._connection, keys=keys(record_ids))

    def refused(
        self, *, record_id: str = "", error_code: str = "", name: str = "", limit: int
    ) -> list[Refused]:
        """The oldest first; empty filters let all through."""
        rows = SELECT_REFUSED.run(
            self._connection,
            record_id=record_id,
            error_code=error_code,
            object=name,
            limit=limit,
        )
        return [
            Refused(
                record=RecordRef(row.object, row.record_id),
                fields=orjson.loads(row.fields),
                error_code=row.error_code,
                message=row.message,
                error_fields=row.error_fields,
                since=moment(row.since),
            )
            for row in rows
        ]

    def refused_count(self) -> int:
        return number(COUNT_REFUSED.run(self._connection))

    def stop_lane(self, outcome: Outcome, now: datetime, retry_at: datetime) -> None:
        change, message = outcome.change, outcome.message[:_LONGEST_MESSAGE]
        lane = (change.record.object, int(change.urgent))
        row = (*lane, outcome.error_code, message, micros(now), micros(retry_at))
        STOP_LANE.run(self._connection, [row])

    def start_lane(self, name: str, *, urgent: bool) -> None:
        START_LANE.run(self._connection, object=name, urgent=int(urgent))

    def stopped_lanes(self) -> list[StoppedLane]:
        return [
            StoppedLane(
                object=row.object,
                urgent=bool(row.urgent),
                error_code=row.error_code,
                message=row.message,
                since=moment(row.since),
                retry_at=moment(row.retry_at),
            )
            for row in SELECT_STOPPED.run(self._connection)
        ]


def _log_row(outcome: Outcome, now: datetime) -> tuple[object, ...]:
    record = outcome.change.record
    fields = canonical(outcome.change.fields)
    return (
        record.object,
        record.id,
        fields,
        outcome.verdict.value,
        outcome.error_code,
        micros(now),
    )


def _refused_row(outcome: Outcome, now: datetime) -> tuple[object, ...]:
    record = outcome.change.record
    return (
        record.object,
        record.id,
        canonical(outcome.change.fields),
        outcome.error_code,
        outcome.message[:_LONGEST_MESSAGE],
        ", ".join(outcome.fields),
        micros(now),
    )
