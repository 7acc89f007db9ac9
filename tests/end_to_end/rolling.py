"""
An upgrade while everything runs, and back: `python -m tests.end_to_end.rolling --help`.

Today's code is the release before; the next one is the same with revisions that change every
table. Its upgrade runs under load, then process by process is replaced, and replaced back. No
report may be lost, none may be refused, and whoever is not being replaced stays ready.
"""

import argparse
import asyncio
import contextlib
import http.client
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from connector.store import Store
from tests.end_to_end.client import deliver
from tests.end_to_end.flood import Outcome as Flooded
from tests.end_to_end.flood import Run, Scenario, database, running_service
from tests.end_to_end.service import CONNECTOR, Started
from tests.support.releases import Release, expanding


#: Requests at once and between two steps; small, so that the load lasts.
CLIENTS, PART, PAUSE_SECONDS, STEP = 8, 8, 0.1, 24
PATIENCE_SECONDS = 60
_ALEMBIC = {"alembic_version", "schema_support"}


class Watch:
    """Asks those that should be ready whether they are."""

    def __init__(self) -> None:
        self._ports: set[int] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.asked = 0
        self.faults: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def expect(self, port: int) -> None:
        """Wait until it is ready; from now on it should stay so."""
        for _ in range(PATIENCE_SECONDS * 20):
            if _ready(port) == "":
                break
            self._ended.wait(0.05)
        self._ports.add(port)

    def excuse(self, port: int) -> None:
        self._ports.discard(port)

    def _run(self) -> None:
        while not self._ended.wait(0.1):
            for port in sorted(self._ports):
                cause = _ready(port)
                self.asked += 1
                if cause and port in self._ports:
                    self.faults.append(f"not ready: {cause}")


def _ready(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return "" if answer.status == 200 else answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return f"{type(error).__name__} at {port}"


class Rolling:
    """One deployment on its way to the next release and back."""

    def __init__(self, run: Run, release: Release, watch: Watch, logs: Path) -> None:
        self._logs = logs
        self._run = run
        self._release = release
        self._watch = watch
        self._rolled = threading.Event()

    async def play(self) -> None:
        sending = asyncio.create_task(self._send())
        try:
            await asyncio.to_thread(self._roll)
        finally:
            self._rolled.set()
            await sending
        await deliver(
            [self._run.plan.last], self._run.service.ports, self._run.journal, clients=1
        )

    async def _send(self) -> None:
        """A little at a time as long as there is something to see, then all the rest."""
        sends = list(self._run.plan.sends)
        while sends:
            part = len(sends) if self._rolled.is_set() else PART
            now, sends = sends[:part], sends[part:]
            await deliver(now, self._run.service.ports, self._run.journal, clients=CLIENTS)
            await asyncio.sleep(PAUSE_SECONDS)

    def _roll(self) -> None:
        service = self._run.service
        for port in service.ports:
            self._watch.expect(port)
        self._progress()
        upgraded = self._release.run(service.settings, "store", "upgrade")
        if upgraded.returncode:
            self._run.faults.append(upgraded.stderr)
        self._progress()
        for launcher, of in (
            (self._release.launcher, self._release.settings),
            (CONNECTOR, dict),
        ):
            for number in range(len(service.started)):
                before = service.started[number]
                settings = of({**service.settings, **_listen(before, service.ports, number)})
                self._replace(number, launcher, settings)
                self._progress()

    def _replace(
        self, number: int, launcher: tuple[str, ...], settings: dict[str, str]
    ) -> None:
        """End one as a service manager does, and start the other release in its place."""
        service = self._run.service
        before = service.started[number]
        port = int(settings.get("CONNECTOR_LISTEN", ":0").rpartition(":")[2])
        self._watch.excuse(port)
        if code := before.end():
            self._run.faults.append(f"{before.words} ended with {code}")
        log = self._logs / f"{number}-{before.words[0]}.log"
        service.started[number] = Started(before.words, settings, log, launcher)
        if port:
            self._watch.expect(port)

    def _progress(self) -> None:
        """Until so many more are acknowledged: that many at least saw this state of things."""
        journal = self._run.journal
        wanted = min(journal.acknowledged + STEP, len(self._run.plan.sends))
        waiting = threading.Event()
        for _ in range(PATIENCE_SECONDS * 10):
            if journal.acknowledged >= wanted:
                return
            waiting.wait(0.1)
        self._run.faults.append("nobody takes anything")


def _listen(started: Started, ports: list[int], number: int) -> dict[str, str]:
    if started.words[0] not in {"web", "run"}:
        return {}
    return {"CONNECTOR_LISTEN": f"127.0.0.1:{ports[number]}"}


def rolling(
    folder: Path, *, url: str = "", callbacks: int = 1_500, workers: int = 2, seed: int = 1
) -> Flooded:
    """Play in an empty folder, on the embedded database or the PostgreSQL of this URL."""
    scenario = Scenario(
        callbacks=callbacks,
        people=callbacks // 10,
        clients=CLIENTS,
        database=url,
        workers=workers,
        seed=seed,
        settle_seconds=120,
    )
    with running_service(scenario, folder) as run, Watch() as watch:
        tables = dict(_tables(run.service.store_url))
        inbox = [name for name, of in tables.items() if of == "inbox"]
        release = Release(folder / "next", expanding(tables, inbox=inbox))
        asyncio.run(Rolling(run, release, watch, folder).play())
        run.settle()
        run.faults += watch.faults
        lines = run.service.logged("store.schema_newer")
        if not lines or {each["schema"] for each in lines} != {release.newest}:
            run.faults.append("who came back did not say that the schema is newer")
        run.facts |= {
            "revisions": len(tables) + 1,
            "asked whether ready": watch.asked,
            "answers": dict(sorted(run.journal.answers.items())),
        }
        # No connection is no answer: 0. Nobody may be refused for the upgrade.
        if refused := run.journal.answers[503] or run.journal.answers[500]:
            run.faults.append(f"{refused} requests were refused")
    return run.outcome()


def _tables(url: str) -> Iterator[tuple[str, str]]:
    """Every table that there is, and in which half."""
    store = Store.connect(url)
    for engine in store._engines:  # noqa: SLF001 (nobody else asks)
        for name in sorted(set(sa.inspect(engine).get_table_names()) - _ALEMBIC):
            yield name, "inbox" if name == "callbacks" else "state"
    store.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.end_to_end.rolling")
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--callbacks", type=int, default=1_500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    # Else whoever ends this leaves the processes of the service behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="connector-rolling-"))
    with database(given.store) as url:
        outcome = rolling(folder, url=url, callbacks=given.callbacks, seed=given.seed)
    sys.stdout.write(f"{outcome}\n")
    sys.stdout.write(f"kept in {folder}\n")
    return int(bool(outcome.faults))


if __name__ == "__main__":
    sys.exit(main())
