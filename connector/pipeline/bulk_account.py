"""The books of an ended bulk job: what was put into it, and what became of each record."""

import dataclasses
import logging
from collections.abc import Iterator, Sequence
from typing import TypeVar

from connector.domain.records import Outcome, RecordChange, Verdict
from connector.pipeline.lane import Lane, Went
from connector.pipeline.settlement import PushReport
from connector.salesforce.bulk import BulkRow, Results, outcome_of
from connector.salesforce.write import UNDECIDED
from connector.store.bulk_jobs import KeptJob, Stage


log = logging.getLogger(__name__)

T = TypeVar("T")

PAGE = 1_000
#: The error code of what a job gave back untouched.
NOT_PROCESSED = "NOT_PROCESSED"
#: So often a record is put into jobs; then its calls come one after another.
MOST_JOBS = 2


class Account:
    """Each record is settled once, in one unit of work with its leaving the job."""

    def __init__(self, lane: Lane, job: KeptJob) -> None:
        self._lane = lane
        self._job = job
        self.gone: list[Outcome] = []

    @property
    def left(self) -> int:
        """How many records nothing has been kept of, those that went elsewhere included."""
        return self._job.records - self._job.settled

    def settle(self, kind: Results, rows: Sequence[BulkRow]) -> PushReport:
        """Keep what these results say; who went elsewhere is followed in the end."""
        errors = {row.record_id: row.error for row in rows}
        with self._lane.store.transaction(reads=True) as transaction:
            changes = transaction.bulk_jobs.unsettled(self._job, errors)
        outcomes = [_outcome(kind, each, errors[each.record.id]) for each in changes.values()]
        self.gone += [each for each in outcomes if each.verdict is Verdict.FOLLOW]
        return self._settle([each for each in outcomes if each.verdict is not Verdict.FOLLOW])

    def settle_gone(self, went: Went | None) -> PushReport:
        """Follow those that went elsewhere; where nobody told, a call asks again."""
        if went is None:
            self.gone = [_again(each.change, each.error_code) for each in self.gone]
        reports = (self._settle(page, went) for page in pages(self.gone))
        return sum(reports, PushReport())

    def settle_lost(self) -> PushReport | None:
        """
        A page of those of which Salesforce told nothing; they may have been written.

        None where none is kept, though some should be: who restored a database, say.
        """
        with self._lane.store.transaction(reads=True) as transaction:
            changes = transaction.bulk_jobs.left(self._job, PAGE)
        if not changes:
            return None
        log.warning("sf.bulk.lost", extra=told_of(self._job, f"{len(changes)} records"))
        return self._settle([_again(change, UNDECIDED) for change in changes])

    def end(self) -> None:
        """All is accounted for."""
        now = self._lane.clock()
        job = dataclasses.replace(self._job, stage=Stage.ENDED, ended_at=now)
        with self._lane.renewed() as transaction:
            transaction.bulk_jobs.save(job)
        extra = {"object": job.object, "records": job.records, "failed": job.failed}
        log.info("sf.bulk.done", extra=extra)

    def _settle(self, outcomes: Sequence[Outcome], went: Went | None = None) -> PushReport:
        if not outcomes:
            return PushReport()
        return self._lane.insist(lambda: self._keep(outcomes, went or {}))

    def _keep(self, outcomes: Sequence[Outcome], went: Went) -> PushReport:
        written = sum(each.written for each in outcomes)
        job = dataclasses.replace(
            self._job,
            settled=self._job.settled + len(outcomes),
            failed=self._job.failed + len(outcomes) - written,
        )
        with self._lane.renewed() as transaction:
            report = self._lane.settlement(transaction).settle(outcomes, went)
            transaction.bulk_jobs.settle(job, [each.change.record.id for each in outcomes])
            transaction.bulk_jobs.save(job)
        self._job = job
        return report


def pages(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """So many at once that a unit of work stays short."""
    return (rows[at : at + PAGE] for at in range(0, len(rows), PAGE))


def told_of(job: KeptJob, reason: str) -> dict[str, object]:
    """What the log tells of a job."""
    return {"object": job.object, "job": job.salesforce_id, "reason": reason}


def _outcome(kind: Results, change: RecordChange, error: str) -> Outcome:
    if kind is Results.SUCCESSFUL:
        return outcome_of(change, "")
    if kind is Results.UNPROCESSED:
        return _again(change, NOT_PROCESSED)
    outcome = outcome_of(change, error or "UNKNOWN_ERROR:")
    if outcome.verdict is Verdict.RETRY and change.attempts + 1 >= MOST_JOBS:
        return dataclasses.replace(outcome, verdict=Verdict.AGAIN)
    return outcome


def _again(change: RecordChange, code: str) -> Outcome:
    return Outcome(change=change, verdict=Verdict.AGAIN, error_code=code)
