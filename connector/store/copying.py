"""Copies an embedded database while others use it."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from connector.domain.errors import StoreUnavailableError
from connector.store.archive import Progress
from connector.store.engine import BUSY_TIMEOUT_MS


INBOX_FILE, STATE_FILE = "inbox.sqlite3", "state.sqlite3"
#: Of one reading of the inbox: the door's commit waits for its end, a few milliseconds.
PAGE = 1_000
#: Of one step of the other copy; about it nobody has to wait the longer.
_PAGES = 4_096


def copy(source: Path, target: Path, progress: Progress) -> None:
    """
    Copy both databases from one folder to another, so that they fit each other.

    The state goes first: it remembers how far it has read in the inbox. It is copied as of one
    moment, for which its writers wait. The inbox only grows: it is copied a few rows at a time,
    so that callbacks are taken all the time.
    """
    with _told(), _reading(source / STATE_FILE) as state, _new(target / STATE_FILE) as copied:
        size = state.execute("PRAGMA page_size").fetchone()[0]
        left: list[int] = []

        def step(_status: int, remaining: int, total: int) -> None:
            progress(((left or [total])[-1] - remaining) * size)
            left.append(remaining)

        # Nobody else can commit meanwhile, else it would begin again and again.
        state.execute("BEGIN")
        state.execute("SELECT 1 FROM sqlite_schema").fetchone()
        state.backup(copied, pages=_PAGES, progress=step)
        state.execute("ROLLBACK")
    with _told(), _new(target / INBOX_FILE) as copied:
        _copy_rows(source / INBOX_FILE, copied, progress)
    for name in (INBOX_FILE, STATE_FILE):
        _settle(target / name)


def _copy_rows(source: Path, target: sqlite3.Connection, progress: Progress) -> None:
    target.execute("ATTACH ? AS source", (_address(source),))
    # Read before the rows: what comes later belongs to the next backup.
    last = target.execute(
        "SELECT COALESCE(MAX(seq), 0) FROM source.sqlite_sequence WHERE name = 'callbacks'"
    ).fetchone()[0]
    objects = target.execute(
        "SELECT type, name, sql FROM source.sqlite_schema"
        " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    ).fetchall()
    for kind, name, statement in objects:
        if kind == "table":
            target.execute(statement)
            if name != "callbacks":
                target.execute(f'INSERT INTO main."{name}" SELECT * FROM source."{name}"')  # noqa: S608 (a name of the schema)
    position = 0
    while found := target.execute(
        "INSERT INTO main.callbacks SELECT * FROM source.callbacks"
        " WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
        (position, last, PAGE),
    ).rowcount:
        before = position
        position = target.execute("SELECT MAX(id) FROM main.callbacks").fetchone()[0]
        progress(
            target.execute(
                "SELECT TOTAL(LENGTH(body) + LENGTH(headers) + LENGTH(target)) FROM callbacks"
                " WHERE id > ?",
                (before,),
            ).fetchone()[0]
        )
        if found < PAGE:
            break
    for kind, _, statement in objects:
        if kind != "table":
            target.execute(statement)
    # A number is never used again, also where the last ones were deleted.
    target.execute("DELETE FROM main.sqlite_sequence WHERE name = 'callbacks'")
    target.execute("INSERT INTO main.sqlite_sequence VALUES ('callbacks', ?)", (last,))
    target.execute("DETACH source")


def fault(folder: Path) -> str:
    """What is wrong with two databases that nobody uses, read from end to end; or nothing."""
    try:
        for name in (INBOX_FILE, STATE_FILE):
            with _reading(folder / name) as connection:
                found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                return f"{name}: {found}"
        with _reading(folder / STATE_FILE) as connection:
            read = connection.execute("SELECT COALESCE(MAX(position), 0) FROM cursors")
            read_to = read.fetchone()[0]
        with _reading(folder / INBOX_FILE) as connection:
            row = connection.execute(
                "SELECT MAX(seq) FROM sqlite_sequence WHERE name = 'callbacks'"
            ).fetchone()
    except sqlite3.Error as error:
        return str(error)
    return "the state is newer than the inbox" if read_to > (row[0] or 0) else ""


def _address(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}?mode=ro"


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(
        sqlite3.connect(_address(path), uri=True, isolation_level=None)
    ) as connection:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        yield connection


@contextlib.contextmanager
def _new(path: Path) -> Iterator[sqlite3.Connection]:
    """Not synced while it is written, which would keep others waiting: it is at the end."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with contextlib.closing(
        sqlite3.connect(f"file:{quote(str(path.absolute()))}", uri=True, isolation_level=None)
    ) as connection:
        for pragma in (f"busy_timeout = {BUSY_TIMEOUT_MS}", "journal_mode = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA synchronous = OFF")
        yield connection


def _settle(path: Path) -> None:
    """A database of one file, on the disk."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"the database cannot be copied now: {error}") from error
