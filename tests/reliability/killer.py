"""Kills this and that of a deployment, wherever it is just then."""

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from connector.domain.errors import StoreUnavailableError
from connector.store import Store
from tests.end_to_end.org import OrgProcess
from tests.reliability.deployment import Deployment
from tests.reliability.verdict import rows


CYCLE_SECONDS = 0.6
WATCH_SECONDS = 0.01
#: How long is waited for a moment to kill in.
PATIENCE_SECONDS = 2.5
WRITING, NOTING = "the workers while they write to the org", "the workers once they noted it"
#: On the embedded database.
READING = "the workers once they have read callbacks"


class Killer:
    """Kills this and that of one deployment, wherever it is just then."""

    def __init__(
        self,
        deployment: Deployment,
        org: OrgProcess,
        store: Store,
        dice: random.Random,
        *,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._deployment = deployment
        self._org = org
        self._store = store
        self._patience = patience
        self._dice = dice
        self._pause = threading.Event()
        self.kills: Counter[str] = Counter()
        self._counted = 0
        self._ways = {
            "a web server": self._server,
            "the process of a web server that serves": self._serving,
            "a worker": self._worker,
            WRITING: self._writing,
            NOTING: self._noting,
            READING: self._reading,
            "all processes at once": self._all,
        }
        # Workers need some time between two kills to get anywhere.
        self._mix = [each for each in self._ways if each != READING]
        self._mix += [
            "a web server",
            "the process of a web server that serves",
            WRITING,
            NOTING,
        ]

    def kill(self, cycles: int, ways: Sequence[str] = ()) -> None:
        for _ in range(cycles):
            begun = time.monotonic()
            way = self._dice.choice(ways or self._mix)
            self.kills[self._ways[way]() or way] += 1
            spent = time.monotonic() - begun
            self._pause.wait(max(self._dice.uniform(0.5, 1.5) * CYCLE_SECONDS - spent, 0))

    def _server(self) -> None:
        self._deployment.kill(self._dice.choice(self._deployment.of("web")))

    def _serving(self) -> str:
        """Seldom possible so soon after the last time: then all of the server."""
        server = self._dice.choice(self._deployment.of("web"))
        if self._deployment.kill_child(server):
            return ""
        self._deployment.kill(server)
        return "a web server"

    def _worker(self) -> None:
        self._deployment.kill(self._dice.choice(self._deployment.of("worker")))

    def _writing(self) -> str:
        # A slow call is counted when it comes in, and carried out later.
        return self._workers_upon(lambda: self._org.statistics().struck.get("latency", 0))

    def _noting(self) -> str:
        return self._workers_upon(lambda: self._count("SELECT COUNT(*) FROM writes"))

    def _reading(self) -> str:
        return self._workers_upon(lambda: self._count("SELECT SUM(position) FROM cursors"))

    def _count(self, question: str) -> int:
        """What it was before, while a database is locked by who was killed, or by its heir."""
        with contextlib.suppress(StoreUnavailableError):
            self._counted = int(rows(self._store, question)[0][0] or 0)
        return self._counted

    def _workers_upon(self, count: Callable[[], int]) -> str:
        """Once it has risen; or, if it does not for too long, all the same."""
        before, ends = count(), time.monotonic() + self._patience
        while time.monotonic() < ends:
            if count() != before:
                self._deployment.kill(*self._deployment.of("worker"))
                return ""
            self._pause.wait(WATCH_SECONDS)
        self._deployment.kill(*self._deployment.of("worker"))
        return "all workers"

    def _all(self) -> None:
        self._deployment.kill_all()
