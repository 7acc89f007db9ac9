"""Takes a number out of all that is kept, so that its opt-out still holds."""

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.consent import ConsentEvent, ConsentKind, ConsentSource
from connector.domain.errors import StoreUnavailableError
from connector.domain.records import RecordRef
from connector.gateways.base import Gateway
from connector.mapping import Mapping as ObjectMapping
from connector.pipeline.enqueue import enqueue
from connector.pipeline.memberships import MEMBERSHIPS, key_of
from connector.pipeline.normalise import BATCH, normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.spellings import Spellings
from connector.store import Store
from connector.store.audit import Act
from connector.store.erasure import Request, Texts
from connector.store.privacy import is_pseudonym


#: How long a backup is kept, so how long it may still hold the number.
BACKUPS = timedelta(days=30)
#: Rows that say nothing without the number; where to go on, a job finds out anew.
_OF_A_NUMBER = frozenset({"directory_phones", "engagements", "marks"})
#: What would be written to Salesforce: under a name that holds the number, or empty, nothing.
_ON_THE_WAY = frozenset({"announcements", "bulk_changes", "changed_records", "pending"})
#: Marks that nothing may touch: the key of the names, and the end of the audit.
_LASTING = ("privacy.", "audit.")
_LEDGER = frozenset({"consents", "consent_events"})
_MOST_ROUNDS = 3

