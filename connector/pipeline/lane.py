"""The right to write to one object alone, and what is kept under it."""

import contextlib
import logging
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import TypeVar

from connector.clock import Clock
from connector.domain.errors import StoreBrokenError, StoreUnavailableError
from connector.domain.records import Outcome, RecordChange, RecordRef
from connector.pipeline import late
from connector.pipeline.mood import HeldUpError
from connector.pipeline.settlement import PushReport, Settlement
from connector.pipeline.tenure import Tenure, TenureLostError
from connector.store import Store, Transaction
from connector.store.house import Lease


log = logging.getLogger(__name__)

T = TypeVar("T")

#: Longer than the longest call, so that two never write one object side by side.
LEASE = timedelta(minutes=5)
#: How often it is tried to keep what Salesforce answered.
SETTLING_TRIES = 4

#: Where records went that Salesforce no longer has under their id.
Went = dict[RecordRef, RecordRef | None]


class LeaseLostError(HeldUpError):
    """Another pusher went on; what we know may be old."""


class Lane:
    """One object while we hold its lease."""

    def __init__(
        self,
        name: str,
        lease: Lease,
        store: Store,
        clock: Clock,
        chance: random.Random,
        *,
        announce: bool = False,
    ) -> None:
        self.name = name
        self.store = store
        self.clock = clock
        self._lease = lease
        self._tenure = Tenure(lease, store, clock, LEASE)
        self._chance = chance
        self._announce = announce

    @classmethod
    def take(
        cls,
        name: str,
        holder: str,
        store: Store,
        clock: Clock,
        chance: random.Random,
        *,
        announce: bool = False,
    ) -> "Lane | None":
        """The lane of this object, unless another has it; events tell of it if they shall."""
        with store.transaction() as transaction:
            lease = transaction.leases.take(f"push:{name}", holder, clock(), LEASE)
        if lease is None:
            return None
        return Lane(name, lease, store, clock, chance, announce=announce)

    def give_back(self) -> None:
        with self.store.transaction() as transaction:
            if transaction.leases.holds(self._lease):
                late.end(transaction, self.name)
            self._tenure.end(transaction)

    @contextlib.contextmanager
    def renewed(self, records: int = 0) -> Iterator[Transaction]:
        """A unit of work before a call, which has the whole lease from now on."""
        with _as_held_up(records), self._tenure.renewed() as transaction:
            yield transaction

    @contextlib.contextmanager
    def held(self) -> Iterator[Transaction]:
        """A unit of work that counts only while the lease is ours."""
        with _as_held_up(), self._tenure.held() as transaction:
            yield transaction

    def begin(self, batch: Sequence[RecordChange]) -> Sequence[RecordChange]:
        """
        From here on nobody knows what Salesforce has, until it answered.

        Returns what may go out: not what was worked out of a consent that has changed since.
        """
        with self.renewed(len(batch)) as transaction:
            batch = _current(transaction, batch)
            transaction.writes.in_doubt(batch, self.clock())
            late.begin(transaction, self.name, batch, self.clock() + LEASE)
        return batch

    def settle(self, outcomes: Sequence[Outcome], went: Went) -> PushReport:
        """Keep what Salesforce answered for one call."""
        try:
            return self.insist(lambda: self._settle(outcomes, went))
        except LeaseLostError:
            # Another pusher went on; ours may have come last, whatever it has noted since.
            records = [outcome.change.record for outcome in outcomes]
            urgent = any(outcome.change.urgent for outcome in outcomes)
            with self.store.transaction() as transaction:
                transaction.writes.forget_half((each.id for each in records), urgent=urgent)
                transaction.outbox.mark(records, urgent=urgent)
            log.warning("sf.lease.lost", extra={"lane": self._tenure.name})
            return PushReport(postponed=len(outcomes))

    def _settle(self, outcomes: Sequence[Outcome], went: Went) -> PushReport:
        with self.held() as transaction:
            late.end(transaction, self.name)
            return self.settlement(transaction).settle(outcomes, went)

    def settlement(self, transaction: Transaction) -> Settlement:
        return Settlement(transaction, self.clock(), self._chance, announce=self._announce)

    def insist(self, keep: Callable[[], T]) -> T:
        """Keep what Salesforce answered, with patience: it would have to be asked again."""
        for _ in range(SETTLING_TRIES - 1):
            try:
                return keep()
            except StoreBrokenError:
                raise
            except (
                StoreUnavailableError
            ) as error:  # two that wait for each other, on PostgreSQL
                log.info("sf.settling.again", extra={"reason": str(error)})
        return keep()


@contextlib.contextmanager
def _as_held_up(records: int = 0) -> Iterator[None]:
    try:
        yield
    except TenureLostError as error:
        raise LeaseLostError(records) from error


def _current(transaction: Transaction, batch: Sequence[RecordChange]) -> Sequence[RecordChange]:
    """Without opt-outs and opt-ins that were replaced, or are to be worked out anew."""
    urgent = [change for change in batch if change.urgent]
    old = transaction.outbox.marked((change.record for change in urgent), urgent=True)
    old.update(transaction.outbox.overtaken(urgent))
    return [change for change in batch if not (change.urgent and change.record in old)]
