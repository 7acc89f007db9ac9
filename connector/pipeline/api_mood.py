"""How a gateway's API behaves: how fast it may be asked, and when it is left in peace."""

import dataclasses
import json
import random
from datetime import datetime, timedelta

from connector.rest.errors import ApiError, BusyError
from connector.store import Transaction


#: The first wait after trouble; each is twice as long, up to the longest.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)
BLOCK_LIST = "block_list"
#: How many seconds' worth of calls may be sent at once.
_BURST_SECONDS = 2.0


def wait_after(tries: int, chance: random.Random) -> timedelta:
    """How long to wait after so many failures, not all at the same moment."""
    longest = min(FIRST_WAIT * 2.0 ** min(tries, 16), LONGEST_WAIT)
    return longest * chance.uniform(0.5, 1.0)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An API that is not asked before a moment, and why; `kind` is what it is for."""

    until: datetime
    error: str
    tries: int

    @classmethod
    def of(
        cls, transaction: Transaction, name: str, work: str, *, kind: str = BLOCK_LIST
    ) -> "Hold | None":
        """What keeps one kind of work from an API, if anything did last time."""
        text = transaction.marks.get(_mark(kind, name, work))
        if not text:
            return None
        found = json.loads(text)
        until = datetime.fromisoformat(found["until"])
        return cls(until=until, error=found["error"], tries=found["tries"])

    @classmethod
    def after(
        cls, error: ApiError, before: "Hold | None", now: datetime, chance: random.Random
    ) -> "Hold":
        """As long as the gateway asks for, and longer each time it goes wrong again."""
        tries = before.tries if before else 0
        wait = wait_after(tries, chance)
        asked = error.wait if isinstance(error, BusyError) else None
        until = now + max(wait if asked is None else timedelta(), asked or timedelta())
        return cls(until=until, error=str(error), tries=tries + 1)

    def keep(
        self, transaction: Transaction, name: str, work: str, *, kind: str = BLOCK_LIST
    ) -> None:
        told = {"until": self.until.isoformat(), "error": self.error, "tries": self.tries}
        transaction.marks.set(_mark(kind, name, work), json.dumps(told))


def release(transaction: Transaction, name: str, work: str, *, kind: str = BLOCK_LIST) -> None:
    """Nothing keeps this work from an API any more."""
    transaction.marks.set(_mark(kind, name, work), "")


def _mark(kind: str, name: str, work: str) -> str:
    return f"{kind}:{name}:{work}"


class Pace:
    """
    When the next call may be made, so that an API stays below its limit.

    A call costs what a full one would: gateways count calls, whatever is in them. `biggest` is
    the most that one call costs.
    """

    def __init__(self, rate: float, biggest: float) -> None:
        self._rate = rate
        self._most = max(rate * _BURST_SECONDS, biggest)
        self._left = self._most
        self._at: datetime | None = None

    def allows(self, numbers: int, now: datetime) -> bool:
        if self._at is not None and now > self._at:
            gained = self._rate * (now - self._at).total_seconds()
            self._left = min(self._left + gained, self._most)
        self._at = now
        return self._left >= numbers

    def spend(self, numbers: int) -> None:
        self._left -= numbers
