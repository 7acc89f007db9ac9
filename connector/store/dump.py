"""Dumps of a PostgreSQL database, made and put back by the server's own programs."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from connector.domain.errors import ConfigurationError, StoreUnavailableError
from connector.store.engine import store_errors
from connector.store.migrate import UPGRADE_LOCK


DUMP_FILE = "database.dump"
#: Where Debian puts those of each version.
_FOLDERS = Path("/usr/lib/postgresql")
_VERSION = re.compile(r"(\d+)")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
#: The service names itself so on each connection; others of its user may change things too.
SELECT_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND backend_type = 'client backend'
      AND (application_name = 'connector' OR usename = current_user)
"""
#: Shared by those who only read: `connector.store.migrate` wants it alone.
TAKE_UPGRADE_LOCK = f"SELECT pg_try_advisory_xact_lock_shared({UPGRADE_LOCK})".encode()
SELECT_TABLES = """
    SELECT table_name FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name
"""


class Server:
    """A database on a server, and the programs that fit it."""

    def __init__(self, url: str) -> None:
        with _told():
            known = conninfo_to_dict(url)
        self._password = str(known.pop("password", None) or "")
        self.address = make_conninfo("", **known)
        self._url = url

    def dump(self, path: Path) -> None:
        """Write all tables of ours as of one moment, beside those who work."""
        with self._connected() as connection:
            program = _program("pg_dump", connection.info.server_version // 10_000)
            # It does nothing but keep upgrades away: the tables shall stay those we name.
            connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            row = connection.execute(TAKE_UPGRADE_LOCK).fetchone()
            if not row or not row[0]:
                raise StoreUnavailableError(
                    "the database is being upgraded: call again when it is"
                )
            tables = [row[0] for row in connection.execute(SELECT_TABLES)]
            self._run(
                program,
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                *(f'--table="{each}"' for each in tables),
                f"--file={path}",
            )

    def restore(self, path: Path) -> None:
        """Put all of it into an empty database, or nothing."""
        self._run(
            _program("pg_restore", self.version()),
            *("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"),
            *(str(path),),
        )

    def version(self) -> int:
        with self._connected() as connection:
            return connection.info.server_version // 10_000

    def tables(self) -> list[str]:
        with self._connected() as connection:
            return [row[0] for row in connection.execute(SELECT_TABLES)]

    def others(self) -> int:
        """How many connections others have to this database."""
        with self._connected() as connection:
            row = connection.execute(SELECT_OTHERS).fetchone()
            return int(row[0]) if row else 0

    def say(self, statement: bytes) -> None:
        with self._connected() as connection:
            connection.execute(statement)

    @contextlib.contextmanager
    def _connected(self) -> Iterator[psycopg.Connection]:
        with _told(), psycopg.connect(self._url, connect_timeout=10) as connection:
            yield connection

    def _run(self, program: str, *words: str) -> None:
        # The password stands in the environment, where other users do not see it.
        secret = {"PGPASSWORD": self._password} if self._password else {}
        done = subprocess.run(  # noqa: S603 (a program of the server's own)
            [program, f"--dbname={self.address}", "--no-password", *words],
            env={**_environment(), **secret},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        if done.returncode:
            # What follows the first line may be of rows.
            told = done.stderr.decode("utf-8", "replace").partition("\n")[0]
            raise StoreUnavailableError(told or f"{program} ended with {done.returncode}")


def rows(path: Path, table: str) -> Iterator[Mapping[str, str]]:
    """The rows of a table in a dump, which no server is needed for."""
    program = _program("pg_restore", 0)
    with subprocess.Popen(  # noqa: S603 (a program of the server's own)
        [program, "--data-only", f"--table={table}", "--file=-", str(path)],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    ) as reading:
        assert reading.stdout is not None  # noqa: S101 (for the type checker)
        yield from _copied(reading.stdout)
    if reading.returncode:
        raise ConfigurationError(f"{path.name}: pg_restore cannot read it")


def _copied(lines: Iterator[str]) -> Iterator[Mapping[str, str]]:
    """Rows as COPY writes them (PostgreSQL documentation, COPY, "Text Format")."""
    names: Sequence[str] = ()
    for line in lines:
        if line.startswith("COPY "):
            listed = line[line.index("(") + 1 : line.index(")")]
            names = [each.strip(' "') for each in listed.split(",")]
        elif line == "\\.\n":
            names = ()
        elif names:
            yield dict(zip(names, map(_plain, line[:-1].split("\t")), strict=True))


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPED.get(found[1], found[1]), text)


def _program(name: str, least: int) -> str:
    """The path of one of the server's version or newer; an older one cannot."""
    installed = sorted(_FOLDERS.glob(f"*/bin/{name}"), key=_number)
    on_path = shutil.which(name)
    for path in [*([on_path] if on_path else []), *map(str, installed)]:
        if _version_of(path) >= least:
            return path
    wanted = f"{name} of PostgreSQL {least} or newer" if least else name
    raise ConfigurationError(
        f"{wanted} is wanted and not here: install PostgreSQL's client programs, or use the"
        " server's own backups (docs/operations.md, Backup)"
    )


def _number(path: Path) -> int:
    name = path.parents[1].name
    return int(name) if name.isdigit() else 0


def _version_of(path: str) -> int:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(  # noqa: S603
            [path, "--version"], capture_output=True, text=True, check=True, timeout=20
        ).stdout
        found = _VERSION.search(told)
        return int(found[1]) if found else 0
    return -1


def _environment() -> dict[str, str]:
    # Nothing of ours, such as other passwords; a wrapper may need to know the home folder.
    return {"PATH": os.defpath, "LC_ALL": "C"}


@contextlib.contextmanager
def _told() -> Iterator[None]:
    with store_errors():
        try:
            yield
        except psycopg.Error as error:
            raise StoreUnavailableError(
                f"the database does not answer: {type(error).__name__}"
            ) from error
