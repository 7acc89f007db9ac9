"""Gateways that go on whatever happens: one repeats what got no 2xx, one never does."""

import asyncio
import contextlib
import itertools
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from tests.benchmarks.load import request
from tests.end_to_end.client import Journal, deliver
from tests.end_to_end.plan import Person, Plan, Text
from tests.end_to_end.sends import Send


TOKEN = "5ecret-of-kannel"
#: A tick of the clock by which they send, and how many there are to a step of the test.
TICK_SECONDS, TICKS_A_STEP = 0.1, 6
#: Once nothing is killed any more, all that is left goes this many times as fast.
HURRY = 5
PATIENCE_SECONDS, PAUSE_SECONDS = 10.0, 0.1
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_BROKEN = (OSError, asyncio.IncompleteReadError, TimeoutError)


class Gateways:
    """
    All that is sent to one deployment, spread over so many steps of a test.

    They go on as `done_steps` says, so that there is something to do until the last of them.
    Whoever hears 2xx for a STOP asks in the same moment whether the number may be texted.
    """

    def __init__(
        self,
        plan: Plan,
        ports: Sequence[int],
        key: str,
        *,
        steps: int,
        once_to: Sequence[Person],
        dice: random.Random,
    ) -> None:
        self.plan = plan
        self._ports = ports
        self._key = key
        self._ticks = steps * TICKS_A_STEP
        self._once_to = once_to
        self._dice = dice
        self._turns = itertools.count()
        self.journal = Journal()
        self.hurry = asyncio.Event()
        #: How many steps are done.
        self.done_steps = lambda: 0
        self.done: Counter[str] = Counter()
        self.faults: list[str] = []
        #: Ids of messages whose only report was answered 2xx, and of those where it was not.
        self.heard: list[str] = []
        self.unheard: list[str] = []

    async def run(self) -> None:
        texts = {each.about: each for each in self.plan.texts}
        async with asyncio.TaskGroup() as group:
            for tick, part in enumerate(self._spread(self.plan.sends)):
                await self._wait(tick)
                reports = []
                for send in part:
                    text = texts.get(next(iter(send.decides), ""))
                    if text is None:
                        reports.append(send)
                    else:
                        group.create_task(self._text(send, text))
                if reports:
                    group.create_task(self._deliver(reports))
                if not self.hurry.is_set():
                    group.create_task(self._once(self._dice.choice(self._once_to)))
        await self._deliver([self.plan.last])

    async def _wait(self, tick: int) -> None:
        """One tick, and until the test is no more than a step behind."""
        await asyncio.sleep(TICK_SECONDS / HURRY if self.hurry.is_set() else TICK_SECONDS)
        while tick > (self.done_steps() + 1) * TICKS_A_STEP and not self.hurry.is_set():  # noqa: ASYNC110 (a thread does the steps)
            await asyncio.sleep(TICK_SECONDS)

    def _spread(self, sends: Sequence[Send]) -> Iterator[Sequence[Send]]:
        share = len(sends) / self._ticks
        ends = [round(share * tick) for tick in range(self._ticks + 1)]
        return (sends[begin:end] for begin, end in itertools.pairwise(ends))

    def _turn(self) -> list[int]:
        """The servers, each time another one first."""
        first = next(self._turns) % len(self._ports)
        return [*self._ports[first:], *self._ports[:first]]

    async def _deliver(self, sends: Sequence[Send]) -> None:
        await deliver(sends, self._turn(), self.journal, clients=min(2, len(sends)))

    async def _text(self, send: Send, text: Text) -> None:
        await self._deliver([send])
        if text.keyword in {"", "START"}:
            return
        self.done["STOPs acknowledged"] += 1
        if await self.may_be_texted(text.person.phone):
            self.faults.append(f"a check says yes after the 2xx of a STOP ({send.token})")

    async def may_be_texted(self, phone: str) -> bool:
        """What the first server says that answers at all."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        body = json.dumps({"numbers": [phone]}).encode()
        question = request("POST", "/api/suppression/check", headers, body)
        for number in range(1_000):
            for port in self._turn():
                status, answer = await self._ask(port, question)
                if status == 200:
                    self.done["checks after a STOP"] += 1
                    return bool(json.loads(answer)["results"][0]["sendable"])
                if 400 <= status < 500:
                    raise AssertionError(f"HTTP {status}: {answer[:200]!r}")
            await asyncio.sleep(PAUSE_SECONDS * (1 + number % 5))
        raise AssertionError("nobody answers")

    async def _once(self, person: Person) -> None:
        """One report of one message, tried once, as Kannel does."""
        message_id = f"K{self._dice.getrandbits(96):024x}"
        fields = {"token": TOKEN, "id": message_id, "type": "1", "ref": person.id}
        target = f"/callbacks/kannel?{urlencode(fields)}"
        status, _ = await self._ask(self._turn()[0], request("GET", target, {}, b""))
        (self.heard if 200 <= status < 300 else self.unheard).append(message_id)

    @staticmethod
    async def _ask(port: int, question: bytes) -> tuple[int, bytes]:
        """The status and the body; 0 where none was heard."""
        writer = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(question)
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b""
                found = _STATUS.match(head)
                return (int(found[1]) if found else 0), body
        except _BROKEN:
            return 0, b""
        finally:
            if writer is not None:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
