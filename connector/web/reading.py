"""Reading the head of a request within limits: its target and headers."""

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
    """The most that a request may be; `body_seconds` are those until its last byte."""

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
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
    if len(headers) < len(pairs):
        headers = _joined(pairs)
    if sum(map(len, headers)) + sum(map(len, headers.values())) > limits.header_bytes:
        raise RefusedError(answers.HEADERS_TOO_LARGE)
    return headers


def _joined(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name in headers:
            if name in SINGLE:
                raise RefusedError(answers.CONTRADICTORY)
            value = f"{headers[name]}, {value}"
        headers[name] = value
    return headers
