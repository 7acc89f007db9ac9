"""Where a test keeps callbacks: the store's contract, in memory, with a gate and faults."""

import threading
from collections.abc import Callable, Sequence

from connector.domain.callback import Arrival


class MemoryInbox:
    """
    Keeps batches in memory.

    `gate` holds commits up while it is not set, `entered` counts those that came to it;
    `fault`, called with the batch, may raise what a store would.
    """

    def __init__(self, fault: Callable[[Sequence[Arrival]], None] | None = None) -> None:
        self.batches: list[list[Arrival]] = []
        self.fault = fault
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)

    @property
    def kept(self) -> list[Arrival]:
        return [arrival for batch in self.batches for arrival in batch]

    def keep(self, arrivals: Sequence[Arrival]) -> None:
        self.entered.release()
        self.gate.wait(10)
        if self.fault:
            self.fault(arrivals)
        self.batches.append(list(arrivals))

    def check(self) -> None:
        if self.fault:
            self.fault([])
