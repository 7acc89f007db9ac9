"""What can be said of a database itself: its version, how safely it keeps, how big it is."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa

from connector.store import schema


#: What decides whether an acknowledged callback outlives a power cut.
_PRAGMAS = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
_SETTINGS = ("fsync", "full_page_writes", "synchronous_commit", "wal_level", "max_connections")
#: What the schema says of itself.
_VERSIONS = {"alembic_version", schema.TABLE}
_SIDE_FILES = ("", "-wal", "-shm", "-journal")
#: Faults of one file that are told; the first says enough.
_MOST_FAULTS = 5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """One database (on SQLite one of the two files): its settings and what is wrong with it."""

    name: str
    version: str
    schema: str
    settings: Mapping[str, str]
    faults: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much a database holds: rows by table, bytes by file or database."""

    rows: Mapping[str, int]
    bytes: Mapping[str, int]


def look(engine: sa.Engine) -> DatabaseFacts:
    """Settings as they are in force, and on SQLite whether the file is sound."""
    revision = schema.revision(engine)
    with engine.connect().execution_options(reads=True) as connection:
        if engine.dialect.name == "sqlite":
            return DatabaseFacts(
                name=_file(engine).name,
                version=f"SQLite {_text(connection, 'SELECT sqlite_version()')}",
                schema=revision,
                settings={name: _text(connection, f"PRAGMA {name}") for name in _PRAGMAS},
                faults=_unsound(connection),
            )
        return DatabaseFacts(
            name=engine.url.database or "",
            version=f"PostgreSQL {_text(connection, 'SHOW server_version')}",
            schema=revision,
            settings={name: _text(connection, f"SHOW {name}") for name in _SETTINGS},
        )


def measure(engines: Sequence[sa.Engine]) -> Size:
    """Count every row: takes as long as reading all of it."""
    rows: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for engine in engines:
        with engine.connect().execution_options(reads=True) as connection:
            tables = set(sa.inspect(connection).get_table_names()) - _VERSIONS
            for name in sorted(tables):
                count = sa.select(sa.func.count()).select_from(sa.table(name))
                rows[name] = connection.scalar(count) or 0
            sizes |= _sizes(engine, connection)
    return Size(rows=dict(sorted(rows.items())), bytes=sizes)


def _sizes(engine: sa.Engine, connection: sa.Connection) -> dict[str, int]:
    if engine.dialect.name != "sqlite":
        size = _text(connection, "SELECT pg_database_size(current_database())")
        return {engine.url.database or "": int(size)}
    files = [Path(f"{_file(engine)}{side}") for side in _SIDE_FILES]
    found = {path.name: path.stat().st_size for path in files if path.exists()}
    return {name: size for name, size in found.items() if size}


def _unsound(connection: sa.Connection) -> tuple[str, ...]:
    found = connection.exec_driver_sql(f"PRAGMA quick_check({_MOST_FAULTS})").scalars().all()
    return tuple(str(each) for each in found if each != "ok")


def _text(connection: sa.Connection, statement: str) -> str:
    return str(connection.exec_driver_sql(statement).scalar_one())


def _file(engine: sa.Engine) -> Path:
    return Path(engine.url.database or "")
