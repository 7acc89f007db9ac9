"""Reading a request within limits: its target, headers and body."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from connector.web import answers
from connector.web.answers import Message, RefusedError


Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

#: Headers that a request has once or not at all: two of them mislead somebody on the way.
SINGLE = ("host", "content-type", "content-length")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that a request may be; the body's seconds are those until its last byte."""

    body_bytes: int = 65_536
    body_seconds: float = 10
    target_bytes: int = 8_190
    headers: int = 50
    header_bytes: int = 16_384


class ClientGoneError(Exception):
    """The client went away in the middle of its request."""


def read_target(scope: Scope, limits: Limits) -> str:
    """Path and query exactly as on the request line; latin-1 keeps every byte apart."""
    target: bytes = scope["raw_path"]
    if scope["query_string"]:
        target += b"?" + scope["query_string"]
    if len(target) > limits.target_bytes:
        raise RefusedError(answers.TARGET_TOO_LONG)
    return target.decode("latin-1")


def read_headers(scope: Scope, limits: Limits) -> dict[str, str]:
    """The headers by name; repeated ones become one list, as RFC 9110 section 5.3 allows."""
    pairs: list[tuple[bytes, bytes]] = scope["headers"]
    if len(pairs) > limits.headers:
        raise RefusedError(answers.HEADERS_TOO_LARGE)
    headers: dict[str, str] = {}
    size = 0
    for raw_name, raw_value in pairs:
        size += len(raw_name) + len(raw_value)
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name in headers:
            if name in SINGLE:
                raise RefusedError(answers.CONTRADICTORY)
            value = f"{headers[name]}, {value}"
        headers[name] = value
    if size > limits.header_bytes:
        raise RefusedError(answers.HEADERS_TOO_LARGE)
    return headers


async def read_body(receive: Receive, headers: dict[str, str], limits: Limits) -> bytes:
    """The whole body; raises where it is too long, too slow, packed or broken off."""
    if headers.get("content-encoding", "identity") != "identity":
        raise RefusedError(answers.ENCODED)
    declared = int(headers.get("content-length", "0"))
    if declared > limits.body_bytes:
        raise RefusedError(answers.TOO_LARGE)
    if not declared and "transfer-encoding" not in headers:
        return b""
    deadline = _Deadline(limits.body_seconds)
    try:
        return await _read_parts(receive, declared, limits.body_bytes)
    except asyncio.CancelledError:
        if deadline.passed:
            raise RefusedError(answers.TOO_SLOW) from None
        raise
    finally:
        deadline.lift()


async def _read_parts(receive: Receive, declared: int, most: int) -> bytes:
    body, more = b"", True
    # The last part is known by the declared length: to ask for another costs a round trip.
    while more and (not declared or len(body) < declared):
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGoneError
        body += message.get("body", b"")
        if len(body) > most:
            raise RefusedError(answers.TOO_LARGE)
        more = message.get("more_body", False)
    if len(body) < declared:
        raise ClientGoneError
    return body


class _Deadline:
    """Cancels the current task later; a fraction of the cost of asyncio.timeout."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._task = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._pass)

    def lift(self) -> None:
        self._timer.cancel()

    def _pass(self) -> None:
        self.passed = True
        if self._task:
            self._task.cancel()
