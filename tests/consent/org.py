"""A small org in memory, as `connector.salesforce.org.Org` shows it to the pipeline."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.directory import DirectoryEntry
from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from connector.salesforce.directory import DirectoryPage
from connector.salesforce.errors import NoAnswerError
from tests.consent.bulk import MemoryBulk


FLAG = "SMS_Opt_Out__c"
_OBJECTS = {"003": "Contact", "00Q": "Lead"}


def object_of(record_id: str) -> str:
    return _OBJECTS[record_id[:3]]


def _ref(record_id: str) -> RecordRef:
    return RecordRef(object_of(record_id), record_id)


@dataclasses.dataclass(slots=True, kw_only=True)
class Contact:
    """A record: its number, its flag, and when it was changed last."""

    phone: str
    flag: bool = False
    modified_at: datetime
    deleted: bool = False
    #: Into which it was merged, or which it became.
    successor: str = ""


class MemoryOrg:
    """
    Keeps the contract of the org's client, as far as consent needs it.

    `point` is called before a call goes out and before its answer comes back: a pusher that is
    gone in between has written all the same. `watch` sees what is going to be written. A call
    listed in `lose` is carried out, and its answer lost. What was under way when its sender was
    killed is carried out by `arrive`, or never.
    """

    def __init__(self, clock: Clock, point: Callable[[str], None]) -> None:
        self._clock = clock
        self._point = point
        self.watch: Callable[[RecordChange], None] = lambda _change: None
        self.contacts: dict[str, Contact] = {}
        self.ahead = timedelta(0)
        self.calls = 0
        self.writes = 0
        self.lose: set[int] = set()
        self.usage = None
        self.bulk = MemoryBulk(self)
        self._updates = 0
        self._under_way: dict[int, list[RecordChange]] = {}

    def now(self) -> datetime:
        return self._clock() + self.ahead

    def point(self, what: str) -> None:
        self._point(what)

    def begin_with(self, contacts: Mapping[str, Contact]) -> None:
        self.contacts = {name: dataclasses.replace(each) for name, each in contacts.items()}
        self.calls = self._updates = self.writes = 0
        self.lose = set()
        self.ahead = timedelta(0)
        self._under_way = {}
        self.bulk.begin()

    def renumber(self, record_id: str, phone: str) -> None:
        """Somebody writes another number."""
        contact = self.contacts[record_id]
        contact.phone, contact.modified_at = phone, self.now()

    def bury(self, record_id: str, successor: str) -> None:
        """A record is merged into another, or a Lead becomes a Contact."""
        gone, heir = self.contacts[record_id], self.contacts[successor]
        if not gone.deleted and not heir.deleted:
            gone.deleted, gone.successor = True, successor
            gone.modified_at = heir.modified_at = self.now()

    def change(self, record_id: str, flag: bool, *, stamped: datetime | None = None) -> None:  # noqa: FBT001
        """Somebody ticks the flag, or clears it."""
        contact = self.contacts[record_id]
        # Whoever changes a record has it alone: what was written meanwhile came before.
        if stamped is None or stamped < contact.modified_at:
            stamped = self.now()
        contact.flag, contact.modified_at = flag, stamped

    def update(self, changes: Sequence[RecordChange]) -> list[Outcome]:
        self.calls += 1
        self._updates += 1
        number = self._updates
        for change in changes:
            self.watch(change)
        # Whoever is gone from here on has sent it: it arrives whenever it does.
        self._under_way[number] = list(changes)
        self._point("update")
        outcomes = [self.write(change) for change in self._under_way.pop(number)]
        self._point("answer of update")
        if number in self.lose:
            raise NoAnswerError("the answer was lost")
        return outcomes

    def arrive(self) -> None:
        """What was under way when its sender went is carried out now."""
        under_way, self._under_way = self._under_way, {}
        for change in (each for batch in under_way.values() for each in batch):
            self.write(change)

    def lose_under_way(self) -> None:
        """What was under way never arrives."""
        self._under_way = {}

    def write(self, change: RecordChange) -> Outcome:
        contact = self.contacts.get(change.record.id)
        if contact is None or contact.deleted:
            return Outcome(
                change=change, verdict=Verdict.FOLLOW, error_code="ENTITY_IS_DELETED"
            )
        self.writes += 1
        if isinstance(flag := change.fields.get(FLAG), bool):
            contact.flag = flag
        contact.modified_at = self.now()
        return Outcome(change=change, verdict=Verdict.WRITTEN)

    def directory(
        self,
        object: str,  # noqa: A002 (as the org calls it)
        phone_fields: Sequence[str],
        *,
        since: datetime | None,
        after_id: str = "",
        limit: int = 2_000,
        flags: Mapping[str, bool],
    ) -> DirectoryPage:
        self._point("directory")
        self.calls += 1
        order = sorted(
            (each.modified_at, name)
            for name, each in self.contacts.items()
            if object_of(name) == object
        )
        found = [
            name
            for at, name in order
            if since is None or at > since or (at == since and name > after_id)
        ]
        page = DirectoryPage(
            entries=[self._entry(object, name, phone_fields, flags) for name in found[:limit]],
            org_time=self.now(),
            done=len(found) < limit,
        )
        self._point("answer of directory")
        return page

    def _entry(
        self, name: str, record_id: str, phone_fields: Sequence[str], flags: Mapping[str, bool]
    ) -> DirectoryEntry:
        contact = self.contacts[record_id]
        return DirectoryEntry(
            record=RecordRef(name, record_id),
            phones={phone_fields[0]: contact.phone},
            modified_at=contact.modified_at,
            deleted=contact.deleted,
            successor=_ref(contact.successor) if contact.successor else None,
            opt_outs={field: contact.flag is not inverted for field, inverted in flags.items()},
        )

    def successors(self, records: Iterable[RecordRef]) -> dict[RecordRef, RecordRef | None]:
        self.calls += 1
        return {record: self._successor(record) for record in records}

    def _successor(self, record: RecordRef) -> RecordRef | None:
        contact = self.contacts[record.id]
        if contact.successor:
            return self._successor(_ref(contact.successor))
        return None if contact.deleted else record
