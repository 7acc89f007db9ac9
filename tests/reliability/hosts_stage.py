"""What befalls the machines of a trial while callbacks come, and what is left of it."""

import asyncio
import dataclasses
import itertools
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import psycopg

from connector.clock import system_clock
from connector.store import Store
from tests.end_to_end.client import deliver
from tests.end_to_end.flood import Run
from tests.end_to_end.sends import Send
from tests.jobs import live
from tests.reliability.cluster import RHYTHM, Cluster
from tests.reliability.hurried import SILENCE
from tests.reliability.network import Machine
from tests.reliability.probes import OK, Readiness, repeated
from tests.reliability.trial import Ask, Tally


NAMES = ("anna", "berta", "carla")
STEPS = ("power", "switch", "halt", "cable", "loss")
#: As `power`, for good: a machine that is back ends connections of before by chance.
FOR_GOOD = "crash"
CLIENTS = 6
#: Sent at once, and the pause after it: there is something to do as long as trouble lasts.
PORTION, PAUSE_SECONDS = 12, 0.05


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What goes wrong, on how many machines, and what is wrong with the service."""

    steps: Sequence[str] = STEPS
    machines: int = len(NAMES)
    each: int = 2
    mistake: str = ""
    settle_seconds: float = 60.0


class Stage:
    """One run: callbacks come all the time, and one trouble after the other."""

    def __init__(self, run: Run, cluster: Cluster, case: Case, ask: Ask) -> None:
        self._run = run
        self._cluster = cluster
        self._case = case
        self._ready = Readiness(cluster.ports)
        self._ask = ask
        self._dice = ask.dice()
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        machines = [*cluster.network.machines]
        self._dice.shuffle(machines)
        self._machines = itertools.cycle(machines)

    def play(self) -> None:
        with repeated(self._ready.look):
            self._ready.until(OK, 90)
        _say("all are there")
        asyncio.run(self._send_all())
        self._run.settle()
        _say("all is settled")

    async def _send_all(self) -> None:
        work = iter(self._run.plan.sends)
        await self._deliver([*itertools.islice(work, len(self._run.plan.sends) // 5)])
        for step in self._case.steps:
            await self._under(getattr(self, f"_{step}"), work)
            _say(f"{step}: over")
        await self._deliver([*work])
        await self._deliver([self._run.plan.last])
        _say("all is sent")

    async def _under(self, step: Callable[[], None], work: Iterator[Send]) -> None:
        trouble = asyncio.create_task(asyncio.to_thread(step))
        while not trouble.done():
            await self._deliver([*itertools.islice(work, PORTION)])
            await asyncio.sleep(PAUSE_SECONDS)
        await trouble

    async def _deliver(self, sends: Sequence[Send]) -> None:
        ports = self._run.service.ports
        await deliver(sends, ports, self._run.journal, clients=CLIENTS)

    def _power(self) -> None:
        """In the middle of a unit of work; after a while the machine is switched on again."""
        machine = next(self._machines)
        with self._cluster.standing_at(machine, ["locks"]):
            self._cluster.lose_power(machine)
        self.counts["machines that lost their power"] += 1
        self._rest(SILENCE * 1.5)
        machine.switch_on()
        self._cluster.start_on(machine)

    def _switch(self) -> None:
        """In the middle of a call, and for longer than the others wait."""
        machine = next(self._machines)
        with self._cluster.standing_at(machine, ["calls"]):
            machine.leave_the_switch()
            self._rest(SILENCE * 2)
            machine.come_back()
        self.counts["machines cut off, and back"] += 1

    def _halt(self) -> None:
        """While it is at a job, and for longer than its lease."""
        machine = self._halted_at("job:long")
        self._rest(RHYTHM.lease_ms / 1_000 * 2)
        machine.go_on()
        self._rest(RHYTHM.lease_ms / 1_000)
        self.counts["machines halted, and awake after their leases"] += 1

    def _cable(self) -> None:
        """Shorter than anybody waits: the same connections go on."""
        machine = next(self._machines)
        machine.pull_the_cable()
        self._rest(self._dice.uniform(0.5, 2.0))
        machine.plug_it_in()
        self.counts["cables pulled for a moment"] += 1

    def _loss(self) -> None:
        """In the middle of a call, and for good."""
        machine = next(self._machines)
        with self._cluster.standing_at(machine, ["calls"]):
            self._cluster.lose_power(machine)
        self.counts["machines lost for good"] += 1

    def _crash(self) -> None:
        """In the middle of a unit of work, and for good."""
        machine = next(self._machines)
        with self._cluster.standing_at(machine, ["locks"]):
            self._cluster.lose_power(machine)
        self.counts["machines lost for good"] += 1

    def _halted_at(self, lease: str) -> Machine:
        """A machine that has this lease, and keeps it as long as it stands still."""
        machines = {each.name: each for each in self._cluster.network.machines}
        with psycopg.connect(self._cluster.store_url, autocommit=True) as connection:
            for _ in range(500):
                name = _who_has(connection, lease)
                if name in machines:
                    machines[name].halt()
                    if _who_has(connection, lease) == name:
                        return machines[name]
                    machines[name].go_on()
                self._rest(0.02)
        raise RuntimeError(f"nobody ever has the lease {lease}")

    @staticmethod
    def _rest(seconds: float) -> None:
        threading.Event().wait(seconds)

    def look_at_jobs(self) -> None:
        """Every slot once, whoever was at it, and nothing by a sleeper."""
        store = Store.open(self._cluster.store_url, upgrade=False)
        try:
            found = live.Outcome(self._ask.seed)
            live.finish(store, RHYTHM, found)
        finally:
            store.close()
        self.counts["slots of jobs"] = found.done["slots"]
        self.counts["slots taken over"] = found.done["taken over"]
        self.faults += found.faults

    def look_at_shares(self) -> None:
        """Whether every machine did a part of it."""
        machines = self._cluster.network.machines
        for machine in machines:
            lines = self._cluster.logs_of(machine)
            events = [json.loads(each)["event"] for each in lines if each.startswith("{")]
            rounds = events.count("sf.round.done")
            self.counts["leases freed by others"] += events.count("lease.freed")
            if not rounds and len(machines) > len(NAMES) - 1:
                self.faults.append(f"{machine.name} wrote nothing to Salesforce")
        answered = self._cluster.network.answered
        for address in self._cluster.web_addresses:
            if not answered[address]:
                self.faults.append(f"the web server at {address} answered nothing")

    def told(self) -> Tally:
        story = self._run.journal
        tally = Tally(counts=self.counts, faults=[*self.faults, *self._run.faults])
        tally.counts["callbacks and registrations acknowledged"] = story.acknowledged
        tally.counts["not answered, and sent again"] = story.answers[0] + story.answers[503]
        tally.counts["acknowledged and lost"] = sum(
            each.startswith("lost:") for each in tally.faults
        )
        return tally


def _who_has(connection: psycopg.Connection, lease: str) -> str:
    """The machine of the worker that has it; nothing where nobody has."""
    row = connection.execute(
        "SELECT holder FROM leases WHERE name = %s AND until > 0", [lease]
    ).fetchone()
    return str(row[0]).partition(" ")[0] if row else ""


def _say(what: str) -> None:
    """For whoever wants to know how far it came."""
    sys.stderr.write(f"{system_clock():%T} {what}\n")
