"""Keeps the phone directory as Salesforce has it, by reading what changed."""

import dataclasses
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.directory import DirectoryEntry
from connector.domain.errors import ConfigurationError, ConnectorError, OrgUnavailableError
from connector.domain.records import RecordRef
from connector.mapping import Mapping as ObjectMapping
from connector.pipeline.flags import heed
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.prefixes import PrefixSync
from connector.pipeline.tenure import Tenure, TenureLostError
from connector.salesforce.budget import Budget
from connector.salesforce.errors import OrgRefusedError
from connector.salesforce.org import Org
from connector.store import Store, Transaction
from connector.store.directory import KnownRecord
from connector.store.restoration import read_mark


log = logging.getLogger(__name__)

#: A stamp is set when a transaction begins and seen when it commits: up to ten minutes later
#: (Apex Developer Guide, "Execution Governors and Limits", maximum execution time).
OVERLAP = timedelta(minutes=10)
LEASE = timedelta(minutes=10)
PAGE = 2_000
#: Pages of one round; a big org's first filling takes several.
MOST_PAGES = 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryReport:
    """What one round read; `done` when the directory is up to date for every object."""

    records: int = 0
    changed: int = 0
    done: bool = True

    def __add__(self, other: "DirectoryReport") -> "DirectoryReport":
        return DirectoryReport(
            records=self.records + other.records,
            changed=self.changed + other.changed,
            done=self.done and other.done,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where reading goes on: after the record `after_id` that changed at `since`."""

    since: datetime | None = None
    after_id: str = ""

    @classmethod
    def read(cls, text: str) -> "Place":
        if not text:
            return cls()
        since, after_id = json.loads(text)
        return cls(since=datetime.fromisoformat(since), after_id=after_id)

    def __str__(self) -> str:
        return json.dumps([self.since.isoformat(), self.after_id]) if self.since else ""


class DirectorySync:
    """Reads which records changed, object by object, a bounded number of pages a round."""

    def __init__(
        self,
        store: Store,
        org: Org,
        budget: Budget,
        clock: Clock,
        mappings: Mapping[str, ObjectMapping],
        read_phone: PhoneReader,
        *,
        holder: str,
    ) -> None:
        self._store = store
        self._org = org
        self._budget = budget
        self._clock = clock
        self._mappings = mappings
        self._read_phone = read_phone
        self._holder = holder
        self._prefixes = PrefixSync(store, org, budget, clock, mappings)

    def sync(self) -> DirectoryReport:
        """Read on where the last round ended; only one worker does at a time."""
        with self._store.transaction() as transaction:
            lease = transaction.leases.take("directory", self._holder, self._clock(), LEASE)
        if lease is None:
            return DirectoryReport()
        tenure = Tenure(lease, self._store, self._clock, LEASE)
        try:
            return self._all(tenure)
        except OrgUnavailableError as error:
            log.warning("directory.unavailable", extra={"reason": str(error)})
            return DirectoryReport(done=False)
        except TenureLostError:
            log.warning("sf.lease.lost", extra={"lane": tenure.name})
            return DirectoryReport()
        finally:
            tenure.give_back()

    def _all(self, tenure: Tenure) -> DirectoryReport:
        """What one object is refused for, such as missing access, holds up no other."""
        report, failures = DirectoryReport(), list[ConnectorError]()
        try:
            self._prefixes.sync()
        except OrgRefusedError as failure:
            failures.append(failure)
        for mapping in self._mappings.values():
            try:
                report += self._object(mapping, tenure) if mapping.phones else DirectoryReport()
            except (OrgRefusedError, ConfigurationError) as failure:
                failures.append(failure)
        if failures:
            raise failures[0]
        return report

    def _object(self, mapping: ObjectMapping, tenure: Tenure) -> DirectoryReport:
        report = DirectoryReport(done=False)
        for _ in range(MOST_PAGES):
            if not self._budget.allows():
                break
            page = self._page(mapping, tenure)
            report = dataclasses.replace(report + page, done=page.done)
            if page.done:
                break
        return report

    def _page(self, mapping: ObjectMapping, tenure: Tenure) -> DirectoryReport:
        mark = f"directory:{mapping.object}"
        with self._store.transaction(reads=True) as transaction:
            place = Place.read(transaction.marks.get(mark))
        asked_at = self._clock()
        page = self._org.directory(
            mapping.object,
            mapping.phones,
            since=place.since,
            after_id=place.after_id,
            limit=PAGE,
            flags=mapping.opt_out_fields,
        )
        self._budget.note(self._org.usage)
        following = _next_place(place, page.entries, page.org_time, done=page.done)
        with tenure.renewed() as transaction:
            cleared = heed(
                transaction,
                page.entries,
                mapping,
                self._read_phone,
                self._clock(),
                asked_at=asked_at,
            )
        with tenure.renewed() as transaction:
            transaction.writes.forget(cleared)
            changed = keep_entries(transaction, page.entries, self._read_phone)
            transaction.marks.set(mark, str(following))
            if page.done:
                transaction.marks.first(read_mark(mapping.object), asked_at.isoformat())
        return DirectoryReport(records=len(page.entries), changed=changed, done=page.done)


def _next_place(
    place: Place, entries: Sequence[DirectoryEntry], org_time: datetime, *, done: bool
) -> Place:
    if not done:
        last = entries[-1]
        return Place(since=last.modified_at, after_id=last.record.id)
    newest = max((entry.modified_at for entry in entries), default=place.since)
    # Never beyond what a transaction that still runs may have stamped.
    return Place(since=min(newest, org_time - OVERLAP) if newest else None)


def keep_entries(
    transaction: Transaction, entries: Sequence[DirectoryEntry], read_phone: PhoneReader
) -> int:
    """Take these records into the directory, and look again at whatever they concern."""
    phones = {
        entry.record.id: _numbers(entry, read_phone) for entry in entries if not entry.deleted
    }
    ids = [entry.record.id for entry in entries]
    before, known = transaction.directory.phones(ids), transaction.directory.records(ids)
    transaction.directory.put(entries, phones)
    went = [
        entry.record.id
        for entry in entries
        if entry.record.id not in known
        or known[entry.record.id].deleted != entry.deleted
        or known[entry.record.id].successor != entry.successor
    ]
    gone = {entry.record.id for entry in entries if entry.deleted or entry.successor}
    if gone.intersection(went):
        transaction.matches.match_again(gone.intersection(went))
    _welcome_back(transaction, entries, known)
    _pair(transaction, entries)
    _greet(transaction, {entry.record: phones.get(entry.record.id, {}) for entry in entries})
    changed = [
        entry.record
        for entry in entries
        if phones.get(entry.record.id, {}) != before.get(entry.record.id, {})
    ]
    _renumber(transaction, changed)
    return len(changed)


def _welcome_back(
    transaction: Transaction,
    entries: Sequence[DirectoryEntry],
    known: Mapping[str, KnownRecord],
) -> None:
    """
    Undeleted records get what they missed.

    Their messages have waited without a record, unless another holds the number. What was to be
    written while nobody had told us of the deletion is kept as refused.
    """
    alive = [entry.record for entry in entries if not (entry.deleted or entry.successor)]
    back = [each.id for each in alive if each.id in known and known[each.id].deleted]
    if back:
        transaction.deliveries.look_again_for(back)
    transaction.outbox.mark(transaction.directory.refused_as_gone(alive), urgent=False)


def _pair(transaction: Transaction, entries: Sequence[DirectoryEntry]) -> None:
    """Remember which account and which contact are one person; messages may name either."""
    pairs = {}
    for entry in entries:
        if entry.twin:
            one, other = sorted((entry.record, entry.twin))  # Account before Contact
            pairs[one.id] = other.id
    if not pairs:
        return
    known = transaction.directory.contacts_of(pairs)
    new = {account: contact for account, contact in pairs.items() if account not in known}
    transaction.directory.put_person_accounts(pairs)
    if new:
        transaction.deliveries.look_again_for([*new, *new.values()])


def _renumber(transaction: Transaction, records: Sequence[RecordRef]) -> None:
    """A record's own number is one of its fields, where we write any of them."""
    if records:
        ours = transaction.outbox.touched(records)
        ours |= transaction.matches.showing(record.id for record in records)
        transaction.outbox.mark(ours, urgent=False)


def _greet(transaction: Transaction, holding: Mapping[RecordRef, Mapping[str, str]]) -> None:
    """
    Numbers bring their past to whoever holds them: opt-outs, replies and messages.

    Also to those who held them before: a STOP that another worker read at the same moment saw
    the directory without this record, as we see the ledger without that STOP. Every page is
    read again within the overlap, and then both are there.
    """
    numbers = {phone for held in holding.values() for phone in held.values()}
    if not numbers:
        return
    transaction.deliveries.look_again(numbers)
    for known, urgent in (
        (transaction.consents.find(numbers).keys(), True),
        (transaction.engagements.find(numbers).keys(), False),
    ):
        concerned = (
            record for record, held in holding.items() if not known.isdisjoint(held.values())
        )
        transaction.outbox.mark(concerned, urgent=urgent)


def _numbers(entry: DirectoryEntry, read_phone: PhoneReader) -> dict[str, str]:
    found = {field: read_phone(text) for field, text in entry.phones.items()}
    return {field: phone for field, phone in found.items() if phone}
