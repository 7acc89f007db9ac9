"""
A backup under load, all lost, and put back: `python -m tests.end_to_end.recovery --help`.

Real processes, senders and an org over HTTPS. Whoever said STOP before the backup is opted out
in the restored store. Whoever said it later is never told yes, and is opted out again once
Salesforce's flags are read. Beside living processes nothing is restored.
"""

import argparse
import dataclasses
import itertools
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import requests

from tests.consent.live import Live
from tests.end_to_end.flood import database
from tests.end_to_end.org import OrgProcess, running
from tests.end_to_end.plan import Person
from tests.end_to_end.rolling import Watch
from tests.end_to_end.service import CONNECTOR, Service, make_key, settings_for


CLIENTS, STEP = 4, 8
#: So that some are left who have not spoken.
PAUSE_SECONDS = 0.4
PATIENCE_SECONDS = 90


@dataclasses.dataclass(slots=True)
class Outcome:
    """What a run showed: `faults` is empty when all is as it should be."""

    facts: dict[str, object] = dataclasses.field(default_factory=dict)
    faults: list[str] = dataclasses.field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{name:40}{value}" for name, value in self.facts.items()]
        return "\n".join([*lines, *(f"FAULT  {fault}" for fault in self.faults[:10])])


class Load:
    """Senders that hear of opt-outs, one after the other, until they are told to end."""

    def __init__(self, live: Live, people: Sequence[Person], seed: int) -> None:
        self._live = live
        self._people = iter(people)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._seed = seed
        #: In the order of their acknowledgements.
        self.acknowledged: list[str] = []
        self._threads = [
            threading.Thread(target=self._run, args=(number,)) for number in range(CLIENTS)
        ]

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for each in self._threads:
            each.join()

    def _run(self, number: int) -> None:
        dice = random.Random(f"{self._seed}:{number}")  # noqa: S311
        try:
            with requests.Session() as web:
                while not self._ended.wait(PAUSE_SECONDS):
                    with self._lock:
                        person = next(self._people, None)
                    if person is None:
                        return
                    dice.choice([self._live.text, self._live.stop])(web, person.phone)
                    self.acknowledged.append(person.phone)
        except Exception as error:  # noqa: BLE001 (told with the others)
            self._live.outcome.faults.append(f"client {number}: {error}")

    def more(self) -> None:
        """Wait until so many more were acknowledged."""
        wanted = len(self.acknowledged) + STEP
        for _ in range(PATIENCE_SECONDS * 20):
            if len(self.acknowledged) >= wanted or not any(
                each.is_alive() for each in self._threads
            ):
                return
            self._ended.wait(0.05)
        self._live.outcome.faults.append("nobody takes anything")


class Recovery:
    """One deployment, and the one that takes its place."""

    def __init__(self, folder: Path, org: OrgProcess, outcome: Outcome, key: str) -> None:
        self._folder = folder
        self._org = org
        self.outcome = outcome
        self._key = key

    def lose(self, service: Service, seed: int) -> tuple[list[str], list[str]]:
        """Who said STOP before the backup, and who said it later; then all is gone."""
        live = Live(service, self._key, seed)
        with Watch() as watch:
            for port in service.ports:
                watch.expect(port)
            with Load(live, self._org.people, seed) as load:
                load.more()
                before = list(load.acknowledged)
                started = time.monotonic()
                made = command(service.settings, "store", "backup", str(self.file))
                took = time.monotonic() - started
                load.more()
                beside = command(
                    service.settings, "store", "restore", str(self.file), "--replace"
                )
                load.more()
                for port in service.ports:
                    watch.excuse(port)
        if made.returncode:
            self.outcome.faults.append(f"no backup: {made.stderr}")
        if beside.returncode != 2 or "in use" not in beside.stderr:
            self.outcome.faults.append(f"restored beside the living: {beside.stderr}")
        later = [each for each in load.acknowledged if each not in set(before)]
        live.settle(self._org, seconds=PATIENCE_SECONDS)
        service.kill_all()
        self.outcome.faults += [*live.outcome.faults, *watch.faults]
        self.outcome.facts |= {
            "STOPs before the backup began": len(before),
            "STOPs later": len(later),
            "backup in seconds, under load": f"{took:.1f}",
            "bytes": self.file.stat().st_size if self.file.exists() else 0,
            "asked whether ready meanwhile": watch.asked,
        }
        return before, later

    @property
    def file(self) -> Path:
        return self._folder / "backup"

    def recover(self, service: Service, before: Sequence[str], later: Sequence[str]) -> None:
        """Put it back, and ask about everybody until it is open again."""
        done = command(service.settings, "store", "restore", str(self.file), "--replace")
        if done.returncode:
            self.outcome.faults.append(f"not restored: {done.stderr}")
            return
        service.start()
        live = Live(service, self._key, 2)
        with requests.Session() as web:
            self._ask(live, web, before, {"opted_out"})
            # Those that were read meanwhile are opted out already.
            self._ask(live, web, later, {"opted_out", "restored"})
            tries = self._reopen(service)
            self._ask(live, web, [*before, *later], {"opted_out"})
            spoken = {*before, *later}
            others = [each.phone for each in self._org.people if each.phone not in spoken]
            self._ask(live, web, others[:5], {"nothing_against"})
        self.outcome.facts["opened again at try"] = tries
        if not service.logged("store.restored"):
            self.outcome.faults.append("the log does not say that it was restored")

    def _ask(
        self, live: Live, web: requests.Session, phones: Sequence[str], wanted: set[str]
    ) -> None:
        for phone in phones:
            told = live.ask(web, phone)
            if told["rule"] not in wanted:
                self.outcome.faults.append(f"{told['rule']}, not {sorted(wanted)}")

    def _reopen(self, service: Service) -> int:
        waiting = threading.Event()
        for number in itertools.count(1):
            done = command(service.settings, "store", "reopen", "--reason", "all is read")
            if not done.returncode:
                return number
            if number > PATIENCE_SECONDS:
                self.outcome.faults.append(f"not open again: {done.stderr}")
                return number
            waiting.wait(1)
        raise AssertionError


def command(settings: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*CONNECTOR, *words],
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def recovery(
    folder: Path, *, url: str = "", restored: str = "", people: int = 120, seed: int = 1
) -> Outcome:
    """Play in an empty folder; on PostgreSQL the second URL is that of another database."""
    private_key = make_key(folder)
    outcome = Outcome()
    with running(folder, people) as org:
        settings = settings_for(org, private_key, folder)
        service = Service(folder, settings, database=url, webs=2, workers=2)
        service.prepare()
        key = service.make_api_key("live", "consent:read", "consent:write")
        play = Recovery(folder, org, outcome, key)
        again = Service(folder, settings, database=restored, webs=2, workers=2)
        try:
            service.start()
            before, later = play.lose(service, seed)
            play.recover(again, before, later)
        finally:
            service.kill_all()
            again.kill_all()
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.end_to_end.recovery")
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    # Else whoever ends this leaves the processes of the service behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="connector-recovery-"))
    with database(given.store) as url, database(given.store) as other:
        outcome = recovery(
            folder, url=url, restored=other, people=given.people, seed=given.seed
        )
    sys.stdout.write(f"{outcome}\nkept in {folder}\n")
    return int(bool(outcome.faults))


if __name__ == "__main__":
    sys.exit(main())
