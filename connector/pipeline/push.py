"""From pending fields to Salesforce: opt-outs first, 200 records a call, one lane an object."""

import dataclasses
import logging
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.directory import DirectoryEntry
from connector.domain.errors import ConfigurationError, OrgError, OrgUnavailableError
from connector.domain.records import (
    BATCH_SIZE,
    Outcome,
    RecordChange,
    RecordRef,
    Verdict,
    batches,
)
from connector.salesforce.budget import Budget
from connector.salesforce.errors import DailyLimitError
from connector.salesforce.org import Org
from connector.store import Store, Transaction
from connector.store.house import Lease


log = logging.getLogger(__name__)

#: Longer than the longest call, so that two never write one object side by side.
LEASE = timedelta(minutes=5)
#: A record that is locked waits up to twice as long each time, at most a quarter of an hour.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=15)
#: An object whose set-up is wrong is tried again this often.
STOPPED_FOR = timedelta(minutes=5)
ROUND = 2_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """What one round did with how many calls; the records are counted."""

    written: int = 0
    refused: int = 0
    followed: int = 0
    postponed: int = 0
    calls: int = 0

    def __add__(self, other: "PushReport") -> "PushReport":
        return PushReport(
            written=self.written + other.written,
            refused=self.refused + other.refused,
            followed=self.followed + other.followed,
            postponed=self.postponed + other.postponed,
            calls=self.calls + other.calls,
        )


class Patience:
    """How long to leave an org alone that does not answer: 2 s, then ever twice as long."""

    longest = timedelta(minutes=1)

    def __init__(self) -> None:
        self._failures = 0
        self._until: datetime | None = None

    def ready(self, now: datetime) -> bool:
        return self._until is None or now >= self._until

    def failed(self, now: datetime) -> None:
        self._until = now + min(FIRST_WAIT * 2**self._failures, self.longest)
        self._failures += 1

    def worked(self) -> None:
        self._failures, self._until = 0, None


class Pusher:
    """Sends what is pending to one org; what it knows of the org's mood lives in here."""

    def __init__(
        self,
        store: Store,
        org: Org,
        budget: Budget,
        clock: Clock,
        *,
        holder: str,
        batch_size: int = BATCH_SIZE,
    ) -> None:
        self._store = store
        self._org = org
        self._budget = budget
        self._clock = clock
        self._holder = holder
        self._batch_size = batch_size
        self._patience = Patience()
        self._random = random.Random(holder)  # noqa: S311 (spreads retries, keeps no secret)

    def push(self, *, limit: int = ROUND) -> PushReport:
        """One round: up to `limit` records an object, until the budget or the org says stop."""
        now = self._clock()
        if not self._patience.ready(now):
            return PushReport()
        with self._store.transaction(reads=True) as transaction:
            lanes = transaction.outbox.objects(now)
            stopped = {
                lane.object
                for lane in transaction.writes.stopped_lanes()
                if lane.retry_at > now
            }
        lanes = [name for name in lanes if name not in stopped]
        report = sum((self._lane(name, limit) for name in lanes), PushReport())
        if report.calls:
            log.info("sf.round.done", extra=dataclasses.asdict(report))
        return report

    def _lane(self, name: str, limit: int) -> PushReport:
        lease = self._take(name)
        if lease is None:
            return PushReport()
        report = PushReport()
        try:
            with self._store.transaction(reads=True) as transaction:
                waiting = transaction.outbox.pending(name, limit, self._clock())
            for batch in batches(waiting, self._batch_size):
                done = self._batch(lease, batch)
                report += done
                if done.postponed == len(batch):
                    break
        finally:
            with self._store.transaction() as transaction:
                transaction.leases.give_back(lease)
        return report

    def _take(self, name: str) -> Lease | None:
        with self._store.transaction() as transaction:
            return transaction.leases.take(f"push:{name}", self._holder, self._clock(), LEASE)

    def _batch(self, lease: Lease, batch: Sequence[RecordChange]) -> PushReport:
        held_back = PushReport(postponed=len(batch))
        if not self._budget.allows(urgent=any(change.urgent for change in batch)):
            return held_back
        if not self._begin(lease, batch):
            return held_back
        calls = self._org.calls
        try:
            outcomes = self._org.update(batch)
            gone = [each.change.record for each in outcomes if each.verdict is Verdict.FOLLOW]
            went = self._org.successors(gone) if gone else {}
        except DailyLimitError:
            self._budget.exhausted(self._clock())
            log.warning("sf.budget.exhausted", extra={"records": len(batch)})
            return held_back
        except OrgUnavailableError as error:
            self._patience.failed(self._clock())
            log.warning("sf.unavailable", extra={"records": len(batch), "reason": str(error)})
            return held_back
        except (OrgError, ConfigurationError):
            self._patience.failed(self._clock())
            raise
        finally:
            self._budget.note(self._org.usage)
            calls = self._org.calls - calls
        self._patience.worked()
        report = self._settle(lease, outcomes, went)
        return dataclasses.replace(report, calls=calls)

    def _begin(self, lease: Lease, batch: Sequence[RecordChange]) -> bool:
        """From here on nobody knows what Salesforce has, until it answered."""
        with self._store.transaction() as transaction:
            renewed = transaction.leases.take(lease.name, self._holder, self._clock(), LEASE)
            if renewed != lease:
                return False
            transaction.writes.in_doubt(batch)
        return True

    def _settle(
        self,
        lease: Lease,
        outcomes: Sequence[Outcome],
        went: dict[RecordRef, RecordRef | None],
    ) -> PushReport:
        now = self._clock()
        with self._store.transaction() as transaction:
            if not transaction.leases.holds(lease):
                # Another pusher went on; ours may have come last. Work these out anew.
                records = [outcome.change.record for outcome in outcomes]
                transaction.outbox.mark(records, urgent=False)
                log.warning("sf.lease.lost", extra={"lane": lease.name})
                return PushReport(postponed=len(outcomes))
            return Settlement(transaction, now, self._random).settle(outcomes, went)


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
            postponed=len(by_verdict[Verdict.RETRY]) + len(by_verdict[Verdict.STOP]),
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
        self._transaction.writes.start_lane(changes[0].record.object)

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
