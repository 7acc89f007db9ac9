"""Which numbers no longer work, as worked out from the messages to them."""

# ruff: noqa: S608 (the column names put in are constants of delivery_rows.py)

from collections.abc import Iterable

import sqlalchemy as sa

from connector.domain.delivery import Delivery, Reason
from connector.domain.hygiene import Hygiene
from connector.store.delivery_rows import NAMES, delivery_of
from connector.store.sql import Bulk, Row, Sql, keys
from connector.store.times import micros, moment_or_none


#: The newest messages to a number that are looked at: what they say covers older ones.
LOOKED_AT = 100
_COLUMNS = "phone, failures, reason, since, last_failure_at, cleared_at"
SELECT = Sql(f"SELECT {_COLUMNS} FROM hygiene WHERE phone IN {{items}}")
#: Before its messages are read: what another worker knows of the number is committed then.
LOCK = Bulk(
    "hygiene AS h", ("phone text",), "ON CONFLICT (phone) DO UPDATE SET failures = h.failures"
)
SELECT_MESSAGES = Sql(f"""
    SELECT {NAMES} FROM (
      SELECT gateway, message_id, ROW_NUMBER() OVER (
        PARTITION BY recipient ORDER BY first_seen_at DESC, gateway, message_id
      ) AS place
      FROM deliveries WHERE recipient IN {{items}}
    ) AS m
    JOIN deliveries AS d ON d.gateway = m.gateway AND d.message_id = m.message_id
    WHERE m.place <= :limit
""")
PUT = Bulk(
    "hygiene",
    (
        *("phone text", "failures bigint", "reason text", "since bigint"),
        *("last_failure_at bigint", "cleared_at bigint"),
    ),
    """
    ON CONFLICT (phone) DO UPDATE SET
      failures = excluded.failures, reason = excluded.reason, since = excluded.since,
      last_failure_at = excluded.last_failure_at, cleared_at = excluded.cleared_at
    """,
)
SELECT_PAGE = Sql(f"""
    SELECT {_COLUMNS} FROM hygiene
    WHERE phone > :after AND (since <> 0 OR :everyone = 1)
      AND (reason = :reason OR :reason = '')
    ORDER BY phone LIMIT :limit
""")


class NumberHygiene:
    """The hygiene of numbers, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def find(self, phones: Iterable[str]) -> dict[str, Hygiene]:
        """What is known of these numbers; nothing of those that never failed."""
        rows = SELECT.run(self._connection, keys=keys(phones))
        return {row.phone: _hygiene(row) for row in rows}

    def messages(self, phones: Iterable[str]) -> list[Delivery]:
        """The newest messages to these numbers; nobody else judges them meanwhile."""
        wanted = sorted(set(phones))
        LOCK.run(self._connection, [(phone,) for phone in wanted])
        rows = SELECT_MESSAGES.run(self._connection, keys=keys(wanted), limit=LOOKED_AT)
        return [delivery_of(row) for row in rows]

    def put(self, found: Iterable[Hygiene]) -> None:
        PUT.run(self._connection, sorted(map(_row, found)))

    def page(
        self,
        *,
        after: str = "",
        limit: int,
        reason: Reason | None = None,
        everyone: bool = False,
    ) -> list[Hygiene]:
        """Flagged numbers in their order; `everyone` adds those that failed and are not."""
        rows = SELECT_PAGE.run(
            self._connection,
            after=after,
            limit=limit,
            reason=reason.value if reason else "",
            everyone=int(everyone),
        )
        return [_hygiene(row) for row in rows]


def _row(known: Hygiene) -> tuple[str, int, str, int, int, int]:
    return (
        known.phone,
        known.failures,
        known.reason or "",
        micros(known.since),
        micros(known.last_failure_at),
        micros(known.cleared_at),
    )


def _hygiene(row: Row) -> Hygiene:
    return Hygiene(
        phone=row.phone,
        failures=row.failures,
        reason=Reason(row.reason) if row.reason else None,
        since=moment_or_none(row.since),
        last_failure_at=moment_or_none(row.last_failure_at),
        cleared_at=moment_or_none(row.cleared_at),
    )
