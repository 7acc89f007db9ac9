"""Constant SQL that runs on both engines, and rows in bulk."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import orjson
import sqlalchemy as sa


#: A row of a text statement: its columns are known to the statement only.
Row: TypeAlias = sa.Row[*tuple[Any, ...]]
Rows: TypeAlias = sa.CursorResult[*tuple[Any, ...]]

#: What differs between the engines inside a statement; everything else is the same text.
_WORDS = {
    "sqlite": {
        # A parameter holding a JSON list of texts, or of pairs of texts, as rows.
        "items": "(SELECT value FROM json_each(:keys))",
        "ids": "(SELECT CAST(value AS INTEGER) FROM json_each(:keys))",
        "pairs": "(SELECT value ->> 0, value ->> 1 FROM json_each(:keys))",
        "skip_locked": "",  # there is one writer
        "lock": "",
        "share": "",
        "least": "min",
        "greatest": "max",
    },
    "postgresql": {
        "items": "(SELECT json_array_elements_text(CAST(:keys AS json)))",
        "ids": "(SELECT json_array_elements_text(CAST(:keys AS json))::bigint)",
        "pairs": "(SELECT e ->> 0, e ->> 1 FROM json_array_elements(CAST(:keys AS json)) AS e)",
        "skip_locked": "FOR UPDATE SKIP LOCKED",
        "lock": "FOR UPDATE",
        "share": "FOR SHARE",
        "least": "LEAST",
        "greatest": "GREATEST",
    },
}


class Sql:
    """One named statement; `{items}`, `{pairs}` and `{skip_locked}` suit it to the engine."""

    def __init__(self, text: str) -> None:
        self._texts = {name: sa.text(text.format(**words)) for name, words in _WORDS.items()}

    def run(self, connection: sa.Connection, **values: object) -> Rows:
        return connection.execute(self._texts[connection.dialect.name], values)


class Bulk:
    """
    One INSERT of many rows: a statement with arrays on PostgreSQL, one plan on SQLite.

    The arrays go over in binary (%b): as text each value is searched for what to escape, which
    takes five times as long.

    `columns` are "name type" with PostgreSQL's types. A key may come only once in the rows of
    a call when the tail is ON CONFLICT DO UPDATE. Rows are written in the order given: sort
    them by key, or two workers may lock each other.
    """

    def __init__(
        self, table: str, columns: Sequence[str], tail: str = "", *, head: str = ""
    ) -> None:
        names = [column.split()[0] for column in columns]
        types = [column.split()[1] for column in columns]
        into = f"{head} INSERT INTO {table} ({', '.join(names)})"
        marks = ", ".join("?" for _ in names)
        arrays = ", ".join(f"%b::{kind}[]" for kind in types)
        tails = {engine: tail.format(**words) for engine, words in _WORDS.items()}
        self._sqlite = f"{into} VALUES ({marks}) {tails['sqlite']}"
        self._postgresql = f"{into} SELECT * FROM unnest({arrays}) {tails['postgresql']}"  # noqa: S608

    def run(self, connection: sa.Connection, rows: Sequence[tuple[object, ...]]) -> None:
        if not rows:
            return
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(self._sqlite, list(rows))
            return
        columns = tuple(list(column) for column in zip(*rows, strict=True))
        connection.exec_driver_sql(self._postgresql, columns)


def keys(values: Iterable[str] | Iterable[tuple[str, str]]) -> str:
    """The parameter for `{items}` or `{pairs}`."""
    return orjson.dumps(list(values)).decode()


def number(rows: Rows) -> int:
    """The one number that a statement gives; 0 for no row."""
    return int(rows.scalar() or 0)
