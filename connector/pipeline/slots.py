"""
Jobs that are done once for each slot of time, however many workers there are.

An hour's job has the slots 12:00, 13:00 and so on. Whoever comes first begins the slot, under a
lease; a killed process leaves it open for the next; what was missed while nobody ran is made up
for by one run, which records every slot of it.
"""

import contextlib
import dataclasses
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from connector.clock import Clock
from connector.domain.errors import ConnectorError, StoreUnavailableError
from connector.pipeline.tenure import Tenure, TenureLostError
from connector.store import Store, Transaction
from connector.store.slots import Slot, Standing


log = logging.getLogger(__name__)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Longer than the longest pause between two units of work of one job.
LEASE = timedelta(minutes=5)
#: The wait after the first failure; each is twice as long, up to the longest.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=15)
#: A job that takes its process down with it is begun so often without a wait.
AT_ONCE = 3
#: So many slots of a job are remembered, and recorded one by one after a long rest.
KEPT = 1_000
#: More of what a job tells is cut off.
LONGEST_RESULT = 200


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SlotJob:
    """
    What is to be done every so often, by one process at a time.

    What `work` returns is noted with the slot: a text, or a report with its numbers. It may be
    called again for the same slot after a failure. `lease` is for how long it may go on without
    a unit of work of its turn.
    """

    name: str
    every: timedelta
    work: Callable[["Turn"], object]
    lease: timedelta = LEASE

    def slot(self, at: datetime) -> datetime:
        """When the slot began that this moment is in."""
        return EPOCH + (at - EPOCH) // self.every * self.every


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SlotReport:
    """One slot that was worked off, and how many more it made up for."""

    start: datetime
    missed: int
    result: str


class Turn:
    """
    One slot while we are at it.

    What is done in `held` and `closing` is committed only as long as nobody else has taken the
    slot over. What must not happen twice belongs into `closing`: it is committed together with
    the end of the slot.
    """

    def __init__(self, slot: Slot, job: SlotJob, tenure: Tenure, clock: Clock) -> None:
        self.slot = slot
        self.clock = clock
        self.closed = False
        self._job = job
        self._tenure = tenure

    @property
    def start(self) -> datetime:
        return self.slot.start

    @property
    def missed(self) -> int:
        """How many slots before this one nobody has worked off."""
        return (self.slot.start - self.slot.since) // self._job.every

    @contextlib.contextmanager
    def held(self) -> Iterator[Transaction]:
        """A unit of work; raises TenureLostError where another goes on. Renews the lease."""
        with self._tenure.renewed() as transaction:
            yield transaction

    def renew(self) -> None:
        """Say that we are still at it, where the work itself is done elsewhere."""
        with self.held():
            pass

    @contextlib.contextmanager
    def closing(self, result: object = "") -> Iterator[Transaction]:
        """The last unit of work: with it the slot is finished, once and for all."""
        with self._tenure.held() as transaction:
            yield transaction
            now = self.clock()
            if not transaction.slots.finish(self.slot, now, told(result)):
                raise TenureLostError
            transaction.slots.coalesce(self.slot, self._overslept(), now)
            transaction.slots.forget(self.slot.job, KEPT, self.start)
            self._tenure.end(transaction)
        self.closed = True

    def put_off(self, cause: str) -> None:
        """It failed; somebody shall try again, the later the more often it was tried."""
        with self._tenure.held() as transaction:
            again = self.clock() + wait_after(self.slot.attempts)
            if not transaction.slots.put_off(self.slot, again, cause):
                raise TenureLostError
            self._tenure.end(transaction)

    def _overslept(self) -> list[datetime]:
        """The missed ones; after a rest of months the newest of them."""
        number = min(self.missed, KEPT - 1)
        return [self.start - self._job.every * each for each in range(number, 0, -1)]


