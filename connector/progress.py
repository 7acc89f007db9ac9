"""Whether the jobs of a worker go round, or one of them hangs."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping


log = logging.getLogger(__name__)

#: Longer than a round of any job takes that is in order, unless it is said otherwise.
LONGEST_ROUND_SECONDS = 900.0
#: Without a sign for so long whoever calls the jobs hangs.
LONGEST_SILENCE_SECONDS = 60.0
SCHEDULER = "scheduler"


class Progress:
    """
    Knows who is at work and since when; safe to use from several threads.

    A job that waits for Salesforce or a gateway is not hanging: every call has its end. So the
    longest round is generous, and beyond it nothing helps but a new process.
    """

    def __init__(
        self,
        longest: Mapping[str, float] | None = None,
        *,
        usual: float = LONGEST_ROUND_SECONDS,
        end: Callable[[], object] = lambda: None,
        time: Callable[[], float] = time.monotonic,
    ) -> None:
        self._longest = longest or {}
        self._usual = usual
        self._end = end
        self._time = time
        self._lock = threading.Lock()
        self._since: dict[str, float] = {}
        self._beaten_at = time()
        #: Whether the disk of the store has failed: only a new process may go on.
        self.broken = False

    @contextlib.contextmanager
    def at(self, job: str) -> Iterator[None]:
        """Inside somebody is at this job."""
        with self._lock:
            self._since[job] = self._time()
        try:
            yield
        finally:
            with self._lock:
                self._since.pop(job, None)

    def give_up(self) -> None:
        """The disk has failed, so the worker is to end."""
        if not self.broken:
            self.broken = True
            log.error("store.broken")
            self._end()

    def beat(self) -> None:
        """A job like any other, which shows that jobs are called."""
        self._beaten_at = self._time()

    def hanging(self) -> list[str]:
        """The jobs at which somebody has been for too long; nothing where all is well."""
        now = self._time()
        with self._lock:
            since = dict(self._since)
        found = [
            job
            for job, began in sorted(since.items())
            if now - began > self._longest.get(job, self._usual)
        ]
        if now - self._beaten_at > LONGEST_SILENCE_SECONDS:
            found.append(SCHEDULER)
        return found
