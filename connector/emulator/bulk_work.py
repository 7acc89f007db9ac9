"""
How the org works on bulk jobs: asynchronously, in batches of 10,000 cut into chunks of 200.

Bulk API 2.0 guide, "Understanding Bulk API 2.0 Ingest", "General Guidelines for Data Loads".
A step is one batch; a job takes one step each time it is asked for, and one for each
`seconds_per_step` of the org's clock.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from connector.emulator.access import Caller
from connector.emulator.bulk_cells import Columns
from connector.emulator.bulk_csv import UnreadableError, read
from connector.emulator.bulk_jobs import DONE, FAILED, Job, Jobs, Result, Waiting
from connector.emulator.bulk_rows import Row, write_rows
from connector.emulator.errors import ApiError
from connector.emulator.faults import Faults
from connector.emulator.schema import Schema
from connector.emulator.storage import Storage
from connector.emulator.times import read_stamp, stamp
from connector.emulator.usage import Usage
from connector.emulator.writes import Writer


_CHUNK = 200
#: How often a batch that met too many locks is tried again before its job fails.
_MOST_RETRIES = 20
_LOCKED = "UNABLE_TO_LOCK_ROW"
_NO_BATCHES = "ExceededQuota : ApiBatchItems Limit exceeded."
_TOO_MANY_LOCKS = "TooManyLockFailure : Too many lock failure {} Trying again later."


@dataclasses.dataclass(slots=True, kw_only=True)
class Failure:
    """A job that breaks off: after how many rows, with which words, how many jobs."""

    after: int
    message: str
    object: str = ""
    times: int = 1


class Bulk:
    """The bulk jobs of one org, and how fast and how well it works on them."""

    def __init__(
        self,
        storage: Storage,
        schema: Schema,
        writer: Writer,
        faults: Faults,
        usage: Usage,
        clock: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._schema = schema
        self._writer = writer
        self._faults = faults
        self._usage = usage
        self._clock = clock
        self.jobs = Jobs(storage)
        self._open = {job.id: job.kind for job in self.jobs.all() if not job.final}
        self._failures: list[Failure] = []
        self.batch_size = 10_000
        #: One step of every job in this many seconds of the org's clock, polled or not.
        self.seconds_per_step = 5.0
        #: Rows in one set of a query job's results, at most.
        self.page = 50_000
        #: Finished jobs are forgotten after this long.
        self.kept = timedelta(days=7)
        #: A column that the user may see and not write fails the job, or only its rows.
        self.unwritable_column_fails_job = True
        #: So many locked rows put the rest of a batch back into the queue; None: rows fail.
        self.locks_before_retry: int | None = None

    def fail(
        self,
        *,
        after: int = 0,
        message: str = "InternalServerError : Processing failed",
        sobject: str = "",
        times: int = 1,
    ) -> None:
        """The next jobs fail when so many of their rows are done; what is written stays."""
        failure = Failure(after=after, message=message, object=sobject, times=times)
        self._failures.append(failure)

    def find(self, kind: str, job: str) -> Job | None:
        """A job that is still known."""
        found = self.jobs.find(kind, job)
        if found and found.final and self._clock() - read_stamp(found.changed) >= self.kept:
            self.jobs.drop(found)
            return None
        return found

    def follow(self, job: Job) -> None:
        """Keep the job, and work on it as time goes by."""
        self.jobs.keep(job)
        if job.final:
            self._open.pop(job.id, None)
        else:
            self._open[job.id] = job.kind

    def settle(self) -> None:
        """Do what the clock says must have been done by now."""
        if not self._open:
            return
        with self._storage.transaction():
            for job, kind in list(self._open.items()):
                found = self.jobs.find(kind, job)
                if found is None:
                    del self._open[job]
                elif found.kind == "ingest" and found.state in {"UploadComplete", "InProgress"}:
                    self._catch_up(found)

    def step(self, job: Job) -> None:
        """One batch of work; jobs that do not wait for work stay as they are."""
        if job.state == "UploadComplete":
            job.move("InProgress", self._clock())
            self._unpack(job)
        elif job.state == "InProgress":
            self._work(job)
        job.stepped = stamp(self._clock())
        self.follow(job)

    def unpack(self, job: Job) -> None:
        """Make rows of an upload that will not be worked on."""
        try:
            self._keep_rows(job)
        except UnreadableError:
            job.columns = []

    def due(self, job: Job) -> int:
        """How many steps the clock says the job is behind."""
        passed = (self._clock() - read_stamp(job.stepped)).total_seconds()
        return max(int(passed // self.seconds_per_step), 0)

    def _catch_up(self, job: Job) -> None:
        for _ in range(self.due(job)):
            if job.final:
                return
            self.step(job)

    def _unpack(self, job: Job) -> None:
        """The rows of the upload; a job whose header is wrong fails here."""
        try:
            self._keep_rows(job)
            self._columns(job)
        except UnreadableError as error:
            job.move("Failed", self._clock(), str(error))

    def _keep_rows(self, job: Job) -> None:
        content = self.jobs.take_upload(job)
        if not content:
            return
        lines = read(content, delimiter=job.delimiter, ending=job.ending)
        job.columns = list(next(lines).cells)
        self.jobs.keep_rows(job, ((line.cells, line.problem) for line in lines))

    def _columns(self, job: Job) -> Columns:
        if not job.columns:
            raise UnreadableError("InvalidBatch : No data was uploaded")
        return Columns(
            self._schema,
            self._schema.sobject(job.sobject),
            job.columns,
            user=job.user,
            operation=job.operation,
            key=str(job.asked.get("externalIdFieldName") or "Id"),
            strict=self.unwritable_column_fails_job,
        )

    def _work(self, job: Job) -> None:
        """The next batch; the job ends here when it was the last one."""
        most = self.batch_size - job.processed % self.batch_size
        rows = self.jobs.waiting(job, most)
        if rows and not self._usage.bulk_batches.left:
            job.move("Failed", self._clock(), _NO_BATCHES)
            return
        if rows:
            self._usage.bulk_batches.use()
        job.milliseconds += 100 + len(rows) // 10
        failure = self._failure(job, len(rows))
        if failure is not None:
            rows = rows[: max(failure.after - job.processed, 0)]
        if not self._work_on(job, rows) or failure is not None:
            message = failure.message if failure else _TOO_MANY_LOCKS.format(_CHUNK)
            job.move("Failed", self._clock(), message)
        elif not self.jobs.waiting(job, 1):
            job.move("JobComplete", self._clock())

    def _failure(self, job: Job, rows: int) -> Failure | None:
        for failure in self._failures:
            concerned = failure.object in {"", job.sobject}
            if failure.times and concerned and failure.after < job.processed + max(rows, 1):
                failure.times -= 1
                return failure
        return None

    def _work_on(self, job: Job, rows: Sequence[Waiting]) -> bool:
        """Chunk by chunk; false when the job met too many locks too often."""
        columns = self._columns(job)
        locked = 0
        for chunk in _cut(rows):
            results = self._write(job, columns, chunk)
            self.jobs.settle_rows(job, results)
            locked += sum(error.startswith(_LOCKED) for *_, error in results)
            if self.locks_before_retry is not None and locked > self.locks_before_retry:
                job.retries += 1
                if job.retries > _MOST_RETRIES:
                    self._count(job)
                    return False
                self.jobs.retry_rows(job, _LOCKED)
                break
        else:
            job.retries += bool(locked)
        self._count(job)
        return True

    def _write(self, job: Job, columns: Columns, chunk: Sequence[Waiting]) -> list[Result]:
        with self._storage.transaction():
            sobject = self._schema.sobject(job.sobject)
            rows = [Row(number, cells, problem) for number, cells, problem in chunk]
            key = self._schema.field(sobject, str(job.asked.get("externalIdFieldName") or "Id"))
            try:
                write_rows(
                    self._writer, sobject, job.operation, key, rows, columns, self._caller(job)
                )
            except ApiError as error:
                for row in rows:
                    row.refuse(error.code, error.message)
        return [
            (r.number, FAILED if r.error else DONE, r.record, r.created, r.error) for r in rows
        ]

    def _caller(self, job: Job) -> Caller:
        path = f"/jobs/ingest/{job.id}"
        return Caller(
            user=job.user,
            call=f"BULK {path}",
            now=stamp(self._clock()),
            auto_assign=str(job.asked.get("assignmentRuleId") or "FALSE"),
            locks=tuple(self._faults.locking("BULK", path)),
        )

    def _count(self, job: Job) -> None:
        numbers = self.jobs.numbers(job)
        job.failed = numbers.get(FAILED, 0)
        job.processed = numbers.get(DONE, 0) + job.failed


def _cut(rows: Sequence[Waiting]) -> Iterator[Sequence[Waiting]]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]
