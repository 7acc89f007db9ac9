"""Lets nobody try secrets as fast as the network is."""

import dataclasses
import threading
from datetime import datetime, timedelta

from connector.clock import Clock


#: So many mistakes are a person's; each one more doubles the pause.
FREE_TRIES = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
#: Mistakes are forgotten after so long without one.
FORGOTTEN_AFTER = timedelta(hours=1)
#: Callers that are remembered: a crowd of them must not fill the memory.
MOST_CALLERS = 10_000


@dataclasses.dataclass(slots=True)
class _Mistakes:
    count: int
    last: datetime


class Patience:
    """
    Remembers who gave wrong secrets, by address; safe to ask from several threads.

    Each web process has its own memory. That is enough: a secret has 256 random bits, and
    what is kept off is noise and load, not luck.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._mistakes: dict[str, _Mistakes] = {}

    def pause(self, caller: str) -> timedelta:
        """How long this caller has to wait before the next try; nothing for most."""
        with self._lock:
            found = self._mistakes.get(caller)
            if found is None or found.count < FREE_TRIES:
                return timedelta()
            doubled = FIRST_PAUSE * (1 << min(found.count - FREE_TRIES, 10))
            until = found.last + min(doubled, LONGEST_PAUSE)
            return max(until - self._clock(), timedelta())

    def note(self, caller: str) -> None:
        """This caller was wrong."""
        now = self._clock()
        with self._lock:
            found = self._mistakes.pop(caller, None)
            if found is None or now > found.last + FORGOTTEN_AFTER:
                found = _Mistakes(0, now)
            self._mistakes[caller] = _Mistakes(found.count + 1, now)
            while len(self._mistakes) > MOST_CALLERS:
                self._mistakes.pop(next(iter(self._mistakes)))

    def forgive(self, caller: str) -> None:
        """This caller was right."""
        with self._lock:
            self._mistakes.pop(caller, None)
