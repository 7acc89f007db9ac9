"""The calls of all workers in one book, so that they share one pace."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.domain.calls import CallSlot
from connector.salesforce.budget import ApiUsage, Pace
from connector.store import Store


#: The allowance is that of a day; a little more tells what leaves it just now.
REMEMBERED = timedelta(hours=25)
_CALLS = "calls"


class StoreLedger:
    """What `connector.salesforce.budget` counts, kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(self, a_day: float, now: datetime, calls: int) -> bool:
        """Whether these are in the pace of all workers together; counts them."""
        with self._store.transaction() as transaction:
            pace = Pace(*(transaction.calls.saved(_CALLS) or (None, None)))
            granted = pace.take(a_day, now, calls)
            transaction.calls.save(_CALLS, pace.saved or 0.0, now)
        return granted

    def count(self, calls: int, usage: ApiUsage | None, now: datetime) -> None:
        told = (usage.used, usage.total) if usage else None
        with self._store.transaction() as transaction:
            transaction.calls.count(calls, told, now)

    def slots(self, now: datetime) -> Sequence[CallSlot]:
        with self._store.transaction(reads=True) as transaction:
            return transaction.calls.slots(now - REMEMBERED)
