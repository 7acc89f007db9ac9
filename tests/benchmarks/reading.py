"""Working through stored callbacks: to states, and on to pending fields."""

import contextlib
import functools
import multiprocessing
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from connector import gateways, mapping
from connector.clock import system_clock
from connector.domain.directory import DirectoryEntry
from connector.domain.records import RecordRef
from connector.emulator.seeds import fictional_phone
from connector.pipeline.enqueue import enqueue
from connector.pipeline.match import match
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.store import Store
from connector.worker import tune
from tests.benchmarks.figures import Figure, Scale, at_least, interleaved, ratio
from tests.benchmarks.traffic import arrivals, record_count, record_id, reports
from tests.support import postgres


#: Of the slow way a sample is enough.
SAMPLE = 1_000
PAGE = 5_000
_PROCESSES = multiprocessing.get_context("spawn")


def run(scale: Scale) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        full, sample = f"sqlite:///{folder / 'full'}", f"sqlite:///{folder / 'sample'}"
        fill(full, scale.callbacks)
        fill(sample, min(SAMPLE, scale.callbacks))
        yield from _on_sqlite(scale, folder)
    with postgres.server() as server:
        if server:
            yield from _on_postgresql(scale, server)


def fill(url: str, count: int) -> None:
    """So many callbacks unread, and a directory that knows everybody's number."""
    with contextlib.closing(Store.open(url)) as store:
        records = [RecordRef("Contact", record_id(n)) for n in range(record_count(count))]
        entries = [
            DirectoryEntry(record=each, phones={}, modified_at=system_clock())
            for each in records
        ]
        phones = {
            each.id: {"MobilePhone": fictional_phone(n)} for n, each in enumerate(records)
        }
        with store.transaction() as transaction:
            transaction.directory.put(entries, phones)
        made = list(arrivals(reports(count)))
        for at in range(0, count, PAGE):
            store.inbox.keep(made[at : at + PAGE])


def drained(url: str, workers: int = 1) -> tuple[float, float]:
    """How long these processes took to read everything, and until all of it was queued."""
    ready = _PROCESSES.Barrier(workers + 1)
    processes = [_PROCESSES.Process(target=_work, args=(url, ready)) for _ in range(workers)]
    for each in processes:
        each.start()
    times = []
    for _ in range(4):
        ready.wait()
        times.append(time.perf_counter())
    for each in processes:
        each.join()
        assert each.exitcode == 0
    return times[1] - times[0], times[3] - times[0]


def _work(url: str, ready) -> None:
    with contextlib.closing(Store.open(url)) as store:
        mappings = mapping.load_all(mapping.packaged())
        tune()
        ready.wait()
        while normalise(store, gateways.installed(), PhoneReader(), system_clock).callbacks:
            pass
        ready.wait()
        while match(store, mappings, system_clock).matched:
            pass
        ready.wait()
        while enqueue(store, mappings, system_clock).records:
            pass
        ready.wait()
        with store.transaction(reads=True) as transaction:
            assert not transaction.unread.quarantined_count(), "what is set aside costs less"


def _a_transaction_per_event(url: str) -> float:
    """Callbacks a second, one at a time."""
    with contextlib.closing(Store.open(url)) as store:
        started, count = time.perf_counter(), 0
        while normalise(
            store, gateways.installed(), PhoneReader(), system_clock, limit=1
        ).callbacks:
            count += 1
        return count / (time.perf_counter() - started)


def _on_sqlite(scale: Scale, folder: Path) -> Iterator[Figure]:
    whole: list[float] = []

    def in_batches() -> float:
        with _copied(folder / "full") as url:
            read, queued = drained(url)
        whole.append(scale.callbacks / queued)
        return scale.callbacks / read

    def one_by_one() -> float:
        with _copied(folder / "sample") as url:
            return _a_transaction_per_event(url)

    rates = interleaved(min(scale.rounds, 2), {"batches": in_batches, "one by one": one_by_one})
    yield Figure(
        name="SQLite: callbacks normalised a second, one worker",
        value=median(rates["batches"]),
        unit="/s",
        goal=at_least(40_000),
    )
    yield Figure(
        name="SQLite: ÷ a transaction per event",
        value=ratio(rates["batches"], rates["one by one"]),
        goal=at_least(9),
    )
    yield Figure(
        name="SQLite: callbacks a second to pending fields", value=median(whole), unit="/s"
    )


@contextlib.contextmanager
def _copied(folder: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        yield f"sqlite:///{copy}"


def _on_postgresql(scale: Scale, server: postgres.Server) -> Iterator[Figure]:
    whole: Mapping[int, list[float]] = {workers: [] for workers in scale.workers}

    def read_by(template: str, workers: int) -> float:
        with server.database(template) as url:
            read, queued = drained(url, workers)
        whole[workers].append(scale.callbacks / queued)
        return scale.callbacks / read

    with server.database() as full:
        fill(full, scale.callbacks)
        template = urlsplit(full).path.removeprefix("/")
        ways = {str(n): functools.partial(read_by, template, n) for n in scale.workers}
        rates = interleaved(min(scale.rounds, 2), ways)
    yield Figure(
        name="PostgreSQL: callbacks normalised a second, one worker",
        value=median(rates["1"]),
        unit="/s",
        goal=at_least(20_000),
    )
    for workers in scale.workers[1:]:
        yield Figure(
            name=f"PostgreSQL: {workers} workers ÷ one",
            value=ratio(rates[str(workers)], rates["1"]),
            goal=at_least(1.5) if workers == 2 else None,
        )
    for workers, found in whole.items():
        yield Figure(
            name=f"PostgreSQL: callbacks a second to pending fields, workers: {workers}",
            value=median(found),
            unit="/s",
        )
