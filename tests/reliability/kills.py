"""
`kill -9` of random processes, about two a second, while gateways go on sending.

On the embedded database (one web server, one worker) and on PostgreSQL (two of each). Who is
killed is started again at once, as a supervisor would; the org goes on all the time.
"""

import asyncio
import dataclasses
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from connector.clock import system_clock
from connector.domain.errors import StoreUnavailableError
from connector.store import Store
from connector.web.keys import new_secret, secret_hash
from tests.end_to_end.flood import database, left_to_do
from tests.end_to_end.org import OrgProcess, running
from tests.end_to_end.plan import Person, Planner
from tests.end_to_end.service import Service, make_key, settings_for
from tests.reliability.deployment import IMPORTED, Deployment
from tests.reliability.gateways import TOKEN, Gateways
from tests.reliability.killer import (
    NOTING,
    PATIENCE_SECONDS,
    READING,
    WRITING,
    Killer,
)
from tests.reliability.trial import Ask, Control, Tally, Trial
from tests.reliability.verdict import OPEN_SLOTS, Verdict, rows
from tests.support.nursery import Nursery


CYCLES = 150
#: What a person is sent, and who is texted by the gateway that never repeats.
REPORTS_EACH, PEOPLE_EACH_CYCLE, ONCE = 3, 4, 10
LEAST_PEOPLE, WRITERS_EVERY = 60, 3
#: How long the org takes for a write: most kills of a worker meet it in one.
WRITE_SECONDS = 0.12
#: All that waits must be done so long after the last kill; more than a lease never is.
SETTLE_SECONDS = 60.0
#: Of a run with a mistake planted, which waits for the moment that shows it.
CONTROL_SETTLE_SECONDS, CONTROL_PATIENCE_SECONDS = 6.0, 6.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """How often is killed, on which database, with what planted into the processes."""

    #: `sqlite`, `postgresql` for a server of its own, or the URL of an empty database.
    store: str
    cycles: int
    seed: int
    mistakes: Sequence[str] = ()
    settle_seconds: float = SETTLE_SECONDS
    #: Ways of killing, so that a control meets its mistake soon.
    ways: Sequence[str] = ()


def play(given: Play) -> Tally:
    """One deployment from its beginning to its end; its folder stays if something is wrong."""
    folder = Path(tempfile.mkdtemp(prefix="connector-kills-"))
    if given.store.startswith("postgresql://"):
        tally = _played(given, folder, given.store)
    else:
        with database(given.store) as url:
            tally = _played(given, folder, url)
    if tally.faults and not given.mistakes:
        tally.faults.append(f"all that was kept and logged is in {folder}")
    else:
        shutil.rmtree(folder)
    return tally


def _played(given: Play, folder: Path, url: str) -> Tally:
    dice = random.Random(f"{given.store}:{given.seed}")  # noqa: S311
    private_key = make_key(folder)
    people = max(given.cycles * PEOPLE_EACH_CYCLE, LEAST_PEOPLE)
    with (
        running(folder, people + ONCE) as org,
        Nursery(*IMPORTED) as nursery,
    ):
        service = Service(
            folder,
            {**settings_for(org, private_key, folder), **_SETTINGS},
            database=url,
            webs=2,
            workers=2,
        )
        key = _prepared(service.store_url)
        org.fault("latency", method="PATCH", seconds=WRITE_SECONDS)
        texted, once_to = org.people[:people], org.people[people:]
        planner = Planner(
            campaign=org.campaign,
            key=key,
            now=system_clock(),
            seed=given.seed,
            writers_every=WRITERS_EVERY,
        )
        gateways = Gateways(
            planner.plan(texted, people * REPORTS_EACH),
            service.ports,
            key,
            steps=given.cycles,
            once_to=once_to,
            dice=dice,
        )
        plants = [word for each in given.mistakes for word in ("--mistake", each)]
        run = _Run(given, Deployment(service, nursery, plants), gateways, org, dice)
        return run.through(service.store_url, once_to)


def _prepared(store_url: str) -> str:
    """The store, and the secret of a key for the sender's program."""
    secret = new_secret()
    store = Store.open(store_url)
    try:
        with store.transaction() as transaction:
            scopes = ("messages:write", "consent:read")
            transaction.keys.create("sender", secret_hash(secret), scopes, system_clock())
    finally:
        store.close()
    return secret


_SETTINGS = {
    "CONNECTOR_GATEWAY_KANNEL_TOKEN": TOKEN,
    "CONNECTOR_FLUSH_SECONDS": "0.2",
    "CONNECTOR_ROLL_UP_SECONDS": "2",
}


