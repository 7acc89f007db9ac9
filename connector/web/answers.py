"""What the door answers: a status, its headers and a body."""

import dataclasses
import http
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any


#: How long a gateway shall wait before it tries again.
RETRY_AFTER_SECONDS = 5

Header = tuple[bytes, bytes]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, ready to be sent."""

    status: int
    headers: tuple[Header, ...] = ()
    body: bytes = b""


class RefusedError(Exception):
    """A request that is answered before it is understood; carries its answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def problem(status: int, detail: str = "", **more: object) -> bytes:
    """A body of application/problem+json (RFC 9457)."""
    title = http.HTTPStatus(status).phrase
    told = {"detail": detail} if detail else {}
    return json.dumps(
        {"type": "about:blank", "title": title, "status": status, **told, **more}
    ).encode()


def refusal(status: int, detail: str = "", *headers: Header) -> Answer:
    body = problem(status, detail)
    return Answer(
        status,
        (
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            *headers,
        ),
        body,
    )


BUSY = refusal(
    503,
    "Not stored. Try again later.",
    (b"retry-after", str(RETRY_AFTER_SECONDS).encode()),
)
NOT_TRUSTED = refusal(403)
NOT_FOUND = refusal(404)
TOO_LARGE = refusal(413, "", (b"connection", b"close"))
TOO_SLOW = refusal(408, "", (b"connection", b"close"))
TARGET_TOO_LONG = refusal(414)
ENCODED = refusal(415, "Content-Encoding is not taken.")
HEADERS_TOO_LARGE = refusal(431)
CONTRADICTORY = refusal(400, "A header that may come once came twice.")


async def give(answer: Answer, send: Send) -> None:
    await send(
        {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
    )
    await send({"type": "http.response.body", "body": answer.body})


def last(send: Send) -> Send:
    """The same, but no other answer follows on this connection: the client shall hang up."""

    async def hang_up(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": (*message["headers"], (b"connection", b"close"))}
        await send(message)

    return hang_up
