"""One worker's work on a small world, phase by phase; each phase may be begun again."""

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from connector import gateways
from connector.clock import Clock
from connector.domain.callback import Arrival
from connector.domain.delivery import DeliveryEvent, DeliveryStatus
from connector.emulator import EmulatedOrg, WSGIAdapter, create_app, seed_campaign
from connector.emulator.seeds import fictional_phone, seed_contacts, seed_leads
from connector.pipeline.block_lists import BlockPusher
from connector.pipeline.erasure import erase
from connector.pipeline.settlement import PushReport
from connector.pipeline.slot_jobs import slot_jobs
from connector.pipeline.steps import Steps
from connector.salesforce.access import OrgAccess
from connector.salesforce.connect import connect
from connector.settings import Settings
from connector.store import Store
from connector.store.holders import own_name
from connector.wiring.org import build_steps
from tests.pipeline.block_lists import MemoryList, configured
from tests.reliability.crashes.effects import Effects
from tests.support.clock import NOON, TestClock
from tests.support.events import arrival
from tests.support.sms_org import install_sms_fields


CONTACTS, LEADS, FIRST_LEAD = 6, 2, 50_000
ROUNDS = 40
PRIVACY_KEY = "0123456789abcdef0123456789abcdef"
SETTINGS = Settings(salesforce_bulk_from=0, campaign_rows="total")
#: Who said STOP first and is erased in the end, and who is merged into whom.
ERASED, LOSER, WINNER = 1, 4, 5
_DELIVERED, _FAILED, _BUFFERED = 1, 2, 4


class FileList(MemoryList):
    """A gateway's list that outlives the process."""

    def __init__(self, clock: Clock, path: Path, effects: Effects) -> None:
        super().__init__(clock)
        self._path = path
        self._effects = effects
        if path.exists():
            self.entries = dict.fromkeys(json.loads(path.read_text()), clock())

    def add(self, phones):
        with self._effects.around("the call"):
            outcome = super().add(phones)
            self._path.write_text(json.dumps(sorted(self.entries)))
        return outcome


