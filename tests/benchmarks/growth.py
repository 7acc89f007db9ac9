"""What messages take on disk, once their callbacks have been read and their fields queued."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from connector.store import Store
from tests.benchmarks.figures import Figure, Scale
from tests.benchmarks.reading import drained, fill
from tests.benchmarks.traffic import MESSAGES_A_CALLBACK
from tests.support import postgres


GIB, MILLION = 2**30, 1_000_000


def run(scale: Scale) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        yield from _figures("SQLite", f"sqlite:///{Path(name) / 'store'}", scale)
    with postgres.server() as server:
        if server:
            with server.database() as url:
                yield from _figures("PostgreSQL", url, scale)


def _figures(engine: str, url: str, scale: Scale) -> Iterator[Figure]:
    messages = scale.callbacks * MESSAGES_A_CALLBACK
    Store.open(url).close()
    empty = _bytes(url)
    fill(url, scale.callbacks)
    kept = _bytes(url) - empty
    drained(url)
    whole = _bytes(url) - empty
    for what, size in (("callbacks alone", kept), ("all of it", whole)):
        yield Figure(
            name=f"{engine}: a million messages, {what}",
            value=size / messages * MILLION / GIB,
            unit="GiB",
        )


def _bytes(url: str) -> int:
    with contextlib.closing(Store.open(url, upgrade=False)) as store:
        return sum(store.size().bytes.values())
