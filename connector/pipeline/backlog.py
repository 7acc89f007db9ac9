"""How many calls it takes to write what waits."""

import dataclasses
from collections.abc import Mapping

from connector.pipeline.bulk_push import JOB_RECORDS
from connector.salesforce.bulk import CALLS_A_JOB
from connector.store import Store


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """
    Records that wait to be written, opt-outs counted apart, and the calls that they take.

    `calls` is how they will go: by bulk jobs where an object has enough of them.
    """

    records: int
    opt_outs: int
    calls: int
    calls_without_jobs: int
    jobs: int


def look(store: Store, *, batch_size: int, bulk_from: int) -> Backlog:
    """Count what waits; reads all of it."""
    with store.transaction(reads=True) as transaction:
        waiting = transaction.calls.backlog()
    return weigh(waiting, batch_size=batch_size, bulk_from=bulk_from)


def weigh(
    waiting: Mapping[tuple[str, bool], int], *, batch_size: int, bulk_from: int
) -> Backlog:
    """From the records that wait by object and urgency."""
    by_jobs = {
        lane: _share(count, JOB_RECORDS)
        for lane, count in waiting.items()
        if bulk_from and not lane[1] and count > bulk_from
    }
    by_calls = {lane: _share(count, batch_size) for lane, count in waiting.items()}
    jobs = sum(by_jobs.values())
    return Backlog(
        records=sum(count for (_, urgent), count in waiting.items() if not urgent),
        opt_outs=sum(count for (_, urgent), count in waiting.items() if urgent),
        calls=jobs * CALLS_A_JOB
        + sum(n for lane, n in by_calls.items() if lane not in by_jobs),
        calls_without_jobs=sum(by_calls.values()),
        jobs=jobs,
    )


def _share(records: int, size: int) -> int:
    return -(-records // size)