class Adapter(WSGIAdapter):
    """The way to the org, past the places where one may die."""

    def __init__(self, app: object, effects: Effects) -> None:
        super().__init__(app)
        self._effects = effects

    def send(self, request, **settings):  # type: ignore[override]
        if request.method == "GET" or "/oauth2/" in (request.url or ""):
            return super().send(request, **settings)
        with self._effects.around("the call"):
            return super().send(request, **settings)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where it all lies: the store, the org's file, and the gateway's list."""

    folder: Path
    store_url: str

    @property
    def org_file(self) -> str:
        return str(self.folder / "org.sqlite3")

    def open_store(self) -> Store:
        return Store.open(self.store_url, upgrade=False, privacy_key=PRIVACY_KEY)

    def prepare(self) -> None:
        """An org with people, of whom nothing is known yet, and the first callbacks."""
        org = EmulatedOrg(self.org_file, clock=lambda: NOON)
        with contextlib.closing(org):
            install_sms_fields(org)
            org.register_app("key", secret="hush-hush")
            people = [*seed_contacts(org, CONTACTS), *seed_leads(org, LEADS, start=FIRST_LEAD)]
            campaign = seed_campaign(org, "Autumn")
        (self.folder / "people.json").write_text(json.dumps([campaign, *people]))
        store = Store.open(self.store_url, privacy_key=PRIVACY_KEY)
        with contextlib.closing(store):
            store.inbox.keep(list(self._first()))
            store.register([self._registration("r1", 0), self._registration("m2", 2)])

    @property
    def campaign(self) -> str:
        return str(self._known()[0])

    def person(self, number: int) -> str:
        return str(self._known()[1 + number])

    def _known(self) -> list[str]:
        found: list[str] = json.loads((self.folder / "people.json").read_text())
        return found

    def _registration(self, message_id: str, number: int) -> DeliveryEvent:
        return DeliveryEvent(
            gateway="kannel",
            message_id=message_id,
            status=DeliveryStatus.PENDING,
            received_at=NOON,
            recipient=fictional_phone(number),
            registered_record=self.person(number),
            campaign=self.campaign,
            sent_at=NOON - timedelta(hours=1),
        )

    def _first(self) -> Iterator[Arrival]:
        for number in range(CONTACTS + LEADS):
            yield self.report(f"m{number}", number, _BUFFERED)
            yield self.report(f"m{number}", number, _FAILED if number % 3 else _DELIVERED)
        yield self.report("m0", 0, _DELIVERED)  # told twice
        yield self.report("n3", 3, _DELIVERED, known=False)
        yield written("STOP", ERASED)
        yield written("STOP", 2)
        yield written("START", 3)
        yield written("thanks", 0)

    def later(self) -> Sequence[Arrival]:
        return [
            self.report("o4", LOSER, _DELIVERED),
            self.report("o2", 2, _FAILED),
            written("STOP", WINNER),
            written("START", 2),
        ]

    def report(self, name: str, number: int, kind: int, *, known: bool = True) -> Arrival:
        phone = _phone(number).replace("+", "%2B")
        target = f"/callbacks/kannel?token=***&extid={name}&type={kind}&from={phone}"
        if known:
            target += f"&ref={self.person(number)}&campaign={self.campaign}"
        return arrival(target)


def _phone(number: int) -> str:
    lead = number - CONTACTS
    return fictional_phone(FIRST_LEAD + lead if lead >= 0 else number)


def written(text: str, number: int) -> Arrival:
    phone = _phone(number).replace("+", "%2B")
    return arrival(f"/callbacks/kannel?token=***&text={text}&from={phone}", urgent=True)


class Work:
    """A worker's process while it is at one phase."""

    def __init__(
        self, scene: Scene, steps: Steps, org: EmulatedOrg, clock: TestClock, effects: Effects
    ) -> None:
        self.scene = scene
        self.steps = steps
        self.org = org
        self.clock = clock
        of = configured(FileList(clock, scene.folder / "list.json", effects))
        self.block_pusher = BlockPusher(steps.store, [of], clock, holder=own_name())

    def prepare(self) -> None:
        """What every worker does at its start."""
        self.steps.adopt_mappings()
        self.block_pusher.prepare()
        self.steps.slots.declare(slot_jobs(self.steps, SETTINGS))

    def know(self) -> None:
        self.steps.sync_directory(ROUNDS)

    def read(self) -> None:
        self.steps.read_all(ROUNDS)

    def push(self) -> None:
        for _ in range(ROUNDS):
            if self.steps.push() == PushReport():
                return
        raise AssertionError("there is always something to write")

    def jobs(self) -> None:
        for job in slot_jobs(self.steps, SETTINGS):
            self.steps.slots.run(job)

    def figures(self) -> None:
        self.jobs()
        self.read()
        self.push()

    def merge(self) -> None:
        """Two records have become one, and more was said."""
        loser = self.scene.person(LOSER)
        if not self.org.record("Contact", loser)["IsDeleted"]:
            self.org.merge(self.scene.person(WINNER), [loser])
        more, known = self.scene.later(), len(list(self.scene._first()))  # noqa: SLF001
        if self.steps.store.inbox.last_id() == known:
            self.steps.store.inbox.keep(more)
        for _ in range(3):
            self.read()
            self.push()
        self.know()
        self.read()
        self.push()

    def lists(self) -> None:
        for _ in range(3):
            self.block_pusher.push()

    def age(self) -> None:
        """Days without a word."""
        self.steps.apply_time_rules()
        self.read()
        self.push()
        self.figures()

    def forget(self) -> None:
        """What was kept long enough goes."""
        self.figures()

    def erase(self) -> None:
        erase(
            self.steps.store,
            gateways.installed(),
            self.steps.read_phone,
            self.clock,
            fictional_phone(ERASED),
            actor="user:ann",
            mappings=self.steps.mappings,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A part of the work, at one moment of a clock that stands still meanwhile."""

    name: str
    do: Callable[[Work], None]
    hours: float = 0.0


PHASES = (
    Phase(name="reading the directory", do=Work.know),
    Phase(name="reading callbacks", do=Work.read),
    Phase(name="writing to Salesforce", do=Work.push),
    Phase(name="rolling up", do=Work.figures, hours=0.5),
    Phase(name="following a merged record", do=Work.merge, hours=1),
    Phase(name="telling a block list", do=Work.lists, hours=2),
    Phase(name="applying the time rules", do=Work.age, hours=80),
    Phase(name="forgetting what is old", do=Work.forget, hours=200 * 24),
    Phase(name="erasing a number", do=Work.erase, hours=201 * 24),
)


def work(scene: Scene, phase: Phase, effects: Effects) -> None:
    """Do one phase, in this process."""
    clock = TestClock(NOON + timedelta(hours=phase.hours))
    org = EmulatedOrg(scene.org_file, clock=clock)
    access = OrgAccess(login_url=org.my_domain, client_id="key", client_secret="hush-hush")
    effects.watch_commits()
    with (
        contextlib.closing(org),
        contextlib.closing(
            connect(access, clock=clock, adapter=Adapter(create_app(org), effects))
        ) as client,
        contextlib.closing(scene.open_store()) as store,
    ):
        here = Work(
            scene, build_steps(SETTINGS, store, client, clock=clock), org, clock, effects
        )
        here.prepare()
        phase.do(here)
