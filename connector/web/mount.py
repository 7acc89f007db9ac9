"""The Flask application behind the door; its threads never wait for a client."""

from typing import Any, cast

import flask
from a2wsgi.wsgi import WSGIMiddleware

from connector.web import answers
from connector.web.answers import Header, Message, RefusedError, Send, refusal
from connector.web.body import BodyReader
from connector.web.reading import (
    ClientGoneError,
    Limits,
    Receive,
    Scope,
    read_headers,
    read_target,
)


THREADS = 16
#: Requests that may wait for a thread; the next one is told to come back.
MOST_WAITING = 256
NOT_ASCII = refusal(400, "Characters beyond ASCII have to be percent-encoded.")


class Mount:
    """
    Hands whole requests to a WSGI application, and its whole answers to the client.

    A slow client costs a coroutine, not a thread. More requests than `most_waiting` at once
    are refused with 503, so that a stuck store does not fill the memory.
    """

    def __init__(
        self, application: flask.Flask, limits: Limits, *, most_waiting: int = MOST_WAITING
    ) -> None:
        self._wsgi = WSGIMiddleware(cast("Any", application.wsgi_app), workers=THREADS)
        self._limits = limits
        self._bodies = BodyReader(limits.body_bytes, limits.body_seconds)
        self._most_waiting = most_waiting
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self._read(scope, receive)
        except RefusedError as refused:
            await answers.give(refused.answer, send)
            return
        except ClientGoneError:
            return
        await self._pass_on(scope, body, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        if not read_target(scope, self._limits).isascii():
            raise RefusedError(NOT_ASCII)
        headers = read_headers(scope, self._limits)
        body = await self._bodies.read(receive, headers)
        if self._waiting >= self._most_waiting:
            raise RefusedError(answers.BUSY)
        return body

    async def _pass_on(self, scope: Scope, body: bytes, send: Send) -> None:
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def gather(message: Message) -> None:
            messages.append(message)

        whole_scope = {**scope, "headers": _of_whole(scope["headers"], body)}
        self._waiting += 1
        try:
            await self._wsgi(
                cast("Any", whole_scope), cast("Any", receive), cast("Any", gather)
            )
        finally:
            self._waiting -= 1
        start, *bodies = messages
        await send(start)
        whole = b"".join(each.get("body", b"") for each in bodies)
        await send({"type": "http.response.body", "body": whole})

    def close(self) -> None:
        self._wsgi.executor.shutdown()


def _of_whole(headers: list[Header], body: bytes) -> list[Header]:
    """
    The headers of a request whose body is here: its length is known, whatever way it came.

    Names with an underscore are dropped: in WSGI they could pass for those with a hyphen.
    """
    kept = [
        (name, text)
        for name, text in headers
        if b"_" not in name and name not in {b"transfer-encoding", b"content-length"}
    ]
    return [*kept, (b"content-length", str(len(body)).encode())]
