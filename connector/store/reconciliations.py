"""Which messages gateways are asked about, what they answered, and what was lost on the way."""

# ruff: noqa: S608 (a statement is put together from column names, nothing else)

import dataclasses
import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

import sqlalchemy as sa

from connector.domain.delivery import Delivery
from connector.store.delivery_rows import NAMES, delivery_of
from connector.store.sql import Bulk, Sql, keys
from connector.store.times import micros, moment


#: Steps along the index of open messages, so that none of the others is looked at.
SELECT_OPEN = Sql("""
    SELECT message_id, account, first_seen_at FROM deliveries
    WHERE rank < 1 AND gateway = :gateway AND first_seen_at < :until
      AND (first_seen_at, message_id) > (:since, :after)
    ORDER BY first_seen_at, message_id LIMIT :limit
""")
COUNT_OPEN = Sql("""
    SELECT account, COUNT(*) FROM deliveries
    WHERE rank < 1 AND gateway = :gateway AND first_seen_at >= :since AND first_seen_at < :until
    GROUP BY account
""")
ENLIST = Bulk(
    "reconciliations",
    ("gateway text", "account text", "message_id text", "next_at bigint", "sent_at bigint"),
    "ON CONFLICT DO NOTHING",
)
SELECT_DUE = Sql("""
    SELECT r.message_id, r.tries, r.sent_at, COALESCE(d.rank, -1) AS rank
    FROM reconciliations AS r
    LEFT JOIN deliveries AS d ON d.gateway = r.gateway AND d.message_id = r.message_id
    WHERE r.gateway = :gateway AND r.account = :account AND r.next_at > 0 AND r.next_at <= :now
    ORDER BY r.next_at, r.message_id LIMIT :limit
""")
NOTE = Bulk(
    "reconciliations AS r",
    (
        "gateway text",
        "account text",
        "message_id text",
        "tries smallint",
        "next_at bigint",
        "asked_at bigint",
        "answer text",
        "sent_at bigint",
        "lost smallint",
    ),
    """
    ON CONFLICT (gateway, account, message_id) DO UPDATE SET
      tries = excluded.tries, next_at = excluded.next_at, asked_at = excluded.asked_at,
      answer = excluded.answer, lost = {greatest}(r.lost, excluded.lost)
    """,
)
DROP = Sql("""
    DELETE FROM reconciliations
    WHERE gateway = :gateway AND account = :account AND message_id IN {items} AND tries = 0
""")
SETTLE = Sql("""
    UPDATE reconciliations SET next_at = 0
    WHERE gateway = :gateway AND account = :account AND message_id IN {items}
""")
SELECT_KNOWN = Sql(f"""
    SELECT {NAMES} FROM deliveries AS d WHERE (d.gateway, d.message_id) IN {{pairs}}
""")
COUNT_LOST = Sql("""
    SELECT gateway, account, sent_at / 86400000000 AS day, lost, COUNT(*) AS messages
    FROM reconciliations WHERE sent_at >= :since AND lost > 0
    GROUP BY gateway, account, day, lost ORDER BY gateway, account, day, lost
""")
COUNT_WAITING = Sql("""
    SELECT gateway, account, COUNT(*) FROM reconciliations WHERE next_at > 0
    GROUP BY gateway, account
""")
FORGET = Sql("""
    DELETE FROM reconciliations WHERE (gateway, account, message_id) IN (
      SELECT gateway, account, message_id FROM reconciliations
      WHERE sent_at < :before AND next_at = 0 ORDER BY sent_at LIMIT :limit
    )
""")
_DAY = 86_400


