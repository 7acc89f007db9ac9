"""What passed through: counted as it passes, so that nothing has to be counted again."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from connector.domain.traffic import Count, Kind, slot_of
from connector.store.sql import Bulk, Sql, keys, number
from connector.store.times import micros, moment, moment_or_none


#: A day, and what of the day before is needed to compare with.
KEPT = timedelta(hours=26)
#: Each process adds to rows of its own: nobody waits for what another has not committed.
_PROCESS = secrets.randbits(40)
#: The slot of what is not counted, but only remembered: when a gateway was last heard.
_EVER = 0
_HEARD = "heard"

ADD = Bulk(
    "traffic AS t",
    ("slot bigint", "kind text", "name text", "process bigint", "amount bigint"),
    "ON CONFLICT (slot, kind, name, process) DO UPDATE SET amount = t.amount + excluded.amount",
)
HEAR = Bulk(
    "traffic AS t",
    ("slot bigint", "kind text", "name text", "process bigint", "amount bigint"),
    """
    ON CONFLICT (slot, kind, name, process) DO UPDATE SET
      amount = {greatest}(t.amount, excluded.amount)
    """,
)
SELECT_SINCE = Sql("""
    SELECT slot, kind, name, SUM(amount) AS amount FROM traffic
    WHERE slot >= :since GROUP BY slot, kind, name ORDER BY slot, kind, name
""")
SELECT_TOTALS = Sql("""
    SELECT kind, name, SUM(amount) AS amount FROM traffic
    WHERE slot >= :since GROUP BY kind, name ORDER BY kind, name
""")
SELECT_HOURS = Sql("""
    SELECT slot - slot % 3600000000 AS hour, kind, name, SUM(amount) AS amount FROM traffic
    WHERE slot >= :since AND kind IN {items} GROUP BY 1, kind, name ORDER BY 1, kind, name
""")
SELECT_HEARD = Sql("""
    SELECT name, MAX(amount) AS at FROM traffic
    WHERE slot = 0 AND kind = 'heard' GROUP BY name ORDER BY name
""")
SELECT_FIRST = Sql("SELECT COALESCE(MIN(slot), 0) FROM traffic WHERE slot > 0")
PURGE = Sql("DELETE FROM traffic WHERE slot > 0 AND slot < :before")
#: What an ended process remembered, where another remembers something newer.
PURGE_HEARD = Sql("""
    DELETE FROM traffic WHERE slot = 0 AND kind = 'heard' AND amount < (
      SELECT MAX(n.amount) FROM traffic AS n
      WHERE n.slot = 0 AND n.kind = 'heard' AND n.name = traffic.name
    ) AND amount < :before
""")


class Traffic:
    """The counts, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, counts: Mapping[tuple[Kind, str], int], now: datetime) -> None:
        """Count these, by kind and name; to be called last, for the rows are locked then."""
        slot = micros(slot_of(now))
        rows = [
            (slot, kind.value, name, _PROCESS, amount)
            for (kind, name), amount in counts.items()
            if amount
        ]
        ADD.run(self._connection, sorted(rows))

    def hear(self, names: Mapping[str, datetime]) -> None:
        """A callback of each of these gateway accounts came in at that time."""
        rows = [(_EVER, _HEARD, name, _PROCESS, micros(at)) for name, at in names.items()]
        HEAR.run(self._connection, sorted(rows))

    def since(self, when: datetime) -> list[Count]:
        """The oldest first; at most what a day has."""
        return [
            Count(
                slot=moment(row.slot),
                kind=Kind(row.kind),
                name=row.name,
                amount=int(row.amount),
            )
            for row in SELECT_SINCE.run(self._connection, since=max(micros(when), 1))
        ]

    def totals(self, when: datetime) -> dict[tuple[Kind, str], int]:
        """All since then, by kind and name."""
        rows = SELECT_TOTALS.run(self._connection, since=max(micros(when), 1))
        return {(Kind(row.kind), row.name): int(row.amount) for row in rows}

    def hours(self, when: datetime, kinds: Iterable[Kind]) -> list[Count]:
        """The same hour by hour; each is named by its beginning."""
        rows = SELECT_HOURS.run(
            self._connection,
            since=max(micros(when), 1),
            keys=keys(kind.value for kind in kinds),
        )
        return [
            Count(
                slot=moment(int(row.hour)),
                kind=Kind(row.kind),
                name=row.name,
                amount=int(row.amount),
            )
            for row in rows
        ]

    def heard(self) -> dict[str, datetime]:
        """When the last callback of each gateway account came in that was read."""
        return {row.name: moment(row.at) for row in SELECT_HEARD.run(self._connection)}

    def first(self) -> datetime | None:
        """Since when there are counts."""
        return moment_or_none(number(SELECT_FIRST.run(self._connection)))

    def purge(self, now: datetime) -> None:
        """Forget what is older than anybody asks for."""
        before = micros(now - KEPT)
        PURGE.run(self._connection, before=before)
        PURGE_HEARD.run(self._connection, before=before)
