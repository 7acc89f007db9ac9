"""Reading the body of a request: bounded in size, in time, and in what all hold together."""

import asyncio
from collections.abc import Mapping
from typing import Any

from connector.web import answers
from connector.web.answers import RefusedError
from connector.web.reading import ClientGoneError, Receive


#: What unfinished bodies may hold together: slow clients must not fill the memory.
MOST_HELD_BYTES = 32 * 2**20


class BodyReader:
    """
    Reads whole bodies; one that does not come within `seconds` is given up.

    It looks round twice in that time instead of setting a timer for each request, so a body
    has at least half of it.
    """

    def __init__(self, most_bytes: int, seconds: float) -> None:
        self._most_bytes = most_bytes
        self._interval = seconds / 2
        self._held_bytes = 0
        self._young: set[asyncio.Task[Any]] = set()
        self._old: set[asyncio.Task[Any]] = set()
        self._given_up: set[asyncio.Task[Any]] = set()
        self._looking = False

    async def read(self, receive: Receive, headers: Mapping[str, str]) -> bytes:
        """The whole body; raises where it is too long, too slow, packed or broken off."""
        if headers.get("content-encoding", "identity") != "identity":
            raise RefusedError(answers.ENCODED)
        declared = self._declared(headers)
        if declared is None:
            return b""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (a coroutine of a server runs in a task)
        self._begin(task)
        try:
            return await self._whole(receive, declared)
        except asyncio.CancelledError:
            if task in self._given_up:
                task.uncancel()
                raise RefusedError(answers.TOO_SLOW) from None
            raise
        finally:
            self._end(task)

    def _declared(self, headers: Mapping[str, str]) -> int | None:
        """How long the body says it is: 0 when it does not say, None when there is none."""
        length = headers.get("content-length")
        if length is None:
            return 0 if "transfer-encoding" in headers else None
        if not length.isdecimal():
            raise RefusedError(answers.CONTRADICTORY)
        declared = int(length)
        if declared > self._most_bytes:
            raise RefusedError(answers.TOO_LARGE)
        return declared or None

    async def _whole(self, receive: Receive, declared: int) -> bytes:
        parts, length, held, more = [], 0, 0, True
        try:
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    raise ClientGoneError
                part = message.get("body", b"")
                parts.append(part)
                length += len(part)
                # The declared length tells the last part: to ask for more is a round trip.
                more = message.get("more_body", False) and length != (declared or None)
                if more:
                    held += len(part)
                    self._hold(length, len(part))
        finally:
            self._held_bytes -= held
        if length > self._most_bytes:
            raise RefusedError(answers.TOO_LARGE)
        if length < declared:
            raise ClientGoneError
        return b"".join(parts)

    def _hold(self, length: int, added: int) -> None:
        self._held_bytes += added
        if length > self._most_bytes:
            raise RefusedError(answers.TOO_LARGE)
        if self._held_bytes > MOST_HELD_BYTES:
            raise RefusedError(answers.BUSY)

    def _begin(self, task: asyncio.Task[Any]) -> None:
        self._young.add(task)
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(self._interval, self._look_round)

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._young.discard(task)
        self._old.discard(task)
        self._given_up.discard(task)

    def _look_round(self) -> None:
        for task in self._old:
            self._given_up.add(task)
            task.cancel()
        self._old, self._young = self._young, set()
        self._looking = bool(self._old)
        if self._looking:
            asyncio.get_running_loop().call_later(self._interval, self._look_round)
