"""When people last reacted to a message, by number."""

from collections.abc import Iterable

import sqlalchemy as sa

from connector.domain.engagement import Engagement
from connector.store.sql import Bulk, Sql, keys
from connector.store.times import micros, moment_or_none


FOLD = Bulk(
    "engagements AS e",
    ("phone text", "last_click_at bigint", "last_reply_at bigint"),
    """
    ON CONFLICT (phone) DO UPDATE SET
      last_click_at = {greatest}(e.last_click_at, excluded.last_click_at),
      last_reply_at = {greatest}(e.last_reply_at, excluded.last_reply_at)
    """,
)
SELECT = Sql("""
    SELECT phone, last_click_at, last_reply_at FROM engagements WHERE phone IN {items}
""")


class Engagements:
    """Clicks and replies, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def fold(self, engagements: Iterable[Engagement]) -> None:
        """Join these into what is known; each number at most once."""
        rows = [
            (each.phone, micros(each.last_click_at), micros(each.last_reply_at))
            for each in engagements
        ]
        FOLD.run(self._connection, sorted(rows))

    def find(self, phones: Iterable[str]) -> dict[str, Engagement]:
        return {
            row.phone: Engagement(
                phone=row.phone,
                last_click_at=moment_or_none(row.last_click_at),
                last_reply_at=moment_or_none(row.last_reply_at),
            )
            for row in SELECT.run(self._connection, keys=keys(phones))
        }
