"""Figures of campaigns: what has to be added to them, and what they have come to."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import orjson
import sqlalchemy as sa

from connector.domain.figures import Cell, Figures, Period, Split, add
from connector.store.sql import Bulk, Row, Sql, keys


_CELL = ("campaign text", "period text", "start bigint", "split text", "value text")
_NAMES = "campaign, period, start, split, value"
NOTE = Bulk("figure_changes", (*_CELL, "counts text"))
#: Held until they are merged: one that was read is gone then, and no other's.
SELECT_CHANGES = Sql(f"""
    SELECT id, {_NAMES}, counts FROM figure_changes ORDER BY id LIMIT :limit {{skip_locked}}
""")  # noqa: S608 (the names are the constant above)
SELECT_NOTED = Sql(f"""
    SELECT {_NAMES}, counts FROM figure_changes
    WHERE :campaign = '' OR campaign = :campaign
""")  # noqa: S608
FORGET_CHANGES = Sql("DELETE FROM figure_changes WHERE id IN {ids}")
#: Cells as a JSON list of lists, so that a batch of them is one statement.
_CELLS = {
    "sqlite": """
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
        FROM json_each(:keys)
    """,
    "postgresql": """
        SELECT e ->> 0, e ->> 1, (e ->> 2)::bigint, e ->> 3, e ->> 4
        FROM json_array_elements(CAST(:keys AS json)) AS e
    """,
}
SELECT_CELLS = {
    engine: sa.text(f"SELECT {_NAMES}, counts FROM figures WHERE ({_NAMES}) IN ({cells})")  # noqa: S608
    for engine, cells in _CELLS.items()
}
PUT = Bulk(
    "figures",
    (*_CELL, "counts text", "key text", "unjudged smallint"),
    f"""
    ON CONFLICT ({_NAMES}) DO UPDATE SET
      counts = excluded.counts, unjudged = excluded.unjudged
    """,
)
SELECT_BY_KEY = Sql(f"SELECT key, {_NAMES}, counts FROM figures WHERE key IN {{items}}")  # noqa: S608
SELECT_OF = Sql(f"""
    SELECT {_NAMES}, counts FROM figures
    WHERE campaign = :campaign AND (:period = '' OR period = :period)
      AND (:any_split = 1 OR split = :split) AND start >= :since
    ORDER BY {_NAMES}
""")  # noqa: S608
SELECT_ALL = Sql(f"SELECT {_NAMES}, counts FROM figures")  # noqa: S608
#: From one to the next in the key: DISTINCT would read every row.
SELECT_CAMPAIGNS = Sql("""
    WITH RECURSIVE c (campaign, place) AS (
      SELECT MIN(campaign), 1 FROM figures WHERE campaign > :after
      UNION ALL
      SELECT (SELECT MIN(f.campaign) FROM figures AS f WHERE f.campaign > c.campaign), place + 1
      FROM c WHERE c.campaign IS NOT NULL AND c.place < :limit
    )
    SELECT campaign FROM c WHERE campaign IS NOT NULL
""")
SELECT_UNJUDGED = Sql("""
    SELECT DISTINCT campaign FROM figures WHERE unjudged = 1 ORDER BY campaign LIMIT :limit
""")
JUDGED = Sql("UPDATE figures SET unjudged = 0 WHERE campaign IN {items} AND unjudged = 1")
SELECT_KEYS = Sql("""
    SELECT key FROM figures
    WHERE campaign IN {items} AND period = 'Total' AND start = 0 AND split = ''
""")
#: Beyond every id of a campaign: "@" sorts before letters and digits are ids' first.
FIRST_ID = "0"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What has to be added to one cell, and the number that it is kept under."""

    id: int
    cell: Cell
    counts: Mapping[str, int]


