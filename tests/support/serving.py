"""The web server as it is deployed: `connector web` in a process of its own, on loopback."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from connector.store import Store


#: How long a server may take to start or to stop before a test fails.
PATIENCE_SECONDS = 30
CONNECTOR = (sys.executable, "-m", "connector")
TOKEN = "s3cret"
PUBLIC_URL = "https://sms.example.org"


class Serving:
    """A running `connector web` with an embedded database; knows Kannel by its token."""

    def __init__(
        self,
        folder: Path,
        settings: dict[str, str],
        launcher: Sequence[str] = CONNECTOR,
    ) -> None:
        self.folder = folder / "data"
        self.port = free_port()
        self.log = folder / "web.log"
        environment = {
            "PATH": os.defpath,
            "CONNECTOR_DATA_FOLDER": str(self.folder),
            "CONNECTOR_LISTEN": f"127.0.0.1:{self.port}",
            "CONNECTOR_PUBLIC_URL": PUBLIC_URL,
            "CONNECTOR_GATEWAY_KANNEL_TOKEN": TOKEN,
            **settings,
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*launcher, "web"],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_it_answers(self) -> None:
        """Poll /readyz; fails with the server's log when it never comes."""
        for _ in range(PATIENCE_SECONDS * 20):
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.ask("GET", "/readyz")[0] == 200:
                    return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)
                break
        raise AssertionError(self.log.read_text())

    def ask(
        self, method: str, target: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=PATIENCE_SECONDS
        )
        with contextlib.closing(connection):
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS)

    def store(self) -> Store:
        return Store.open(f"sqlite:///{self.folder}", upgrade=False)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        """Its exit code."""
        return self._process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        """Kill the server and its processes in the very moment."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE_SECONDS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(
    folder: Path, *, launcher: Sequence[str] = CONNECTOR, **settings: str
) -> Iterator[Serving]:
    server = Serving(folder, settings, launcher)
    try:
        server.wait_until_it_answers()
        yield server
    finally:
        server.kill()
