"""
A service before an org whose answers get lost, all of it in one process and simulated time.

What comes in, and what people do in the org meanwhile, is drawn from a seed and is the same
however the org answers; so is, in the end, every field that we write.
"""

import contextlib
import dataclasses
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import requests

from connector.domain.callback import Arrival
from connector.domain.errors import ConnectorError
from connector.emulator import (
    EmulatedOrg,
    WSGIAdapter,
    create_app,
    seed_campaign,
    seed_contacts,
    seed_leads,
)
from connector.emulator.seeds import fictional_phone
from connector.pipeline.slot_jobs import slot_jobs
from connector.pipeline.steps import Steps
from connector.salesforce.access import OrgAccess
from connector.salesforce.connect import connect
from connector.settings import Settings
from connector.store import Store
from connector.wiring.org import build_steps
from tests.support.clock import TestClock
from tests.support.events import arrival
from tests.support.sms_org import install_sms_fields


FLAG = "SMS_Opt_Out__c"
OBJECTS = ("Contact", "Lead", "SMS_Campaign_Stat__c")
#: Which fields are not ours, or tell when, not what.
_OTHERS = (
    "Id",
    "Name",
    "SystemModstamp",
    "LastModifiedDate",
    "CreatedDate",
    "Health_Changed_At__c",
)
FIRST_LEAD = 50_000
_DATA = "/services/data"
#: What goes wrong with calls, each with how likely it is; kinds by the names of the emulator.
FAULTS: Sequence[tuple[str, float, Mapping[str, object]]] = (
    ("drop", 0.05, {}),
    ("drop", 0.08, {"after_commit": True}),
    ("timeout", 0.06, {"after_commit": True}),
    ("truncated", 0.05, {}),
    ("cut_body", 0.05, {}),
    ("unavailable", 0.03, {}),
    ("maintenance_page", 0.02, {"path": _DATA}),
    ("unknown_error", 0.03, {"path": _DATA}),
    ("server_unavailable", 0.03, {"path": _DATA}),
    ("session_expired", 0.05, {"path": _DATA}),
    ("concurrent_limit", 0.03, {"path": _DATA}),
    ("daily_limit", 0.01, {"path": _DATA}),
    ("query_timeout", 0.05, {}),
    ("lock", 0.3, {"share": 0.2}),
)
MOST_ROUNDS = 600
#: Nothing is waited for, for so many rounds.
QUIET_ROUNDS = 3


@dataclasses.dataclass(slots=True, kw_only=True)
class Ended:
    """How a run ended: the fields by object and record, and what was seen on the way."""

    fields: dict[tuple[str, str], dict[str, object]] = dataclasses.field(default_factory=dict)
    calls: Counter[str] = dataclasses.field(default_factory=Counter)
    struck: Counter[str] = dataclasses.field(default_factory=Counter)
    faults: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How many people there are, and for how many minutes something happens to them."""

    seed: int
    people: int
    minutes: int
    bulk_from: int = 25


class Way(WSGIAdapter):
    """The way to the org: counts calls by kind, and looks at each flag that is written."""

    def __init__(self, app: object, ended: Ended, stopped: dict[str, bool]) -> None:
        super().__init__(app)
        self._ended = ended
        self._stopped = stopped

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, **settings: object
    ) -> requests.Response:
        path = request.path_url
        self._ended.calls[_kind(request.method or "", path)] += 1
        if request.method == "PATCH" and "/composite/sobjects" in path:
            for record in json.loads(request.body or b"{}")["records"]:
                self._look(record)
        return super().send(request, **settings)

    def _look(self, record: Mapping[str, object]) -> None:
        told = str(record.get("id"))
        if record.get(FLAG) is False and self._stopped.get(told):
            self._ended.faults.append(f"{told}: `not opted out` written after a later STOP")


def _kind(method: str, path: str) -> str:
    for part, kind in (
        ("/oauth2/", "logins"),
        ("/jobs/", "calls about bulk jobs"),
        ("/query", "queries"),
        ("/composite/sobjects/SMS_", "upserts"),
    ):
        if part in path:
            return kind
    return "updates" if method == "PATCH" else "other calls"


class _World:
    """One run on its way."""

    def __init__(self, script: Script, steps: Steps, settings: Settings, ended: Ended) -> None:
        self._script = script
        self._steps = steps
        self._jobs = slot_jobs(steps, settings)
        self._ended = ended

    def round(self) -> None:
        """What a worker's clock calls in a minute; none of it ends for what another raises."""
        steps = self._steps
        for step in (
            lambda: steps.read_all(50),
            lambda: steps.sync_directory(5),
            steps.look_up,
            *(lambda job=job: steps.slots.run(job) for job in self._jobs),
            lambda: steps.read_all(50),
            steps.push,
        ):
            with contextlib.suppress(ConnectorError):
                step()

    def waits(self) -> bool:
        with self._steps.store.transaction(reads=True) as transaction:
            return bool(
                transaction.outbox.size()[0]
                or transaction.outbox.marked_count()
                or transaction.bulk_jobs.objects()
                or transaction.unread.waiting()
            )