class CampaignFigures:
    """The figures, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def note(self, changes: Mapping[Cell, Mapping[str, int]]) -> None:
        """Have this added, or taken away where it is negative; nobody waits for another."""
        rows = [(*_row(cell), _text(counts)) for cell, counts in changes.items() if counts]
        NOTE.run(self._connection, sorted(rows))

    def changes(self, limit: int) -> list[Change]:
        """What has to be added, the oldest first."""
        return [
            Change(id=row.id, cell=_cell(row), counts=orjson.loads(row.counts))
            for row in SELECT_CHANGES.run(self._connection, limit=limit).all()
        ]

    def noted(self, campaign: str = "") -> dict[Cell, dict[str, int]]:
        """What has yet to be added in all; with a campaign, to its cells."""
        found: dict[Cell, dict[str, int]] = {}
        for row in SELECT_NOTED.run(self._connection, campaign=campaign):
            add(found.setdefault(_cell(row), {}), orjson.loads(row.counts))
        return found

    def merge(self, changes: Sequence[Change]) -> list[Cell]:
        """
        Add these, and forget them; returns the cells that are others now.

        To be called by one process at a time: the sums are worked out here.
        """
        added: dict[Cell, dict[str, int]] = {}
        for change in changes:
            add(added.setdefault(change.cell, {}), change.counts)
        added = {cell: counts for cell, counts in added.items() if counts}
        for cell, known in self.get(added).items():
            add(added[cell], known.counts)
        self.put(added)
        FORGET_CHANGES.run(self._connection, keys=keys(str(change.id) for change in changes))
        return sorted(added)

    def put(self, cells: Mapping[Cell, Mapping[str, int]]) -> None:
        """These are the counts of those cells now."""
        rows = [
            (*_row(cell), _text(counts), cell.key if cell.is_shown else "", 1)
            for cell, counts in cells.items()
        ]
        PUT.run(self._connection, sorted(rows))

    def get(self, cells: Iterable[Cell]) -> dict[Cell, Figures]:
        """Those of these cells that were ever counted."""
        wanted = orjson.dumps([_row(cell) for cell in cells]).decode()
        statement = SELECT_CELLS[self._connection.dialect.name]
        return _figures(self._connection.execute(statement, {"keys": wanted}))

    def of(
        self,
        campaign: str,
        period: Period | None = None,
        split: Split | None = None,
        *,
        since: int = 0,
    ) -> dict[Cell, Figures]:
        """The cells of a campaign or account, by time; those that begin at `since` or later."""
        return _figures(
            SELECT_OF.run(
                self._connection,
                campaign=campaign,
                period=period.value if period else "",
                any_split=int(split is None),
                split=split.value if split is not None else "",
                since=since,
            )
        )

    def every(self) -> dict[Cell, Figures]:
        """All that was ever counted; for a check, which reads everything anyway."""
        return _figures(SELECT_ALL.run(self._connection))

    def by_key(self, row_keys: Iterable[str]) -> dict[str, tuple[Cell, Figures]]:
        """The cells whose rows have these external ids."""
        return {
            row.key: (_cell(row), Figures(orjson.loads(row.counts)))
            for row in SELECT_BY_KEY.run(self._connection, keys=keys(row_keys))
        }

    def campaigns(self, limit: int, after: str = "") -> list[str]:
        """The ids of campaigns that have figures; of messages without one, see `of("")`."""
        after = max(after, FIRST_ID)
        rows = SELECT_CAMPAIGNS.run(self._connection, after=after, limit=limit).scalars()
        return [campaign for campaign in rows if not campaign.startswith("@")]

    def unjudged(self, limit: int) -> list[str]:
        """Campaigns and accounts whose figures changed since they were judged."""
        return list(SELECT_UNJUDGED.run(self._connection, limit=limit).scalars())

    def judged(self, campaigns: Iterable[str]) -> None:
        JUDGED.run(self._connection, keys=keys(campaigns))

    def total_keys(self, campaigns: Iterable[str]) -> list[str]:
        """The external ids of the rows that tell of these campaigns as a whole."""
        return list(SELECT_KEYS.run(self._connection, keys=keys(campaigns)).scalars())


def _row(cell: Cell) -> tuple[str, str, int, str, str]:
    return (cell.campaign, cell.period.value, cell.start, cell.split.value, cell.value)


def _cell(row: Row) -> Cell:
    return Cell(
        campaign=row.campaign,
        period=Period(row.period),
        start=row.start,
        split=Split(row.split),
        value=row.value,
    )


def _figures(rows: Iterable[Row]) -> dict[Cell, Figures]:
    return {_cell(row): Figures(orjson.loads(row.counts)) for row in rows}


def _text(counts: Mapping[str, int]) -> str:
    return orjson.dumps(dict(counts), option=orjson.OPT_SORT_KEYS).decode()
