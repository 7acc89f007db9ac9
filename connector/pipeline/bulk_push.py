"""
A big backlog of one object as one bulk job, step by step.

Each step is kept before it is made and is short: whoever comes next, after a crash too, goes on
from it. While a job is under way nothing else but opt-outs is written to its object, so no
older value can come after a newer one.
"""

import dataclasses
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from connector.domain.records import FieldValue
from connector.pipeline.bulk_account import PAGE, Account, pages, told_of
from connector.pipeline.lane import Lane
from connector.pipeline.mood import Mood
from connector.pipeline.settlement import PushReport
from connector.salesforce import bulk_csv
from connector.salesforce.bulk import BulkJob, BulkRow, JobState, Results
from connector.salesforce.errors import OrgRefusedError
from connector.store import Transaction
from connector.store.bulk_jobs import KeptJob, Stage


log = logging.getLogger(__name__)

#: The most that one job holds: its data and its results are in memory for a moment.
JOB_RECORDS, JOB_BYTES = 25_000, 20_000_000
#: A job is asked for after this, then ever later.
FIRST_POLL, LONGEST_POLL = timedelta(seconds=5), timedelta(minutes=1)
#: Calls do what Salesforce does not take as a job for so long.
GIVEN_WITHIN = timedelta(minutes=15)
#: A job that makes no progress for so long is aborted.
STUCK = timedelta(hours=1)
#: An aborted job may still write what it has begun (batches have five to ten minutes).
DYING = timedelta(minutes=10)
#: After a job that failed as a whole the object is written by calls for a while.
BLOCKED_FOR = timedelta(hours=1)
KEPT = timedelta(days=30)
LONGEST_ERROR = 500
#: Create, upload, close; two lists at least, and where records went.
GIVING_CALLS, ENDING_CALLS = 3, 3

#: What is sent between two pages, so that it never waits for a job.
Between = Callable[[], Iterator[PushReport]]


class BulkPush:
    """The bulk jobs of one worker's lanes; what is known of them is in the store."""

    def __init__(self, mood: Mood, bulk_from: int) -> None:
        self._mood = mood
        self._bulk = mood.org.bulk
        self._bulk_from = bulk_from

    def is_under_way(self, lane: Lane) -> bool:
        with lane.store.transaction(reads=True) as transaction:
            return transaction.bulk_jobs.open(lane.name) is not None

    def is_due(self, lane: Lane) -> bool:
        """Whether so much waits that a job is cheaper, and jobs go well."""
        if not self._bulk_from:
            return False
        now = lane.clock()
        with lane.store.transaction(reads=True) as transaction:
            jobs = transaction.bulk_jobs
            if jobs.backlog(lane.name, self._bulk_from, now) <= self._bulk_from:
                return False
            failed_at = jobs.failed_at(lane.name)
        return failed_at is None or now >= failed_at + BLOCKED_FOR

    def start(self, lane: Lane, between: Between) -> Iterator[PushReport]:
        """Gather a job, those that waited longest, and give it to Salesforce."""
        now = lane.clock()
        job = KeptJob(
            job=uuid.uuid4().hex,
            object=lane.name,
            stage=Stage.GATHERING,
            created_at=now,
            progressed_at=now,
            poll_at=now,
        )
        with lane.renewed() as transaction:
            found = transaction.bulk_jobs.candidates(lane.name, JOB_RECORDS, now)
            transaction.bulk_jobs.purge(now - KEPT)
            transaction.bulk_jobs.save(job)
        size = 0
        for ids in pages(found):
            with lane.renewed() as transaction:
                job, more = _gather(transaction, job, ids, now)
            size += more
            if size > JOB_BYTES:
                break
            yield from between()
        yield from self.step(lane, between)

    def step(self, lane: Lane, between: Between) -> Iterator[PushReport]:
        """Go on with the job that is under way, as far as nothing has to be waited for."""
        with lane.renewed() as transaction:
            job = transaction.bulk_jobs.open(lane.name)
        if job is None:
            return
        if not job.records:
            Account(lane, job).end()
            return
        if job.stage in {Stage.GATHERING, Stage.OPEN}:
            job = self._give(lane, job)
        if lane.clock() < job.poll_at:
            return
        if job.stage is Stage.GIVEN:
            job = self._poll(lane, job)
        if job.stage is Stage.ENDING and lane.clock() >= job.poll_at:
            yield from self._results(lane, job, between)

    def _give(self, lane: Lane, job: KeptJob) -> KeptJob:
        """
        Create, upload, close.

        A job of which it is not known whether it has its data is thrown away unused: it has
        not begun, and data can be given once only.
        """
        if lane.clock() >= job.created_at + GIVEN_WITHIN:
            return self._give_up(lane, job, "Salesforce did not take it for too long")
        self._mood.pay(GIVING_CALLS, job.records)
        if job.stage is Stage.OPEN:
            self._abort(job)
        content = _content(lane, job)
        try:
            with self._mood.asking(job.records, paid=True):
                created = self._bulk.create(job.object)
            job = _keep(lane, job, stage=Stage.OPEN, salesforce_id=created.id)
            with self._mood.asking(job.records, paid=True):
                self._bulk.upload(created.id, content)
        except OrgRefusedError as refusal:
            # Not this way: the calls will tell what is wrong, if it is not the jobs alone.
            return self._give_up(lane, job, str(refusal))
        now = lane.clock()
        job = _keep(lane, job, stage=Stage.GIVEN, poll_at=now + FIRST_POLL, progressed_at=now)
        self._close(job)
        log.info("sf.bulk.given", extra={"object": job.object, "records": job.records})
        return job

    def _close(self, job: KeptJob) -> None:
        with self._mood.asking(job.records, paid=True):
            try:
                self._bulk.close(job.salesforce_id)
            except OrgRefusedError as refusal:  # the next poll tells in which state it is
                log.warning("sf.bulk.refused", extra=told_of(job, str(refusal)))

    def _abort(self, job: KeptJob) -> None:
        with self._mood.asking(job.records, paid=True):
            try:
                self._bulk.abort(job.salesforce_id)
            except OrgRefusedError as refusal:  # gone, or over already
                log.info("sf.bulk.refused", extra=told_of(job, str(refusal)))

    def _poll(self, lane: Lane, job: KeptJob) -> KeptJob:
        self._mood.pay(1, job.records)
        told, now = self._look(job), lane.clock()
        stuck = now >= job.progressed_at + STUCK
        if told is None or told.state.is_over:
            return _over(lane, job, told)
        if stuck and told.processed == job.processed:
            log.warning("sf.bulk.stuck", extra=told_of(job, told.state.value))
            self._abort(job)
        elif told.state is JobState.OPEN:  # the call that closed it got lost
            self._close(job)
        wait = min(FIRST_POLL * 2 ** min(job.polls + 1, 16), LONGEST_POLL)
        return _keep(
            lane,
            job,
            polls=job.polls + 1,
            processed=told.processed,
            poll_at=now + wait,
            progressed_at=job.progressed_at if told.processed == job.processed else now,
        )

    def _look(self, job: KeptJob) -> BulkJob | None:
        with self._mood.asking(job.records, paid=True):
            try:
                return self._bulk.job(job.salesforce_id)
            except OrgRefusedError as refusal:  # it is no longer ours to see
                log.warning("sf.bulk.refused", extra=told_of(job, str(refusal)))
                return None

    def _results(self, lane: Lane, job: KeptJob, between: Between) -> Iterator[PushReport]:
        """Every record is on one list; what is on none is in doubt, and goes by a call."""
        account = Account(lane, job)
        self._mood.pay(ENDING_CALLS, job.records)
        for kind in Results if job.salesforce_id else ():
            if account.left:
                for page in pages(self._list(job, kind)):
                    yield account.settle(kind, page)
                    yield from between()
        if account.gone:
            went = self._mood.trail([o.change.record for o in account.gone], paid=True)
            yield account.settle_gone(went)
        while account.left and (lost := account.settle_lost()) is not None:
            yield lost
            yield from between()
        account.end()

    def _list(self, job: KeptJob, kind: Results) -> list[BulkRow]:
        with self._mood.asking(job.records, paid=True):
            try:
                return list(self._bulk.results(job.salesforce_id, kind))
            except OrgRefusedError as refusal:
                log.warning("sf.bulk.refused", extra=told_of(job, str(refusal)))
                return []

    def _give_up(self, lane: Lane, job: KeptJob, error: str) -> KeptJob:
        """Nothing was done, nothing will be: all of it goes by calls."""
        log.warning("sf.bulk.given_up", extra=told_of(job, error))
        if job.salesforce_id:
            self._abort(job)
        return _keep(
            lane, job, stage=Stage.ENDING, salesforce_id="", error=error, poll_at=lane.clock()
        )


