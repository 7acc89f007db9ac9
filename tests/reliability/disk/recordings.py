"""Real processes at work in a folder, recorded call by call."""

import asyncio
import contextlib
import dataclasses
import json
import os
import random
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from connector.clock import system_clock
from connector.store import Store
from connector.web.keys import new_secret, secret_hash
from tests.end_to_end.client import Journal, deliver
from tests.end_to_end.sends import AUTH_TOKEN, PUBLIC_URL, Send, callback, registration
from tests.reliability.disk.files import Image
from tests.reliability.disk.promises import FOLDER
from tests.reliability.disk.replay import Replay
from tests.reliability.disk.strace import traced
from tests.reliability.disk.workload import FAILED
from tests.support import postgres
from tests.support.serving import free_port


#: How long a process may take for what it is asked to do.
PATIENCE_SECONDS = 120
WORKLOAD = (sys.executable, "-m", "tests.reliability.disk.workload")
SERVICE = (sys.executable, "-m", "tests.reliability.disk.service")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the databases are opened; empty: as the service does on this machine."""

    journal: str = ""
    synchronous: str = ""
    mistake: str = ""

    @property
    def words(self) -> list[str]:
        given = dataclasses.asdict(self)
        return [word for name, value in given.items() if value for word in (f"--{name}", value)]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.journal, self.synchronous, self.mistake))) or "usual"


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A folder in memory, where there is one: nobody's disk has to do all this."""
    place = postgres.MEMORY if os.access(postgres.MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="connector-disk-", dir=place) as name:
        yield Path(name).resolve()


def of_workload(
    place: Path,
    manner: Manner,
    *,
    seed: int,
    rounds: int,
    faults: Sequence[str] = (),
) -> Replay:
    """
    What the code of door, API and worker does, in one process.

    With `faults` of the disk there is a process for each: it dies of it, and the next goes on
    with the files as they are. The last one meets none.
    """
    root, log = place / "root", place / "promises"
    root.mkdir()
    traces = []
    for life, fault in enumerate((*faults, "")):
        traces.append(place / f"trace-{life}")
        command = [*WORKLOAD, str(root), "--seed", str(seed + life), "--rounds", str(rounds)]
        command += ["--first", str(life * 100_000), *manner.words]
        with traced(
            command,
            traces[-1],
            environment={"PATH": os.defpath},
            log=log,
            inject=[fault] if fault else [],
        ) as process:
            code = process.wait(PATIENCE_SECONDS)
        if code not in {0, FAILED if fault else 0}:
            raise AssertionError(f"the workload ended with {code}: {log.read_text()[-1_500:]}")
    return Replay(traces, root, voice=log)


@dataclasses.dataclass(slots=True)
class Web:
    """A real `connector web` that is recorded, and what its clients heard."""

    place: Path
    manner: Manner
    inject: Sequence[str] = ()
    journal: Journal = dataclasses.field(default_factory=Journal)
    #: How often it was started, and how often it found that the disk has failed.
    starts: int = 0
    breaks: int = 0

    def record(self, seed: int, number: int, *, clients: int = 8) -> Replay:
        root = self.place / "root"
        root.mkdir()
        key, port = new_secret(), free_port()
        _prepare(root, key)
        before = photograph(root)
        sends = draw_sends(random.Random(seed), key, number)  # noqa: S311
        traces = list(asyncio.run(self._play(root, port, sends, clients)))
        self.breaks = self.log.read_text().count('"store.broken"')
        return Replay(traces, root, before=before)

    @property
    def log(self) -> Path:
        return self.place / "web.log"

    async def _play(
        self, root: Path, port: int, sends: Sequence[Send], clients: int
    ) -> list[Path]:
        """Send all of these; a process that comes to its end is followed by another."""
        traces: list[Path] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            sending = asyncio.create_task(deliver(sends, [port], self.journal, clients=clients))
            while not sending.done():
                traces.append(self.place / f"trace-{len(traces)}")
                await self._live(root, port, traces[-1], sending)
        await sending
        return traces

    async def _live(
        self, root: Path, port: int, trace: Path, sending: "asyncio.Task[None]"
    ) -> None:
        """One process, until all is sent or it ends."""
        environment = {
            "PATH": os.defpath,
            "CONNECTOR_DATA_FOLDER": str(root / FOLDER),
            "CONNECTOR_LISTEN": f"127.0.0.1:{port}",
            "CONNECTOR_PUBLIC_URL": PUBLIC_URL,
            "CONNECTOR_GATEWAY_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "CONNECTOR_LOG_FORMAT": "json",
        }
        with traced(
            [*SERVICE, *self.manner.words, "--", "web"],
            trace,
            environment=environment,
            log=self.log,
            inject=self.inject,
            sockets=True,
        ) as process:
            self.starts += 1
            while not sending.done() and process.poll() is None:
                await asyncio.wait([sending], timeout=0.05)
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                await asyncio.to_thread(process.wait, PATIENCE_SECONDS)


def photograph(root: Path) -> Image:
    return {
        str(path): path.read_bytes() if path.is_file() else None for path in root.rglob("*")
    }


def draw_sends(dice: random.Random, key: str, number: int) -> list[Send]:
    """Callbacks, registrations and opt-outs; the token of each is what its 2xx promises."""
    return [_draw(dice, key, each) for each in range(number)]


def _draw(dice: random.Random, key: str, number: int) -> Send:
    kind = dice.choice(("report", "report", "report", "text", "message", "opt-out"))
    phone = f"+1201555{dice.randint(100, 199):04}"
    token = f"callback:{number}"
    if kind == "report":
        form = {"MessageSid": f"SM{number:032x}", "MessageStatus": "delivered", "To": phone}
        return callback(token, form, decides=())
    if kind == "text":
        form = {"MessageSid": f"SM{number:032x}", "Body": "STOP", "From": phone}
        return callback(token, form, decides=())
    if kind == "message":
        token = f"message:{number}"
        said = {"gateway": "twilio", "message_id": token, "recipient": phone}
        return registration(token, [said], key, decides=())
    body = json.dumps({"phone": phone, "kind": "stop"}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    return Send(
        token=f"opt-out:{phone}", decides=(), target="/api/consent", headers=headers, body=body
    )


def _prepare(root: Path, key: str) -> None:
    store = Store.open(f"sqlite:///{root / FOLDER}")
    try:
        with store.transaction() as transaction:
            scopes = {"messages:write", "consent:write"}
            transaction.keys.create("crm", secret_hash(key), scopes, system_clock())
    finally:
        store.close()
