"""
What can go wrong with a PostgreSQL server under a service that uses it.

Each kind of trouble begins, lasts until it was felt or for a second or two, and is over when
its function returns. What the server says in its log counts how often it was felt.
"""

import contextlib
import dataclasses
import os
import random
import re
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.support.postgres import OwnServer


#: Who the service is to the server: nobody who may do what an administrator may.
ROLE = "connector"
POLL_SECONDS = 0.02
MOST_SECONDS = 15.0
#: In the server's log: the role, SQLSTATE and severity of each line.
_LINE = re.compile(rf"^{ROLE} (\w{{5}}) (?:ERROR|FATAL):", re.MULTILINE)
#: SQLSTATE by what it is called here (PostgreSQL documentation, Appendix A).
FELT = {
    "57P01": "sessions ended by the server",
    "57P03": "connections refused at a start or end",
    "53300": "connections refused at the limit",
    "25006": "statements refused as read-only",
    "55P03": "locks not had in time",
    "40P01": "deadlocks",
    "40001": "serialization failures",
}
_SESSIONS = f"FROM (SELECT pid FROM pg_stat_activity WHERE usename = '{ROLE}' AND {{}}) s"  # noqa: S608
_COUNT, _END = (
    f"SELECT count(*) {_SESSIONS}",
    f"SELECT count(pg_terminate_backend(pid)) {_SESSIONS}",
)
_ANY, _WAITS = "true", "wait_event = 'SyncRep'"
#: Where transactions of the service meet.
_BUSY_TABLES = ("unread", "deliveries", "changed_records", "pending", "written", "consents")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Whether all web processes say that they are ready, or that they are not."""

    until: Callable[[int], None]

    def until_off(self) -> None:
        self.until(503)


class Trouble:
    """Makes it; `database` belongs to the service's role."""

    def __init__(
        self, server: OwnServer, database: str, watch: Watch, dice: random.Random
    ) -> None:
        self._server = server
        self._admin = urlunsplit(urlsplit(server.url)._replace(path=urlsplit(database).path))
        self._watch = watch
        self._dice = dice
        self.counts: Counter[str] = Counter()
        self._set("log_line_prefix", "%u %e ")

    @property
    def kinds(self) -> list[Callable[[], None]]:
        return [
            self.stopped_fast,
            self.stopped_at_once,
            self.sessions_ended,
            self.commits_not_heard,
            self.too_many_connections,
            self.read_only,
            self.locks_held,
            self.deadlocked,
            self.serializable,
        ]

    def unsafe(self) -> None:
        """
        From now on commits are told before they are written, which a start refuses.

        Who would write them a little later is halted: the next stop at once takes them.
        """
        self._run(f"ALTER ROLE {ROLE} SET synchronous_commit = off")
        self._end(_ANY)
        writer = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'"
        os.kill(self._count(writer), signal.SIGSTOP)

    def safe(self) -> None:
        self._run(f"ALTER ROLE {ROLE} RESET ALL")

    def stopped_fast(self) -> None:
        self._stop("fast")

    def stopped_at_once(self) -> None:
        self._stop("immediate")

    def sessions_ended(self) -> None:
        """Some of them, again and again, in the middle of whatever they do."""
        for _ in range(25):
            self._end("random() < 0.4")
            _rest(0.04)

    def commits_not_heard(self) -> None:
        """
        What is committed waits for a standby that never comes, and then the session ends.

        The commit is there (PostgreSQL documentation, "Synchronous Replication"), and who asked
        for it sees a connection that breaks.
        """
        with self._while("synchronous_standby_names", "nobody"):
            for _ in range(4):
                self._wait_for(_WAITS)
                _rest(0.1)
                self.counts["commits whose answer was lost"] += self._end(_WAITS)

    def too_many_connections(self) -> None:
        for most in (0, self._dice.randint(1, 6)):
            self._run(f"ALTER ROLE {ROLE} CONNECTION LIMIT {most}")
            self._end(_ANY)
            self._watch.until_off() if most == 0 else _rest(1.0)
        self._run(f"ALTER ROLE {ROLE} CONNECTION LIMIT -1")

    def read_only(self) -> None:
        with self._while("default_transaction_read_only", "on"):
            self._watch.until_off()

    def locks_held(self) -> None:
        """Nobody can read or write anything, and nobody waits longer than a moment."""
        with self._while("lock_timeout", "200ms"), self._session() as session:
            tables = ", ".join(self._tables(session))
            with contextlib.suppress(psycopg.errors.DeadlockDetected):
                session.execute(f"LOCK TABLE {tables}".encode())
            _rest(1.2)

    def deadlocked(self) -> None:
        """We lock what somebody wants, and want what he has locked; he is the one to yield."""
        with self._while("deadlock_timeout", "300ms"):
            for _ in range(12):
                with self._session() as session:
                    session.execute(b"SET LOCAL deadlock_timeout = '20s'")
                    with contextlib.suppress(psycopg.errors.DeadlockDetected):
                        self._cross(session, self._dice.choice(_BUSY_TABLES))

    def serializable(self) -> None:
        with self._while("default_transaction_isolation", "serializable"):
            _rest(2.5)

    def felt(self) -> Counter[str]:
        """How often the service was told of what, by the server's own log."""
        codes = _LINE.findall(self._server.log.read_text("utf-8", "replace"))
        return Counter(FELT[each] for each in codes if each in FELT)

    def _stop(self, mode: str) -> None:
        _rest(self._dice.uniform(0.2, 0.8))
        self._server.stop(mode)
        try:
            self._watch.until_off()
        finally:
            self._server.start()
        self.counts[f"stops, {mode}"] += 1

    def _cross(self, session: psycopg.Connection, table: str) -> None:
        session.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE".encode())
        for _ in range(25):
            held = session.execute(
                b"""
                SELECT other.relation::regclass::text FROM pg_locks waits
                JOIN pg_locks other ON other.pid = waits.pid AND other.granted
                  AND other.mode = 'RowExclusiveLock' AND other.relation <> waits.relation
                JOIN pg_class ON pg_class.oid = other.relation AND relkind = 'r'
                WHERE NOT waits.granted AND pg_backend_pid() = ANY(pg_blocking_pids(waits.pid))
                LIMIT 1
                """
            ).fetchone()
            if held:
                session.execute(f"LOCK TABLE {held[0]}".encode())
                return
            _rest(POLL_SECONDS)

    @contextlib.contextmanager
    def _while(self, setting: str, value: str) -> Iterator[None]:
        self._set(setting, value)
        try:
            yield
        finally:
            self._set(setting, "")

    def _set(self, setting: str, value: str) -> None:
        change = f"SET {setting} = '{value}'" if value else f"RESET {setting}"
        self._run(f"ALTER SYSTEM {change}")
        self._run("SELECT pg_reload_conf()")

    def _end(self, condition: str) -> int:
        return self._count(_END.format(condition))

    def _wait_for(self, condition: str) -> None:
        for _ in range(round(MOST_SECONDS / POLL_SECONDS)):
            if self._count(_COUNT.format(condition)):
                return
            _rest(POLL_SECONDS)
        raise AssertionError(f"no session of the service with {condition}")

    def _count(self, statement: str) -> int:
        with psycopg.connect(self._admin, autocommit=True) as connection:
            row = connection.execute(statement.encode()).fetchone()
        return int(row[0]) if row else 0

    def _run(self, statement: str) -> None:
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(b"SET default_transaction_read_only = off")
            connection.execute(statement.encode())

    @contextlib.contextmanager
    def _session(self) -> Iterator[psycopg.Connection]:
        """A transaction of ours, undone at the end; no setting for the service ends it."""
        with psycopg.connect(self._admin) as connection:
            connection.execute(b"SET lock_timeout = 0")
            yield connection
            connection.rollback()

    @staticmethod
    def _tables(session: psycopg.Connection) -> list[str]:
        found = session.execute(
            b"SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        )
        return [str(name) for (name,) in found]


@contextlib.contextmanager
def role_and_database(server: OwnServer) -> Iterator[str]:
    """The URL of an empty database that belongs to the service's role."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {ROLE} LOGIN".encode())
    with server.database() as url:
        name = urlsplit(url).path.lstrip("/")
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{name}" OWNER TO {ROLE}'.encode())
        parts = urlsplit(url)
        yield urlunsplit(parts._replace(netloc=f"{ROLE}@"))


def _rest(seconds: float) -> None:
    threading.Event().wait(seconds)
