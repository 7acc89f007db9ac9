"""Knocks at the service's door as gateways and senders do: over HTTP, several at a time."""

import concurrent.futures
import contextlib
import dataclasses
import http.client
import json
import threading
from collections.abc import Callable, Mapping, Sequence

from connector.demo.callbacks import Attempt
from connector.demo.service import HOST, FallenError
from connector.gateways.imitation.base import Request


_AT_ONCE = 4
_ANSWER_SECONDS = 30


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many callbacks were sent, taken and refused, and what was answered wrongly."""

    sent: int = 0
    taken: int = 0
    refused: int = 0
    faults: tuple[str, ...] = ()

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            sent=self.sent + other.sent,
            taken=self.taken + other.taken,
            refused=self.refused + other.refused,
            faults=self.faults + other.faults,
        )


class Door:
    """The service as it is reached from outside."""

    def __init__(self, port: int) -> None:
        self._port = port

    def register(self, messages: Sequence[Mapping[str, str]], secret: str) -> None:
        """Tell the API what was sent; raises FallenError unless it takes all of it."""
        request = Request(
            method="POST",
            target="/api/messages",
            headers={"authorization": f"Bearer {secret}", "content-type": "application/json"},
            body=json.dumps(messages).encode(),
        )
        with contextlib.closing(self._connection()) as connection:
            status, body = _ask(connection, request)
        if status != http.HTTPStatus.ACCEPTED:
            raise FallenError(f"POST /api/messages was answered {status}: {body[:300]!r}")

    def knock(self, attempts: Sequence[Attempt], done: Callable[[], None]) -> Tally:
        """Make all these requests, a few at a time; `done` is called after each."""
        local = threading.local()
        connections: list[http.client.HTTPConnection] = []

        def connect() -> None:
            local.connection = self._connection()
            connections.append(local.connection)

        def knock(attempt: Attempt) -> Tally:
            status, _ = _ask(local.connection, attempt.request)
            done()
            return _judged(attempt, status)

        try:
            with concurrent.futures.ThreadPoolExecutor(_AT_ONCE, initializer=connect) as pool:
                return sum(pool.map(knock, attempts), Tally())
        except (OSError, http.client.HTTPException) as error:
            raise FallenError(f"the service did not answer a callback: {error}") from error
        finally:
            for connection in connections:
                connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(HOST, self._port, timeout=_ANSWER_SECONDS)


def _ask(connection: http.client.HTTPConnection, request: Request) -> tuple[int, bytes]:
    connection.request(request.method, request.target, request.body or None, request.headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def _judged(attempt: Attempt, status: int) -> Tally:
    taken, refused = status // 100 == 2, status == http.HTTPStatus.FORBIDDEN  # noqa: PLR2004
    faults: tuple[str, ...] = ()
    if not (taken if attempt.genuine else refused):
        kind = "genuine" if attempt.genuine else "forged"
        path = attempt.request.target.partition("?")[0]
        faults = (f"a {kind} callback to {path} was answered {status}",)
    return Tally(sent=1, taken=int(taken), refused=int(refused), faults=faults)