class SlotRunner:
    """Does what is due, unless another process does."""

    def __init__(self, store: Store, clock: Clock, holder: str) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def declare(self, jobs: Iterable[SlotJob]) -> None:
        """To be called once at the start: these are all the jobs, for whoever looks."""
        with self._store.transaction() as transaction:
            transaction.slots.declare({each.name: each.every for each in jobs}, self._clock())

    def run(self, job: SlotJob) -> SlotReport | None:
        """
        Work off what is due of this job; None where nothing is, or another is at it.

        Raises what the job raised, after it was noted.
        """
        with self._alone(job.name) as alone:
            if not alone or not self._is_due(job):
                return None
            turn = self._begin(job)
            return self._work(job, turn) if turn else None

    @contextlib.contextmanager
    def _alone(self, name: str) -> Iterator[bool]:
        """A lease does not part the threads of one process."""
        with self._lock:
            alone = name not in self._busy
            self._busy.add(name)
        try:
            yield alone
        finally:
            if alone:
                self._busy.discard(name)

    def _is_due(self, job: SlotJob) -> bool:
        """Asked often, so it locks nothing."""
        now = self._clock()
        with self._store.transaction(reads=True) as transaction:
            standing = transaction.slots.standing(job.name, job.slot(now))
            if following(standing, job, now) is None:
                return False
            return transaction.leases.is_free(_lease(job), self._holder, now)

    def _begin(self, job: SlotJob) -> Turn | None:
        with self._store.transaction() as transaction:
            leases = transaction.leases
            lease = leases.take(_lease(job), self._holder, self._clock(), job.lease)
            if lease is None:
                return None
            # Only now nobody else begins anything: what time it was before counts no more.
            now = self._clock()
            standing = transaction.slots.standing(job.name, job.slot(now))
            slot = following(standing, job, now)
            if slot:
                slot = dataclasses.replace(slot, holder=self._holder, fence=lease.fence)
                slots = transaction.slots
                begun = slots.take_over(slot) if standing.open else slots.begin(slot)
                if begun:
                    return Turn(
                        slot,
                        job,
                        Tenure(lease, self._store, self._clock, job.lease),
                        self._clock,
                    )
            leases.give_back(lease)
            return None

    def _work(self, job: SlotJob, turn: Turn) -> SlotReport | None:
        try:
            result = told(job.work(turn))
            if not turn.closed:
                with turn.closing(result):
                    pass
            elif result:
                with self._store.transaction() as transaction:
                    transaction.slots.tell(turn.slot, result)
        except TenureLostError:
            log.warning("job.lost", extra={"job": job.name, "slot": turn.start.isoformat()})
            return None
        except Exception as error:
            if not turn.closed:
                with contextlib.suppress(TenureLostError, StoreUnavailableError):
                    turn.put_off(cause_of(error))
            raise
        return SlotReport(start=turn.start, missed=turn.missed, result=result)


def following(standing: Standing, job: SlotJob, now: datetime) -> Slot | None:
    """What is to be done now: what was left open, else the newest slot that nobody began."""
    if standing.open:
        waits = standing.open.not_before
        if waits and now < waits:
            return None
        attempts = standing.open.attempts + 1
        later = now + wait_after(attempts - AT_ONCE) if attempts > AT_ONCE else None
        return dataclasses.replace(
            standing.open, attempts=attempts, started_at=now, not_before=later
        )
    start = job.slot(now)
    if standing.last.start >= start if standing.last else standing.ahead:
        return None
    return Slot(
        job=job.name,
        start=start,
        since=job.slot(standing.last.start) + job.every if standing.last else start,
        holder="",
        fence=0,
        attempts=1,
        not_before=None,
        started_at=now,
        finished_at=None,
        result="",
        into=None,
    )


def wait_after(attempts: int) -> timedelta:
    """How long a job rests that failed so often."""
    return min(FIRST_WAIT * (1 << min(attempts - 1, 16)), LONGEST_WAIT)


def cause_of(error: Exception) -> str:
    """What is noted of a failure: our own words, or the name of the fault."""
    known = isinstance(error, ConnectorError)
    return (f"{error}" if known else type(error).__name__)[:LONGEST_RESULT]


def told(report: object) -> str:
    """What is noted of a job that went well: a text, or the numbers that are not 0."""
    if dataclasses.is_dataclass(report) and not isinstance(report, type):
        numbers = dataclasses.asdict(report).items()
        report = ", ".join(f"{name} {value}" for name, value in numbers if value)
    return "" if report is None else str(report)[:LONGEST_RESULT]


def _lease(job: SlotJob) -> str:
    return f"job:{job.name}"
