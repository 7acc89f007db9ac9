"""Goes through every text that the database holds, page by page, to take a number out."""

import dataclasses
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa

from connector.domain.errors import StoreUnavailableError
from connector.store.engine import store_errors
from connector.store.sql import Sql, keys


#: Rows of one reading: on SQLite a writer waits for its end.
PAGE = 2_000
CALLBACKS_PAGE = 500
#: Hold no number in clear, or are bound together by hashes.
_LEFT_OUT = frozenset(
    {"alembic_version", "api_keys", "audit", "callbacks", "leases", "schema_support"}
)
#: Columns that hold one number each.
_NUMBERS = frozenset({"phone", "recipient"})
SELECT_CALLBACKS = Sql("""
    SELECT id, urgent, target, headers, body, parts FROM callbacks
    WHERE id > :position ORDER BY id LIMIT :limit
""")
DELETE_CALLBACKS = Sql("DELETE FROM callbacks WHERE id IN {ids}")
SELECT_QUEUED = Sql("SELECT callback_id FROM unread WHERE callback_id IN {ids}")
SELECT_CURSORS = Sql("SELECT lane, position FROM cursors")
#: What goes with a callback.
FORGET_CALLBACKS = (
    Sql("DELETE FROM quarantine WHERE callback_id IN {ids}"),
    Sql("DELETE FROM errands WHERE callback_id IN {ids}"),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The texts of one row, and the key that names it."""

    table: str
    key: Mapping[str, object]
    texts: Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """All that is kept of a callback which a sender's number may stand in."""

    id: int
    urgent: bool
    texts: Sequence[str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """A table, the columns of its key, and those that hold texts."""

    name: str
    key: Sequence[str]
    texts: Sequence[str]

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys([*self.key, *self.texts]))


class Erasure:
    """The whole database, seen text by text."""

    def __init__(self, inbox: sa.Engine, state: sa.Engine, *, page: int = PAGE) -> None:
        self._inbox = inbox
        self._state = state
        self._page = page

    def tables(self) -> list[TextTable]:
        """Every table that a number may stand in, as the database has them now."""
        with store_errors():
            found = sa.inspect(self._state)
            tables = [
                TextTable(
                    name=name,
                    key=found.get_pk_constraint(name)["constrained_columns"],
                    texts=[
                        column["name"]
                        for column in found.get_columns(name)
                        if isinstance(column["type"], sa.String)
                    ],
                )
                for name in sorted(found.get_table_names())
                if name not in _LEFT_OUT
            ]
        return [table for table in tables if table.texts]

    def numbers(self) -> Iterator[str]:
        """Every number that stands in a column of numbers, some more than once."""
        for table in self.tables():
            for name in sorted(_NUMBERS.intersection(table.texts)):
                column: sa.ColumnClause[str] = sa.column(name)
                asked = sa.select(column).distinct().select_from(sa.table(table.name))
                after = ""
                while True:
                    page = asked.where(column > after).order_by(column).limit(self._page)
                    with store_errors(), self._reading(self._state) as connection:
                        found = list(connection.execute(page).scalars())
                    yield from found
                    if not found:
                        break
                    after = found[-1]

    def pages(self, table: TextTable, digits: str) -> Iterator[tuple[int, list[Texts]]]:
        """How many rows were looked at, and those with these digits in this order."""
        source = sa.table(table.name, *map(sa.column, table.columns))
        key = [source.c[name] for name in table.key]
        like = "".join(f"%{digit}" for digit in digits) + "%"
        holds = sa.or_(*(source.c[name].like(like) for name in table.texts))
        within: list[sa.ColumnElement[bool]] = []
        last: Sequence[object] | None = ()
        while last is not None:
            if last:
                within = [sa.tuple_(*key) > sa.tuple_(*last)]
            following = sa.select(*key).where(*within).order_by(*key)
            with store_errors(), self._reading(self._state) as connection:
                last = connection.execute(following.offset(self._page - 1).limit(1)).first()
                if last is not None:
                    within = [*within, sa.tuple_(*key) <= sa.tuple_(*last)]
                rows = connection.execute(sa.select(source).where(*within, holds)).all()
            yield (
                self._page,
                [
                    Texts(
                        table=table.name,
                        key={name: getattr(row, name) for name in table.key},
                        texts={name: getattr(row, name) or "" for name in table.texts},
                    )
                    for row in rows
                ],
            )

    def put(self, row: Texts, texts: Mapping[str, str] | None) -> None:
        """Replace the texts of a row; None removes it, as does a key that is there already."""
        source = sa.table(row.table, *map(sa.column, {*row.key, *row.texts}))
        same = [source.c[name] == value for name, value in row.key.items()]
        removal = sa.delete(source).where(*same)
        with store_errors(), self._state.begin() as connection:
            if texts is None:
                connection.execute(removal)
                return
            try:
                with connection.begin_nested():
                    connection.execute(sa.update(source).where(*same).values(dict(texts)))
            except sa.exc.IntegrityError:
                connection.execute(removal)

    def requests(self) -> Iterator[list[Request]]:
        """All callbacks, page by page, the oldest first."""
        position = 0
        while True:
            with store_errors(), self._reading(self._inbox) as connection:
                rows = SELECT_CALLBACKS.run(
                    connection, position=position, limit=CALLBACKS_PAGE
                ).all()
            if not rows:
                return
            yield [
                Request(
                    id=row.id,
                    urgent=bool(row.urgent),
                    texts=(
                        *(row.target, row.headers, row.parts or ""),
                        bytes(row.body).decode("utf-8", "replace"),
                    ),
                )
                for row in rows
            ]
            position = rows[-1].id

    def unread(self, requests: Iterable[Request]) -> set[int]:
        """Those of these callbacks that no worker has read yet."""
        requests = list(requests)
        with store_errors(), self._reading(self._state) as connection:
            wanted = keys(str(each.id) for each in requests)
            queued = set(SELECT_QUEUED.run(connection, keys=wanted).scalars())
            if self._state.dialect.name == "sqlite":
                found = {row.lane: row.position for row in SELECT_CURSORS.run(connection)}
                lanes = {True: found.get("urgent", 0), False: found.get("reports", 0)}
                queued |= {each.id for each in requests if each.id > lanes[each.urgent]}
        return queued

    def forget_callbacks(self, numbers: Iterable[int]) -> None:
        """Remove these whole, with what was noted of them."""
        wanted = keys(str(number) for number in numbers)
        with store_errors():
            with self._state.begin() as connection:
                for statement in FORGET_CALLBACKS:
                    statement.run(connection, keys=wanted)
            with self._inbox.begin() as connection:
                DELETE_CALLBACKS.run(connection, keys=wanted)

    def free_pages(self) -> None:
        """
        Write the database anew without what was deleted; raises StoreUnavailableError.

        On PostgreSQL the room is freed, to be written over in time; VACUUM FULL writes anew.
        """
        with store_errors():
            if self._state.dialect.name == "sqlite":
                for engine in (self._inbox, self._state):
                    _vacuum(engine)
                return
            with self._state.connect() as connecting:
                connection = connecting.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("VACUUM")

    @staticmethod
    def _reading(engine: sa.Engine) -> sa.Connection:
        return engine.connect().execution_options(reads=True)


def _vacuum(engine: sa.Engine) -> None:
    """Of one file; not within a transaction, which the engine would begin by itself."""
    pooled = engine.raw_connection()
    try:
        cursor = pooled.cursor()
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        answer = cursor.fetchone()
        cursor.close()
    except sqlite3.Error as error:
        raise StoreUnavailableError("the freed pages cannot be written over now") from error
    finally:
        pooled.close()
    if answer and answer[0]:  # somebody still reads what was there before
        raise StoreUnavailableError("the log of changes cannot be written over now")
