"""
The proof that nothing is lost: `python -m tests.end_to_end.flood --help`.

Real processes of the service, an emulated org over HTTPS, gateways that repeat what is not
answered with 2xx. Half-way the service may be killed and the org may fail in three ways; in the
end every Contact must show what it should.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import math
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from connector.clock import system_clock
from connector.store import Store
from tests.end_to_end.client import Journal, deliver
from tests.end_to_end.expectation import Expectation, deviations
from tests.end_to_end.org import OrgProcess, running
from tests.end_to_end.plan import Plan, Planner
from tests.end_to_end.sends import AUTH_TOKEN, Send
from tests.end_to_end.service import CONNECTOR, Service, make_key, settings_for
from tests.support import postgres


#: Update calls that a flush round may take beside one for each 200 records.
SPARE_CALLS = 10
KILLS = ("all", "web", "worker", "parent", "supervisor")
_SHOWN = 10


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is sent, to what, and what goes wrong meanwhile."""

    callbacks: int = 10_000
    people: int = 2_000
    clients: int = 32
    database: str = ""
    webs: int = 2
    workers: int = 2
    kill: str = ""
    trouble_seconds: float = 0.0
    seed: int = 1
    settle_seconds: float = 120.0
    settings: Mapping[str, str] = dataclasses.field(default_factory=dict)
    launcher: Sequence[str] = CONNECTOR


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run showed: `faults` is empty when all is as it should be."""

    facts: Mapping[str, object]
    faults: Sequence[str]

    def __str__(self) -> str:
        lines = [f"{name:32}{value}" for name, value in self.facts.items()]
        lines += [f"FAULT  {fault}" for fault in self.faults[:_SHOWN]]
        more = len(self.faults) - _SHOWN
        return "\n".join([*lines, f"... and {more} more"] if more > 0 else lines)


def flood(scenario: Scenario, folder: Path) -> Outcome:
    """Play a scenario in an empty folder."""
    with running_service(scenario, folder) as run:
        asyncio.run(run.send_all())
        run.settle()
    return run.outcome()


@contextlib.contextmanager
def running_service(scenario: Scenario, folder: Path) -> Iterator["Run"]:
    """The service and its org, to be sent to; judged once all is settled."""
    private_key = make_key(folder)
    with running(folder, scenario.people) as org:
        service = Service(
            folder,
            {**settings_for(org, private_key, folder), **scenario.settings},
            database=scenario.database,
            webs=scenario.webs,
            workers=scenario.workers,
            launcher=scenario.launcher,
        )
        key = service.prepare()
        planner = Planner(
            campaign=org.campaign, key=key, now=system_clock(), seed=scenario.seed
        )
        plan = planner.plan(org.people, scenario.callbacks)
        run = Run(scenario, plan, org, service)
        try:
            service.start()
            yield run
            codes = service.end()
        finally:
            service.kill_all()
        run.judge(codes, secrets=[AUTH_TOKEN, key, *private_key.splitlines()[1:-1]])
        statistics = org.statistics()
    run.look(statistics.updates, statistics.struck)


class Run:
    """One run on its way."""

    def __init__(
        self, scenario: Scenario, plan: Plan, org: OrgProcess, service: Service
    ) -> None:
        self._scenario = scenario
        self.plan = plan
        self._org = org
        self.service = service
        self.journal = Journal()
        self.facts: dict[str, object] = {}
        self.faults: list[str] = []

    def outcome(self) -> Outcome:
        return Outcome(facts=self.facts, faults=self.faults)

    async def send_all(self) -> None:
        """Everything, with all that goes wrong; the last one when all else is acknowledged."""
        started = time.perf_counter()
        half = asyncio.Event()
        killing = asyncio.create_task(self._kill_at(half))
        sends = self.plan.sends
        if seconds := self._scenario.trouble_seconds:
            third = len(sends) // 3
            self._org.fault("unavailable", path="/services", lasting=seconds)
            await self._deliver(sends[:third], half)
            await asyncio.sleep(max(started + seconds - time.perf_counter(), 0))
            lock = self._org.fault("lock", method="PATCH", share=0.3)
            await self._deliver(sends[third : 2 * third], half)
            # One more call for those that come again; ever longer waits lie between the next.
            await self._until_struck("lock", self._scenario.people // 200 + 2)
            self._org.clear_fault(lock)
            self._org.fault("drop", method="PATCH", after_commit=True, times=2)
            sends = sends[2 * third :]
        await self._deliver(sends, half)
        await killing
        await deliver([self.plan.last], self.service.ports, self.journal, clients=1)
        took = time.perf_counter() - started
        self.facts |= {
            "messages, people": f"{len(self.plan.messages)}, {self._scenario.people}",
            "requests, doubled of them": f"{len(self.journal.stories)}, {self.plan.doubled}",
            "sent in seconds": f"{took:.1f}",
            "answers": dict(sorted(self.journal.answers.items())),
        }

    async def _deliver(self, sends: Sequence[Send], half: asyncio.Event) -> None:
        def watch() -> None:
            if self.journal.acknowledged >= len(self.plan.sends) // 2:
                half.set()

        await deliver(
            sends,
            self.service.ports,
            self.journal,
            clients=self._scenario.clients,
            watch=watch,
        )

    async def _until_struck(self, kind: str, times: int) -> None:
        """Wait until the org has misbehaved so often; it may have been left alone before."""
        struck = 0
        for _ in range(1_000):
            struck = self._org.statistics().struck[kind]
            if struck >= times:
                break
            await asyncio.sleep(0.25)
        self.facts[f"calls with {kind}"] = struck

    async def _kill_at(self, half: asyncio.Event) -> None:
        await half.wait()
        if self._scenario.kill:
            await asyncio.to_thread(self.service.kill, self._scenario.kill)

    def settle(self) -> None:
        """Wait until nothing is left to do; what is left after the time is a fault."""
        started = time.perf_counter()
        store = Store.open(self.service.store_url, upgrade=False)
        try:
            # Whose record a number is may be learnt only at the next poll.
            while left := left_to_do(store) or _unmatched(store):
                if time.perf_counter() - started > self._scenario.settle_seconds:
                    self.faults.append(f"not settled: {left}")
                    break
                threading.Event().wait(0.25)
            self.facts["settled after seconds"] = f"{time.perf_counter() - started:.1f}"
            kept = set(kept_tokens(store))
            with store.transaction(reads=True) as transaction:
                refused = transaction.writes.refused_count()
                quarantined = transaction.unread.quarantined_count()
                unmatched = transaction.deliveries.unmatched_count()
        finally:
            store.close()
        told = [send for send in (*self.plan.sends, self.plan.last) if send.is_callback]
        lost = [send.token for send in told if send.token not in kept]
        self.facts["callbacks, lost of them"] = f"{len(told)}, {len(lost)}"
        self.faults += [f"lost: {token}" for token in lost]
        for name, count in (
            ("refused", refused),
            ("quarantined", quarantined),
            ("unmatched", unmatched),
        ):
            if count:
                self.faults.append(f"{count} {name}")

    def judge(self, codes: Sequence[int], secrets: Sequence[str]) -> None:
        """Exit codes, and what the log must not hold."""
        if any(codes):
            self.faults.append(f"exit codes {codes}")
        lines = self.service.log_lines()
        digits = {person.phone[-10:] for person in self._org.people}
        for line in lines:
            if any(secret in line for secret in secrets):
                self.faults.append(f"a secret in the log: {line[:200]}")
            if "Traceback" in line or '"traceback"' in line:
                self.faults.append(f"a traceback in the log: {line[-300:]}")
            if digits.intersection(re.findall(r"(?=(\d{10}))", re.sub(r"[ ().-]", "", line))):
                self.faults.append(f"a number in the log: {line[:200]}")
        self.facts["log lines"] = len(lines)

    def look(self, updates: int, struck: Mapping[str, int]) -> None:
        """Every Contact, and how many calls that took."""
        found = self._org.contacts()
        wanted = Expectation(self.plan, self.journal).contacts(found)
        wrong = list(deviations(wanted, found))
        self.faults += wrong
        rounds = self.service.logged("sf.round.done")
        for each in rounds:
            records = sum(int(str(each[name])) for name in ("written", "postponed", "refused"))
            most = math.ceil(records / 200) + SPARE_CALLS
            if int(str(each["calls"])) > most:
                self.faults.append(f"{each['calls']} calls for {records} records in a round")
        written = sum(int(str(each["written"])) for each in rounds)
        self.facts |= {
            "contacts, wrong fields": f"{len(found)}, {len(wrong)}",
            "update calls the org took": updates,
            "rounds, records written": f"{len(rounds)}, {written}",
        }
        if struck:
            self.facts["trouble struck"] = dict(struck)


def _unmatched(store: Store) -> dict[str, int]:
    with store.transaction(reads=True) as transaction:
        count = transaction.deliveries.unmatched_count()
    return {"unmatched": count} if count else {}


def left_to_do(store: Store) -> dict[str, int]:
    """What has still to be done, step by step."""
    with store.transaction(reads=True) as transaction:
        left = {
            "unread": transaction.unread.waiting(),
            "unmatched anew": transaction.deliveries.changed_count(),
            "marked": transaction.outbox.marked_count(),
            "pending": transaction.outbox.size()[0],
        }
    return {name: count for name, count in left.items() if count}


def kept_tokens(store: Store) -> Iterator[str]:
    for urgent in (True, False):
        position = 0
        while page := store.inbox.after(position, urgent=urgent, limit=2_000):
            position = page[-1].id
            yield from (kept.callback.header("i-twilio-idempotency-token") for kept in page)


@contextlib.contextmanager
def database(kind: str) -> Iterator[str]:
    """The URL of an empty database, or nothing for the embedded one."""
    if kind == "sqlite":
        yield ""
        return
    with postgres.server() as server:
        if server is None:
            raise SystemExit(postgres.HOW_TO_GET_ONE)
        with server.database() as url:
            yield url


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.end_to_end.flood")
    parser.add_argument("--callbacks", type=int, default=10_000, help="at least so many")
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--webs", type=int, default=2, help="on PostgreSQL")
    parser.add_argument("--workers", type=int, default=2, help="on PostgreSQL")
    parser.add_argument("--kill", nargs="?", const="all", default="", choices=KILLS)
    parser.add_argument("--trouble", action="store_true")
    parser.add_argument("--trouble-seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--keep", action="store_true", help="keep the folder when all is well too"
    )
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="connector-flood-"))
    with database(given.store) as url:
        scenario = Scenario(
            callbacks=given.callbacks,
            people=given.people,
            clients=given.clients,
            database=url,
            webs=given.webs,
            workers=given.workers,
            kill=given.kill,
            trouble_seconds=given.trouble_seconds if given.trouble else 0.0,
            seed=given.seed,
            settle_seconds=600,
        )
        outcome = flood(scenario, folder)
    keeps = given.keep or outcome.faults
    sys.stdout.write(f"{outcome}\n" + (f"{'kept in':32}{folder}\n" if keeps else ""))
    if not keeps:
        shutil.rmtree(folder)
    return int(bool(outcome.faults))


if __name__ == "__main__":
    sys.exit(main())
