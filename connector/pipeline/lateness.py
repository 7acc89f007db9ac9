"""Opt-outs that Salesforce does not have yet: who has to know of it, and when."""

import dataclasses
import enum
import logging
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.store import Store, Transaction


log = logging.getLogger(__name__)


class Alarm(enum.IntEnum):
    """How late it is; ten business days are what the law gives (47 CFR 64.1200(a)(10))."""

    NONE = 0
    SLOW = 1
    LATE = 2
    UNLAWFUL = 3


#: From when on; ten days by the calendar are at most ten business days.
_AFTER = {
    Alarm.SLOW: timedelta(minutes=15),
    Alarm.LATE: timedelta(hours=24),
    Alarm.UNLAWFUL: timedelta(days=10),
}
_LEVELS = {
    Alarm.SLOW: logging.WARNING,
    Alarm.LATE: logging.ERROR,
    Alarm.UNLAWFUL: logging.CRITICAL,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """How many changes of consent wait for Salesforce, and since when the oldest."""

    waiting: int
    since: datetime | None

    def alarm(self, now: datetime) -> Alarm:
        if self.since is None:
            return Alarm.NONE
        waited = now - self.since
        return max((a for a, after in _AFTER.items() if waited >= after), default=Alarm.NONE)


def lateness(transaction: Transaction) -> Lateness:
    waiting, since = transaction.waits.opt_outs()
    return Lateness(waiting=waiting, since=since)


class LatenessWatch:
    """Says once when it gets worse, and once when it is over."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._told = Alarm.NONE

    def look(self) -> Alarm:
        with self._store.transaction(reads=True) as transaction:
            found = lateness(transaction)
        alarm = found.alarm(self._clock())
        if alarm > self._told:
            told = {"waiting": found.waiting, "since": f"{found.since:%Y-%m-%dT%H:%M:%SZ}"}
            log.log(_LEVELS[alarm], "consent.late", extra=told)
        elif self._told and not alarm:
            log.info("consent.in_time")
        self._told = alarm
        return alarm
