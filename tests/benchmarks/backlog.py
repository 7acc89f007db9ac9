"""The door and the memory while the worker has much to catch up with."""

import contextlib
import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from connector.store import Store
from tests.benchmarks import orgs, servers, service
from tests.benchmarks.figures import Figure, Scale, at_most, interleaved, ratio
from tests.benchmarks.ingest import THANKS
from tests.benchmarks.press import press
from tests.benchmarks.pushing import LATENCY_SECONDS
from tests.benchmarks.reading import fill
from tests.benchmarks.traffic import record_count


def run(scale: Scale) -> Iterator[Figure]:
    records = record_count(scale.backlog)
    requests = service.signed_requests(min(20_000, scale.callbacks), records)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        fill(f"sqlite:///{folder / 'data'}", scale.backlog)
        org = stack.enter_context(orgs.running(folder, records, LATENCY_SECONDS))
        variables = {**service.settings(folder / "data"), **org.settings}
        port, web = stack.enter_context(service.web(variables))
        no_op = stack.enter_context(servers.running("flask_no_op"))
        saturated = press(port, requests, seconds=scale.seconds).a_second

        def tail(which: int) -> float:
            pressed = press(which, requests, seconds=scale.seconds, a_second=saturated / 2)
            assert set(pressed.statuses) <= THANKS, pressed.statuses
            return pressed.milliseconds(0.99)

        ways = {"door": functools.partial(tail, port), "no-op": functools.partial(tail, no_op)}
        alone = interleaved(min(scale.rounds, 2), ways)
        worker = stack.enter_context(service.worker(variables))
        store = stack.enter_context(
            contextlib.closing(Store.open(f"sqlite:///{folder / 'data'}", upgrade=False))
        )
        servers.wait_for(lambda: _has_begun(store))
        busy = interleaved(min(scale.rounds, 2), ways)
        left = _left(store)
        servers.wait_for(lambda: _is_read(store), 600)
        memory = {"web": service.megabytes(web), "worker": service.megabytes(worker)}
    name = f"a backlog of {scale.backlog:,}"
    yield Figure(name=f"callbacks of {name} left after the rounds", value=left, unit="")
    yield Figure(name="door alone: p99 at half load", value=median(alone["door"]), unit="ms")
    yield Figure(
        name=f"door while the worker has {name}: p99 at half load",
        value=median(busy["door"]),
        unit="ms",
        goal=at_most(25),
    )
    yield Figure(
        name="the same ÷ Flask no-op beside the same worker",
        value=ratio(busy["door"], busy["no-op"]),
        goal=at_most(3),
    )
    for process, most in (("web", 120), ("worker", 200)):
        yield Figure(
            name=f"most memory of {process} with {name}",
            value=memory[process],
            unit="MB",
            goal=at_most(most),
        )


def _has_begun(store: Store) -> bool:
    with store.transaction(reads=True) as transaction:
        return bool(transaction.deliveries.changed_count()) or not transaction.unread.waiting()


def _left(store: Store) -> int:
    with store.transaction(reads=True) as transaction:
        return transaction.unread.waiting()


def _is_read(store: Store) -> bool:
    return _left(store) == 0
