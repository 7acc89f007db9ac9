"""Towards Salesforce: calls and records a second, against an update call for each report."""

import contextlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from connector import gateways, mapping
from connector.clock import system_clock
from connector.domain.delivery import DeliveryStatus
from connector.domain.records import BATCH_SIZE
from connector.pipeline.enqueue import enqueue
from connector.pipeline.match import match
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.push import Pusher
from connector.pipeline.settlement import PushReport
from connector.salesforce.budget import Budget
from connector.salesforce.connect import connect
from connector.store import Store
from tests.benchmarks import orgs, servers, service
from tests.benchmarks.figures import Figure, Scale, at_least, at_most, interleaved, ratio
from tests.benchmarks.press import press
from tests.benchmarks.traffic import Report, arrivals


LATENCY_SECONDS = 0.15
#: What one round pushes at most: five calls.
RECORDS = 1_000
INTERIM, FINAL = DeliveryStatus.PENDING, DeliveryStatus.DELIVERED


def calls(scale: Scale) -> Iterator[Figure]:
    """Three reports for each of some records, written to an org that counts its calls."""
    records = min(5_000, scale.callbacks)
    with (
        tempfile.TemporaryDirectory() as folder,
        orgs.running(Path(folder), records, 0) as org,
        _pusher(Path(folder), org) as (store, pusher),
    ):
        _queue(store, range(records), [INTERIM, INTERIM, FINAL])
        before = org.updates()
        written = _push_all(pusher)
        used = org.updates() - before
    assert written == records
    yield Figure(
        name="update calls per 1,000 distinct records",
        value=used / records * 1_000,
        unit="calls",
        goal=at_most(5.05) if records % BATCH_SIZE == 0 else None,
    )
    yield Figure(
        name="update calls per 1,000 reports, three a message",
        value=used / (records * 3) * 1_000,
        unit="calls",
    )


def push(scale: Scale) -> Iterator[Figure]:
    """One lane against a handler that calls Salesforce for each report, with 32 threads."""
    records = min(RECORDS, scale.callbacks)
    requests = service.signed_requests(records, records)
    spent: dict[str, list[float]] = {"ours": [], "naive": []}
    rounds = iter(range(scale.rounds))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        org = stack.enter_context(orgs.running(folder, records, LATENCY_SECONDS))
        store, pusher = stack.enter_context(_pusher(folder, org))
        port = stack.enter_context(servers.running("naive", org.settings))

        def ours() -> float:
            status = FINAL if next(rounds) % 2 == 0 else INTERIM
            _queue(store, range(records), [status])
            before, started = org.updates(), time.perf_counter()
            written = _push_all(pusher)
            seconds = time.perf_counter() - started
            spent["ours"].append((org.updates() - before) / written)
            return written / seconds

        def naive() -> float:
            before = org.updates()
            pressed = press(port, requests, seconds=2 * scale.seconds)
            assert set(pressed.statuses) == {204}, pressed.statuses
            spent["naive"].append((org.updates() - before) / len(pressed.waits))
            return pressed.a_second

        rates = interleaved(min(scale.rounds, 3), {"ours": ours, "naive": naive})
    yield Figure(name="records a second, one lane", value=median(rates["ours"]), unit="/s")
    yield Figure(name="the naive connector", value=median(rates["naive"]), unit="/s")
    yield Figure(
        name="reports into an org that takes 150 ms ÷ naive connector, 32 threads",
        value=ratio(rates["ours"], rates["naive"]),
        goal=at_least(5),
    )
    yield Figure(
        name="calls of the naive connector ÷ ours",
        value=ratio(spent["naive"], spent["ours"]),
        goal=at_least(200) if records % BATCH_SIZE == 0 else None,
    )


@contextlib.contextmanager
def _pusher(folder: Path, org: orgs.OrgProcess) -> Iterator[tuple[Store, Pusher]]:
    budget = Budget(clock=system_clock, share=1.0, reserve=0)
    with (
        contextlib.closing(Store.open(f"sqlite:///{folder / 'data'}")) as store,
        connect(org.access, clock=system_clock) as client,
    ):
        yield store, Pusher(store, client, budget, system_clock, holder="benchmark")


def _queue(store: Store, records: range, statuses: Sequence[DeliveryStatus]) -> None:
    """A new message for each record, with these reports, made into pending fields."""
    first = time.monotonic_ns()
    wanted = [
        Report("twilio", first + record, record, status)
        for status in statuses
        for record in records
    ]
    store.inbox.keep(list(arrivals(wanted)))
    mappings = mapping.load_all(mapping.packaged())
    while normalise(store, gateways.installed(), PhoneReader(), system_clock).callbacks:
        pass
    while match(store, mappings, system_clock).matched:
        pass
    while enqueue(store, mappings, system_clock).records:
        pass


def _push_all(pusher: Pusher) -> int:
    """How many records were written until none was left."""
    total = PushReport()
    while (report := pusher.push()).written:
        total += report
    assert total.refused == total.postponed == 0, total
    return total.written
