"""The real store, in memory, and what is around it: begun anew in less than a millisecond."""

import gc
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from connector.store import Store
from connector.store.erasure import Erasure, TextTable
from tests.consent.oracle import Ledger, Oracle, Said
from tests.consent.scheduler import Scheduler
from tests.support.clock import NOON


PRIVACY_KEY = "0123456789abcdef0123456789abcdef"
_SAID = (
    "phone, id, kind, at, timed, source, gateway, account, message_id, about, received_at, "
    "scope"
)
#: Reading the texts of tables that no run fills would take most of an erasure's time.
_FILLED = frozenset(
    {
        *("block_entries", "bulk_changes", "changed_records", "consent_events"),
        *("consents", "decisions", "directory"),
        *("directory_phones", "engagements", "pending", "record_flags", "written", "writes"),
    }
)
Rows = dict[str, list[tuple[object, ...]]]


class Connection(sqlite3.Connection):
    """Tells when something was committed, and when a transaction is over."""

    committing: Callable[[], None]
    committed: Callable[[], None]
    over: Callable[[], None]

    def commit(self) -> None:
        self.committing()
        super().commit()
        self.over()
        self.committed()

    def rollback(self) -> None:
        super().rollback()
        self.over()

    def close(self) -> None:
        """SQLAlchemy throws away the connection of an actor that is gone; memory stays."""
        self.rollback()


class Database:
    """One SQLite database in memory, of one connection, with the engine's own begin."""

    def __init__(self, name: str, scheduler: Scheduler) -> None:
        self.raw = sqlite3.connect(
            ":memory:", factory=Connection, isolation_level=None, check_same_thread=False
        )
        self.raw.execute("PRAGMA foreign_keys = 1")
        self.raw.committing = partial(self._committing)
        self.raw.committed = lambda: None
        self.raw.over = partial(self._over)
        self.engine = sa.create_engine(
            "sqlite://", creator=lambda: self.raw, poolclass=sa.StaticPool
        )
        self._name = name
        self._scheduler = scheduler
        self._template: Rows = {}
        self._tables: list[str] = []
        self._open = self._was_alone = False
        sa.event.listen(self.engine, "begin", self._begin)

    def _begin(self, connection: sa.Connection) -> None:
        reads = connection.get_execution_options().get("reads")
        self._scheduler.point(f"{'reads' if reads else 'begins'} {self._name}")
        self._open, self._was_alone = True, self._scheduler.alone
        self._scheduler.alone = True
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    def _committing(self) -> None:
        self._scheduler.point(f"commits {self._name}")

    def _over(self) -> None:
        if self._open:
            self._open, self._scheduler.alone = False, self._was_alone

    def keep(self) -> Rows:
        """What it holds now, to begin with again."""
        names = "SELECT name FROM sqlite_master WHERE type = 'table'"
        self._tables = [name for (name,) in self.raw.execute(names)]
        return {name: self._rows(name) for name in self._tables}

    def _rows(self, table: str) -> list[tuple[object, ...]]:
        return self.raw.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608

    def begin_with(self, rows: Rows) -> None:
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")
        self._open = False
        execute = self.raw.execute
        execute("BEGIN")
        for name in self._tables:
            if name == "alembic_version":
                continue
            wanted = rows[name]
            if self._rows(name) != wanted:
                execute(f"DELETE FROM {name}")  # noqa: S608
                for row in wanted:
                    execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
        execute("COMMIT")


class QuickErasure(Erasure):
    """Looks through the tables that a run may fill; asks for them once."""

    known: list[TextTable]

    def tables(self) -> list[TextTable]:
        if not hasattr(type(self), "known"):
            type(self).known = [each for each in super().tables() if each.name in _FILLED]
        return type(self).known

    def free_pages(self) -> None:
        """Memory has no pages that outlive it."""


class MemoryStore(Store):
    """The store on two databases in memory."""

    def erasure(self) -> Erasure:
        return QuickErasure(self._inbox, self._state)


class World:
    """One store, one clock, one scheduler; `oracle` is new with every run."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.inbox = Database("inbox", self.scheduler)
        self.state = Database("state", self.scheduler)
        self.store = MemoryStore(self.inbox.engine, self.state.engine, privacy_key=PRIVACY_KEY)
        self.store.prepare(upgrade=True)
        self.oracle = Oracle()
        self.now = NOON
        self.scheduler.left = self._undo
        self._phones: dict[str, str] = {}

    def clock(self) -> datetime:
        """Time goes on by a little whenever somebody looks."""
        self.now += timedelta(milliseconds=1)
        return self.now

    def _undo(self) -> None:
        """Whoever is gone lets go of its connections now, and not in the middle of a run."""
        gc.collect(1)
        for each in (self.inbox, self.state):
            if each.raw.in_transaction:
                each.raw.rollback()

    def know(self, phones: list[str]) -> None:
        """These numbers are known by their names, too."""
        self._phones = {
            name: phone for phone in phones for name in (phone, self.store.pseudonym(phone))
        }

    def ledger(self) -> Ledger:
        """What the database has of the ledger, erased numbers under their own."""
        found: dict[str, dict[str, Said]] = {}
        for row in self.state.raw.execute(f"SELECT {_SAID} FROM consent_events"):  # noqa: S608
            phone, own, kind, at, timed, source, gateway, account, message, about, *more = row
            heard, scope = more
            found.setdefault(self._phones.get(phone, phone), {})[own] = Said(
                kind=kind,
                at=at,
                timed=bool(timed),
                received=heard,
                source=source,
                place=(gateway, account),
                id=own,
                about=about,
                message_id=message,
                scope=scope,
            )
        return found

    def states(self) -> dict[str, dict[str, bool]]:
        """Whether the database says of each number that it is opted out, by brand."""
        query = "SELECT phone, scope, opted_out FROM consents WHERE version > 0"
        rows: dict[str, dict[str, bool]] = {}
        for phone, scope, out in self.state.raw.execute(query):
            rows.setdefault(phone, {})[scope] = bool(out)
        erased = {self._phones[name]: out for name, out in rows.items() if name in self._phones}
        # Of a number that came back, its own row knows what was before.
        return {**erased, **{each: rows[each] for each in rows.keys() & erased.keys()}}
