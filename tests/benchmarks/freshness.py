"""From the report's arrival to the field in the org, at a steady pace."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from connector.store import Store
from tests.benchmarks import orgs, service
from tests.benchmarks.figures import Figure, Scale, at_most
from tests.benchmarks.press import press
from tests.benchmarks.pushing import LATENCY_SECONDS
from tests.benchmarks.servers import wait_for


A_SECOND = 200
PATIENCE_SECONDS = 60


def run(scale: Scale) -> Iterator[Figure]:
    """From a report's receipt to its field in the org; each is of a record of its own."""
    records = max(round(A_SECOND * scale.freshness_seconds), 1)
    requests = service.signed_requests(records, records)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        org = stack.enter_context(orgs.running(folder, records, LATENCY_SECONDS))
        variables = {**service.settings(folder / "data"), **org.settings}
        port, _ = stack.enter_context(service.web(variables))
        stack.enter_context(service.worker(variables))
        store = stack.enter_context(
            contextlib.closing(Store.open(f"sqlite:///{folder / 'data'}", upgrade=False))
        )
        wait_for(lambda: _polled(store), PATIENCE_SECONDS)
        press(port, requests, seconds=records / A_SECOND, a_second=A_SECOND)
        wait_for(lambda: _settled(store), PATIENCE_SECONDS)
        lags = sorted(_lags(store))
    for share, goal in ((0.5, None), (0.95, at_most(2))):
        yield Figure(
            name=f"report received → field in the org, {A_SECOND}/s, p{share:.0%}".rstrip("%"),
            value=lags[min(int(share * len(lags)), len(lags) - 1)],
            unit="s",
            goal=goal,
        )


def _polled(store: Store) -> bool:
    """Whether the worker is at work: it has filled the phone directory."""
    with store.transaction(reads=True) as transaction:
        return bool(transaction.marks.get("directory:Contact"))


def _settled(store: Store) -> bool:
    with store.transaction(reads=True) as transaction:
        idle = not transaction.unread.waiting() and not transaction.deliveries.changed_count()
        return idle and not (transaction.outbox.marked_count() or transaction.outbox.size()[0])


def _lags(store: Store) -> Iterator[float]:
    """Seconds from each callback's receipt to the org's answer that it has the field."""
    position = 0
    while page := store.inbox.after(position, urgent=False, limit=1_000):
        position = page[-1].id
        for kept in page:
            assert kept.callback.parts is not None
            message_id = kept.callback.parts["MessageSid"]
            history = store.message(kept.callback.gateway, message_id)
            assert history is not None
            written = [write.at for write in history.writes if message_id in str(write.fields)]
            yield (min(written) - kept.callback.received_at).total_seconds()
