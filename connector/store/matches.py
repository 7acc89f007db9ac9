"""Which records a message is shown on, and which message a record shows."""

# ruff: noqa: S608 (the column names put in are constants of deliveries.py)

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from connector.domain.delivery import Delivery, DeliveryStatus
from connector.domain.records import RecordRef
from connector.store.delivery_rows import NAMES, delivery_of
from connector.store.sql import Bulk, Sql, keys
from connector.store.times import duration, micros, moment, moment_or_none


SELECT_RECORDS = Sql("""
    SELECT gateway, message_id, object, record_id FROM delivery_records
    WHERE (gateway, message_id) IN {pairs}
""")
FORGET_RECORDS = Sql("""
    DELETE FROM delivery_records WHERE (gateway, message_id) IN {pairs}
""")
PUT_RECORDS = Bulk(
    "delivery_records",
    (
        "gateway text",
        "message_id text",
        "object text",
        "record_id text",
        "matched_by text",
        "started_at bigint",
        "delivered_at bigint",
    ),
    """
    ON CONFLICT (gateway, message_id, object, record_id) DO UPDATE SET
      matched_by = excluded.matched_by, started_at = excluded.started_at,
      delivered_at = excluded.delivered_at
    """,
)
SELECT_LATEST = Sql(f"""
    SELECT m.object, m.record_id, m.last_delivered_at, m.undelivered_since, d.counted_for,
      {NAMES}
    FROM (
      SELECT a.*, MIN(CASE WHEN a.last_arrived IS NULL OR a.started_at > a.last_arrived
        THEN a.started_at END) OVER (PARTITION BY object, record_id) AS undelivered_since
      FROM (
        SELECT object, record_id, gateway, message_id, started_at,
          MAX(delivered_at) OVER (PARTITION BY object, record_id) AS last_delivered_at,
          MAX(CASE WHEN delivered_at <> 0 THEN started_at END)
            OVER (PARTITION BY object, record_id) AS last_arrived,
          ROW_NUMBER() OVER (
            PARTITION BY object, record_id
            ORDER BY started_at DESC, gateway DESC, message_id DESC
          ) AS place
        FROM delivery_records WHERE record_id IN {{items}}
      ) AS a
    ) AS m
    JOIN deliveries AS d ON d.gateway = m.gateway AND d.message_id = m.message_id
    WHERE m.place = 1
""")
SELECT_SHOWING = Sql("""
    SELECT DISTINCT object, record_id FROM delivery_records WHERE record_id IN {items}
""")
SELECT_OF_MESSAGE = Sql("""
    SELECT object, record_id, matched_by FROM delivery_records
    WHERE gateway = :gateway AND message_id = :message_id
    ORDER BY object, record_id
""")
SELECT_OF_RECORD = Sql(f"""
    SELECT {NAMES} FROM delivery_records AS m
    JOIN deliveries AS d ON d.gateway = m.gateway AND d.message_id = m.message_id
    WHERE m.record_id = :record_id ORDER BY m.started_at DESC LIMIT :limit
""")
MATCH_AGAIN = Sql("""
    UPDATE deliveries SET changed = 1 WHERE (gateway, message_id) IN (
      SELECT gateway, message_id FROM delivery_records WHERE record_id IN {items}
    )
""")
#: By the person first: each shows a few messages, a campaign has very many.
MATCH_MEMBERS_AGAIN = Sql("""
    UPDATE deliveries SET changed = 1 WHERE (gateway, message_id) IN (
      SELECT d.gateway, d.message_id FROM delivery_records AS m
      JOIN deliveries AS d ON d.gateway = m.gateway AND d.message_id = m.message_id
      WHERE (m.record_id, CASE WHEN d.counted_for = '' THEN d.campaign ELSE d.counted_for END)
        IN {pairs}
    )
""")
#: By the person, and by the period in which they were sent.
MATCH_SENT_AGAIN = Sql("""
    UPDATE deliveries SET changed = 1 WHERE (gateway, message_id) IN (
      SELECT m.gateway, m.message_id FROM delivery_records AS m
      WHERE (m.record_id, CAST(m.started_at / :period AS TEXT)) IN {pairs}
    )
""")
SELECT_SENT = Sql("""
    SELECT DISTINCT m.record_id, m.started_at FROM deliveries AS d
    JOIN delivery_records AS m ON m.gateway = d.gateway AND m.message_id = d.message_id
    WHERE d.recipient = :phone
""")
SELECT_OF_MESSAGES = Sql("""
    SELECT gateway, message_id, object, record_id, matched_by FROM delivery_records
    WHERE (gateway, message_id) IN {pairs} ORDER BY object, record_id
""")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A record that a message is shown on, and how it was found."""

    record: RecordRef
    matched_by: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """
    The latest message of a record, by the time it was sent, and its last success.

    It has the campaign that it counts for, whoever told that.
    `undelivered_since` is when the first message was sent after the last one that arrived.
    """

    delivery: Delivery
    last_delivered_at: datetime | None
    undelivered_since: datetime | None


class Matches:
    """The matches, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def replace(
        self, found: Mapping[tuple[str, str], tuple[Delivery, Sequence[Match]]]
    ) -> set[RecordRef]:
        """
        Put these matches in place of what was known of the same messages.

        Returns every record that showed or shows one of them: each has to be worked out anew.
        """
        messages = keys(found)
        before = [
            RecordRef(row.object, row.record_id)
            for row in SELECT_RECORDS.run(self._connection, keys=messages)
        ]
        if before:
            FORGET_RECORDS.run(self._connection, keys=messages)
        rows = [
            _row(delivery, match) for delivery, matches in found.values() for match in matches
        ]
        PUT_RECORDS.run(self._connection, sorted(rows))
        now = (match.record for _, matches in found.values() for match in matches)
        return {*before, *now}

    def latest(self, record_ids: Iterable[str]) -> dict[RecordRef, Latest]:
        rows = SELECT_LATEST.run(self._connection, keys=keys(record_ids))
        return {
            RecordRef(row.object, row.record_id): Latest(
                delivery=_belonging(delivery_of(row, first=5), row.counted_for),
                last_delivered_at=moment_or_none(row.last_delivered_at),
                undelivered_since=moment_or_none(row.undelivered_since or 0),
            )
            for row in rows
        }

    def showing(self, record_ids: Iterable[str]) -> set[RecordRef]:
        """Those of these records that show a message."""
        rows = SELECT_SHOWING.run(self._connection, keys=keys(record_ids))
        return {RecordRef(row.object, row.record_id) for row in rows}

    def of_message(self, gateway: str, message_id: str) -> list[Match]:
        rows = SELECT_OF_MESSAGE.run(self._connection, gateway=gateway, message_id=message_id)
        return [
            Match(record=RecordRef(row.object, row.record_id), matched_by=row.matched_by)
            for row in rows
        ]

    def of_messages(
        self, messages: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], list[Match]]:
        """Where each of these messages is shown, by gateway and message id."""
        found: dict[tuple[str, str], list[Match]] = {}
        for row in SELECT_OF_MESSAGES.run(self._connection, keys=keys(messages)):
            record = RecordRef(row.object, row.record_id)
            match = Match(record=record, matched_by=row.matched_by)
            found.setdefault((row.gateway, row.message_id), []).append(match)
        return found

    def of_record(self, record_id: str, limit: int) -> list[Delivery]:
        """The messages that a record shows or would show, the latest first."""
        rows = SELECT_OF_RECORD.run(self._connection, record_id=record_id, limit=limit)
        return [delivery_of(row) for row in rows]

    def match_again(self, record_ids: Iterable[str]) -> None:
        """Messages of these records have to be matched anew: the records went elsewhere."""
        MATCH_AGAIN.run(self._connection, keys=keys(record_ids))

    def match_members_again(self, members: Iterable[tuple[str, str]]) -> None:
        """Match messages anew that went to these people for these campaigns."""
        pairs = keys((person, campaign) for campaign, person in members)
        MATCH_MEMBERS_AGAIN.run(self._connection, keys=pairs)

    def match_sent_again(self, sent: Iterable[tuple[str, str]], period: timedelta) -> None:
        """Match messages anew that went to these people in these periods since 1970."""
        MATCH_SENT_AGAIN.run(self._connection, keys=keys(sent), period=duration(period))

    def sent_to(self, phone: str) -> list[tuple[str, datetime]]:
        """The records that show messages to a number, each with when one was sent."""
        rows = SELECT_SENT.run(self._connection, phone=phone)
        return [(row.record_id, moment(row.started_at)) for row in rows]


def _belonging(delivery: Delivery, campaign: str) -> Delivery:
    if not campaign or delivery.campaign == campaign:
        return delivery
    return dataclasses.replace(delivery, campaign=campaign)


def _row(delivery: Delivery, match: Match) -> tuple[object, ...]:
    delivered = delivery.status is DeliveryStatus.DELIVERED
    return (
        delivery.gateway,
        delivery.message_id,
        match.record.object,
        match.record.id,
        match.matched_by,
        micros(delivery.started_at),
        micros(delivery.status_at) if delivered else 0,
    )
