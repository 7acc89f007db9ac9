"""Connections that are durable, or refused: SQLite's pragmas and PostgreSQL's settings."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa

from connector.domain.errors import (
    ConfigurationError,
    StoreBrokenError,
    StoreUnavailableError,
)
from connector.store import places


BUSY_TIMEOUT_MS = 10_000
#: Big enough that a batch stays in memory: a spill would lock readers out early.
_CACHE_KIB = 65_536
#: So long a server, or the network before it, may say nothing at all; the kernel's own limits
#: are a quarter of an hour for what was sent, and two hours for what is waited for.
SILENCE_MS = 60_000
#: So long we may rest within a transaction before the server ends it: a process that was halted
#: would keep what it had locked for as long.
REST_MS = 60_000
#: What the server shall do where we fall silent, as a machine does that lost its power or was
#: cut off: it would wait for two hours and keep all locks. So it gives up within half a minute,
#: and looks now and then whether somebody still waits for what it is at. Older servers do not
#: know all of these.
_SERVER_SIDE = {
    "idle_in_transaction_session_timeout": REST_MS,
    "tcp_keepalives_idle": 10,
    "tcp_keepalives_interval": 5,
    "tcp_keepalives_count": 4,
    "tcp_user_timeout": SILENCE_MS // 2,
    "client_connection_check_interval": 10_000,
}
_SET = "SELECT set_config(name, %s, false) FROM pg_settings WHERE name = %s"
_Version = tuple[int, int, int]


def wal_is_safe(version: _Version) -> bool:
    """
    Whether this SQLite is free of the WAL-reset fault (sqlite.org/changes.html, 3.51.3).

    It corrupts a database that two connections write or checkpoint at the same instant; 3.50.7
    and 3.44.6 have the mend too.
    """
    return (
        version >= (3, 51, 3)
        or (3, 50, 7) <= version < (3, 51, 0)
        or (3, 44, 6) <= version < (3, 45, 0)
    )


def journal_mode() -> str:
    major, minor, patch = sqlite3.sqlite_version_info[:3]
    return "wal" if wal_is_safe((major, minor, patch)) else "truncate"


def open_sqlite(path: Path) -> sa.Engine:
    """An engine on one file, readable by its owner only; every connection is checked."""
    with store_errors():
        _create(path)
        places.check(path)
    engine = sa.create_engine(
        f"sqlite:///{path}", connect_args={"check_same_thread": False}, hide_parameters=True
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        _set_pragmas(connection, path)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A transaction that reads first and then writes fails at once under load.
        reads = connection.get_execution_options().get("reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _create(path: Path) -> None:
    try:
        made = _missing(path.parent)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        # What SQLite syncs is no use after a power cut if the folder is not there.
        for folder in (path.parent, *(each.parent for each in made)):
            _sync_names(folder)
    except OSError as error:
        raise ConfigurationError(
            f"{path.parent}: cannot keep the database here ({error.strerror}):"
            " choose a folder that this user may write, or mend its permissions"
        ) from error


def _missing(folder: Path) -> list[Path]:
    """
    The folder, and those above it that are not there.

    The folder itself in any case: a start that was cut off may have made it, and not synced it.
    """
    above = [folder, *folder.parents]
    return [each for each in above if each == folder or not each.exists()]


def _sync_names(folder: Path) -> None:
    """Make it durable which files and folders a folder has."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:  # above ours there may be folders that only root can look into
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _set_pragmas(connection: sqlite3.Connection, path: Path) -> None:
    wanted = {
        "busy_timeout": BUSY_TIMEOUT_MS,
        "journal_mode": journal_mode(),
        "synchronous": 2,  # FULL; with NORMAL a power cut may take acknowledged callbacks
        "foreign_keys": 1,
        "cache_size": -_CACHE_KIB,
    }
    for name, value in wanted.items():
        connection.execute(f"PRAGMA {name} = {value}")
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != value:
            raise ConfigurationError(f"{path}: PRAGMA {name} is {found}, must be {value}")