def _gather(
    transaction: Transaction, job: KeptJob, ids: Iterable[str], now: datetime
) -> tuple[KeptJob, int]:
    """Put these into the job; from here on nobody knows what Salesforce has of them."""
    found = transaction.bulk_jobs.changes(job.object, ids, now)
    fit = [change for change in found if bulk_csv.fits(change.fields)]
    taken = {change.record for change in fit}
    transaction.outbox.hand_over(each for each in found if each.record not in taken)
    transaction.writes.in_doubt(fit, now)
    transaction.bulk_jobs.put(job, fit)
    job = dataclasses.replace(job, records=job.records + len(fit))
    transaction.bulk_jobs.save(job)
    return job, sum(len(bulk_csv.line(e.record.id, e.fields, [*e.fields])) for e in fit)


def _content(lane: Lane, job: KeptJob) -> bytes:
    """The CSV, made from what is kept: the same after a crash."""
    names = bulk_csv.columns(fields for _, _, fields in _rows(lane, job))
    content = bytearray(bulk_csv.head(names).encode())
    for _, record_id, fields in _rows(lane, job):
        content += bulk_csv.line(record_id, fields, names).encode()
    return bytes(content)


def _rows(lane: Lane, job: KeptJob) -> Iterator[tuple[int, str, Mapping[str, FieldValue]]]:
    after = -1
    while True:
        with lane.store.transaction(reads=True) as transaction:
            page = transaction.bulk_jobs.page(job, after, PAGE)
        if not page:
            return
        yield from page
        after = page[-1][0]


def _over(lane: Lane, job: KeptJob, told: BulkJob | None) -> KeptJob:
    """Salesforce is done with it, or lost it; results wait until nothing writes any more."""
    state = told.state if told else None
    error = "" if state is JobState.JOB_COMPLETE else (told and told.error) or state or "gone"
    quiet = state in {JobState.JOB_COMPLETE, JobState.FAILED}
    if error:
        log.warning("sf.bulk.failed", extra=told_of(job, error))
    return _keep(
        lane,
        job,
        stage=Stage.ENDING,
        error=error[:LONGEST_ERROR],
        processed=told.processed if told else job.processed,
        poll_at=lane.clock() + (timedelta(0) if quiet else DYING),
    )


def _keep(lane: Lane, job: KeptJob, **news: Any) -> KeptJob:  # noqa: ANN401 (fields of a job)
    """Keep what comes next before it comes; the lease has its whole length for it."""
    changed = dataclasses.replace(job, **news)
    with lane.renewed() as transaction:
        transaction.bulk_jobs.save(changed)
    return changed
