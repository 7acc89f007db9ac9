"""
A load client that costs little: one thread, one epoll, requests made beforehand.

    pressed = press(8080, requests, connections=64, seconds=2)

`load.py` is for what each answer was; this is for how many there were and how late.
"""

import dataclasses
import select
import socket
import time
from collections import Counter, deque
from collections.abc import Sequence
from itertools import cycle
from typing import Self


_ANSWER_BYTES = 65_536
_PATIENCE_SECONDS = 30.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """What came of it: the seconds each answer took, sorted, and the answers by status."""

    seconds: float
    waits: Sequence[float]
    statuses: Counter[int]

    @property
    def a_second(self) -> float:
        return len(self.waits) / self.seconds

    def milliseconds(self, share: float) -> float:
        """What this share of the answers took at most."""
        return self.waits[min(int(share * len(self.waits)), len(self.waits) - 1)] * 1_000


def press(
    port: int,
    requests: Sequence[bytes],
    *,
    connections: int = 64,
    seconds: float,
    a_second: float = 0.0,
) -> Pressed:
    """
    Ask for so many seconds, over and over, on so many connections.

    Without `a_second` each connection asks again once it is answered. With it requests are due
    at an even pace, and waits count from then: a server that stalls cannot hide it.
    """
    with _Press(port, requests, connections) as running:
        return running.paced(seconds, a_second) if a_second else running.greedy(seconds)


class _Press:
    def __init__(self, port: int, requests: Sequence[bytes], connections: int) -> None:
        self._requests = cycle(requests)
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._asked_at: dict[int, float] = {}
        self._waits: list[float] = []
        self._statuses: Counter[int] = Counter()
        self._rest: dict[int, bytes] = {}
        for _ in range(connections):
            opened = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets[opened.fileno()] = opened
            self._epoll.register(opened.fileno(), select.EPOLLIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._epoll.close()
        for opened in self._sockets.values():
            opened.close()

    def greedy(self, seconds: float) -> Pressed:
        started = time.perf_counter()
        ends = started + seconds
        for place in self._sockets:
            self._ask(place, time.perf_counter())
        while (now := time.perf_counter()) < ends:
            for place in self._answered(ends - now):
                self._ask(place, time.perf_counter())
        return self._finished(started)

    def paced(self, seconds: float, a_second: float) -> Pressed:
        # In turn: a server closes a connection that says nothing for long.
        idle, pace = deque(self._sockets), 1 / a_second
        started = due = time.perf_counter()
        ends = started + seconds
        while due < ends:
            now = time.perf_counter()
            while idle and due <= now:
                self._ask(idle.popleft(), due)
                due += pace
            idle += self._answered(due - now if idle else _PATIENCE_SECONDS)
        return self._finished(started)

    def _ask(self, place: int, due: float) -> None:
        self._asked_at[place] = due
        self._sockets[place].sendall(next(self._requests))

    def _answered(self, patience: float) -> list[int]:
        """The connections whose answer is here, waiting so long for the first of them."""
        # Unlike epoll's own, the time-out of select is finer than a millisecond.
        if not select.select([self._epoll], [], [], max(patience, 0))[0]:
            return []
        places = []
        for place, _ in self._epoll.poll(0):
            received = self._rest.pop(place, b"") + self._sockets[place].recv(_ANSWER_BYTES)
            if not _is_whole(received):
                self._rest[place] = received
                continue
            self._waits.append(time.perf_counter() - self._asked_at.pop(place))
            self._statuses[int(received[9:12])] += 1
            places.append(place)
        return places

    def _finished(self, started: float) -> Pressed:
        """Everything asked is waited for and counts, however late."""
        while self._asked_at:
            if not self._answered(_PATIENCE_SECONDS):
                raise TimeoutError("the server stopped answering")
        return Pressed(
            seconds=time.perf_counter() - started,
            waits=sorted(self._waits),
            statuses=self._statuses,
        )


def _is_whole(received: bytes) -> bool:
    if not received:
        raise ConnectionError("the server hung up")
    head, end, body = received.partition(b"\r\n\r\n")
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return bool(end) and len(body) >= (int(rest.partition(b"\r\n")[0]) if found else 0)
