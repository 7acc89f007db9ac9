"""What Salesforce answered for one batch, and what follows from it."""

import dataclasses
import itertools
import logging
import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.domain.directory import DirectoryEntry
from connector.domain.errors import StoreUnavailableError
from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from connector.domain.traffic import Kind
from connector.pipeline.freshness import spans
from connector.pipeline.trail import tell_answered
from connector.store import Transaction


log = logging.getLogger(__name__)

#: A record that is locked waits up to twice as long each time; who was tried so often without
#: luck waits long, and longer.
FIRST_WAIT, QUICK_TRIES = timedelta(seconds=2), 5
SLOW_WAIT, LONGEST_WAIT = timedelta(minutes=5), timedelta(minutes=15)
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

    def __init__(
        self,
        transaction: Transaction,
        now: datetime,
        chance: random.Random,
        *,
        announce: bool = False,
    ) -> None:
        self._transaction = transaction
        self._now = now
        self._chance = chance
        self._announce = announce
        self._counts: Counter[tuple[Kind, str]] = Counter()

    def settle(
        self, outcomes: Sequence[Outcome], went: dict[RecordRef, RecordRef | None]
    ) -> PushReport:
        outcomes = [_judged(outcome, went) for outcome in outcomes]
        by_verdict = {
            verdict: [each for each in outcomes if each.verdict is verdict]
            for verdict in Verdict
        }
        self._transaction.writes.log(outcomes, self._now)
        self._transaction.answers.count(outcomes)
        tell_answered(outcomes)
        # Locks in the order in which reading, matching and working out take theirs: messages,
        # marks of records, pending fields. Else two workers would wait for each other.
        moved = self._followed(by_verdict[Verdict.FOLLOW], went)
        self._take([outcome.change for outcome in outcomes], moved)
        self._written(by_verdict[Verdict.WRITTEN])
        self._refused(by_verdict[Verdict.PARK])
        self._transaction.outbox.settle([o.change for o in by_verdict[Verdict.FOLLOW]])
        self._postponed([each.change for each in by_verdict[Verdict.RETRY]])
        self._transaction.outbox.hand_over(o.change for o in by_verdict[Verdict.AGAIN])
        self._stopped(by_verdict[Verdict.STOP])
        self._transaction.traffic.add(self._counts, self._now)
        return PushReport(
            written=len(by_verdict[Verdict.WRITTEN]),
            refused=len(by_verdict[Verdict.PARK]),
            followed=len(by_verdict[Verdict.FOLLOW]),
            postponed=len(by_verdict[Verdict.RETRY]) + len(by_verdict[Verdict.AGAIN]),
            stopped=len(by_verdict[Verdict.STOP]),
        )

    def _take(self, changes: Sequence[RecordChange], moved: Sequence[RecordRef]) -> None:
        """
        Lock what was sent, and mark the records of which it no longer was the newest.

        What was replaced or withdrawn while it was sent came last all the same: whatever we
        thought that Salesforce has, it has this now.
        """
        outbox = self._transaction.outbox
        overtaken = outbox.overtaken(changes)
        urgent = any(change.urgent for change in changes)
        self._transaction.writes.forget_half((each.id for each in overtaken), urgent=urgent)
        outbox.mark([*overtaken, *moved], urgent=True)
        if outbox.overtaken(changes, lock=True) != overtaken:
            raise StoreUnavailableError("fields were queued while their answer was kept")

    def _written(self, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        changes = [outcome.change for outcome in outcomes]
        self._transaction.writes.remember(changes, self._now)
        if self._announce:
            self._transaction.announcements.want(changes, self._now)
        self._counts[Kind.WRITTEN, changes[0].record.object] += len(changes)
        self._counts.update(spans(self._transaction.outbox.settle(changes), self._now))
        self._transaction.writes.unrefuse(change.record.id for change in changes)
        self._transaction.writes.start_lane(changes[0].record.object, urgent=changes[0].urgent)

    def _refused(self, outcomes: Sequence[Outcome]) -> None:
        if outcomes:
            codes = sorted({outcome.error_code for outcome in outcomes})
            log.warning("sf.refused", extra={"records": len(outcomes), "codes": codes})
            self._counts[Kind.REFUSED, outcomes[0].change.record.object] += len(outcomes)
            self._transaction.writes.refuse(outcomes, self._now)
            self._transaction.outbox.settle([outcome.change for outcome in outcomes])

    def _followed(
        self, outcomes: Sequence[Outcome], went: dict[RecordRef, RecordRef | None]
    ) -> list[RecordRef]:
        """Remember where these went; returns the records that they became."""
        if not outcomes:
            return []
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
        return [successor for record in records if (successor := went[record])]

    def _postponed(self, changes: Sequence[RecordChange]) -> None:
        """Those that waited as often wait as long, together: they shall share a call again."""
        by_attempts = sorted(changes, key=lambda change: change.attempts)
        for attempts, group in itertools.groupby(by_attempts, key=lambda c: c.attempts):
            wait = _longest_wait(attempts) * self._chance.uniform(0.5, 1)
            self._transaction.outbox.postpone(list(group), attempts + 1, self._now + wait)

    def _stopped(self, outcomes: Sequence[Outcome]) -> None:
        if outcomes:
            first = outcomes[0]
            log.error(
                "sf.lane.stopped",
                extra={"object": first.change.record.object, "code": first.error_code},
            )
            self._transaction.writes.stop_lane(first, self._now, self._now + STOPPED_FOR)


def _longest_wait(attempts: int) -> timedelta:
    if attempts < QUICK_TRIES:
        return FIRST_WAIT * (1 << attempts)
    return min(SLOW_WAIT * (attempts - QUICK_TRIES + 1), LONGEST_WAIT)


def _judged(outcome: Outcome, went: dict[RecordRef, RecordRef | None]) -> Outcome:
    """A record that is where it was, or gone for good, is nothing to follow: it is refused."""
    record = outcome.change.record
    if outcome.verdict is Verdict.FOLLOW and went.get(record) in {None, record}:
        return dataclasses.replace(outcome, verdict=Verdict.PARK)
    return outcome
