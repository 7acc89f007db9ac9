"""The service on several machines: two web and two worker processes on each."""

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.end_to_end.service import Service, Started
from tests.jobs.process import Rhythm
from tests.reliability.network import PATIENCE_SECONDS as SILENT_SECONDS
from tests.reliability.network import Machine, Network


#: Somebody is at the longer of the jobs at nearly every moment.
RHYTHM = Rhythm(every_ms=400, lease_ms=1_500, rest_ms=300, parts=6)
_HURRIED = (sys.executable, "-m", "tests.reliability.hurried")
_JOBS = "jobs"


class Cluster(Service):
    """All processes of all machines; the ports are those of a balancer on this side."""

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        network: Network,
        *,
        database: str,
        each: int = 2,
        mistake: str = "",
    ) -> None:
        number = each * len(network.machines)
        super().__init__(folder, settings, database=database, webs=number, workers=number)
        self.network = network
        self._each = each
        self._words = [*_HURRIED, *(["--mistake", mistake] if mistake else []), "--"]
        self._on: dict[str, list[Started]] = {}
        self._serial = 0
        self._addresses = {
            each.name: [(each.address, 8080 + n) for n in range(self._each)]
            for each in network.machines
        }

    @property
    def web_addresses(self) -> Sequence[tuple[str, int]]:
        return [each for addresses in self._addresses.values() for each in addresses]

    def start(self) -> None:
        there = self.web_addresses
        here = [("127.0.0.1", port) for port in self.ports]
        self.network.relay(dict(zip(here, there, strict=True)), SILENT_SECONDS)
        for machine in self.network.machines:
            self.start_on(machine)

    def start_on(self, machine: Machine) -> None:
        """Its web and worker processes, and one of jobs that note what they do."""
        listening = [f"{host}:{port}" for host, port in self._addresses[machine.name]]
        started = [self._begin(machine, ["web"], CONNECTOR_LISTEN=each) for each in listening]
        started += [self._begin(machine, ["worker"]) for _ in range(self._each)]
        rhythm = json.dumps(dataclasses.asdict(RHYTHM))
        started.append(self._begin(machine, [_JOBS, self.store_url, rhythm]))
        self._on[machine.name] = started
        self.started += started

    def _begin(self, machine: Machine, words: Sequence[str], **more: str) -> Started:
        self._serial += 1
        log = self._folder / f"{machine.name}-{self._serial}-{words[0]}.log"
        return Started(words, {**self.settings, **more}, log, machine.launcher(*self._words))

    def lose_power(self, machine: Machine) -> None:
        machine.lose_power()
        # What was halted once has stopped the program that waits for it here.
        for each in self._on.pop(machine.name):
            each.kill()
            self.started.remove(each)
        machine.bury()

    def logs_of(self, machine: Machine) -> list[str]:
        found = sorted(self._folder.glob(f"{machine.name}-*.log"))
        return [line for path in found for line in path.read_text().splitlines()]

    @contextlib.contextmanager
    def standing_at(self, machine: Machine, words: Sequence[str]) -> Iterator[None]:
        """One more process there, which has come to where it stays."""
        with subprocess.Popen(
            machine.launcher(*self._words, *words, self.store_url, "push:Contact"),
            env=self.settings,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout
            try:
                if process.stdout.readline() != "ready\n":
                    raise RuntimeError(f"{words} does not come to where it stays")
                yield
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
