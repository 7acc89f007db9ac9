"""The service as an operator starts it: real processes, settings by environment."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from connector.emulator import INTEGRATION_USER
from tests.end_to_end.org import CLIENT_ID, OrgProcess
from tests.end_to_end.sends import AUTH_TOKEN, PUBLIC_URL
from tests.support.serving import free_port


PATIENCE_SECONDS = 40
CONNECTOR = (sys.executable, "-m", "connector")


def make_key(folder: Path) -> str:
    """A private key for the JWT flow; its public half goes where the org looks for it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "app.pem").write_bytes(public)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def settings_for(org: OrgProcess, private_key: str, folder: Path) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "CONNECTOR_DATA_FOLDER": str(folder / "data"),
        "CONNECTOR_PUBLIC_URL": PUBLIC_URL,
        "CONNECTOR_DEFAULT_REGION": "US",
        "CONNECTOR_LOG_FORMAT": "json",
        "CONNECTOR_FLUSH_SECONDS": "0.5",
        "CONNECTOR_DIRECTORY_POLL_SECONDS": "5",
        "CONNECTOR_GATEWAY_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "CONNECTOR_SALESFORCE_LOGIN_URL": org.login_url,
        "CONNECTOR_SALESFORCE_CLIENT_ID": CLIENT_ID,
        "CONNECTOR_SALESFORCE_USERNAME": INTEGRATION_USER,
        "CONNECTOR_SALESFORCE_PRIVATE_KEY": private_key,
        "CONNECTOR_SALESFORCE_CA_FILE": org.ca_file,
    }


class Started:
    """One process group of the service."""

    def __init__(
        self,
        words: Sequence[str],
        settings: Mapping[str, str],
        log: Path,
        launcher: Sequence[str] = CONNECTOR,
    ) -> None:
        self.words = tuple(words)
        self._launcher = tuple(launcher)
        self._settings = settings
        self._log = log
        self._process = self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def start_again(self) -> None:
        self._process = self._start()

    def kill(self) -> None:
        """`kill -9` of the whole group, in the very moment."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE_SECONDS)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ended(self, seconds: float) -> int | None:
        """Its exit code as soon as there is one; None where it takes longer."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def end(self) -> int:
        """SIGTERM, as a service manager would; its exit code."""
        self._process.terminate()
        return self.wait()

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        try:
            return self._process.wait(PATIENCE_SECONDS)
        finally:
            self.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*self._launcher, *self.words],
                env=dict(self._settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


class Service:
    """All processes of one deployment."""

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        *,
        database: str,
        webs: int,
        workers: int,
        launcher: Sequence[str] = CONNECTOR,
    ) -> None:
        self._launcher = launcher
        self._folder = folder
        self.settings = dict(settings)
        self.store_url = database or f"sqlite:///{folder / 'data'}"
        if database:
            self.settings["CONNECTOR_DATABASE_URL"] = database
        self.ports = [free_port() for _ in range(webs if database else 1)]
        roles = [["web"]] * webs + [["worker"]] * workers if database else [["run"]]
        self._roles = list(zip(roles, [*self.ports, *[0] * workers], strict=False))
        self.started: list[Started] = []

    def prepare(self) -> str:
        """Make the store, and a key for the sender's program, which is returned."""
        self.command("store", "upgrade")
        return self.make_api_key("sender", "messages:write")

    def make_api_key(self, name: str, *scopes: str) -> str:
        given = [word for scope in scopes for word in ("--scope", scope)]
        return self.command("keys", "create", name, *given).strip()

    def start(self) -> None:
        for number, (words, port) in enumerate(self._roles):
            listen = {"CONNECTOR_LISTEN": f"127.0.0.1:{port}"} if port else {}
            log = self._folder / f"{number}-{words[0]}.log"
            settings = {**self.settings, **listen}
            self.started.append(Started(words, settings, log, self._launcher))

    def kill(self, what: str) -> None:
        """
        `kill -9`, and start again what nobody else does.

        `all` of it; one `web` or `worker` with all of its children; `parent`, a web server's
        first process alone; `supervisor`, that of `connector run` alone.
        """
        role = "web" if what == "parent" else what
        hit = [each for each in self.started if each.words == (role,)][:1]
        if what == "supervisor" or (what == "parent" and hit):
            hit = hit or self.started
            os.kill(hit[0].pid, signal.SIGKILL)
        elif what == "all" or hit:
            hit = hit or self.started
            for each in hit:
                each.kill()
        else:
            pid = _child(self.started[0].pid, role)
            _kill([pid] if what == "parent" else family(pid))
        for each in hit:
            each.start_again()

    def end(self) -> list[int]:
        return [each.end() for each in self.started]

    def kill_all(self) -> None:
        for each in self.started:
            each.kill()

    def log_lines(self) -> list[str]:
        return [
            line
            for path in sorted(self._folder.glob("*.log"))
            for line in path.read_text().splitlines()
        ]

    def logged(self, event: str) -> list[dict[str, object]]:
        """The fields of the lines with this event."""
        lines = [line for line in self.log_lines() if line.startswith("{")]
        return [told for told in map(json.loads, lines) if told["event"] == event]

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [*CONNECTOR, *words],
            env=self.settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def family(pid: int) -> list[int]:
    """A process and all below it, from what Linux tells."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += family(int(child))
    return found


def _kill(pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _child(pid: int, word: str) -> int:
    """The child of a supervisor that runs `connector <word>`."""
    for each in family(pid)[1:]:
        if Path(f"/proc/{each}/cmdline").read_bytes().split(b"\0")[-2:] == [word.encode(), b""]:
            return each
    raise AssertionError(f"no process `connector {word}` below {pid}")
