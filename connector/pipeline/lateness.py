"""Opt-outs that Salesforce does not have yet: who has to know of it, and when."""

import dataclasses
import enum
import logging
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.business_days import due
from connector.store import Store, Transaction


log = logging.getLogger(__name__)


class Alarm(enum.IntEnum):
    """How late it is; ten business days are what the law gives (47 CFR 64.1200(a)(10))."""

    NONE = 0
    SLOW = 1
    LATE = 2
    UNLAWFUL = 3


_AFTER = {Alarm.SLOW: timedelta(minutes=15), Alarm.LATE: timedelta(hours=24)}
_LEVELS = {
    Alarm.SLOW: logging.WARNING,
    Alarm.LATE: logging.ERROR,
    Alarm.UNLAWFUL: logging.CRITICAL,
}


#: The mark that holds what was said last.
_TOLD = "consent:late"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """How many changes of consent wait for Salesforce, and since when the oldest."""

    waiting: int
    since: datetime | None

    def alarm(self, now: datetime) -> Alarm:
        if self.since is None:
            return Alarm.NONE
        if now >= due(self.since):
            return Alarm.UNLAWFUL
        waited = now - self.since
        return max((a for a, after in _AFTER.items() if waited >= after), default=Alarm.NONE)


def lateness(transaction: Transaction) -> Lateness:
    waiting, since = transaction.waits.opt_outs()
    return Lateness(waiting=waiting, since=since)


class LatenessWatch:
    """Says once when it gets worse, and once when it is over, whichever worker looks."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def look(self) -> Alarm:
        with self._store.transaction(reads=True) as transaction:
            found = lateness(transaction)
            before = Alarm(int(transaction.marks.get(_TOLD) or 0))
        alarm = found.alarm(self._clock())
        if alarm > before:
            told = {"waiting": found.waiting, "since": f"{found.since:%Y-%m-%dT%H:%M:%SZ}"}
            log.log(_LEVELS[alarm], "consent.late", extra=told)
        elif before and not alarm:
            log.info("consent.in_time")
        if alarm != before:
            # Kept after it was said: said twice does less harm than not at all.
            with self._store.transaction() as transaction:
                transaction.marks.set(_TOLD, f"{alarm:d}")
        return alarm
