"""The store as a whole: where it lies, and how it is opened."""

import dataclasses
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from connector.domain.delivery import Delivery, DeliveryEvent
from connector.domain.errors import ConfigurationError
from connector.store import inspection, migrate, privacy, schema
from connector.store.engine import (
    journal_mode,
    open_postgresql,
    open_sqlite,
    store_errors,
    write_back,
)
from connector.store.erasure import Erasure
from connector.store.events import KnownEvent
from connector.store.house import ApiKey, Marks
from connector.store.inbox import Inbox
from connector.store.inspection import DatabaseFacts, Size
from connector.store.matches import Match
from connector.store.migrate import INBOX, STATE
from connector.store.occupancy import RESTORING, Occupancy
from connector.store.privacy import Pseudonyms
from connector.store.retention import Retention
from connector.store.transaction import Transaction
from connector.store.writes import Write


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MessageHistory:
    """All that is known of one message."""

    delivery: Delivery
    events: Sequence[KnownEvent]
    matches: Sequence[Match]
    writes: Sequence[Write]


class Store:
    """
    Everything that outlives a process.

    Embedded: a folder with two SQLite files, one that the door appends to and one that the
    worker changes, so neither waits for the other. Or one PostgreSQL database, for any number
    of both.
    """

    def __init__(
        self,
        inbox: sa.Engine,
        state: sa.Engine,
        *,
        privacy_key: str = "",
        occupancy: Occupancy | None = None,
    ) -> None:
        self._occupancy = occupancy
        self._names = Pseudonyms(privacy_key.encode()) if privacy_key else None
        self._state = state
        self._inbox = inbox
        self.inbox = Inbox(inbox, queue=self.shared)

    @classmethod
    def open(cls, url: str, *, upgrade: bool = True, privacy_key: str = "") -> Self:
        """
        Open `sqlite:///FOLDER` or `postgresql://…`; raises ConfigurationError.

        An empty database gets its schema. Without `upgrade`, an older one is refused; a newer
        one that this version may run on is taken as it is.
        Without a `privacy_key` the database keeps one of its own; it is the same for ever.
        """
        store = cls.connect(url, privacy_key=privacy_key)
        try:
            store.prepare(upgrade=upgrade)
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def connect(cls, url: str, *, privacy_key: str = "") -> Self:
        """The store as it is found: of any version, or empty."""
        if url.startswith("sqlite:///"):
            return cls._embedded(Path(url.removeprefix("sqlite:///")), privacy_key)
        if url.startswith(("postgresql://", "postgres://")):
            server = open_postgresql(url)
            return cls(server, server, privacy_key=privacy_key)
        raise ConfigurationError(
            "the database address must begin with sqlite:/// or postgresql://"
        )

    @classmethod
    def _embedded(cls, folder: Path, privacy_key: str) -> Self:
        occupancy = Occupancy.shared(folder)
        try:
            inbox = open_sqlite(folder / "inbox.sqlite3")
            state = open_sqlite(folder / "state.sqlite3")
        except BaseException:
            occupancy.end()
            raise
        return cls(inbox, state, privacy_key=privacy_key, occupancy=occupancy)

    @property
    def shared(self) -> bool:
        """Whether several machines may use it."""
        return self._state.dialect.name == "postgresql"

    @property
    def engine(self) -> str:
        """Which engine keeps the data, for the log and `store check`."""
        if self.shared:
            return "PostgreSQL"
        return f"SQLite {sqlite3.sqlite_version} ({journal_mode()}, full sync)"

    @contextmanager
    def transaction(
        self, *, reads: bool = False, snapshot: bool = False
    ) -> Iterator[Transaction]:
        """
        One unit of work; `reads` promises to change nothing and holds up nobody.

        In a `snapshot` every question is answered as of the same moment, however many.
        """
        with store_errors():
            connecting = self._state.connect().execution_options(reads=reads)
            if snapshot and self.shared:  # the embedded one is never anything else
                connecting = connecting.execution_options(isolation_level="REPEATABLE READ")
            with connecting as connection, connection.begin():
                yield Transaction(connection, self.inbox, self._pseudonyms)

    def register(self, registrations: Sequence[DeliveryEvent]) -> None:
        """Commit what a sender says that it sent; saying it again changes nothing."""
        deliveries: dict[tuple[str, str], Delivery] = {}
        for event in registrations:
            key, delivery = (event.gateway, event.message_id), Delivery.from_event(event)
            deliveries[key] = deliveries[key].join(delivery) if key in deliveries else delivery
        with self.transaction() as transaction:
            transaction.events.put((0, event) for event in registrations)
            transaction.deliveries.fold(deliveries.values())

    def find_key(self, secret_hash: str) -> ApiKey | None:
        with self.transaction(reads=True) as transaction:
            return transaction.keys.find(secret_hash)

    def message(self, gateway: str, message_id: str) -> MessageHistory | None:
        """What became of one message; None when nobody ever spoke of it."""
        with self.transaction(reads=True) as transaction:
            delivery = transaction.deliveries.find(gateway, message_id)
            if delivery is None:
                return None
            matches = transaction.matches.of_message(gateway, message_id)
            return MessageHistory(
                delivery=delivery,
                events=transaction.events.of_message(gateway, message_id),
                matches=matches,
                writes=[
                    write
                    for match in matches
                    for write in transaction.writes.of_record(match.record.id, limit=20)
                ],
            )

    def check(self) -> None:
        """Raise unless this version may run on the schema and both halves can be written."""
        self.inbox.check()
        with store_errors():
            schema.check(self._state)

    def upgrade(self) -> None:
        """Bring the schema to what this version wants; a newer one that it may use stays."""
        with store_errors():
            if self.shared:
                migrate.upgrade(self._state, (INBOX, STATE))
            else:
                migrate.upgrade(self._inbox, (INBOX,))
                migrate.upgrade(self._state, (STATE,))

    def revision(self) -> str:
        """Which schema it is at; empty for a new one, and where only a part has one."""
        with store_errors():
            return min(schema.revision(engine) for engine in self._engines)

    def newer_schema(self) -> str:
        """At which schema it is, if a later version upgraded it and this one may run on it."""
        with store_errors():
            found = [schema.look(engine) for engine in self._engines]
        return max((each.revision for each in found if each.newer), default="")

    def facts(self) -> list[DatabaseFacts]:
        """Each database that it consists of, looked into."""
        with store_errors():
            return [inspection.look(engine) for engine in self._engines]

    def size(self) -> Size:
        """Every row counted."""
        with store_errors():
            return inspection.measure(self._engines)

    def close(self) -> None:
        self._inbox.dispose()
        self._state.dispose()
        if self._occupancy:
            self._occupancy.end()

    def prepare(self, *, upgrade: bool) -> None:
        """Give it its schema where there is none; raise unless it is current then."""
        with store_errors():
            if self.shared and sa.inspect(self._state).has_table(RESTORING):
                raise ConfigurationError(
                    "a backup is being restored into this database, or that was broken off:"
                    " then make an empty one, and call `connector store restore FILE` again"
                )
            for engine in self._engines:
                write_back(engine)
            if upgrade or not any(schema.revision(engine) for engine in self._engines):
                self.upgrade()
            for engine in self._engines:
                schema.check(engine)
        with self.transaction() as transaction:
            privacy.settle_key(transaction.marks, self._names)

    def pseudonym(self, phone: str) -> str:
        """The name of a number that says nothing without the key."""
        with self.transaction(reads=True) as transaction:
            return transaction.pseudonym(phone)

    def _pseudonyms(self, marks: Marks) -> Pseudonyms:
        """Asked for when the first one is needed: most transactions need none."""
        if self._names is None:
            self._names = privacy.own_names(marks)
        return self._names

    def retention(self) -> Retention:
        """What was kept long enough."""
        return Retention(self._inbox, self._state)

    def erasure(self) -> Erasure:
        """All of it, text by text."""
        return Erasure(self._inbox, self._state)

    @property
    def _engines(self) -> tuple[sa.Engine, ...]:
        return (self._state,) if self.shared else (self._inbox, self._state)
