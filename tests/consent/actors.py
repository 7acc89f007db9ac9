"""Who acts, all by real code: gateways, people of ours and in Salesforce, workers, senders."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from connector import mapping
from connector.domain.callback import Arrival, Callback
from connector.domain.consent import ConsentKind, ConsentSource
from connector.domain.errors import OrgUnavailableError
from connector.gateways import generic
from connector.pipeline.consent import ConflictError, Evidence, settle, start, stop
from connector.pipeline.directory import DirectorySync
from connector.pipeline.enqueue import enqueue
from connector.pipeline.erasure import erase
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.push import Pusher
from connector.pipeline.suppression import check
from connector.salesforce.budget import Budget
from connector.settings import Brands
from connector.store.times import micros
from tests.consent.lists import Lists
from tests.consent.oracle import Said
from tests.consent.org import Contact, MemoryOrg
from tests.consent.watch import Watch
from tests.consent.world import World


GATEWAYS = {generic.GATEWAY.name: generic.GATEWAY}
_HERE = Path(__file__).parent
MAPPINGS: Mapping[str, mapping.Mapping] = {"Contact": mapping.load(_HERE / "contact.yaml")}
#: For the few scenes that need more: Leads, and a field that may go by a bulk job.
WITH_LEADS = {**MAPPINGS, "Lead": mapping.load(_HERE / "lead.yaml")}
WITH_REPLIES = {"Contact": mapping.load(_HERE / "replies.yaml")}
SENDERS = {"": "+12015550190", "shoes": "+12015550191", "hats": "+12015550192"}
DOUBT = "please stop texting me"


class AsWritten(PhoneReader):
    """All numbers of the runs are written as E.164 already."""

    def __call__(self, text: str, gateway: str = "", account: str = "") -> str:  # noqa: ARG002
        return text


read_phone = AsWritten(brands=Brands({b: (sender,) for b, sender in SENDERS.items() if b}))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a person's text or their gateway says, and by which clock."""

    kind: str
    phone: str
    account: str = "a"
    #: Seconds by which the gateway's clock differs from ours; None where it tells no time.
    ahead: int | None = 0
    #: The brand of the sender that it is a reply to.
    brand: str = ""


