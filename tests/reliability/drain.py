"""Processes that are told to end while gateways post without a pause."""

import asyncio
import contextlib
import http.client
import random
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from connector.store import Store
from tests.end_to_end.flood import database, kept_tokens
from tests.end_to_end.org import OrgProcess, running
from tests.end_to_end.service import CONNECTOR, Service, Started, make_key, settings_for
from tests.reliability.deployment import family
from tests.reliability.posting import Client, Posted
from tests.reliability.trial import Ask, Control, Tally, Trial


FAULTY = (sys.executable, "-m", "tests.reliability.faulty")
PEOPLE, CLIENTS = 40, 16
#: So many are told to end, on each database.
ENDS = {"sqlite": 3, "postgresql": 4}
#: Within this all must be over.
LIMIT_SECONDS = 25
PATIENCE_SECONDS = 40
WRITES = "/composite/sobjects"
SETTINGS = {
    "CONNECTOR_DRAIN_SECONDS": "0.4",
    "CONNECTOR_WEB_PROCESSES": "2",
    "CONNECTOR_SALESFORCE_READ_TIMEOUT_SECONDS": "200",
}


class Play:
    """One service on one database, and the gateways before it."""

    def __init__(self, service: Service, org: OrgProcess, dice: random.Random) -> None:
        self._service = service
        self._org = org
        self._dice = dice
        self.posted = Posted()
        self.tally = Tally()

    def run(self, ends: int, role: str) -> None:
        for each in self._service.started:
            self._wait_for(each)
        asyncio.run(self._post(lambda: self._end_some(ends, role)))
        self.tally.counts.update(self.posted.counts)
        self.tally.faults += self.posted.faults

    async def _post(self, disturb: Callable[[], None]) -> None:
        enough = asyncio.Event()
        phones = [each.phone for each in self._org.people]
        clients = [
            Client(each, self._service.ports, phones, self.posted) for each in range(CLIENTS)
        ]
        async with asyncio.TaskGroup() as group:
            for each in clients:
                group.create_task(each.run(enough))
            try:
                await asyncio.to_thread(disturb)
            finally:
                enough.set()

    def _end_some(self, ends: int, role: str) -> None:
        """Each in its turn, so that all kinds are; how, is drawn."""
        started = [each for each in self._service.started if role in each.words[0]]
        for each in [started[number % len(started)] for number in range(ends)]:
            threading.Event().wait(self._dice.uniform(0.1, 0.6))
            self._end(each, times=self._dice.choice([1, 1, 3]))
            each.start_again()
            if self._dice.random() < 0.4:
                self._end_a_beginner(each)
            self._wait_for(each)

    def _end(self, *those: Started, times: int = 1) -> None:
        own = {pid for each in those for pid in family(each.pid)}
        for _ in range(times):
            for each in those:
                each.signal(signal.SIGTERM)
        for each in those:
            code = each.ended(LIMIT_SECONDS)
            self._count(f"ended by SIGTERM: {each.words[0]}")
            if code != 0:
                told = "not ended in time" if code is None else f"ended with {code}"
                self.tally.faults.append(f"{each.words[0]}: {told}")
                each.kill()
        with opened(self._service) as store, store.transaction(reads=True) as transaction:
            held = [e for e in transaction.leases.all() if int(e.holder.split(" ")[1]) in own]
        self.tally.faults += [f"the lease {each.name} is still held" for each in held]

    def _end_a_beginner(self, each: Started) -> None:
        """While it starts: Python itself ends by the signal until our code is loaded."""
        threading.Event().wait(self._dice.uniform(0, 1))
        each.signal(signal.SIGTERM)
        code = each.ended(LIMIT_SECONDS)
        self._count("ended while they started")
        if code not in {0, -signal.SIGTERM}:
            self.tally.faults.append(f"{each.words[0]}: while it started: {code}")
            each.kill()
        each.start_again()

    def end_while_salesforce_is_silent(self) -> None:
        """A call that is never answered holds nobody up."""
        number = self._org.fault("timeout", path=WRITES, times=None, seconds=60)
        asyncio.run(self._post(lambda: _until(lambda: "timeout" in self._struck())))
        hung = [each for each in self._service.started if each.words[0] != "web"]
        self._end(*hung)
        self._org.clear_fault(number)
        cut_off = len(self._service.logged("worker.cut_off"))
        self._count("ended while Salesforce was silent", len(hung))
        if not cut_off:
            self.tally.faults.append("Salesforce was silent, and no worker was held up by it")

    def _struck(self) -> set[str]:
        return {kind for kind, times in self._org.statistics().struck.items() if times}

    def judge(self) -> None:
        """All processes have ended: what was acknowledged is there."""
        with opened(self._service) as store:
            lost = self.posted.acknowledged - set(kept_tokens(store))
            with store.transaction(reads=True) as transaction:
                held = [each.name for each in transaction.leases.all()]
        self._count("acknowledged and lost", len(lost))
        self.tally.faults += [f"acknowledged and lost: {each}" for each in sorted(lost)]
        self.tally.faults += [f"the lease {name} is still held at the end" for name in held]

    def _count(self, what: str, number: int = 1) -> None:
        self.tally.counts[what] += number

    def _wait_for(self, started: Started) -> None:
        """Until it serves; one that fell tells why."""
        place = self._service.started.index(started)
        ports = self._service.ports
        if place < len(ports):
            _until(lambda: not started.runs or _is_ready(ports[place]))
        else:
            threading.Event().wait(0.3)  # nobody waits for a worker
        if not started.runs:
            self.tally.faults.append(
                f"{started.words[0]} fell: {self._service.log_lines()[-3:]}"
            )


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _until(condition: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_SECONDS * 20):
        if condition():
            return
        threading.Event().wait(0.05)
    raise AssertionError("what was waited for does not come")


