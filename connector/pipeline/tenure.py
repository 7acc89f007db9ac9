"""The right to do one thing alone, and units of work that count only while it lasts."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta

from connector.clock import Clock
from connector.store import Store, Transaction
from connector.store.house import Lease


#: A unit of work that counts only while nobody else does the same.
Held = Callable[[], contextlib.AbstractContextManager[Transaction]]


class TenureLostError(Exception):
    """Another goes on; what we know may be old, and what we do would be done twice."""


class Tenure:
    """
    A lease that we hold, as long as it lasts.

    Both kinds of work lock the lease until they are committed, so nobody takes it meanwhile;
    both refuse a process that slept until another came.
    """

    def __init__(self, lease: Lease, store: Store, clock: Clock, length: timedelta) -> None:
        self._lease = lease
        self._store = store
        self._clock = clock
        self._length = length

    @property
    def name(self) -> str:
        return self._lease.name

    @contextlib.contextmanager
    def renewed(self) -> Iterator[Transaction]:
        """A unit of work; from its beginning on we have the whole lease again."""
        with self._store.transaction() as transaction:
            until = self._clock() + self._length
            if not transaction.leases.renew(self._lease, until):
                raise TenureLostError
            yield transaction

    @contextlib.contextmanager
    def held(self) -> Iterator[Transaction]:
        """A unit of work that does not need to have another after it."""
        with self._store.transaction() as transaction:
            if not transaction.leases.holds(self._lease):
                raise TenureLostError
            yield transaction

    def end(self, transaction: Transaction) -> None:
        """Give it back, together with the last that was done under it."""
        transaction.leases.give_back(self._lease)

    def give_back(self) -> None:
        with self._store.transaction() as transaction:
            self.end(transaction)