class Cast:
    """All actors on one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.org = MemoryOrg(world.clock, world.scheduler.point)
        self.watch = Watch(world, self.org)
        self.lists = Lists(world, self.watch)
        self.mappings = MAPPINGS
        self.bulk_from = 0
        self.erased = False
        self._number = 0

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def begin(self) -> None:
        self._number = 0
        self.mappings, self.bulk_from, self.erased = MAPPINGS, 0, False
        self.lists.begin()
        self.watch.violation = None

    def gateway(self, word: Word) -> None:
        """A callback is kept; from then on its gateway may hear 2xx."""
        number = f"m{self.next_number()}"
        arrival, said = arrival_of(word, self.world.clock(), number)
        self.world.store.inbox.keep([arrival])
        self.world.oracle.acknowledged(word.phone, said)

    def read(self) -> None:
        normalise(self.world.store, GATEWAYS, read_phone, self.world.clock)

    def work_out(self) -> None:
        enqueue(self.world.store, self.mappings, self.world.clock)

    def push(self, holder: str) -> None:
        budget = Budget(clock=self.world.clock, share=1.0, reserve=0)
        Pusher(
            self.world.store,
            self.org,  # type: ignore[arg-type]
            budget,
            self.world.clock,
            holder=holder,
            bulk_from=self.bulk_from,
        ).push()

    def work(self, holder: str) -> None:
        """One round of a worker."""
        self.read()
        self.work_out()
        self.push(holder)

    def sync(self, holder: str) -> None:
        store, org, clock = self.world.store, self.org, self.world.clock
        budget = Budget(clock=clock, share=1.0, reserve=0)
        DirectorySync(
            store,
            org,  # type: ignore[arg-type]
            budget,
            clock,
            self.mappings,
            read_phone,
            holder=holder,
        ).sync()

    def sync_and_work(self, holder: str) -> None:
        self.sync(holder)
        self.work_out()
        self.push(holder)

    def ask(self, phone: str, times: int = 1, brand: str = "") -> None:
        """A sender wants to know, so many times."""
        for _ in range(times):
            self.version(phone, brand)
            self.world.scheduler.point("thinks")

    def version(self, phone: str, brand: str = "") -> int:
        store, clock = self.world.store, self.world.clock
        (answer,) = check(store, [phone], read_phone, clock, actor="key:sender", scope=brand)
        self.watch.answered(phone, brand, sendable=answer.sendable)
        return answer.version

    def opt_in(self, phone: str, ahead: int, brand: str = "") -> None:
        """One of us looks, and records evidence that is so many seconds newer than now."""
        version = self.version(phone, brand)
        at = whole(self.world.clock(), ahead)
        said = Said(kind="start", at=micros(at), timed=True, source="API", scope=brand)
        self.world.oracle.intends(phone, said, version)
        store, clock = self.world.store, self.world.clock
        try:
            start(store, phone, evidence(at), clock, version=version, scope=brand)
        except ConflictError:
            return

    def opt_out(self, phone: str, brand: str = "") -> None:
        at = whole(self.world.clock(), 0)
        said = Said(kind="stop", at=micros(at), timed=True, source="API", scope=brand)
        self.world.oracle.intends(phone, said, 0)
        stop(self.world.store, [phone], evidence(at), self.world.clock, scope=brand)

    def decide(self, phone: str) -> None:
        """One of us looks at what may be a STOP, and decides that it is none."""
        with self.world.store.transaction(reads=True) as transaction:
            events = transaction.consents.events_of(phone)
        doubts = [each for each in events if each.kind is ConsentKind.REVIEW]
        if not doubts:
            return
        at = whole(self.world.clock(), 0)
        said = Said(kind="settled", at=micros(at), timed=True, source="API", about=doubts[0].id)
        self.world.oracle.intends(phone, said, len(events))
        try:
            settle(
                self.world.store,
                phone,
                doubts[0].id,
                evidence(at),
                self.world.clock,
                version=len(events),
            )
        except ConflictError:
            return

    def flag(self, record: str, *, to: bool) -> None:
        """Somebody in Salesforce changes the flag; it is stamped before it can be seen."""
        stamped = self.org.now()
        self.world.oracle.ticked |= to
        self.world.scheduler.point("changes the flag")
        self.org.change(record, to, stamped=stamped)

    def newcomer(self, record: str, phone: str) -> None:
        self.world.scheduler.point("makes a record")
        self.org.contacts[record] = Contact(phone=phone, modified_at=self.org.now())

    def renumber(self, record: str, phone: str) -> None:
        self.world.scheduler.point("writes another number")
        self.org.renumber(record, phone)

    def bury(self, record: str, successor: str) -> None:
        """Merge a record into another, or convert it."""
        self.world.scheduler.point("merges")
        self.org.bury(record, successor)

    def erase(self, phone: str) -> None:
        self.erased = True
        store, clock, who = self.world.store, self.world.clock, "user:ann"
        erase(store, GATEWAYS, read_phone, clock, phone, actor=who, mappings=self.mappings)

    def wait(self, minutes: int) -> None:
        """Time goes by: leases end, and nobody is told."""
        self.world.scheduler.point("waits")
        self.world.now += timedelta(minutes=minutes)
        self.world.scheduler.point("waited")

    def come_to_rest(self) -> bool:
        """Read, work out and write until nothing changes any more; whether that came."""
        for number in range(12):
            self.world.now += timedelta(minutes=11)
            before = self._seen()
            try:
                self.sync(f"rest {number}")
                self.work(f"rest {number}")
                self.lists.rest(number)
            except OrgUnavailableError:
                continue
            if self.watch.violation or (number and before == self._seen()):
                return True
        return False

    def _seen(self) -> tuple[object, ...]:
        query = self.world.state.raw.execute
        return (
            self.org.writes,
            query("SELECT COUNT(*) FROM consent_events").fetchone(),
            query("SELECT COUNT(*) FROM pending").fetchone(),
            query("SELECT COUNT(*) FROM bulk_changes").fetchone(),
            query("SELECT COUNT(*) FROM changed_records").fetchone(),
            query("SELECT SUM(position) FROM cursors").fetchone(),
        )


_TEXTS = {"stop": "STOP", "start": "START", "review": DOUBT}


def arrival_of(word: Word, received_at: datetime, message: str) -> tuple[Arrival, Said]:
    """The callback that brings a word, and what it says."""
    at = None if word.ahead is None else whole(received_at, word.ahead)
    stamp = {} if at is None else {"timestamp": at.isoformat()}
    document: dict[str, object] = {
        "type": "sms.received",
        **stamp,
        "data": {
            "from": word.phone,
            "to": SENDERS[word.brand],
            "text": _TEXTS[word.kind],
            "message_id": message,
        },
    }
    callback = Callback(
        gateway="generic",
        account=word.account,
        method="POST",
        target=f"/callbacks/generic/{word.account}",
        headers={"content-type": "application/json"},
        body=json.dumps(document).encode(),
        received_at=received_at,
    )
    said = Said(
        kind=word.kind,
        at=micros(at or received_at),
        timed=at is not None,
        received=micros(received_at),
        source="Reply",
        place=("generic", word.account),
        message_id=message,
        scope="" if word.kind == "review" else word.brand,
    )
    return Arrival(callback=callback, urgent=True), said


def whole(moment: datetime, ahead: int) -> datetime:
    """That many seconds later, without a fraction, so that ties happen."""
    return moment.replace(microsecond=0) + timedelta(seconds=ahead)


def evidence(at: datetime) -> Evidence:
    return Evidence(
        actor="user:ann",
        source=ConsentSource.API,
        reason="asked",
        evidence="call 1",
        occurred_at=at,
    )
