"""The jobs that are done slot by slot, as an operator looks at them."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.store import Store
from connector.store.slots import Job


#: A job is due as soon as its slot begins; a busy worker may be behind by this.
GRACE = timedelta(minutes=1)
#: Later than by its own time a job is late, and however rare it is, later than by this.
LATE_AFTER = timedelta(hours=1)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """
    One job: how often, when last, with what result.

    `failures` counts the tries of the slot that is open now; `trouble` is what the last of them
    said, or what else is wrong. `late` says that a slot should long be over that is not, even
    if somebody is at it. `worker` is who was at it last: machine and process.
    """

    name: str
    every: timedelta
    last_started_at: datetime | None
    last_finished_at: datetime | None
    last_result: str
    running: bool
    late: bool
    failures: int
    trouble: str
    worker: str

    @property
    def needs_somebody(self) -> bool:
        return self.late or self.failures > 0

    @property
    def state(self) -> str:
        """The worst of it in a word."""
        if self.failures:
            return "fails"
        if self.late:
            return "late"
        return "running" if self.running else "in time"


def jobs(store: Store, now: datetime) -> Sequence[JobFacts]:
    """All jobs that the workers have; gathered with one question."""
    with store.transaction(reads=True) as transaction:
        return [_facts(each, now) for each in transaction.slots.jobs(now)]


def _facts(job: Job, now: datetime) -> JobFacts:
    newest = job.newest
    is_open = newest is not None and newest.finished_at is None
    running = is_open and newest is not None and newest.holder != ""
    attempts = newest.attempts if is_open and newest else 0
    due = job.done + job.every if job.done else job.declared_at
    return JobFacts(
        name=job.name,
        every=job.every,
        last_started_at=newest.started_at if newest else None,
        last_finished_at=job.done_at,
        last_result=job.done_result,
        running=running,
        late=job.ahead is not None or now > due + min(job.every, LATE_AFTER) + GRACE,
        failures=attempts - running,
        trouble=_trouble(job),
        worker=" ".join(newest.holder.split(" ")[:2]) if newest else "",
    )


def _trouble(job: Job) -> str:
    if job.ahead:
        return (
            f"a clock was wrong and has noted slots until {job.ahead:%Y-%m-%d %H:%M} UTC:"
            " set it, then start a worker again"
        )
    newest = job.newest
    return newest.result if newest and newest.finished_at is None else ""
