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
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from connector.clock import system_clock
from connector.store import Store
from connector.web.keys import new_secret, secret_hash
from tests.benchmarks.load import load, request
from tests.end_to_end.client import Journal, deliver
from tests.end_to_end.sends import AUTH_TOKEN, PUBLIC_URL, Send, callback, registration
from tests.reliability.disk.files import Image
from tests.reliability.disk.promises import FOLDER
from tests.reliability.disk.replay import Replay
from tests.reliability.disk.strace import traced
from tests.support import postgres
from tests.support.serving import free_port


if TYPE_CHECKING:
    from subprocess import Popen

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


def of_workload(place: Path, manner: Manner, *, seed: int, rounds: int) -> Replay:
    """What the code of door, API and worker does, in one process."""
    root, trace, log = place / "root", place / "trace", place / "promises"
    root.mkdir()
    command = [*WORKLOAD, str(root), "--seed", str(seed), "--rounds", str(rounds)]
    with traced(
        [*command, *manner.words], trace, environment={"PATH": os.defpath}, log=log
    ) as process:
        code = process.wait(PATIENCE_SECONDS)
    if code:
        raise AssertionError(f"the workload ended with {code}: {log.read_text()[-1_500:]}")
    return Replay(trace, root, log)


@dataclasses.dataclass(slots=True)
class Web:
    """A real `connector web` that is recorded, and what its clients heard."""

    place: Path
    manner: Manner
    inject: Sequence[str] = ()
    journal: Journal = dataclasses.field(default_factory=Journal)
    #: How often the process came to its end by itself, and was started again.
    falls: int = 0

    def record(self, seed: int, number: int, *, clients: int = 8) -> Replay:
        root, trace, log = self.place / "root", self.place / "trace", self.place / "web.log"
        root.mkdir()
        key, port = new_secret(), free_port()
        _prepare(root, key)
        before = photograph(root)
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
            log=log,
            inject=self.inject,
            sockets=True,
        ) as process:
            _wait_for(port, process, log)
            sends = draw_sends(random.Random(seed), key, number)  # noqa: S311
            asyncio.run(self._send(sends, port, clients))
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_SECONDS)
        self.falls = log.read_text().count('"store.broken"')
        return Replay(trace, root, None, before)

    async def _send(self, sends: Sequence[Send], port: int, clients: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await deliver(sends, [port], self.journal, clients=clients)


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


def _wait_for(port: int, process: "Popen[bytes]", log: Path) -> None:
    """Until it is ready; fails with its log when that never comes."""
    question, rest = request("GET", "/readyz", {}, b""), threading.Event()
    for _ in range(PATIENCE_SECONDS * 10):
        with contextlib.suppress(OSError):
            if asyncio.run(load("127.0.0.1", port, [question], connections=1)).statuses[200]:
                return
        if process.poll() is not None:
            break
        rest.wait(0.1)
    raise AssertionError(f"the web process never answered: {log.read_text()[-1_500:]}")
