"""
Three days without Salesforce, in simulated time: `python -m tests.consent.outage --help`.

Delivery reports and STOPs arrive hour by hour while the org answers nothing but its maintenance
page. Then it is back, and its calls tell what was written in which order: all opt-outs have to
be there before the first field of a delivery. It ends with 1 if they are not.
"""

import argparse
import contextlib
import dataclasses
import itertools
import json
import logging
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

import requests

from connector import gateways, mapping
from connector.domain.callback import Arrival
from connector.domain.errors import ConnectorError
from connector.emulator import EmulatedOrg, WSGIAdapter, create_app, seed_contacts, seed_leads
from connector.emulator.seeds import fictional_phone
from connector.pipeline.directory import DirectorySync
from connector.pipeline.enqueue import enqueue
from connector.pipeline.match import match
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.push import Pusher
from connector.salesforce.access import OrgAccess
from connector.salesforce.budget import Budget
from connector.salesforce.connect import connect
from connector.salesforce.org import Org
from connector.store import Store
from tests.end_to_end.flood import database
from tests.support.callbacks import dlr, reply
from tests.support.clock import TestClock
from tests.support.sms_org import install_sms_fields


FLAG, STATUS = "SMS_Opt_Out__c", "SMS_Delivery_Status__c"
STOPS, REPORTS = 10_000, 20_000
HOURS = 72
#: Leads have other numbers than contacts.
FIRST_LEAD = 50_000
RESERVE = 1_000
_AWAY = 503
#: Old news are a quarter of an hour old: in the first minutes one call learns what is left.
FIRST_MINUTES, LEARNING_CALLS = timedelta(minutes=10), 2
#: A login and a call, each of them tried again, in each hour.
VAIN_CALLS_AN_HOUR = 4
_BULK_DATA = "/batches"
QUICK_ROUNDS, MOST_ROUNDS = 100, 200


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How much waits, and how it may be written."""

    stops: int = STOPS
    reports: int = REPORTS
    #: Calls that are left of the org's day when it comes back; None: as many as one likes.
    calls_left: int | None = None
    bulk_from: int = 0
    #: At which hours of the outage the worker is started anew.
    restarts: tuple[int, ...] = ()
    #: Once it is over, the worker dies when the org has done so many calls that write.
    dies_after: tuple[int, ...] = ()


@dataclasses.dataclass(slots=True, kw_only=True)
class Written:
    """What the org was sent, record by record in its order: `opt-out` or `delivery`."""

    order: list[str] = dataclasses.field(default_factory=list)
    jobs: int = 0
    #: Calls while the org was away, those that wrote later, and how often the worker died.
    vain: int = 0
    calls: int = 0
    deaths: int = 0
    #: Calls with no opt-out that took from what is kept for opt-outs.
    from_the_reserve: int = 0
    #: How many records have the flag in the end.
    flags: int = 0

    @property
    def opt_outs_first(self) -> int:
        """How many opt-outs came before the first field of a delivery."""
        return len(list(itertools.takewhile(lambda kind: kind == "opt-out", self.order)))

    def count(self, kind: str) -> int:
        return self.order.count(kind)


class Killed(BaseException):
    """The worker is no more; what it says from now on nobody hears."""


class Mortal:
    """The store as a process sees it: once that is dead it changes nothing any more."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.dead = False

    def __getattr__(self, name: str) -> object:
        if self.dead:
            raise Killed
        return getattr(self._store, name)


