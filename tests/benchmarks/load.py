"""
A client that asks as fast as it may: keep-alive connections over raw sockets.

    report = asyncio.run(load("127.0.0.1", 8080, requests, connections=64))

A request whose connection broke counts as status 0: it is neither acknowledged nor lost.
"""

import asyncio
import dataclasses
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence


#: No answer came: the connection was refused or broke.
NO_ANSWER = 0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


@dataclasses.dataclass(frozen=True, slots=True)
class Answered:
    """What became of one request; `number` is its place among those given."""

    number: int
    status: int
    seconds: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What a run did; the answers are in the order in which they came."""

    answers: Sequence[Answered]
    seconds: float

    @property
    def statuses(self) -> Counter[int]:
        return Counter(answer.status for answer in self.answers)

    @property
    def a_second(self) -> float:
        return len(self.answers) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """How many seconds this share (0 to 1) of the answers took at most."""
        ordered = sorted(answer.seconds for answer in self.answers if answer.status)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def request(
    method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> bytes:
    """One request as it goes over the wire."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {text}" for name, text in (headers or {}).items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


async def load(
    host: str,
    port: int,
    requests: Iterable[bytes],
    *,
    connections: int = 64,
    a_second: float = 0.0,
) -> LoadReport:
    """
    Ask all of these, each once, and wait for the answers.

    Without `a_second` every connection asks again as soon as it is answered. With it, requests
    are due at an even pace, and their time counts from the moment they were due: a server that
    stalls cannot hide it by holding up the client.
    """
    work = _Work(enumerate(requests), a_second)
    clients = [_Client(work, host, port) for _ in range(connections)]
    await asyncio.gather(*(client.run() for client in clients))
    return LoadReport(answers=work.answers, seconds=time.perf_counter() - work.started)


class _Work:
    """What is left to ask, and what was answered."""

    def __init__(self, requests: Iterator[tuple[int, bytes]], a_second: float) -> None:
        self.requests = requests
        self.answers: list[Answered] = []
        self.started = time.perf_counter()
        self._pace = 1 / a_second if a_second else 0.0

    def due(self, number: int) -> float:
        """When this request is to be sent; now, without a pace."""
        if not self._pace:
            return time.perf_counter()
        return self.started + number * self._pace


class _Client(asyncio.Protocol):
    """One connection after the other, one request at a time."""

    def __init__(self, work: _Work, host: str, port: int) -> None:
        self._work = work
        self._address = host, port
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[int] | None = None
        self._received = b""

    async def run(self) -> None:
        for number, request_bytes in self._work.requests:
            due = self._work.due(number)
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            status = await self._ask(request_bytes)
            self._work.answers.append(Answered(number, status, time.perf_counter() - due))
        if self._transport:
            self._transport.close()

    async def _ask(self, request_bytes: bytes) -> int:
        loop = asyncio.get_running_loop()
        if self._transport is None:
            try:
                await loop.create_connection(lambda: self, *self._address)
            except OSError:
                return NO_ANSWER
        self._waiter = loop.create_future()
        if self._transport is None:  # lost in the very moment
            return NO_ANSWER
        self._transport.write(request_bytes)
        return await self._waiter

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(_END)
        if not end:
            return
        found = _LENGTH.search(head)
        length = int(found[1]) if found else 0
        if len(rest) >= length:
            self._received = rest[length:]
            self._answer(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        self._transport, self._received = None, b""
        self._answer(NO_ANSWER)

    def _answer(self, status: int) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(status)
