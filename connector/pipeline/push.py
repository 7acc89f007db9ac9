"""From pending fields to Salesforce: opt-outs first, 200 records a call, one lane an object."""

import dataclasses
import logging
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.errors import (
    ConfigurationError,
    OrgError,
    OrgUnavailableError,
    StoreUnavailableError,
)
from connector.domain.records import (
    BATCH_SIZE,
    Outcome,
    RecordChange,
    RecordRef,
    Verdict,
    batches,
)
from connector.pipeline.settlement import FIRST_WAIT, PushReport, Settlement
from connector.salesforce.budget import Budget
from connector.salesforce.errors import DailyLimitError
from connector.salesforce.org import Org
from connector.store import Store
from connector.store.house import Lease


log = logging.getLogger(__name__)

#: Longer than the longest call, so that two never write one object side by side.
LEASE = timedelta(minutes=5)
ROUND = 2_000
#: How often it is tried to keep what Salesforce answered.
SETTLING_TRIES = 4

#: Where records went that Salesforce no longer has under their id.
Went = dict[RecordRef, RecordRef | None]


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
            for batch in self._batches(name, limit):
                done = self._batch(lease, batch)
                if done is None:
                    return report + PushReport(postponed=len(batch))
                report += done
        finally:
            with self._store.transaction() as transaction:
                transaction.leases.give_back(lease)
        return report

    def _batches(self, name: str, limit: int) -> Iterator[list[RecordChange]]:
        """Opt-outs first; a half of the object that is stopped, or stops now, is left out."""
        for urgent in (True, False):
            now = self._clock()
            with self._store.transaction(reads=True) as transaction:
                waiting = transaction.outbox.pending(name, limit, now, urgent=urgent)
            for batch in batches(waiting, self._batch_size):
                if self._stopped(name, urgent=urgent):
                    break
                yield batch

    def _stopped(self, name: str, *, urgent: bool) -> bool:
        now = self._clock()
        with self._store.transaction(reads=True) as transaction:
            return any(
                (lane.object, lane.urgent) == (name, urgent) and lane.retry_at > now
                for lane in transaction.writes.stopped_lanes()
            )

    def _take(self, name: str) -> Lease | None:
        with self._store.transaction() as transaction:
            return transaction.leases.take(f"push:{name}", self._holder, self._clock(), LEASE)

    def _batch(self, lease: Lease, batch: Sequence[RecordChange]) -> PushReport | None:
        """What became of one call; None when the lane has to wait."""
        if not self._budget.allows(urgent=any(change.urgent for change in batch)):
            return None
        if not self._begin(lease, batch):
            return None
        calls = self._org.calls
        try:
            outcomes = self._org.update(batch)
            gone = [each.change.record for each in outcomes if each.verdict is Verdict.FOLLOW]
            went = self._org.successors(gone) if gone else {}
        except DailyLimitError:
            self._budget.exhausted(self._clock())
            log.warning("sf.budget.exhausted", extra={"records": len(batch)})
            return None
        except OrgUnavailableError as error:
            self._patience.failed(self._clock())
            log.warning("sf.unavailable", extra={"records": len(batch), "reason": str(error)})
            return None
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

    def _settle(self, lease: Lease, outcomes: Sequence[Outcome], went: Went) -> PushReport:
        """Keep what Salesforce answered, with patience: it would have to be asked again."""
        for _ in range(SETTLING_TRIES - 1):
            try:
                return self._settle_once(lease, outcomes, went)
            except (
                StoreUnavailableError
            ) as error:  # two that wait for each other, on PostgreSQL
                log.info("sf.settling.again", extra={"reason": str(error)})
        return self._settle_once(lease, outcomes, went)

    def _settle_once(self, lease: Lease, outcomes: Sequence[Outcome], went: Went) -> PushReport:
        now = self._clock()
        with self._store.transaction() as transaction:
            if not transaction.leases.holds(lease):
                # Another pusher went on; ours may have come last. Work these out anew.
                records = [outcome.change.record for outcome in outcomes]
                transaction.outbox.mark(records, urgent=False)
                log.warning("sf.lease.lost", extra={"lane": lease.name})
                return PushReport(postponed=len(outcomes))
            return Settlement(transaction, now, self._random).settle(outcomes, went)