def write_back(engine: sa.Engine) -> None:
    """
    Have the disk hold what SQLite's write-ahead log, or its journal, shows.

    After a failed sync the kernel may show pages that the disk does not have, and no later
    sync brings them there: what is added to the log behind them would go with them in a power
    cut. So whoever opens the database writes the log again as it is read. And a journal that
    was truncated without a sync may still be whole on the disk: it must not be written over.
    """
    if engine.dialect.name != "sqlite":
        return
    side = "wal" if journal_mode() == "wal" else "journal"
    try:
        with closing(engine.raw_connection()) as pooled:
            cursor = pooled.cursor()
            cursor.execute("BEGIN IMMEDIATE")  # nobody else writes to it meanwhile
            _write_again(Path(f"{engine.url.database}-{side}"))
            cursor.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise _unavailable(error, str(error)) from error


def _write_again(path: Path) -> None:
    if not path.exists():
        return
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.pwrite(descriptor, path.read_bytes(), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_postgresql(url: str) -> sa.Engine:
    """An engine on a server that keeps what it commits."""
    engine = sa.create_engine(
        _parsed(url),
        pool_pre_ping=True,
        hide_parameters=True,  # rows hold numbers and texts, tracebacks must not
        pool_size=8,
        connect_args={
            "connect_timeout": 10,
            "tcp_user_timeout": SILENCE_MS,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "application_name": "connector",
            # Plan each statement anew: one planned while a table was empty would go on scanning
            # it when it holds millions.
            "prepare_threshold": None,
        },
    )

    @sa.event.listens_for(engine, "connect")
    def limit_silence(connection: psycopg.Connection, _record: object) -> None:
        # Said here, not with the address: poolers refuse options there.
        with connection.cursor() as cursor:
            cursor.executemany(
                _SET, [(str(value), name) for name, value in _SERVER_SIDE.items()]
            )
        connection.commit()

    with store_errors(), engine.connect() as connection:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            if connection.exec_driver_sql(f"SHOW {name}").scalar_one() == "off":
                engine.dispose()
                raise ConfigurationError(
                    f"PostgreSQL has {name} = off: a crash would lose acknowledged"
                    f" callbacks; set {name} = on"
                )
    return engine


def _parsed(url: str) -> sa.URL:
    try:
        return sa.make_url(url).set(drivername="postgresql+psycopg")
    except (ValueError, sa.exc.ArgumentError):
        # What could not be read may be the password.
        raise ConfigurationError(
            "the database address cannot be read: it is postgresql://USER:PASSWORD@HOST:PORT/NAME,"
            " with @, : and / of the password written as %40, %3A and %2F"
        ) from None


@contextmanager
def store_errors() -> Iterator[None]:
    """Translate what the database library raises; no text of ours holds a value of a row."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        kind = type(error.orig).__name__
        told = str(error.orig).partition("\n")[0] if _harmless(error) else kind
        raise _unavailable(error.orig, told) from error
    except (sa.exc.TimeoutError, OSError) as error:
        raise StoreUnavailableError(
            f"the store does not answer: {type(error).__name__}"
        ) from error


def _unavailable(cause: BaseException | None, told: str) -> StoreUnavailableError:
    """
    Whether it may heal, or SQLite could not read or sync its files.

    After a failed sync the kernel may have dropped the pages: a second one that succeeds says
    nothing. A write that failed has said so, and is undone.
    """
    name = getattr(cause, "sqlite_errorname", "")
    broken = name.startswith("SQLITE_IOERR") and name != "SQLITE_IOERR_WRITE"
    kind = StoreBrokenError if broken else StoreUnavailableError
    return kind(f"the store cannot do this now: {told}")


def _harmless(error: sa.exc.DBAPIError) -> bool:
    """Whether the engine's own words speak of files and locks, not of what is in a row."""
    return isinstance(error, sa.exc.OperationalError)