def play(store: Store, script: Script, *, shaky: bool, luck: int = 0) -> Ended:
    """The script before an org that answers, or before one that mostly does not."""
    clock, ended, stopped = TestClock(), Ended(), dict[str, bool]()
    settings = Settings(salesforce_bulk_from=script.bulk_from, salesforce_api_share=100)
    with contextlib.closing(EmulatedOrg(clock=clock)) as org:
        install_sms_fields(org)
        org.register_app("key", secret="hush-hush")
        access = OrgAccess(login_url=org.my_domain, client_id="key", client_secret="hush-hush")
        way = Way(create_app(org), ended, stopped)
        with connect(access, clock=clock, adapter=way) as client:
            people = _people(org, script.people)
            campaigns = [seed_campaign(org, name) for name in ("Autumn", "Winter")]
            steps = build_steps(settings, store, client, clock=clock)
            steps.adopt_mappings()
            world = _World(script, steps, settings, ended)
            drawn = _Drawn(script, org, people, campaigns, stopped)
            store.inbox.keep(drawn.early(clock))
            for _ in range(4):
                world.round()
                clock.advance(minutes=1)
            if shaky:
                _shake(org, luck)
            for minute in range(script.minutes):
                store.inbox.keep(drawn.minute(minute, clock))
                world.round()
                clock.advance(minutes=1)
            _settle(world, org, clock, ended)
            ended.fields = dict(_fields(org))
    return ended


