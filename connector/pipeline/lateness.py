"""Opt-outs that Salesforce does not have yet: who has to know of it, and when."""

import dataclasses
import enum
import logging
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.alerts import Alert, AlertKind, Trouble
from connector.domain.business_days import due
from connector.pipeline.alerts import NOBODY, AlertDesk
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


_LONGER_THAN = {
    Alarm.SLOW: "15 minutes",
    Alarm.LATE: "24 hours",
    Alarm.UNLAWFUL: "10 business days",
}
_SECONDS = "%Y-%m-%dT%H:%M:%SZ"
#: What alerts of this are about.
SUBJECT = "opt-outs"


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

    def __init__(self, store: Store, clock: Clock, desk: AlertDesk = NOBODY) -> None:
        self._store = store
        self._clock = clock
        self._desk = desk

    def look(self) -> Alarm:
        with self._store.transaction(reads=True) as transaction:
            found = lateness(transaction)
            known = _stages(transaction)
        alarm = found.alarm(self._clock())
        if known.keys() != _reached(alarm):
            self._change(found, alarm)
        return alarm

    def _change(self, found: Lateness, alarm: Alarm) -> None:
        """An alert for each stage that was reached; those of stages that are over end."""
        now = self._clock()
        with self._store.transaction() as transaction:
            known = _stages(transaction)
            ended = [
                self._desk.end(transaction, alert, now)
                for stage, alert in known.items()
                if stage > alarm
            ]
            begun = [
                stage
                for stage in sorted(_reached(alarm) - known.keys())
                if self._desk.start(transaction, _trouble(stage, found), now)
            ]
            # Said before it is committed: said twice does less harm than not at all.
            if begun:
                told = {"waiting": found.waiting, "since": f"{found.since:{_SECONDS}}"}
                log.log(_LEVELS[begun[-1]], "consent.late", extra=told)
            elif any(ended) and not alarm:
                log.info("consent.in_time")


def _reached(alarm: Alarm) -> set[Alarm]:
    return {stage for stage in _LEVELS if stage <= alarm}


def _stages(transaction: Transaction) -> dict[Alarm, Alert]:
    """The stages of which there are open alerts."""
    found = transaction.alerts.open(AlertKind.OPT_OUTS_LATE)
    return {Alarm[alert.trouble.what.upper()]: alert for alert in found}


def _trouble(stage: Alarm, found: Lateness) -> Trouble:
    return Trouble(
        kind=AlertKind.OPT_OUTS_LATE,
        subject=SUBJECT,
        what=stage.name.lower(),
        text=f"Changes of consent have waited for Salesforce for over {_LONGER_THAN[stage]}: "
        f"{found.waiting:,}, the oldest since {found.since:%Y-%m-%d %H:%M} UTC.",
        figures={"waiting": found.waiting, "since": f"{found.since:{_SECONDS}}"},
    )
