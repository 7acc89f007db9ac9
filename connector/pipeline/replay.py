"""Which callbacks are to be read again from the raw truth, page by page."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from connector.domain.errors import ConnectorError
from connector.store import Store


#: Callbacks that one transaction queues.
PAGE = 5_000

#: Callback numbers, rising, and whether each is urgent.
Page = Sequence[tuple[int, bool]]


def named(store: Store, numbers: Iterable[int]) -> Iterator[Page]:
    """Just these; raises when one of them is not kept, before anything is queued."""
    wanted = sorted(set(numbers))
    found = [page for page in _pages(store, wanted, None) if page]
    missing = set(wanted) - {number for page in found for number, _ in page}
    if missing:
        told = ", ".join(str(number) for number in sorted(missing))
        raise ConnectorError(f"no such callback: {told}; see `connector callbacks list`")
    return iter(found)


def since(store: Store, start: datetime, *, gateway: str = "") -> Iterator[Page]:
    """What was received since then."""
    position = 0
    while page := store.inbox.ids_since(start, gateway=gateway, position=position, limit=PAGE):
        yield page
        position = page[-1][0]


def quarantined(
    store: Store, start: datetime | None = None, *, gateway: str = ""
) -> Iterator[Page]:
    """What could not be read, of that received since then."""
    position = 0
    while True:
        with store.transaction(reads=True) as transaction:
            broken = transaction.unread.quarantined_after(position, gateway=gateway, limit=PAGE)
        if not broken:
            return
        position = broken[-1].callback_id
        yield from _pages(store, [each.callback_id for each in broken], start)


def queue(store: Store, page: Page) -> None:
    """A worker reads these again; those that wait already stay once."""
    with store.transaction() as transaction:
        transaction.unread.read_again(page)


def _pages(store: Store, numbers: Sequence[int], start: datetime | None) -> Iterator[Page]:
    for at in range(0, len(numbers), PAGE):
        kept = store.inbox.listed_by_id(numbers[at : at + PAGE])
        yield [
            (each.id, each.urgent)
            for each in reversed(kept)
            if start is None or each.received_at >= start
        ]
