"""Gateways with retries: each request goes out again until it is answered with 2xx."""

import asyncio
import contextlib
import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from connector.clock import system_clock
from tests.end_to_end.sends import Send


#: How long an answer may take, and how long to wait after none or a bad one.
PATIENCE_SECONDS, PAUSE_SECONDS = 30.0, 0.2
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_BUSY = 503
_BROKEN = (OSError, asyncio.IncompleteReadError, TimeoutError)


@dataclasses.dataclass(slots=True, kw_only=True)
class Story:
    """What became of one request: when it was first tried, when the answered try began."""

    first_tried_at: datetime
    tried_at: datetime
    acknowledged_at: datetime | None = None


class Journal:
    """The stories of all requests by token, and how often which answer came."""

    def __init__(self) -> None:
        self.stories: dict[str, Story] = {}
        self.answers: Counter[int] = Counter()
        #: Answers of 503 that did not say when to come again.
        self.curt = 0
        self.acknowledged = 0

    def tried(self, send: Send) -> None:
        now = system_clock()
        story = self.stories.setdefault(send.token, Story(first_tried_at=now, tried_at=now))
        story.tried_at = now

    def answered(self, send: Send, status: int) -> bool:
        """Keep the answer; whether it was 2xx."""
        self.answers[status] += 1
        if 400 <= status < 500:
            raise AssertionError(f"HTTP {status} for {send.target}")
        if not 200 <= status < 300:
            return False
        self.stories[send.token].acknowledged_at = system_clock()
        self.acknowledged += 1
        return True


async def deliver(
    sends: Iterable[Send],
    ports: Sequence[int],
    journal: Journal,
    *,
    clients: int,
    watch: Callable[[], None] = lambda: None,
) -> None:
    """Send all of these over so many keep-alive connections, shared among the ports."""
    work = iter(sends)
    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            client = _Client(work, [*ports[number % len(ports) :], *ports], journal, watch)
            group.create_task(client.run())


class _Client:
    """One connection after the other; after a failure it tries the next server."""

    def __init__(
        self,
        work: Iterable[Send],
        ports: Sequence[int],
        journal: Journal,
        watch: Callable[[], None],
    ) -> None:
        self._work = work
        self._ports = ports
        self._journal = journal
        self._watch = watch
        self._failures = 0
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def run(self) -> None:
        try:
            for send in self._work:
                while not await self._acknowledged(send):
                    self._failures += 1
                self._watch()
        finally:
            await self._hang_up()

    async def _acknowledged(self, send: Send) -> bool:
        self._journal.tried(send)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                status = await self._ask(send.bytes)
        except _BROKEN:
            await self._hang_up()
            status = 0
        acknowledged = self._journal.answered(send, status)
        if not acknowledged:
            await asyncio.sleep(PAUSE_SECONDS)
        return acknowledged

    async def _ask(self, request: bytes) -> int:
        if self._streams is None:
            port = self._ports[self._failures % len(self._ports)]
            self._streams = await asyncio.open_connection("127.0.0.1", port)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if found := _LENGTH.search(head):
            await reader.readexactly(int(found[1]))
        status = int(head[9:12])
        if status == _BUSY and b"\r\nretry-after:" not in head.lower():
            self._journal.curt += 1
        return status

    async def _hang_up(self) -> None:
        if self._streams is None:
            return
        _, writer = self._streams
        self._streams = None
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
