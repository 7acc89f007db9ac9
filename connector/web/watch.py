"""Tells the service manager of a web server how it is, from its first process."""

import http.client
import logging
import threading
import time
from collections.abc import Callable

from connector.notify import Ear, Notifier, says_alive
from connector.settings import Address


log = logging.getLogger(__name__)

#: How long the door may take to answer.
ANSWER_SECONDS = 5.0
#: Until it serves for the first time it is looked so often.
STARTING_SECONDS = 0.1
#: A process that is silent for this part of the manager's patience is taken for hanging.
SILENT_PART = 2
_UNSPECIFIED = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (to be asked, not to listen at)


def answers(listen: Address) -> bool:
    """Whether somebody behind this door says that the process lives."""
    host = _UNSPECIFIED.get(listen.host, listen.host)
    connection = http.client.HTTPConnection(host, listen.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Watch:
    """
    Passes on that the server goes on: while all of its processes say so, and its door answers.

    One hanging process of several is enough to be silent: the kernel gives it its share of
    the connections all the same.
    """

    def __init__(
        self,
        notifier: Notifier,
        ear: Ear,
        processes: int,
        answers: Callable[[], bool],
        *,
        patience: float,
        time: Callable[[], float] = time.monotonic,
    ) -> None:
        self._notifier = notifier
        self._ear = ear
        self._processes = processes
        self._answers = answers
        self._patience = patience
        self._time = time
        self._heard: dict[int, float] = {}
        self._is_ready = False
        self._was_well = True
        self._ended = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    def stop(self) -> None:
        """It ends: from now on nobody waits for a sign."""
        self._ended.set()
        self._notifier.stopping()

    def _run(self) -> None:
        while not self._ended.wait(
            self._notifier.seconds if self._is_ready else STARTING_SECONDS
        ):
            self.look()

    def look(self) -> None:
        now = self._time()
        for pid, message in self._ear.hear():
            if says_alive(message):
                self._heard[pid] = now
        self._heard = {
            pid: heard for pid, heard in self._heard.items() if now - heard < self._patience
        }
        well = len(self._heard) >= self._processes and self._answers()
        if well and not self._is_ready:
            self._is_ready = True
            self._notifier.ready()
        elif well:
            self._notifier.alive()
        elif self._is_ready and self._was_well:
            log.error("web.hangs", extra={"processes": self._processes - len(self._heard)})
        self._was_well = well
