"""What of each message is in the figures, and how messages are gone through to count anew."""

# ruff: noqa: S608 (the column names put in are constants of delivery_rows.py)

from collections.abc import Iterable

import sqlalchemy as sa

from connector.domain.delivery import Delivery
from connector.store.delivery_rows import NAMES, delivery_of
from connector.store.sql import Bulk, Sql, keys


SELECT_COUNTED = Sql("""
    SELECT gateway, message_id, counted FROM deliveries
    WHERE (gateway, message_id) IN {pairs} AND counted <> ''
""")
#: Of rows that are there: an INSERT, because only that takes many rows in one statement.
PUT_COUNTED = Bulk(
    "deliveries",
    ("gateway text", "message_id text", "counted text", "counted_for text"),
    """
    ON CONFLICT (gateway, message_id) DO UPDATE SET
      counted = excluded.counted, counted_for = excluded.counted_for
    """,
)
SELECT_COUNTED_FOR = Sql(f"""
    SELECT {NAMES} FROM deliveries AS d
    WHERE d.counted_for = :campaign AND (d.gateway, d.message_id) > (:gateway, :message_id)
    ORDER BY d.gateway, d.message_id LIMIT :limit
""")
SELECT_PAGE = Sql(f"""
    SELECT {NAMES} FROM deliveries AS d
    WHERE (d.gateway, d.message_id) > (:gateway, :message_id)
    ORDER BY d.gateway, d.message_id LIMIT :limit
""")
COUNT_AGAIN = Sql("""
    UPDATE deliveries SET changed = 1 WHERE changed = 0
      AND (gateway, message_id) > (:gateway, :message_id)
      AND (gateway, message_id) <= (:last_gateway, :last_message_id)
""")


class CountedMessages:
    """What was counted of messages, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def of(self, messages: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """What of these messages is in the figures, where anything is."""
        rows = SELECT_COUNTED.run(self._connection, keys=keys(messages))
        return {(row.gateway, row.message_id): row.counted for row in rows}

    def put(self, rows: Iterable[tuple[str, str, str, str]]) -> None:
        """Of each gateway and message id: what is in the figures, and for which campaign."""
        PUT_COUNTED.run(self._connection, sorted(rows))

    def page(
        self, after: tuple[str, str], limit: int, *, counted_for: str = ""
    ) -> list[Delivery]:
        """Messages behind this gateway and message id; all, or those of one campaign."""
        place = {"gateway": after[0], "message_id": after[1], "limit": limit}
        if counted_for:
            rows = SELECT_COUNTED_FOR.run(self._connection, **place, campaign=counted_for)
        else:
            rows = SELECT_PAGE.run(self._connection, **place)
        return [delivery_of(row) for row in rows]

    def count_again(self, after: tuple[str, str], last: tuple[str, str]) -> None:
        """Match and count these anew, from behind one message to another."""
        COUNT_AGAIN.run(
            self._connection,
            gateway=after[0],
            message_id=after[1],
            last_gateway=last[0],
            last_message_id=last[1],
        )
