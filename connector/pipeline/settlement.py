"""What Salesforce answered for one batch, and what follows from it."""

import dataclasses
import logging
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from connector.domain.directory import DirectoryEntry
from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from connector.store import Transaction


log = logging.getLogger(__name__)

#: A record that is locked waits up to twice as long each time, at most a quarter of an hour.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=15)
#: An object whose set-up is wrong is tried again this often.
STOPPED_FOR = timedelta(minutes=5)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """What one round did with how many calls; the records are counted."""

    written: int = 0
    refused: int = 0
    followed: int = 0
    postponed: int = 0
    stopped: int = 0
    calls: int = 0

    def __add__(self, other: "PushReport") -> "PushReport":
        return PushReport(
            written=self.written + other.written,
            refused=self.refused + other.refused,
            followed=self.followed + other.followed,
            postponed=self.postponed + other.postponed,
            stopped=self.stopped + other.stopped,
            calls=self.calls + other.calls,
        )


class Settlement:
    """Keeps what Salesforce answered for one batch, in one transaction."""

    def __init__(self, transaction: Transaction, now: datetime, chance: random.Random) -> None:
        self._transaction = transaction
        self._now = now
        self._chance = chance

    def settle(
        self, outcomes: Sequence[Outcome], went: dict[RecordRef, RecordRef | None]
    ) -> PushReport:
        outcomes = [_judged(outcome, went) for outcome in outcomes]
        by_verdict = {
            verdict: [each for each in outcomes if each.verdict is verdict]
            for verdict in Verdict
        }
        self._transaction.writes.log(outcomes, self._now)
        # First: it marks records, and whoever works those out takes their locks in this order.
        self._followed(by_verdict[Verdict.FOLLOW], went)
        self._written(by_verdict[Verdict.WRITTEN])
        self._refused(by_verdict[Verdict.PARK])
        self._postponed([each.change for each in by_verdict[Verdict.RETRY]])
        self._stopped(by_verdict[Verdict.STOP])
        return PushReport(
            written=len(by_verdict[Verdict.WRITTEN]),
            refused=len(by_verdict[Verdict.PARK]),
            followed=len(by_verdict[Verdict.FOLLOW]),
            postponed=len(by_verdict[Verdict.RETRY]),
            stopped=len(by_verdict[Verdict.STOP]),
        )

    def _written(self, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        changes = [outcome.change for outcome in outcomes]
        self._transaction.writes.remember(changes, self._now)
        # What was replaced or withdrawn while it was sent came last all the same: whatever we
        # thought that Salesforce has, it has this now.
        overtaken = self._transaction.outbox.settle(changes)
        self._transaction.writes.forget(record.id for record in overtaken)
        self._transaction.outbox.mark(overtaken, urgent=False)
        self._transaction.writes.unrefuse(change.record.id for change in changes)
        self._transaction.writes.start_lane(changes[0].record.object, urgent=changes[0].urgent)

    def _refused(self, outcomes: Sequence[Outcome]) -> None:
        if outcomes:
            codes = sorted({outcome.error_code for outcome in outcomes})
            log.warning("sf.refused", extra={"records": len(outcomes), "codes": codes})
            self._transaction.writes.refuse(outcomes, self._now)
            self._transaction.outbox.settle([outcome.change for outcome in outcomes])

    def _followed(
        self, outcomes: Sequence[Outcome], went: dict[RecordRef, RecordRef | None]
    ) -> None:
        if not outcomes:
            return
        records = [outcome.change.record for outcome in outcomes]
        entries = [
            DirectoryEntry(
                record=record,
                phones={},
                modified_at=self._now,
                deleted=True,
                successor=went[record],
            )
            for record in records
        ]
        self._transaction.directory.put(entries, {})
        self._transaction.matches.match_again(record.id for record in records)
        self._transaction.outbox.mark(_present(went[record] for record in records), urgent=True)
        self._transaction.outbox.settle([outcome.change for outcome in outcomes])

    def _postponed(self, changes: Sequence[RecordChange]) -> None:
        # Together, not each at its own moment: they shall share one call again.
        attempts = max((change.attempts for change in changes), default=0)
        longest = min(FIRST_WAIT * 2 ** min(attempts, 16), LONGEST_WAIT)
        wait = longest * self._chance.uniform(0.5, 1)
        if changes:
            self._transaction.outbox.postpone(changes, attempts + 1, self._now + wait)

    def _stopped(self, outcomes: Sequence[Outcome]) -> None:
        if outcomes:
            first = outcomes[0]
            log.error(
                "sf.lane.stopped",
                extra={"object": first.change.record.object, "code": first.error_code},
            )
            self._transaction.writes.stop_lane(first, self._now, self._now + STOPPED_FOR)


def _judged(outcome: Outcome, went: dict[RecordRef, RecordRef | None]) -> Outcome:
    """A record that is where it was, or gone for good, is nothing to follow: it is refused."""
    record = outcome.change.record
    if outcome.verdict is Verdict.FOLLOW and went.get(record) in {None, record}:
        return dataclasses.replace(outcome, verdict=Verdict.PARK)
    return outcome


def _present(records: Iterable[RecordRef | None]) -> Iterable[RecordRef]:
    return (record for record in records if record)
