"""A Salesforce org in miniature: its schema, its records, its users, its moods."""

import collections
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from connector.emulator.access import Caller
from connector.emulator.administration import ADMIN, Administration
from connector.emulator.auth import Auth
from connector.emulator.bulk_work import Bulk
from connector.emulator.errors import RefusedRecordError
from connector.emulator.events import Events
from connector.emulator.faults import Faults
from connector.emulator.fields import Field, Value
from connector.emulator.ids import make_id, parse_id
from connector.emulator.lifecycle import convert, merge
from connector.emulator.metadata.deployments import Deployments
from connector.emulator.objects import SObject
from connector.emulator.outbound import Outbound
from connector.emulator.query import Queries, present
from connector.emulator.rules import Rules
from connector.emulator.schema import Schema
from connector.emulator.setup_records import SetupRecords, check_query
from connector.emulator.soql_tree import Query
from connector.emulator.sosl import Searches
from connector.emulator.standard import STANDARD_OBJECTS
from connector.emulator.storage import HistoryEntry, Row, Storage, quoted, statement
from connector.emulator.times import stamp
from connector.emulator.usage import Usage
from connector.emulator.writes import Body, Saved, Writer


class EmulatedOrg(Administration):
    """
    One org, in a file or in memory.

    Its Python methods act as its administrator: they obey the schema, but no fault, duplicate
    or assignment rule. Everything a client does comes through `create_app(org)`.
    """

    def __init__(
        self,
        path: str = ":memory:",
        *,
        clock: Callable[[], datetime],
        daily_limit: int = 100_000,
        name: str = "Acme Ltd",
        my_domain: str = "https://acme.my.salesforce.com",
        sandbox: bool = False,
        latest_version: float = 68.0,
        number: int = 1,
    ) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.my_domain = my_domain
        self.latest_version = latest_version
        self.id = make_id("00D", number)
        self.rules = Rules()
        self.faults = Faults(clock)
        self.usage = Usage(clock, daily_limit)
        self.storage = Storage(path)
        self.schema = Schema(self.storage, clock)
        for sobject in STANDARD_OBJECTS:
            self.schema.complete(sobject)
        self.schema.permissions.watch()
        self.writer = Writer(self.storage, self.schema, self.rules)
        self.bulk = Bulk(self.storage, self.schema, self.writer, self.faults, self.usage, clock)
        self.events = Events(self.storage, self.usage, clock)
        self.writer.publish = self.events.publish
        self.outbound = Outbound(
            self.storage, self.schema, self.writer, clock, org_id=self.id, my_domain=my_domain
        )
        self.writer.wrote = self.outbound.wrote
        self.deployments = Deployments(self)
        self.setup = SetupRecords(
            self.storage, self.schema, self.writer, self.rules, self.caller
        )
        self.queries = Queries(self.storage, self.schema, clock, before=self._before)
        self.tooling = Queries(
            self.storage, self.schema, clock, api="tooling", before=self._before
        )
        self.searches = Searches(self.storage, self.schema, self.queries)
        self.auth = Auth(self.storage, clock, org_id=self.id, find_user=self._find_user)
        self._later: list[tuple[datetime, Callable[[], object]]] = []
        self.settle_in(name, sandbox=sandbox)

    def close(self) -> None:
        self.storage.close()

    # Schema.

    def add_object(self, sobject: SObject) -> None:
        with self.storage.transaction():
            self.schema.add_object(sobject)

    def add_fields(self, sobject: str, *fields: Field) -> None:
        with self.storage.transaction():
            self.schema.add_fields(sobject, *fields)

    # Records.

    def create(self, sobject: str, fields: Mapping[str, object]) -> str:
        """A new record's id; raises RefusedRecordError where the org would refuse it."""
        return self.create_many(sobject, [fields])[0]

    def create_many(self, sobject: str, records: Sequence[Mapping[str, object]]) -> list[str]:
        """Many records in one transaction, or none of them."""
        with self.storage.transaction():
            known = self.schema.sobject(sobject)
            bodies = [_plain(record) for record in records]
            return [
                _checked(s) for s in self.writer.create(known, bodies, self.caller("create"))
            ]

    def update(
        self,
        sobject: str,
        record: str,
        fields: Mapping[str, object],
        *,
        user: str = "",
        commit_after: timedelta | None = None,
    ) -> None:
        """
        Change a record as a person in the org would.

        With `commit_after` the change is stamped now and becomes visible that much later, as
        with a long transaction.
        """
        caller = self.caller("update", user)

        def write() -> None:
            with self.storage.transaction():
                known = self.schema.sobject(sobject)
                saved = self.writer.update(known, [(record, _plain(fields))], caller)
                _checked(saved[0])

        if commit_after is None:
            write()
        else:
            self._later.append((self.clock() + commit_after, write))

    def delete(self, sobject: str, record: str) -> None:
        """Into the recycle bin, with what hangs on the record by cascade."""
        with self.storage.transaction():
            known = self.schema.sobject(sobject)
            _checked(self.writer.delete(known, [record], self.caller("delete"))[0])

    def undelete(self, sobject: str, record: str) -> None:
        caller = self.caller("undelete")
        row = {"Id": parse_id(record), "IsDeleted": 0, "MasterRecordId": None}
        if not self.schema.field(self.schema.sobject(sobject), "MasterRecordId"):
            row.pop("MasterRecordId")
        with self.storage.transaction():
            self.storage.update(sobject, [{**row, "SystemModstamp": caller.now}])

    def purge(self, sobject: str, record: str) -> None:
        """Out of the recycle bin for good: the id now means nothing."""
        with self.storage.transaction():
            self.storage.remove(sobject, parse_id(record) or "")

    def convert_lead(self, lead: str, *, contact: str | None = None) -> dict[str, str]:
        """The ids of account and contact that the lead became, new ones unless given."""
        with self.storage.transaction():
            return convert(self, parse_id(lead) or lead, parse_id(contact))

    def merge(self, winner: str, losers: Sequence[str]) -> None:
        """The losers go to the recycle bin and name the winner as their master record."""
        with self.storage.transaction():
            merge(self, parse_id(winner) or winner, [parse_id(each) or each for each in losers])

    def record(self, sobject: str, record: str) -> dict[str, Value]:
        """All fields as they are kept, deleted records too; empty when there is none."""
        self.settle()
        known = self.schema.sobject(sobject)
        row = self.storage.rows(known.name, [parse_id(record) or ""]).get(
            parse_id(record) or ""
        )
        return self._presented(known, row) if row else {}

    def records(self, sobject: str, *, deleted: bool = False) -> list[dict[str, Value]]:
        self.settle()
        known = self.schema.sobject(sobject)
        return [
            self._presented(known, row)
            for row in self.storage.all_rows(known.name)
            if deleted or not row.get("IsDeleted")
        ]

    def count(self, sobject: str) -> int:
        """How many records there are outside the recycle bin."""
        known = self.schema.sobject(sobject)
        outside = "WHERE IsDeleted = 0" if self.schema.field(known, "IsDeleted") else ""
        sql = statement("SELECT COUNT(*) AS many FROM", quoted(known.name), outside)
        return int(self.storage.fetch(sql)[0]["many"])

    def history(self, sobject: str, record: str) -> list[HistoryEntry]:
        """What happened to the record, oldest first; the first entry is its creation."""
        del sobject  # an id says whose it is; the name is for the reader
        return self.storage.history(parse_id(record) or "")

    def settle(self) -> None:
        """Make visible what was to be committed by now."""
        with self.lock:
            due = [write for at, write in self._later if at <= self.clock()]
            self._later = [(at, write) for at, write in self._later if at > self.clock()]
        for write in due:
            write()
        self.bulk.settle()
        self.deployments.settle(self.clock())

    # Users, apps and sessions.

    @property
    def calls(self) -> collections.Counter[str]:
        """How often each endpoint was called, such as `PATCH /composite/sobjects`."""
        return self.usage.calls

    def caller(self, call: str, user: str = "") -> Caller:
        """The org acting for itself, as its administrator unless told otherwise."""
        acting = self.users.get(user, user) or self.users.get(ADMIN, "")
        return Caller(user=acting, call=f"org.{call}", now=stamp(self.clock()), system=True)

    def _find_user(self, username: str) -> tuple[str, bool] | None:
        rows = self.storage.rows_where("User", "Username", [username])
        if not rows:
            return None
        user = str(rows[0]["Id"])
        return user, self.may_log_in(user)

    def _before(self, query: Query) -> None:
        check_query(query)
        self.setup.refresh(query.sobject)

    def _presented(self, sobject: SObject, row: Row) -> dict[str, Value]:
        shown = {}
        for field in sobject.fields:
            value = row.get(field.name)
            if field.calculated:
                value = dict(field.cases).get(
                    str(row.get(field.case_of)), field.case_else or None
                )
            shown[field.name] = present(field, value)
        return shown


def _plain(fields: Mapping[str, object]) -> Body:
    """Values as JSON would bring them."""
    return {n: v.isoformat() if isinstance(v, datetime) else v for n, v in fields.items()}


def _checked(saved: Saved) -> str:
    if saved.error is not None:
        raise RefusedRecordError(saved.error)
    return saved.record