#: Told of rows that were looked through, and how many there are.
Progress = Callable[[int, int], None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """
    What was erased, without anything personal: `name` says nothing without the key.

    `removed` counts rows by table. `unread` callbacks hold the number and came while it was
    erased: they are read as of a new number, and it is to be erased again. `holders` are
    records of Salesforce that hold it still.
    """

    name: str
    at: datetime
    actor: str
    opted_out: bool
    version: int
    removed: Mapping[str, int]
    pages_freed: bool
    unread: int
    holders: int
    backups_until: datetime
    audit_number: int
    audit_hash: str

    @property
    def done(self) -> bool:
        return self.pages_freed and not self.unread


def holders(store: Store, phone: str) -> list[RecordRef]:
    """The records of Salesforce that hold a number, as far as we know."""
    with store.transaction(reads=True) as transaction:
        found = transaction.directory.holders([phone]).get(phone, [])
    return list(dict.fromkeys(each.record for each in found))


def come_back(store: Store, names: Collection[str]) -> list[str]:
    """The numbers that were erased under these names, and stand in the store all the same."""
    with store.transaction(reads=True) as transaction:
        name_of = transaction.pseudonym
        found = {each for each in store.erasure().numbers() if not is_pseudonym(each)}
        return sorted(each for each in found if name_of(each) in names)


def erase(
    store: Store,
    gateways: Mapping[str, Gateway],
    read_phone: PhoneReader,
    clock: Clock,
    phone: str,
    *,
    actor: str,
    mappings: Mapping[str, ObjectMapping] | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Certificate:
    """
    Erase a number; whatever came of it before is read first, so that no STOP is lost.

    And worked out, by these `mappings`: who holds the number will be known to nobody, and an
    opt-out that was committed a moment ago shall reach its flag.

    Begun with the ledger, so that wherever it is broken off the opt-out holds; done again it
    goes on. What comes later comes as of a new number, on top of what holds for the name.
    """
    return _Eraser(store, clock, phone, actor, progress).run(
        lambda: _read_all(store, gateways, read_phone, clock, mappings or {}),
        len(holders(store, phone)),
    )


def _read_all(
    store: Store,
    gateways: Mapping[str, Gateway],
    read_phone: PhoneReader,
    clock: Clock,
    mappings: Mapping[str, ObjectMapping],
) -> None:
    while normalise(store, gateways, read_phone, clock).callbacks >= BATCH:
        pass
    while mappings and enqueue(store, mappings, clock).records:
        pass


class _Eraser:
    """One number on its way out."""

    def __init__(
        self, store: Store, clock: Clock, phone: str, actor: str, progress: Progress
    ) -> None:
        self._store = store
        self._everything = store.erasure()
        self._clock = clock
        self._phone = phone
        self._actor = actor
        self._progress = progress
        self._spellings = Spellings(phone)
        self._name = store.pseudonym(phone)
        self._removed: Counter[str] = Counter()
        self._done = 0
        self._total = sum(store.size().rows.values())

    def run(self, read_all: Callable[[], None], held: int) -> Certificate:
        unread: set[int] = set()
        for _ in range(_MOST_ROUNDS):
            read_all()
            self._rename(self._phone)
            unread = self._callbacks()
            self._memberships()
            self._texts()
            if not unread:
                break
        freed = self._free()
        return self._certify(held, len(unread), freed=freed)

    def _rename(self, phone: str, *doubts: ConsentEvent) -> None:
        with self._store.transaction() as transaction:
            transaction.consents.record((0, doubt) for doubt in doubts)
            transaction.consents.rename(phone, self._clean)

    def _clean(self, event: ConsentEvent) -> ConsentEvent:
        names = ("gateway", "account", "message_id", "sender", "keyword", "reason", "evidence")
        texts = {name: self._without(getattr(event, name)) for name in names}
        return dataclasses.replace(event, **texts)  # type: ignore[arg-type]

    def _without(self, text: str) -> str:
        return self._spellings.replaced(text, self._name)

    def _callbacks(self) -> set[int]:
        """Remove those with the number that are read; returns those that are not yet."""
        left: set[int] = set()
        for page in self._everything.requests():
            found = [each for each in page if any(map(self._in_request, each.texts))]
            if found:
                unread = self._everything.unread(found)
                self._forget([each for each in found if each.id not in unread])
                left |= unread
            self._step(len(page))
        return left

    def _in_request(self, text: str) -> bool:
        return self._spellings.found_in_request(text)

    def _forget(self, requests: list[Request]) -> None:
        with self._store.transaction(reads=True) as transaction:
            aside = transaction.unread.why(each.id for each in requests)
        # One that nobody could read may have been a STOP.
        doubts = [each for each in requests if each.urgent and each.id in aside]
        if doubts:
            self._rename(self._phone, self._doubt())
        self._everything.forget_callbacks(each.id for each in requests)
        self._removed["callbacks"] += len(requests)

    def _doubt(self) -> ConsentEvent:
        return ConsentEvent(
            phone=self._phone,
            kind=ConsentKind.REVIEW,
            received_at=self._clock(),
            source=ConsentSource.OPERATOR,
            actor=self._actor,
            reason="a callback that could not be read was erased",
        )

    def _memberships(self) -> None:
        """Which campaigns its people were in was asked on its account."""
        with self._store.transaction() as transaction:
            sent = transaction.matches.sent_to(self._phone)
            known = {key_of(record, at) for record, at in sent}
            if gone := transaction.lookups.forget(MEMBERSHIPS, known):
                self._removed["lookups"] += gone

    def _texts(self) -> None:
        for table in self._everything.tables():
            for looked_at, rows in self._everything.pages(table, self._spellings.digits):
                for row in rows:
                    self._row(row)
                self._step(looked_at)

    def _row(self, row: Texts) -> None:
        hit = {name for name, text in row.texts.items() if self._spellings.found(text)}
        lasting = row.table == "marks" and str(row.key["name"]).startswith(_LASTING)
        if lasting or not hit:
            return
        self._removed[row.table] += 1
        if row.table in _LEDGER and "phone" in hit:
            # Of this number, or of one that nobody could read, as 07700 without a country.
            self._rename(str(row.key["phone"]))
        elif row.table == "block_entries" and "phone" in hit:
            self._rename_entry(str(row.key["list"]), str(row.key["phone"]))
        elif row.table in _OF_A_NUMBER or (row.table in _ON_THE_WAY and hit & set(row.key)):
            self._everything.put(row, None)
        else:
            texts = {name: self._scrubbed(row, name) for name in hit}
            empty = row.table == "pending" and texts.get("fields") == "{}"
            self._everything.put(row, None if empty else texts)

    def _rename_entry(self, name: str, phone: str) -> None:
        with self._store.transaction() as transaction:
            transaction.block_entries.rename(name, phone, self._name)

    def _scrubbed(self, row: Texts, name: str) -> str:
        """Fields lose the values that hold it, a field that is the number is empty after."""
        text = row.texts[name]
        if text.startswith("{"):
            fields = json.loads(text)
            left = {
                key: value
                for key, value in fields.items()
                if not self._spellings.found(f"{key} {value}")
            }
            return json.dumps(left, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
        without = self._without(text)
        return "" if without == self._name and name not in row.key else without

    def _step(self, rows: int) -> None:
        self._done = min(self._done + rows, self._total)
        self._progress(self._done, self._total)

    def _free(self) -> bool:
        try:
            self._everything.free_pages()
        except StoreUnavailableError:
            return False
        return True

    def _certify(self, held: int, unread: int, *, freed: bool) -> Certificate:
        now = self._clock()
        with self._store.transaction() as transaction:
            state = transaction.consents.find([self._phone]).get(self._phone)
            transaction.audit.append(
                [
                    Act(
                        at=now,
                        actor=self._actor,
                        action="erase",
                        subject=self._name,
                        detail=" ".join(f"{n}={c}" for n, c in sorted(self._removed.items())),
                        version_before=state.version if state else 0,
                        version_after=state.version if state else 0,
                    )
                ]
            )
            number, own = transaction.audit.head()
        return Certificate(
            name=self._name,
            at=now,
            actor=self._actor,
            opted_out=bool(state and state.opted_out),
            version=state.version if state else 0,
            removed=dict(self._removed),
            pages_freed=freed,
            unread=unread,
            holders=held,
            backups_until=now + BACKUPS,
            audit_number=number,
            audit_hash=own,
        )