class _Run:
    """One play on its way."""

    def __init__(
        self,
        given: Play,
        deployment: Deployment,
        gateways: Gateways,
        org: OrgProcess,
        dice: random.Random,
    ) -> None:
        self._given = given
        self._deployment = deployment
        self._gateways = gateways
        self._org = org
        self._dice = dice
        self._tally = Tally()

    def through(self, store_url: str, once_to: Sequence[Person]) -> Tally:
        store = Store.open(store_url, upgrade=False)
        patience = CONTROL_PATIENCE_SECONDS if self._given.mistakes else PATIENCE_SECONDS
        killer = Killer(self._deployment, self._org, store, self._dice, patience=patience)
        self._gateways.done_steps = killer.kills.total
        try:
            self._deployment.start()
            asyncio.run(self._send_and_kill(killer))
            self._settle(store)
            self._deployment.end()
            verdict = Verdict(self._gateways, store, self._org, once_to)
            self._tally.faults += verdict.faults()
            self._tally.counts += verdict.counts
        finally:
            store.close()
        self._tell(killer)
        return self._tally

    async def _send_and_kill(self, killer: Killer) -> None:
        sending = asyncio.create_task(self._gateways.run())
        await asyncio.to_thread(killer.kill, self._given.cycles, self._given.ways)
        self._gateways.hurry.set()
        try:
            await asyncio.wait_for(sending, self._given.settle_seconds)
        except TimeoutError:
            self._tally.faults.append("gateways that repeat still had no 2xx for something")

    def _settle(self, store: Store) -> None:
        """Wait until nothing is left to do."""
        ends = time.monotonic() + self._given.settle_seconds
        left: object = None
        while time.monotonic() < ends:
            try:
                left = left_to_do(store) or self._behind(store)
            except StoreUnavailableError as error:  # locked by who was killed, or by its heir
                left = error
            if not left:
                return
            threading.Event().wait(0.1)
        self._tally.faults.append(f"not done so long after the last kill: {left}")

    @staticmethod
    def _behind(store: Store) -> dict[str, int]:
        """What the directory and the roll-up, which come every few seconds, have yet to do."""
        with store.transaction(reads=True) as transaction:
            left = {
                "unmatched": transaction.deliveries.unmatched_count(),
                "not rolled up": len(transaction.figures.noted()),
                # One whose process fell several times is begun again after a rest.
                "open slots": len(rows(store, OPEN_SLOTS)),
            }
        return {name: count for name, count in left.items() if count}

    def _tell(self, killer: Killer) -> None:
        tally, faults = self._tally, self._tally.faults
        faults += [*self._gateways.faults, *self._deployment.fallen]
        faults += [
            f"a traceback in the log: {line[-300:]}"
            for line in self._deployment.log_lines()
            if "Traceback" in line or '"traceback"' in line
        ]
        tally.counts["kill -9 cycles"] = self._given.cycles
        for way, count in killer.kills.items():
            tally.counts[f"kill -9 of {way}"] = count
        tally.counts += self._gateways.done


def _run(ask: Ask) -> Tally:
    """Half of the kills on each database, both at once."""
    plays = [
        Play(store=store, cycles=ask.of(CYCLES, 6), seed=ask.seed)
        for store in ("sqlite", "postgresql")
    ]
    total = Tally()
    with ThreadPoolExecutor(len(plays)) as pool:
        for given, tally in zip(plays, pool.map(play, plays), strict=True):
            total.counts.update(tally.counts)
            total.faults += [f"{given.store}, seed {ask.seed}: {each}" for each in tally.faults]
    return total


def _control(mistake: str, cycles: int, way: str) -> Control:
    def run(ask: Ask) -> Tally:
        given = Play(
            store="sqlite",
            cycles=cycles,
            seed=ask.seed,
            mistakes=(mistake,),
            settle_seconds=CONTROL_SETTLE_SECONDS,
            ways=(way,),
        )
        return play(given)

    return Control(name=mistake, run=run)


TRIAL = Trial(
    name="kills",
    title="kill -9 of random processes under load",
    shows="What was answered with 2xx is stored and has its effect once, and nobody who said"
    " STOP may be texted, whichever process is killed when.",
    run=_run,
    most_seconds=600,
    controls=(
        _control("answers before it commits", 6, "a web server"),
        _control("a STOP goes with the reports and is answered early", 6, "a web server"),
        _control("settles before Salesforce has answered", 4, NOTING),
        _control("callbacks are ticked off before what they say is kept", 4, READING),
        _control("the leases of the dead are waited for", 2, WRITING),
    ),
)