class Recorder(WSGIAdapter):
    """The way to the org, which reads what is written, and may be the worker's death."""

    def __init__(
        self, app: object, written: Written, emulator: EmulatedOrg, clock: TestClock
    ) -> None:
        super().__init__(app)
        self._clock = clock
        self._back_at = clock()
        self._written = written
        self._emulator = emulator
        self._deaths: list[int] = []
        self.user: Mortal | None = None

    def back(self, deaths: Iterable[int]) -> None:
        """The org is there again; the worker dies after so many calls."""
        self._back_at = self._clock()
        self._deaths = [self._written.calls + each for each in deaths]

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, **settings: object
    ) -> requests.Response:
        response = super().send(request, **settings)
        self._written.vain += response.status_code == _AWAY
        if response.ok and request.body and request.method in {"PATCH", "PUT"}:
            body = (
                request.body if isinstance(request.body, str) else bytes(request.body).decode()
            )
            if (request.url or "").endswith(_BULK_DATA):
                self._written.jobs += 1
                self._note(body.splitlines()[0].split(","), len(body.splitlines()) - 1)
            elif "/composite/sobjects" in (request.url or ""):
                records = json.loads(body)["records"]
                for record in records:
                    self._note(record, 1)
                if self._is_reserved() and not any(FLAG in each for each in records):
                    self._written.from_the_reserve += 1
            self._written.calls += 1
            if self.user and self._written.calls in self._deaths:
                self._written.deaths += 1
                self.user.dead = True
                raise Killed
        return response

    def _is_reserved(self) -> bool:
        """Whether what is left now is for opt-outs."""
        usage = self._emulator.usage
        early = self._clock() < self._back_at + FIRST_MINUTES
        return early and usage.daily_limit - usage.used < RESERVE

    def _note(self, names: Sequence[str], records: int) -> None:
        for name, kind in ((FLAG, "opt-out"), (STATUS, "delivery")):
            if name in names:
                self._written.order += [kind] * records


