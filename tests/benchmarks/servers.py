"""
What the door is measured against, each in a process of its own under the same server.

    python -m tests.benchmarks.servers NAME PORT
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

import flask
import requests
from granian import Granian
from granian.constants import Interfaces, Loops
from simple_salesforce.api import Salesforce, SFType

from connector.clock import system_clock
from connector.domain.callback import Arrival
from connector.settings import Settings
from connector.store import Store
from connector.store.inbox import Inbox
from connector.web.assembly import assemble
from connector.web.front import Front
from tests.support.serving import PATIENCE_SECONDS, free_port


#: What a slower disk adds to each sync.
SYNC_SECONDS = 0.002
NAIVE_THREADS = 32
_BACKLOG = 4_096


def flask_no_op() -> flask.Flask:
    """A Flask handler that does nothing."""
    app = flask.Flask(__name__)
    app.add_url_rule("/<path:_path>", view_func=lambda _path: ("", 204), methods=["POST"])
    return app


async def asgi_no_op(scope, receive, send):  # noqa: ARG001 (it reads nothing)
    """No framework, no work: what server and client can do at most."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def naive() -> flask.Flask:
    """The connector that people write first: one update call for each report."""
    settings = Settings.from_environment()
    answer = requests.post(
        f"{settings.salesforce_login_url}/services/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "client_id": settings.salesforce_client_id,
            "client_secret": settings.salesforce_client_secret.value,
        },
        verify=str(settings.salesforce_ca_file),
        timeout=PATIENCE_SECONDS,
    )
    session = requests.Session()
    session.verify = str(settings.salesforce_ca_file)
    session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=NAIVE_THREADS))
    client = Salesforce(
        instance_url=settings.salesforce_login_url,
        session_id=answer.json()["access_token"],
        version=settings.salesforce_api_version,
        session=session,
    )
    contact = SFType("Contact", client.session_id, client.sf_instance, session=session)
    app = flask.Flask(__name__)

    @app.post("/callbacks/twilio")
    def update():
        form = flask.request.form
        fields = {
            "SMS_Delivery_Status__c": form["MessageStatus"].capitalize(),
            "SMS_Message_Id__c": form["MessageSid"],
        }
        contact.update(flask.request.args["ref"], fields)
        return "", 204

    return app


class SlowInbox(Inbox):
    """The inbox on a slower disk; `together` or one commit for each callback."""

    def __init__(self, engine, *, together: bool) -> None:
        super().__init__(engine, queue=False)
        self._together = together

    def keep(self, arrivals: Sequence[Arrival]) -> None:
        batches = [arrivals] if self._together else [[each] for each in arrivals]
        for batch in batches:
            super().keep(batch)
            threading.Event().wait(SYNC_SECONDS)


def group_commit() -> Front:
    return _slow_front(together=True)


def single_commits() -> Front:
    return _slow_front(together=False)


def _slow_front(*, together: bool) -> Front:
    settings = Settings.from_environment()
    store = Store.open(settings.store_url)
    store.inbox = SlowInbox(store.inbox._engine, together=together)  # noqa: SLF001
    return assemble(settings, store, system_clock)


#: How each is served: interface, and threads of Granian's for WSGI.
SERVED: Mapping[str, tuple[Interfaces, int]] = {
    "flask_no_op": (Interfaces.WSGI, 1),
    "naive": (Interfaces.WSGI, NAIVE_THREADS),
    "asgi_no_op": (Interfaces.ASGI, 1),
    "group_commit": (Interfaces.ASGI, 1),
    "single_commits": (Interfaces.ASGI, 1),
}


@contextlib.contextmanager
def running(name: str, settings: Mapping[str, str] | None = None) -> Iterator[int]:
    """The port of one of the servers above, started for this and ended afterwards."""
    port = free_port()
    with process(["tests.benchmarks.servers", name, str(port)], settings or {}):
        wait_for(lambda: _takes_connections(port))
        yield port


@contextlib.contextmanager
def process(module: Sequence[str], settings: Mapping[str, str]) -> Iterator[int]:
    """The id of a Python process in a group of its own, which ends with the block."""
    with tempfile.TemporaryFile() as log:
        started = subprocess.Popen(
            [sys.executable, "-m", *module],
            env={"PATH": os.defpath, **settings},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield started.pid
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="replace"))
            raise
        finally:
            _end(started)


def _end(started: subprocess.Popen[bytes]) -> None:
    started.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        started.wait(PATIENCE_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def wait_for(ready: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Look every 20 ms; fails when it never comes."""
    for _ in range(round(seconds * 50)):
        if ready():
            return
        threading.Event().wait(0.02)
    raise TimeoutError("a process did not become ready")


def _takes_connections(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def main(name: str, port: int) -> None:
    interface, threads = SERVED[name]
    Granian(
        f"tests.benchmarks.servers:{name}",
        factory=name != "asgi_no_op",
        address="127.0.0.1",
        port=port,
        interface=interface,
        loop=Loops.uvloop,
        websockets=False,
        backlog=_BACKLOG,
        backpressure=_BACKLOG if interface is Interfaces.ASGI else max(threads, 128),
        blocking_threads=threads if interface is Interfaces.WSGI else None,
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
