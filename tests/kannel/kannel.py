"""Kannel 1.4.5 as Debian packages it: its two boxes, with ports and files of their own."""

import contextlib
import http.client
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

from tests.support.programs import program
from tests.support.serving import PATIENCE_SECONDS, free_port


HOW_TO_GET_IT = (
    "no Kannel for this test: apt-get install kannel (and stop what that starts: "
    "service kannel stop)"
)
POLL_SECONDS = 0.05
#: Our number, to which people reply.
SENDER = "12345"

_CONFIG = """\
group = core
admin-port = {admin_port}
admin-interface = 127.0.0.1
admin-password = admin
smsbox-port = {smsbox_port}
smsbox-interface = 127.0.0.1
box-deny-ip = "*.*.*.*"
box-allow-ip = 127.0.0.1
dlr-storage = internal
sms-resend-freq = 1
sms-resend-retry = 1

group = smsc
smsc = smpp
smsc-id = simulator
host = 127.0.0.1
port = {smsc_port}
transceiver-mode = true
smsc-username = connector
smsc-password = secret
system-type = ""
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms_port}
sendsms-interface = 127.0.0.1
global-sender = {sender}
http-request-retry = 30
http-queue-delay = 1

group = sendsms-user
username = connector
password = secret
max-messages = 3

group = sms-service
keyword = ping
text = pong

group = sms-service
keyword = default
get-url = "{replies_url}"
max-messages = 0
catch-all = true
"""


class Kannel:
    """A bearerbox, which speaks to the SMSC, and a smsbox, which speaks HTTP."""

    def __init__(self, folder: Path, *, smsc_port: int, replies_url: str) -> None:
        self._folder = folder
        self._ports = {
            name: free_port() for name in ("admin_port", "smsbox_port", "sendsms_port")
        }
        self._config = folder / "kannel.conf"
        self._config.write_text(
            _CONFIG.format(
                **self._ports, smsc_port=smsc_port, replies_url=replies_url, sender=SENDER
            )
        )
        self._boxes: list[subprocess.Popen[bytes]] = []
        self._paths = [program(name, HOW_TO_GET_IT) for name in ("bearerbox", "smsbox")]

    def start(self) -> None:
        """The bearerbox, then the smsbox, which gives up when it finds none."""
        bearerbox, smsbox = self._paths
        self._start(bearerbox)
        self._wait_for(self._ports["smsbox_port"])
        self._start(smsbox)
        self._wait_for(self._ports["sendsms_port"])

    def send(self, recipient: str, text: str, dlr_url: str) -> None:
        """One sendsms call, every report asked for."""
        query = urlencode(
            {
                "username": "connector",
                "password": "secret",
                "to": recipient,
                "text": text,
                "dlr-mask": "31",
                "dlr-url": dlr_url,
            }
        )
        connection = http.client.HTTPConnection(
            "127.0.0.1", self._ports["sendsms_port"], timeout=PATIENCE_SECONDS
        )
        with contextlib.closing(connection):
            connection.request("GET", f"/cgi-bin/sendsms?{query}")
            answer = connection.getresponse()
            assert answer.status == 202, answer.read()

    def stop(self) -> None:
        """The smsbox first: without a bearerbox it would wait for another."""
        for box in reversed(self._boxes):
            box.send_signal(signal.SIGTERM)
            try:
                box.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                box.kill()
                box.wait(PATIENCE_SECONDS)

    def log(self) -> str:
        return "\n".join(path.read_text("latin-1") for path in self._folder.glob("*.log"))

    def _start(self, path: str) -> None:
        # setpriv is in Debian's essential util-linux: no box outlives a killed test run.
        words: list[str | Path] = [
            "/usr/bin/setpriv",
            "--pdeathsig",
            "TERM",
            path,
            "-v",
            "0",
            self._config,
        ]
        with (self._folder / f"{Path(path).name}.log").open("wb") as log:
            box = subprocess.Popen(words, cwd=self._folder, env={}, stdout=log, stderr=log)
        self._boxes.append(box)

    def _wait_for(self, port: int) -> None:
        def listens() -> bool:
            assert self._boxes[-1].poll() is None, self.log()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                return True
            return False

        assert wait_until(listens), self.log()


def wait_until(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold before patience ends."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / POLL_SECONDS)):
        if holds():
            return True
        pause.wait(POLL_SECONDS)
    return False


@contextlib.contextmanager
def running(folder: Path, *, smsc_port: int, replies_url: str) -> Iterator[Kannel]:
    kannel = Kannel(folder, smsc_port=smsc_port, replies_url=replies_url)
    try:
        kannel.start()
        yield kannel
    finally:
        kannel.stop()