class Outage:
    """One service and one org, driven by hand."""

    def __init__(self, store: Store, org: Org, emulator: EmulatedOrg, clock: TestClock) -> None:
        self._store = store
        self._org = org
        self._emulator = emulator
        self._clock = clock
        self._mappings = mapping.load_all(mapping.packaged())
        self._started = 0
        self._pusher: Pusher
        self.store: Mortal

    def people(self, count: int) -> list[tuple[str, str]]:
        """Contacts and Leads with their numbers, all of them known."""
        contacts = seed_contacts(self._emulator, count - count // 2)
        leads = seed_leads(self._emulator, count // 2, start=FIRST_LEAD)
        directory = DirectorySync(
            self._store,
            self._org,
            Budget(clock=self._clock, share=1, reserve=0),
            self._clock,
            self._mappings,
            PhoneReader(),
            holder="one",
        )
        while not directory.sync().done:
            pass
        self.read()
        numbered = [
            *((each, fictional_phone(n)) for n, each in enumerate(contacts)),
            *((each, fictional_phone(FIRST_LEAD + n)) for n, each in enumerate(leads)),
        ]
        # Neighbours are of both kinds.
        return sorted(numbered, key=lambda each: (int(each[1][-2:]), each[0]))

    def read(self) -> None:
        """All that came in, to pending fields."""
        installed = gateways.installed()
        busy = True
        while busy:
            found = normalise(self._store, installed, PhoneReader(), self._clock)
            matched = match(self._store, self._mappings, self._clock)
            queued = enqueue(self._store, self._mappings, self._clock)
            busy = bool(found.callbacks or matched.matched or queued.records)

    def start_worker(self, bulk_from: int) -> None:
        """Another process than before: it knows what is in the store, and nothing else."""
        self._started += 1
        self.store = Mortal(self._store)
        self._pusher = Pusher(
            cast("Store", self.store),
            self._org,
            Budget(clock=self._clock, share=0.5, reserve=RESERVE),
            self._clock,
            holder=f"worker {self._started}",
            bulk_from=bulk_from,
        )

    def push(self) -> None:
        """A round; a worker lives on whatever its org answers."""
        with contextlib.suppress(ConnectorError):
            self._pusher.push()

    def write_all(self, bulk_from: int, way: Recorder) -> None:
        """Rounds of a worker, a few seconds apart, then hours, until nothing waits."""
        for number in range(MOST_ROUNDS):
            if not self._waits():
                return
            way.user = self.store
            try:
                self.push()
            except Killed:
                self.start_worker(bulk_from)
            self._clock.advance(**({"seconds": 5} if number < QUICK_ROUNDS else {"hours": 1}))
        raise AssertionError("it is not written in the end")

    def _waits(self) -> bool:
        with self._store.transaction(reads=True) as transaction:
            return bool(transaction.outbox.size()[0] or transaction.bulk_jobs.objects())


def arrivals(people: Sequence[tuple[str, str]], setting: Setting) -> Iterator[Arrival]:
    """A report for each person, and after some of them the same person's STOP."""
    stops = 0
    for number, (record, phone) in enumerate(people):
        spelled = phone.replace("+", "%2B")
        yield dlr(1, f"m{number}", ref=record, to=spelled)
        if (number + 1) * setting.stops // len(people) > stops:
            stops += 1
            yield reply("STOP", spelled)


def play(store: Store, setting: Setting) -> Written:
    """The outage, and what came of it once it was over."""
    clock, written = TestClock(), Written()
    emulator = EmulatedOrg(clock=clock)
    try:
        install_sms_fields(emulator)
        emulator.register_app("key", secret="hush-hush")
        access = OrgAccess(
            login_url=emulator.my_domain,
            client_id="key",
            client_secret="hush-hush",
        )
        adapter = Recorder(create_app(emulator), written, emulator, clock)
        with connect(access, clock=clock, adapter=adapter) as org:
            outage = Outage(store, org, emulator, clock)
            people = outage.people(setting.reports)
            outage.start_worker(setting.bulk_from)
            emulator.faults.unavailable(lasting=HOURS * 3600)
            every = list(arrivals(people, setting))
            for hour in range(HOURS):
                if hour in setting.restarts:
                    outage.start_worker(setting.bulk_from)
                store.inbox.keep(every[hour::HOURS])
                clock.advance(minutes=59)
                outage.read()
                outage.push()
                clock.advance(minutes=1)
            if setting.calls_left is not None:
                spent = emulator.usage.daily_limit - emulator.usage.used
                emulator.usage.spend(spent - setting.calls_left)
            adapter.back(setting.dies_after)
            outage.write_all(setting.bulk_from, adapter)
            written.flags = _ticked(emulator, people)
    finally:
        emulator.close()
    return written


def _ticked(emulator: EmulatedOrg, people: Sequence[tuple[str, str]]) -> int:
    names = {"003": "Contact", "00Q": "Lead"}
    return sum(emulator.record(names[each[:3]], each)[FLAG] is True for each, _ in people)


def faults(written: Written, setting: Setting) -> list[str]:
    """What is not as it should be."""
    found = {
        f"{setting.stops - written.opt_outs_first} opt-outs came after a delivery field": (
            written.opt_outs_first < setting.stops
        ),
        f"{written.flags} records have the flag": written.flags != setting.stops,
        f"{written.count('delivery')} deliveries were written": (
            written.count("delivery") < setting.reports
        ),
        f"{written.vain} calls while the org was away": (
            written.vain > HOURS * VAIN_CALLS_AN_HOUR
        ),
        f"{written.from_the_reserve} calls took from what is kept for opt-outs": (
            written.from_the_reserve > LEARNING_CALLS
        ),
        f"the worker died {written.deaths} times": written.deaths != len(setting.dies_after),
        # A job that has no calls left to begin with is given up.
        "no job was made": setting.bulk_from > 0
        and setting.calls_left is None
        and not written.jobs,
    }
    return [fault for fault, is_one in found.items() if is_one]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.consent.outage")
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--stops", type=int, default=STOPS)
    parser.add_argument("--reports", type=int, default=REPORTS)
    parser.add_argument("--calls-left", type=int, help="of the org's day, when it is back")
    parser.add_argument("--bulk-from", type=int, default=0, help="0: no bulk jobs")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    setting = Setting(
        stops=given.stops,
        reports=given.reports,
        calls_left=given.calls_left,
        bulk_from=given.bulk_from,
    )
    started = time.perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix="connector-") as folder,
        database(given.store) as url,
    ):
        store = Store.open(url or f"sqlite:///{Path(folder) / 'store'}")
        try:
            written = play(store, setting)
        finally:
            store.close()
    found = faults(written, setting)
    sys.stdout.write(
        f"opt-outs before the first field of a delivery   {written.opt_outs_first}\n"
        f"opt-outs in all                                 {written.count('opt-out')}\n"
        f"records with the flag in the end                {written.flags}\n"
        f"deliveries written                              {written.count('delivery')}\n"
        f"bulk jobs                                       {written.jobs}\n"
        f"{time.perf_counter() - started:.0f} seconds\n"
    )
    for fault in found:
        sys.stdout.write(f"FAULT  {fault}\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