def _people(org: EmulatedOrg, count: int) -> list[tuple[str, str]]:
    contacts = seed_contacts(org, count - count // 2)
    leads = seed_leads(org, count // 2, start=FIRST_LEAD)
    return [
        *((each, fictional_phone(n)) for n, each in enumerate(contacts)),
        *((each, fictional_phone(FIRST_LEAD + n)) for n, each in enumerate(leads)),
    ]


def _shake(org: EmulatedOrg, luck: int) -> None:
    for number, (kind, likely, aim) in enumerate(FAULTS):
        seed = luck * len(FAULTS) + number
        add = getattr(org.faults, kind)
        add(**{"times": None, "probability": likely, "seed": seed, **aim})


def _settle(world: _World, org: EmulatedOrg, clock: TestClock, ended: Ended) -> None:
    """Two hours of trouble more, then none: what is left then has to be done by itself."""
    quiet = 0
    for number in range(MOST_ROUNDS):
        if number == MOST_ROUNDS // 10:
            for each in org.faults:
                ended.struck[each.kind if each.kind != "answer" else str(each.status)] += (
                    each.struck
                )
            org.faults.clear()
        world.round()
        clock.advance(minutes=1)
        quiet = 0 if world.waits() else quiet + 1
        if number > MOST_ROUNDS // 10 and quiet >= QUIET_ROUNDS:
            return
    ended.faults.append("it is not written in the end")


class _Drawn:
    """What happens minute by minute."""

    def __init__(
        self,
        script: Script,
        org: EmulatedOrg,
        people: Sequence[tuple[str, str]],
        campaigns: Sequence[str],
        stopped: dict[str, bool],
    ) -> None:
        self._dice = random.Random(script.seed)  # noqa: S311 (repeatable, not secret)
        self._org = org
        self._people = people
        self._campaigns = [*campaigns, ""]
        self._stopped = stopped
        self._messages = 0
        # The first people of each kind are merged, converted or deleted before anything is
        # sent to them, and the service learns of it from whatever answer comes through.
        half = len(people) - len(people) // 2
        self._gone = people[:2]
        self._converted = people[half : half + 4]
        self._dead_since = script.minutes // 4
        self._later = 0
        self._may_start: set[str] = set()

    def early(self, clock: TestClock) -> list[Arrival]:
        """Some said STOP before there is any trouble; they may say START once later on."""
        self._may_start = {record for record, _ in self._people[10::3]}
        early = [each for each in self._people[10:] if each[0] in self._may_start]
        self._stopped.update((record, True) for record, _ in early)
        return [_text("STOP", phone, clock) for _, phone in early]

    def minute(self, number: int, clock: TestClock) -> list[Arrival]:
        self._in_the_org(number)
        found = list(self._of_script(number, clock))
        self._dice.shuffle(found)
        return found

    def _in_the_org(self, number: int) -> None:
        if number == self._dead_since:
            for record, _ in self._gone:
                self._org.delete("Contact", record)
            for record, _ in self._converted:
                self._org.convert_lead(record)
        if number % 7 == 3:  # somebody comes whose number is known for long
            _, phone = self._dice.choice(self._people[10:])
            self._later += 1
            self._org.create("Contact", {"LastName": f"Later {self._later}", "Phone": phone})

    def _of_script(self, number: int, clock: TestClock) -> Iterator[Arrival]:
        touchy = {record for record, _ in (*self._gone, *self._converted)}
        for record, phone in self._dice.sample(self._people, len(self._people) // 12):
            if record in touchy and number <= self._dead_since:
                continue
            yield from self._reports(record, phone, clock)
        for record, phone in self._dice.sample(self._people[10:], len(self._people) // 25):
            if record in touchy:
                continue
            word = self._dice.choice(("STOP", "STOP", "START", "START", "Thanks"))
            if word == "START" and record not in self._may_start:
                word = "STOP"
            if word != "Thanks":
                self._may_start.discard(record)
                self._stopped[record] = word == "STOP"
            yield _text(word, phone, clock)

    def _reports(self, record: str, phone: str, clock: TestClock) -> Iterator[Arrival]:
        self._messages += 1
        at = int(clock().timestamp())
        campaign = self._dice.choice(self._campaigns)
        for place, kind in enumerate((8, self._dice.choice((1, 1, 1, 2, 16)))):
            target = (
                f"/callbacks/kannel?token=***&extid=m{self._messages}&type={kind}"
                f"&from={phone.replace('+', '%2B')}&ts={at + place}&ref={record}"
            )
            target += f"&campaign={campaign}" if campaign else ""
            yield arrival(target, received_at=clock())


def _text(word: str, phone: str, clock: TestClock) -> Arrival:
    target = f"/callbacks/kannel?token=***&text={word}&from={phone.replace('+', '%2B')}"
    return arrival(target, received_at=clock(), urgent=True)


def _fields(org: EmulatedOrg) -> Iterator[tuple[tuple[str, str], dict[str, object]]]:
    for name in OBJECTS:
        for row in org.records(name):
            key = str(row.get("Key__c") or row["Id"])
            yield (
                (name, key),
                {field: value for field, value in row.items() if field not in _OTHERS},
            )


def differences(right: Ended, found: Ended) -> list[str]:
    """A line for each field that is not as before an org that always answers."""
    lines = [
        f"{name} {key}: only {'without' if (name, key) in right.fields else 'with'} faults"
        for name, key in right.fields.keys() ^ found.fields.keys()
    ]
    for place in right.fields.keys() & found.fields.keys():
        wanted, shown = right.fields[place], found.fields[place]
        lines += [
            f"{' '.join(place)} {field}: {shown.get(field)!r}, should be {value!r}"
            for field, value in wanted.items()
            if shown.get(field) != value
        ]
    return sorted(lines)
