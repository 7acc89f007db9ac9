"""Three machines and one PostgreSQL: power is lost, the network is cut, processes halt."""

import argparse
import contextlib
import dataclasses
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from connector.clock import system_clock
from connector.store import Store
from tests.end_to_end.flood import Run, Scenario
from tests.end_to_end.org import running
from tests.end_to_end.plan import Planner
from tests.end_to_end.sends import AUTH_TOKEN
from tests.end_to_end.service import make_key, settings_for
from tests.jobs import journal
from tests.reliability.cluster import Cluster
from tests.reliability.hosts_stage import FOR_GOOD, NAMES, STEPS, Case, Stage
from tests.reliability.hurried import MISTAKES
from tests.reliability.network import (
    DATABASE,
    OUTSIDE,
    ROOT,
    Network,
    in_a_world_of_its_own,
    lacking,
)
from tests.reliability.trial import Ask, Control, Tally, Trial
from tests.support import postgres


PEOPLE, CALLBACKS = 300, 1_500
MOST_SECONDS = 200


def play(ask: Ask, case: Case) -> Tally:
    """To be called in a world of its own."""
    binaries = next(iter(postgres.installed_binaries()), None)
    if binaries is None:
        raise RuntimeError(postgres.HOW_TO_GET_ONE)
    with (
        tempfile.TemporaryDirectory(prefix="connector-hosts-") as name,
        Network(NAMES[: case.machines], Path(name)) as network,
        postgres.private_server(
            binaries, in_memory=True, at=postgres.Address(DATABASE, 5432)
        ) as server,
        server.database() as url,
    ):
        return _play(ask, case, Path(name), network, url)


def _play(ask: Ask, case: Case, folder: Path, network: Network, url: str) -> Tally:
    private_key = make_key(folder)
    with running(folder, ask.of(PEOPLE, 60)) as org:
        settings = settings_for(org, private_key, folder) | {
            "CONNECTOR_SALESFORCE_CONNECT_TIMEOUT_SECONDS": "1",
            "CONNECTOR_SALESFORCE_READ_TIMEOUT_SECONDS": "3",
        }
        for address in (org.login_url, org.admin_url.removesuffix("/emulator")):
            port = int(address.rpartition(":")[2])
            network.relay({(OUTSIDE, port): ("127.0.0.1", port)}, 60)
        cluster = Cluster(
            folder, settings, network, database=url, each=case.each, mistake=case.mistake
        )
        key = cluster.prepare()
        store = Store.open(url, upgrade=False)
        journal.create(store)
        store.close()
        planner = Planner(campaign=org.campaign, key=key, now=system_clock(), seed=ask.seed)
        plan = planner.plan(org.people, ask.of(CALLBACKS, 200))
        scenario = Scenario(settle_seconds=case.settle_seconds, people=len(org.people))
        run = Run(scenario, plan, org, cluster)
        stage = Stage(run, cluster, case, ask)
        try:
            cluster.start()
            stage.play()
        finally:
            cluster.kill_all()
        run.judge([], secrets=[AUTH_TOKEN, key, *private_key.splitlines()[1:-1]])
        stage.look_at_jobs()
        stage.look_at_shares()
        statistics = org.statistics()
    run.look(statistics.updates, statistics.struck)
    return stage.told()


def play_apart(
    ask: Ask,
    *,
    machines: int = len(NAMES),
    steps: Sequence[str] = STEPS,
    mistake: str = "",
) -> Tally:
    """In a process of its own: what it makes of network and processes ends with it."""
    if why := lacking():
        return Tally(faults=[why])
    words = ["--seed", str(ask.seed), "--size", str(ask.size), "--machines", str(machines)]
    words += [*(["--mistake", mistake] if mistake else []), "--steps", *steps]
    with tempfile.TemporaryFile("w+") as said:
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                in_a_world_of_its_own(__name__, *words),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=ROOT,
                timeout=MOST_SECONDS,
                check=False,
            )
        said.seek(0)
        told = said.read()
    with contextlib.suppress(IndexError, TypeError, ValueError):
        return Tally(**json.loads(told.splitlines()[-1]))
    raise RuntimeError(told[-3_000:])


def _control(mistake: str, *steps: str) -> Control:
    return Control(
        name=mistake, run=lambda ask: play_apart(ask, machines=2, steps=steps, mistake=mistake)
    )


TRIAL = Trial(
    name="hosts",
    title="Three machines, one PostgreSQL",
    shows="A machine that loses its power, is cut off or stands still loses nothing and holds"
    " nothing up: others take over. Each slot of a job is worked off once. A machine that is"
    " back after its leases have ended changes nothing. All patience is a tenth of the usual.",
    run=play_apart,
    most_seconds=MOST_SECONDS + 20,
    controls=(
        _control("a lease's end is not looked at", "halt", "halt", "halt"),
        _control("a server waits for whoever is silent", FOR_GOOD),
        _control("nobody watches over the silent", "loss"),
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.hosts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=float, default=1.0)
    parser.add_argument("--machines", type=int, default=len(NAMES))
    parser.add_argument("--mistake", choices=MISTAKES, default="")
    parser.add_argument("--steps", nargs="+", choices=[*STEPS, FOR_GOOD], default=STEPS)
    given = parser.parse_args()
    ask = Ask(given.seed, given.size)
    case = Case(steps=given.steps, machines=given.machines, mistake=given.mistake)
    if given.machines < len(NAMES):
        case = dataclasses.replace(case, each=1)
    if given.mistake:
        case = dataclasses.replace(case, settle_seconds=12)
    tally = play(ask, case)
    sys.stdout.write(f"{json.dumps({'counts': tally.counts, 'faults': tally.faults})}\n")
    return int(bool(tally.faults))


if __name__ == "__main__":
    sys.exit(main())
