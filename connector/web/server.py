"""Serves the front through Granian: processes, limits, and an end that loses nothing."""

import contextlib
import functools
import importlib
import logging
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.server.common import AbstractServer

from connector import logs
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.notify import TELLS, Ear, Notifier
from connector.settings import (
    Address,
    Settings,
    share_metrics_in,
    supervise_forks,
    take_supervision,
)
from connector.web.lifetime import end_with_parent, leave_at_sigterm, raise_file_limit
from connector.web.watch import SILENT_PART, Watch, answers
from connector.wiring.local import open_store


if TYPE_CHECKING:
    from connector.web.front import Front

log = logging.getLogger(__name__)

#: What the processes need, loaded once by the one that starts them.
ASSEMBLY = "connector.web.assembly"

#: Connections at once, slow ones included; each costs a coroutine.
CONNECTIONS = 4_096
#: From the first byte of a request to the last of its headers.
HEADER_MILLISECONDS = 10_000
#: Of one connection; headers must fit.
BUFFER_BYTES = 65_536
#: What a process may take to end after SIGTERM: less than a supervisor waits before it kills
#: the one that would have killed it, and so leaves it behind.
END_SECONDS = 22


def serve(listen: Address, processes: int, notifier: Notifier) -> None:
    """
    Serve until SIGTERM or SIGINT.

    Each process builds all it needs from the settings; one that dies is started again.
    """
    check_address(listen)
    raise_file_limit()
    # A process inherits the server's own handler, which tells only the server's first one.
    os.register_at_fork(after_in_child=leave_at_sigterm)
    with shared_metrics():
        importlib.import_module(ASSEMBLY)
        server = Granian(
            "connector.web.server:front",
            factory=True,
            address=listen.host,
            port=listen.port,
            interface=Interfaces.ASGI,
            workers=processes,
            loop=Loops.uvloop,
            http=HTTPModes.http1,
            websockets=False,
            backlog=CONNECTIONS,
            backpressure=CONNECTIONS,
            http1_settings=HTTP1Settings(
                header_read_timeout=HEADER_MILLISECONDS, max_buffer_size=BUFFER_BYTES
            ),
            respawn_failed_workers=True,
            workers_kill_timeout=END_SECONDS,
            log_access=False,  # addresses of callbacks hold tokens
            log_dictconfig={"handlers": {}, "loggers": {"_granian": {}}},
        )
        if watch := watch_for(notifier, listen, processes):
            server.on_startup(watch.start)
            tell_the_end(server, watch)
        server.serve()


def tell_the_end(server: AbstractServer[Any], watch: Watch) -> None:
    """On SIGTERM the manager hears of it before the processes do."""
    interrupt: Callable[[], object] = server.signal_handler_interrupt

    def begin(*_signal: object) -> None:
        watch.stop()
        interrupt()

    server.signal_handler_interrupt = begin  # type: ignore[method-assign] # read when it starts


def watch_for(notifier: Notifier, listen: Address, processes: int) -> Watch | None:
    """Where somebody wants to hear of the server, its processes have to tell it first."""
    ear = Ear.if_possible() if notifier.is_wanted else None
    if ear is None:
        return None
    supervise_forks(ear.address, notifier.seconds * TELLS)
    return Watch(
        notifier,
        ear,
        processes,
        functools.partial(answers, listen),
        patience=notifier.seconds * TELLS / SILENT_PART,
    )


@contextlib.contextmanager
def shared_metrics() -> Iterator[None]:
    """
    A folder in which the processes add up what each has counted.

    Without one a scrape tells of the process that answers it, and of no other.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix="connector-metrics-")
    except OSError as error:
        log.warning("metrics.apart", extra={"reason": str(error.strerror)})
        yield
        return
    with folder as name:
        share_metrics_in(name)
        yield


def check_address(listen: Address) -> None:
    """Raise ConfigurationError where nobody can listen, or somebody else does already."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listen.host, listen.port))
        except OSError as error:
            raise ConfigurationError(
                f"CONNECTOR_LISTEN: cannot listen at {listen}: {error.strerror}"
            ) from error


def front() -> "Front":
    """What each process serves; called by Granian in the process itself."""
    from connector.web.assembly import assemble  # noqa: PLC0415 (after its metrics are shared)

    end_with_parent()
    supervision = take_supervision()
    notifier = Notifier(supervision.address, supervision.watchdog_seconds)
    settings = Settings.from_environment()
    logs.setup(
        level=settings.log_level,
        format=settings.log_format,
        secrets=settings.secrets,
    )
    store = open_store(settings, upgrade=False)
    return assemble(settings, store, system_clock, notifier)
