"""Since when numbers are known to be on a gateway's list, where it does not tell."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from connector.store.sql import Bulk, Sql, keys
from connector.store.times import micros, moment


SEE = Bulk(
    "block_listings",
    ("list text", "subject text", "first_seen bigint", "last_seen bigint"),
    "ON CONFLICT (list, subject) DO UPDATE SET last_seen = excluded.last_seen",
)
SELECT_SEEN = Sql("""
    SELECT subject, first_seen FROM block_listings WHERE list = :list AND subject IN {items}
""")
FORGET_UNSEEN = Sql("""
    DELETE FROM block_listings WHERE list = :list AND last_seen < :before
""")


class BlockListings:
    """What was seen, by pseudonyms; seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def see(self, name: str, subjects: Iterable[str], now: datetime) -> dict[str, datetime]:
        """Remember that these are listed now; returns since when each is known to be."""
        wanted = sorted(set(subjects))
        at = micros(now)
        SEE.run(self._connection, [(name, each, at, at) for each in wanted])
        rows = SELECT_SEEN.run(self._connection, list=name, keys=keys(wanted))
        return {row.subject: moment(row.first_seen) for row in rows}

    def forget_unseen(self, name: str, before: datetime) -> int:
        """What was not seen since then is listed no more: listed again, it is news."""
        ran = FORGET_UNSEEN.run(self._connection, list=name, before=micros(before))
        return ran.rowcount