class Lost(enum.IntEnum):
    """What of a message no callback had brought when its gateway was asked."""

    NOTHING = 0
    END = 1
    ALL = 2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OpenMessage:
    """A message without a final status."""

    message_id: str
    account: str
    first_seen_at: datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DueMessage:
    """A message that shall be asked for; `ended` where a callback was faster."""

    message_id: str
    tries: int
    sent_at: datetime
    ended: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What became of a question; `next_at` is None where there is no other."""

    message_id: str
    tries: int
    next_at: datetime | None
    asked_at: datetime
    answer: str
    sent_at: datetime
    lost: Lost = Lost.NOTHING


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LostOnTheWay:
    """Messages of one account that were sent on one day, in UTC."""

    gateway: str
    account: str
    day: date
    ends: int = 0
    messages: int = 0


class Reconciliations:
    """The questions, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def open_messages(
        self, gateway: str, since: datetime, until: datetime, *, after: str, limit: int
    ) -> list[OpenMessage]:
        """Those first seen then, the oldest first; from `since` on those behind this id."""
        rows = SELECT_OPEN.run(
            self._connection,
            gateway=gateway,
            since=micros(since),
            until=micros(until),
            after=after,
            limit=limit,
        )
        return [
            OpenMessage(
                message_id=row.message_id,
                account=row.account,
                first_seen_at=moment(row.first_seen_at),
            )
            for row in rows
        ]

    def open_counts(self, gateway: str, since: datetime, until: datetime) -> Mapping[str, int]:
        """How many messages of each account have no final status."""
        rows = COUNT_OPEN.run(
            self._connection, gateway=gateway, since=micros(since), until=micros(until)
        )
        return {account: int(count) for account, count in rows}

    def enlist(
        self, gateway: str, account: str, messages: Iterable[OpenMessage], now: datetime
    ) -> None:
        """Have these asked for; those that are on the list stay as they are."""
        rows = [
            (gateway, account, each.message_id, micros(now), micros(each.first_seen_at))
            for each in messages
        ]
        ENLIST.run(self._connection, sorted(rows))

    def due(self, gateway: str, account: str, now: datetime, limit: int) -> list[DueMessage]:
        rows = SELECT_DUE.run(
            self._connection, gateway=gateway, account=account, now=micros(now), limit=limit
        )
        return [
            DueMessage(
                message_id=row.message_id,
                tries=row.tries,
                sent_at=moment(row.sent_at),
                ended=row.rank > 0,
            )
            for row in rows
        ]

    def settle(self, gateway: str, account: str, message_ids: Sequence[str]) -> None:
        """These need not be asked for any more; of those that never were nothing is kept."""
        if message_ids:
            place = {"gateway": gateway, "account": account, "keys": keys(message_ids)}
            DROP.run(self._connection, **place)
            SETTLE.run(self._connection, **place)

    def note(self, gateway: str, account: str, asked: Iterable[Asked]) -> None:
        rows = [
            (
                gateway,
                account,
                each.message_id,
                each.tries,
                micros(each.next_at),
                micros(each.asked_at),
                each.answer,
                micros(each.sent_at),
                each.lost.value,
            )
            for each in asked
        ]
        NOTE.run(self._connection, sorted(rows))

    def known(self, messages: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Delivery]:
        """What is known of these messages, by gateway and message id."""
        rows = SELECT_KNOWN.run(self._connection, keys=keys(messages))
        found = map(delivery_of, rows)
        return {(each.gateway, each.message_id): each for each in found}

    def lost(self, since: datetime) -> list[LostOnTheWay]:
        """What was learnt only by asking, of messages sent since then."""
        found: dict[tuple[str, str, int], dict[int, int]] = {}
        for gateway, account, day, lost, count in COUNT_LOST.run(
            self._connection, since=micros(since)
        ):
            found.setdefault((gateway, account, int(day)), {})[lost] = int(count)
        return [
            LostOnTheWay(
                gateway=gateway,
                account=account,
                day=datetime.fromtimestamp(day * _DAY, UTC).date(),
                ends=counts.get(Lost.END, 0),
                messages=counts.get(Lost.ALL, 0),
            )
            for (gateway, account, day), counts in found.items()
        ]

    def waiting(self) -> Mapping[tuple[str, str], int]:
        """How many messages are to be asked for, now or later, by gateway and account."""
        rows = COUNT_WAITING.run(self._connection)
        return {(gateway, account): int(count) for gateway, account, count in rows}

    def forget(self, before: datetime, limit: int) -> int:
        """Delete what is settled and older; at most so many."""
        return FORGET.run(self._connection, before=micros(before), limit=limit).rowcount
