"""Gateways that post without a pause, and note each request that was not dealt with well."""

import asyncio
import contextlib
import dataclasses
import itertools
import re
from collections import Counter
from collections.abc import Sequence

from tests.end_to_end.sends import Send, callback


#: How long an answer, or a connection, may take; so many tries has each request.
PATIENCE_SECONDS, TRIES, PAUSE_SECONDS = 15.0, 1_000, 0.05
#: Between an answer and the next request: what is tried is the end, not the speed.
REST_SECONDS = 0.01
#: The rest of a request that is sent in two parts follows after this.
HALF_SECONDS = 0.2
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_BROKEN = (OSError, asyncio.IncompleteReadError)


@dataclasses.dataclass(slots=True)
class Posted:
    """What became of all requests: `faults` are those that a gateway could complain of."""

    acknowledged: set[str] = dataclasses.field(default_factory=set)
    counts: Counter[str] = dataclasses.field(default_factory=Counter)
    faults: list[str] = dataclasses.field(default_factory=list)


class Client:
    """
    Posts one report after the other.

    Some stay on one connection as long as it lasts, some take a new one each time, some send
    in two parts. Who is refused goes to the next port, and so does who is told to hang up, but
    for those that take a new one each time: they knock until nobody is there.
    """

    def __init__(
        self, number: int, ports: Sequence[int], phones: Sequence[str], posted: Posted
    ) -> None:
        self._number = number
        self._ports = itertools.cycle([*ports[number % len(ports) :], *ports])
        self._port = next(self._ports)
        self._phones = itertools.cycle(phones[number % len(phones) :])
        self._posted = posted
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._stays = number % 2 == 0
        self._halves = number % 4 == 3

    async def run(self, enough: asyncio.Event) -> None:
        try:
            for count in itertools.count():
                if enough.is_set():
                    return
                await self._deliver(self._report(f"{self._number}-{count}"))
                await asyncio.sleep(REST_SECONDS)
        finally:
            await self._hang_up()

    def _report(self, token: str) -> Send:
        form = {
            "MessageSid": f"SM{token}",
            "MessageStatus": "delivered",
            "To": next(self._phones),
        }
        return callback(token, form, decides=())

    async def _deliver(self, report: Send) -> None:
        for _ in range(TRIES):
            if await self._try(report):
                self._posted.acknowledged.add(report.token)
                return
            await asyncio.sleep(PAUSE_SECONDS)
        self._posted.faults.append(f"{report.token} was not taken in {TRIES} tries")

    async def _try(self, report: Send) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reader, writer = await self._connected()
        except (OSError, TimeoutError):
            self._posted.counts["connections refused, and made elsewhere"] += 1
            self._port = next(self._ports)
            return False
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._send(writer, report.bytes)
                head = await reader.readuntil(b"\r\n\r\n")
                if found := _LENGTH.search(head):
                    await reader.readexactly(int(found[1]))
        except (*_BROKEN, TimeoutError) as error:
            self._posted.faults.append(f"cut off: {report.token}: {type(error).__name__}")
            await self._hang_up()
            return False
        if _CLOSE.search(head) and self._stays:
            self._port = next(self._ports)
        if _CLOSE.search(head) or not self._stays:
            await self._hang_up()
        return self._judged(head)

    def _judged(self, head: bytes) -> bool:
        status = int(head[9:12])
        if 200 <= status < 300:
            self._posted.counts["reports acknowledged"] += 1
            return True
        if status == 503 and b"\r\nretry-after:" in head.lower():
            self._posted.counts["told to come again"] += 1
        else:
            self._posted.faults.append(f"answered with {status}")
        return False

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        return self._streams

    async def _send(self, writer: asyncio.StreamWriter, request: bytes) -> None:
        if self._halves:
            middle = len(request) - 10
            writer.write(request[:middle])
            await asyncio.sleep(HALF_SECONDS)
            request = request[middle:]
        writer.write(request)

    async def _hang_up(self) -> None:
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(*_BROKEN):
                await writer.wait_closed()
