"""The service itself: `connector run` in processes of its own, with settings of its own."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from connector.clock import Clock
from connector.domain.errors import ConfigurationError, ConnectorError
from connector.settings.declaration import PREFIX
from connector.settings.environment import without_settings


HOST = "127.0.0.1"
#: How long the processes may take to be ready, and to end.
START, END = timedelta(seconds=60), timedelta(seconds=35)
_POLL_SECONDS = 0.1
_ANSWER_SECONDS = 5
#: As many lines of its log are told when it falls.
_LAST_LINES = 8
#: Linux: end when whoever started us is gone, also if it was killed (prctl(2)).
_BOUND = (
    "import ctypes, runpy, sys; "
    "sys.platform == 'linux' and ctypes.CDLL(None).prctl(1, 15); "
    "runpy.run_module('connector', run_name='__main__', alter_sys=True)"
)


class FallenError(ConnectorError):
    """A process that the demonstration needs has ended, or never became ready."""


class Service:
    """A running `connector run`; its port is its own and its log lies in a file."""

    def __init__(self, port: int, log: Path, process: subprocess.Popen[bytes]) -> None:
        self.port = port
        self.url = address(port)
        self._log = log
        self._process = process

    def check(self) -> None:
        """Raise FallenError, with the end of its log, unless it runs."""
        if (code := self._process.poll()) is not None:
            raise FallenError(f"the service has ended with code {code}\n{self.last_lines()}")

    def wait_until_ready(self, clock: Clock) -> None:
        """Poll /readyz; raises FallenError with what is in the way."""
        deadline, waiting, cause = clock() + START, threading.Event(), ""
        while clock() < deadline:
            self.check()
            with contextlib.suppress(OSError, http.client.HTTPException):
                status, cause = self.get("/readyz")
                if status == http.HTTPStatus.OK:
                    return
            waiting.wait(_POLL_SECONDS)
        raise FallenError(f"the service is not ready: {cause}\n{self.last_lines()}")

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_ANSWER_SECONDS)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")

    def last_lines(self) -> str:
        lines = self._log.read_text("utf-8", "replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:])

    def end(self) -> None:
        """Ask it to finish, with all that it started; what does not is killed."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END.total_seconds())
        # It leads a session of its own, so this reaches what it started and nothing else.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextmanager
def running(folder: Path, port: int, settings: Mapping[str, str]) -> Iterator[Service]:
    """The service with these settings (without their prefix) until the block ends."""
    told = {
        "DATA_FOLDER": str(folder / "data"),
        "LISTEN": f"{HOST}:{port}",
        "PUBLIC_URL": address(port),
        **settings,
    }
    environment = {
        **without_settings(),
        # The org is on this machine: no proxy leads there.
        **dict.fromkeys(("NO_PROXY", "no_proxy"), f"localhost,{HOST}"),
        **{f"{PREFIX}{name}": value for name, value in told.items()},
    }
    log = folder / "service.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-c", _BOUND, "run"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for us: we end it in our own time
        )
    service = Service(port, log, process)
    try:
        yield service
    finally:
        service.end()


def address(port: int) -> str:
    return f"http://{HOST}:{port}"


def free_port(wanted: int = 0) -> int:
    """This port, or any free one for 0; raises ConfigurationError when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError as error:
            raise ConfigurationError(f"port {wanted}: {error.strerror}; give another") from None
        return int(probe.getsockname()[1])