@contextlib.contextmanager
def opened(service: Service) -> Iterator[Store]:
    store = Store.open(service.store_url, upgrade=False)
    try:
        yield store
    finally:
        store.close()


def play(
    dice: random.Random,
    engine: str,
    ends: int,
    *,
    role: str = "",
    silence: bool = False,
    mistake: str = "",
) -> Tally:
    """One service with its org, of which so many end, or only those of a role."""
    launcher = (*FAULTY, "--mistake", mistake, "--") if mistake else CONNECTOR
    with (
        tempfile.TemporaryDirectory(prefix="connector-drain-") as name,
        database(engine) as url,
    ):
        folder = Path(name)
        key = make_key(folder)
        with running(folder, PEOPLE) as org:
            service = Service(
                folder,
                {**settings_for(org, key, folder), **SETTINGS},
                database=url,
                webs=2,
                workers=2,
                launcher=launcher,
            )
            service.prepare()
            service.start()
            try:
                playing = Play(service, org, dice)
                playing.run(ends, role)
                if silence:
                    playing.end_while_salesforce_is_silent()
                codes = service.end()
                playing.judge()
            finally:
                service.kill_all()
    playing.tally.faults += [f"ended with {code} at last" for code in codes if code]
    return playing.tally


def _run(ask: Ask) -> Tally:
    whole = Tally()
    with ThreadPoolExecutor(len(ENDS)) as pool:
        under_way = [
            pool.submit(
                play,
                random.Random(f"{ask.seed} {engine}"),  # noqa: S311 (repeatable, not secret)
                engine,
                ask.of(ends),
                silence=engine == "postgresql" and ask.size >= 1,
            )
            for engine, ends in ENDS.items()
        ]
        for each in under_way:
            tally = each.result()
            whole.counts.update(tally.counts)
            whole.faults += tally.faults
    return whole


def _control(mistake: str, ends: int) -> Control:
    def run(ask: Ask) -> Tally:
        return play(ask.dice(), "postgresql", ends, role="web", mistake=mistake)

    return Control(name=mistake, run=run)


TRIAL = Trial(
    name="drain",
    title="Processes that are told to end",
    shows="SIGTERM ends each process within 25 seconds; no request that was accepted fails, and"
    " nothing stays reserved.",
    run=_run,
    most_seconds=240,
    controls=(_control("ends at once when it is told to", 1),),
)
