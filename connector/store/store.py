"""The store as a whole: where it lies, and the unit of work."""

import dataclasses
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from connector.domain.delivery import Delivery, DeliveryEvent
from connector.domain.errors import ConfigurationError
from connector.store import inspection, migrate, privacy, schema
from connector.store.alert_messages import AlertMessages
from connector.store.alerts import Alerts
from connector.store.announcements import Announcements
from connector.store.answers import Answers
from connector.store.audit import Audit
from connector.store.belonging import Belonging
from connector.store.block_entries import BlockEntries
from connector.store.bulk_jobs import BulkJobs
from connector.store.calls import Calls
from connector.store.consents import Consents
from connector.store.counted import CountedMessages
from connector.store.decisions import Decisions
from connector.store.deliveries import Deliveries
from connector.store.directory import Directory
from connector.store.engagements import Engagements
from connector.store.engine import journal_mode, open_postgresql, open_sqlite, store_errors
from connector.store.erasure import Erasure
from connector.store.errands import Errands
from connector.store.events import Events, KnownEvent
from connector.store.figures import CampaignFigures
from connector.store.flags import Flags
from connector.store.house import ApiKey, ApiKeys, Leases, Marks
from connector.store.hygiene import NumberHygiene
from connector.store.hygiene_reports import HygieneReports
from connector.store.inbox import Inbox
from connector.store.inspection import DatabaseFacts, Size
from connector.store.lookups import Lookups
from connector.store.matches import Match, Matches
from connector.store.migrate import INBOX, STATE
from connector.store.outbox import Outbox
from connector.store.privacy import Pseudonyms
from connector.store.reactions import Reactions
from connector.store.reconciliations import Reconciliations
from connector.store.retention import Retention
from connector.store.sessions import Sessions
from connector.store.slots import Slots
from connector.store.traffic import Traffic
from connector.store.unread import Unread
from connector.store.vitals import Vitals
from connector.store.waits import Waits
from connector.store.writes import Write, Writes


class Transaction:
    """One unit of work: all of it is committed, or nothing."""

    def __init__(  # noqa: PLR0915 (a repository a line)
        self, connection: sa.Connection, inbox: Inbox, names: Callable[[Marks], Pseudonyms]
    ) -> None:
        self.marks = Marks(connection)
        self.audit = Audit(connection)
        self.decisions = Decisions(connection)
        self.pseudonym: Callable[[str], str] = lambda phone: names(self.marks).of(phone)
        self.unread = Unread(connection, inbox)
        self.events = Events(connection)
        self.deliveries = Deliveries(connection)
        self.matches = Matches(connection)
        self.consents = Consents(connection, self.audit, lambda: names(self.marks))
        self.counted = CountedMessages(connection)
        self.figures = CampaignFigures(connection)
        self.alerts = Alerts(connection)
        self.alert_messages = AlertMessages(connection)
        self.flags = Flags(connection)
        self.engagements = Engagements(connection)
        self.reactions = Reactions(connection)
        self.directory = Directory(connection)
        self.lookups = Lookups(connection)
        self.outbox = Outbox(connection)
        self.writes = Writes(connection)
        self.waits = Waits(connection)
        self.answers = Answers(connection)
        self.vitals = Vitals(connection, inbox)
        self.announcements = Announcements(connection)
        self.leases = Leases(connection)
        self.keys = ApiKeys(connection)
        self.bulk_jobs = BulkJobs(connection)
        self.calls = Calls(connection)
        self.belonging = Belonging(connection)
        self.errands = Errands(connection)
        self.hygiene = NumberHygiene(connection)
        self.hygiene_reports = HygieneReports(connection)
        self.block_entries = BlockEntries(connection)
        self.reconciliations = Reconciliations(connection)
        self.slots = Slots(connection)
        self.sessions = Sessions(connection)
        self.traffic = Traffic(connection)


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

    def __init__(self, inbox: sa.Engine, state: sa.Engine, *, privacy_key: str = "") -> None:
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
            folder = Path(url.removeprefix("sqlite:///"))
            inbox = open_sqlite(folder / "inbox.sqlite3")
            state = open_sqlite(folder / "state.sqlite3")
        elif url.startswith(("postgresql://", "postgres://")):
            inbox = state = open_postgresql(url)
        else:
            raise ConfigurationError(
                "the database address must begin with sqlite:/// or postgresql://"
            )
        return cls(inbox, state, privacy_key=privacy_key)

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

    def prepare(self, *, upgrade: bool) -> None:
        """Give it its schema where there is none; raise unless it is current then."""
        with store_errors():
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
