"""Brings a database to the schema that this version wants, while others run."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import alembic.command
import alembic.util
import psycopg
import sqlalchemy as sa
from alembic.config import Config

from connector.domain.errors import ConfigurationError, StoreUnavailableError
from connector.store import schema


#: The two halves of the schema; SQLite keeps each in a file of its own.
INBOX, STATE = "inbox", "state"
#: Any constant does: one upgrade at a time (PostgreSQL advisory lock).
UPGRADE_LOCK = 7_370_001
#: Whoever waits for a table keeps all who come later waiting too. So we give up soon, before
#: the server looks for deadlocks (deadlock_timeout, 1 s): no callback waits longer than that.
LOCK_TIMEOUT_MS = 500
#: Then it is tried again after so many seconds, for about five minutes.
PAUSES = (0.5, 1.0, 2.0, *[5.0] * 58)
_GAVE_WAY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


def upgrade(
    engine: sa.Engine,
    parts: Sequence[str],
    *,
    folder: Path = schema.FOLDER,
    pauses: Sequence[float] = PAUSES,
) -> None:
    """
    Create or upgrade these parts of the schema; does nothing when they are current, or newer.

    Broken off, it goes on where it was when it is called again.
    """
    found = schema.look(engine)
    if found.newer and folder == schema.FOLDER:
        schema.check(engine)
    elif engine.dialect.name == "postgresql":
        _upgrade_server(engine, parts, folder, pauses)
    else:
        with engine.begin() as connection:
            _run(connection, parts, folder)


def _upgrade_server(
    engine: sa.Engine, parts: Sequence[str], folder: Path, pauses: Sequence[float]
) -> None:
    """Each revision in a transaction of its own, which gives way to those who work."""
    with engine.connect() as guard, guard.begin():
        # It has nothing to do until all is over; and it needs no snapshot meanwhile, for which
        # an index that is built concurrently would wait.
        guard.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        _until(lambda: _is_alone(guard), pauses, "another upgrade, or a backup, is under way")
        _until(
            lambda: _gets_through(engine, parts, folder),
            pauses,
            "the tables to be changed are in use all the time, by long transactions"
            " (pg_stat_activity shows them)",
        )


def _is_alone(guard: sa.Connection) -> bool:
    # Asked again and again: who waits for a lock holds a snapshot.
    return bool(
        guard.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({UPGRADE_LOCK})").scalar()
    )


def _gets_through(engine: sa.Engine, parts: Sequence[str], folder: Path) -> bool:
    with engine.connect() as connection:
        sa.event.listen(connection, "begin", _wait_briefly)
        try:
            _run(connection, parts, folder)
        except sa.exc.DBAPIError as error:
            if isinstance(error.orig, _GAVE_WAY):
                return False
            raise
    return True


def _wait_briefly(connection: sa.Connection) -> None:
    # An index that is built concurrently keeps nobody waiting, so it may take its time.
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")


def _until(done: Callable[[], bool], pauses: Sequence[float], why: str) -> None:
    waiting = threading.Event()
    for pause in pauses:
        if done():
            return
        waiting.wait(pause)
    if not done():
        raise StoreUnavailableError(
            f"the database cannot be upgraded now: {why}; nothing is left half done, call again"
        )


def _run(connection: sa.Connection, parts: Sequence[str], folder: Path) -> None:
    try:
        alembic.command.upgrade(_config(connection, parts, folder), "head")
    except alembic.util.CommandError as error:
        raise ConfigurationError(
            f"the database cannot be brought to schema {schema.head(folder)}: {error}"
        ) from error


def _config(
    connection: sa.Connection, parts: Sequence[str], folder: Path = schema.FOLDER
) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["parts"] = tuple(parts)
    return config
