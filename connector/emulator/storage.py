"""The org's database: a table for each object, the field history, and a few documents."""

import contextlib
import dataclasses
import itertools
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence

from connector.emulator.fields import Field, Value
from connector.emulator.objects import SObject


#: Bound parameters that one statement of the oldest supported SQLite may have.
_MOST_PARAMETERS = 900

Row = dict[str, Value]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One field that changed: who, when, from what to what, and by which call."""

    object: str
    record: str
    field: str
    old: Value
    new: Value
    at: str
    user: str
    call: str


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def statement(*parts: str) -> str:
    """SQL from constant words and quoted names; values are always bound."""
    return " ".join(parts)


class Storage:
    """One SQLite connection behind a lock; a file survives a restart, `:memory:` does not."""

    def __init__(self, path: str) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._depth = 0
        self._savepoints = itertools.count()
        self._watched: dict[str, tuple[int, object]] = {}
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS _documents"
            " (kind TEXT, name TEXT, body TEXT, PRIMARY KEY (kind, name))"
        )
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS _history (sequence INTEGER PRIMARY KEY, object TEXT,"
            " record TEXT, field TEXT, old, new, at TEXT, user TEXT, call TEXT)"
        )
        self._db.execute(
            "CREATE INDEX IF NOT EXISTS _history_of ON _history (record, sequence)"
        )

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; an inner one undoes only itself."""
        with self._lock:
            name = f"s{next(self._savepoints)}"
            begin, undo, keep = (
                (f"SAVEPOINT {name}", f"ROLLBACK TO {name}", f"RELEASE {name}")
                if self._depth
                else ("BEGIN IMMEDIATE", "ROLLBACK", "COMMIT")
            )
            self._db.execute(begin)
            self._depth += 1
            try:
                yield
            except BaseException:
                self._db.execute(undo)
                if self._depth > 1:
                    self._db.execute(keep)
                raise
            else:
                self._db.execute(keep)
            finally:
                self._depth -= 1

    # Watching: a number that is another one as soon as a row of some tables changed.

    def watch(self, name: str, tables: Iterable[str]) -> None:
        with self._lock:
            self._db.execute("CREATE TABLE IF NOT EXISTS _watched (name TEXT PRIMARY KEY, at)")
            self._db.execute(
                "INSERT INTO _watched VALUES (?, random()) ON CONFLICT DO NOTHING", (name,)
            )
            for table in tables:
                for act in ("INSERT", "UPDATE", "DELETE"):
                    trigger = quoted(f"{name}.{table}.{act}")
                    self._db.execute(
                        statement(
                            "CREATE TRIGGER IF NOT EXISTS",
                            trigger,
                            "AFTER",
                            act,
                            "ON",
                            quoted(table),
                            "BEGIN UPDATE _watched SET at = random() WHERE name =",
                            f"'{name}'; END",
                        )
                    )

    def watched(self, name: str) -> object:
        """Rolled back changes count as none; asking again is free while nothing is written."""
        with self._lock:
            changes = self._db.total_changes
            if self._watched.get(name, (-1, None))[0] != changes:
                rows = self._db.execute("SELECT at FROM _watched WHERE name = ?", (name,))
                self._watched[name] = (changes, next((row["at"] for row in rows), None))
            return self._watched[name][1]

    def fetch(self, sql: str, values: Sequence[Value] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def run_many(self, sql: str, rows: Iterable[Sequence[Value | bytes]]) -> None:
        """One statement for each row of values."""
        with self._lock:
            self._db.executemany(sql, rows)

    # Documents: what is not a record (objects, apps, sessions, counters).

    def document(self, kind: str, name: str) -> dict[str, object] | None:
        rows = self.fetch(
            "SELECT body FROM _documents WHERE kind = ? AND name = ?", (kind, name)
        )
        return dict(json.loads(rows[0]["body"])) if rows else None

    def documents(self, kind: str) -> dict[str, dict[str, object]]:
        rows = self.fetch(
            "SELECT name, body FROM _documents WHERE kind = ? ORDER BY rowid", (kind,)
        )
        return {row["name"]: json.loads(row["body"]) for row in rows}

    def keep_document(self, kind: str, name: str, body: Mapping[str, object]) -> None:
        with self._lock:
            self._db.execute(
                "INSERT INTO _documents VALUES (?, ?, ?)"
                " ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body",
                (kind, name, json.dumps(body)),
            )

    def drop_document(self, kind: str, name: str) -> None:
        with self._lock:
            self._db.execute("DELETE FROM _documents WHERE kind = ? AND name = ?", (kind, name))

    # Tables.

    def make_table(self, sobject: SObject) -> None:
        """The object's table, with a column for every field that it has not got yet."""
        table = quoted(sobject.name)
        kept = [field for field in sobject.fields if not field.calculated]
        columns = [
            f"{quoted(f.name)} {'TEXT PRIMARY KEY' if f.name == 'Id' else f.column_type}"
            for f in kept
        ]
        with self._lock:
            info = self._db.execute(statement("PRAGMA table_info(", table, ")")).fetchall()
            there = {row["name"].lower() for row in info}
            if not there:
                self._db.execute(statement("CREATE TABLE", table, "(", ", ".join(columns), ")"))
            for field, column in zip(kept, columns, strict=True):
                if there and field.name.lower() not in there:
                    self._db.execute(statement("ALTER TABLE", table, "ADD COLUMN", column))
                if field.name.lower() not in there:
                    self._index(sobject.name, field)

    def _index(self, sobject: str, field: Field) -> None:
        columns = {"SystemModstamp": "(SystemModstamp, Id)"}.get(
            field.name, f"({quoted(field.name)})"
        )
        if field.type == "reference" or field.finds_records or field.name == "SystemModstamp":
            name = quoted(f"{sobject}.{field.name}")
            self._db.execute(
                statement("CREATE INDEX IF NOT EXISTS", name, "ON", quoted(sobject), columns)
            )

    def rows(self, sobject: str, ids: Iterable[str]) -> dict[str, Row]:
        """The records with these ids, deleted ones too, by id."""
        return {str(row["Id"]): row for row in self.rows_where(sobject, "Id", ids)}

    def rows_where(self, sobject: str, column: str, wanted: Iterable[Value]) -> list[Row]:
        found: list[Row] = []
        values = list(wanted)
        for start in range(0, len(values), _MOST_PARAMETERS):
            part = values[start : start + _MOST_PARAMETERS]
            marks = ", ".join("?" * len(part))
            sql = statement(
                "SELECT * FROM", quoted(sobject), "WHERE", quoted(column), "IN (", marks, ")"
            )
            found += [dict(row) for row in self.fetch(sql, part)]
        return found

    def all_rows(self, sobject: str) -> list[Row]:
        sql = statement("SELECT * FROM", quoted(sobject), "ORDER BY Id")
        return [dict(row) for row in self.fetch(sql)]

    def insert(self, sobject: str, rows: Sequence[Row]) -> None:
        for columns, group in _alike(rows):
            names = ", ".join(map(quoted, columns))
            marks = ", ".join("?" * len(columns))
            sql = statement(
                "INSERT INTO", quoted(sobject), "(", names, ") VALUES (", marks, ")"
            )
            with self._lock:
                self._db.executemany(sql, [[row[c] for c in columns] for row in group])

    def update(self, sobject: str, rows: Sequence[Row]) -> None:
        """Write these columns of the records that `Id` names."""
        for columns, group in _alike(rows):
            changed = [column for column in columns if column != "Id"]
            settings = ", ".join(f"{quoted(column)} = ?" for column in changed)
            sql = statement("UPDATE", quoted(sobject), "SET", settings, "WHERE Id = ?")
            with self._lock:
                self._db.executemany(
                    sql, [[*(row[c] for c in changed), row["Id"]] for row in group]
                )

    def remove(self, sobject: str, record: str) -> None:
        with self._lock:
            self._db.execute(
                statement("DELETE FROM", quoted(sobject), "WHERE Id = ?"), (record,)
            )

    def keep_history(self, entries: Iterable[HistoryEntry]) -> None:
        with self._lock:
            self._db.executemany(
                "INSERT INTO _history (object, record, field, old, new, at, user, call)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (e.object, e.record, e.field, e.old, e.new, e.at, e.user, e.call)
                    for e in entries
                ],
            )

    def history(self, record: str) -> list[HistoryEntry]:
        rows = self.fetch(
            "SELECT object, record, field, old, new, at, user, call FROM _history"
            " WHERE record = ? ORDER BY sequence",
            (record,),
        )
        return [HistoryEntry(**dict(row)) for row in rows]


def _alike(rows: Sequence[Row]) -> Iterator[tuple[list[str], list[Row]]]:
    """Rows in groups that have the same columns, so that one statement serves a group."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    for columns, group in groups.items():
        yield list(columns), group
