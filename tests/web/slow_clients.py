"""
Slow clients: connections that drip a header, or a body, and never come to an end.

By hand, against a server that knows Kannel by the token s3cret:

    python -m tests.web.slow_clients 8080 --clients 900
"""

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.benchmarks.load import LoadReport, load, request


HEADER = b"POST /callbacks/kannel?token=s3cret HTTP/1.1\r\nHost: slow\r\nX-Drip: "
BODY = (
    b"POST /callbacks/kannel?token=s3cret HTTP/1.1\r\nHost: slow\r\nContent-Length: 400\r\n\r\n"
)
STARTING_SECONDS = 10
NORMAL = request("GET", "/callbacks/kannel?token=s3cret&id=1&type=1")


class Slow:
    """So many clients; who is sent away comes again."""

    def __init__(self, port: int, clients: int) -> None:
        self._port = port
        self._clients = clients
        self.connected = 0
        self.sent_away = 0

    @contextlib.asynccontextmanager
    async def dripping(self) -> AsyncIterator[None]:
        """Half of them drip a header, half a body, a byte every half second."""
        tasks = [asyncio.create_task(self._client(n)) for n in range(self._clients)]
        try:
            for _ in range(STARTING_SECONDS * 100):
                if self.connected == self._clients:
                    break
                await asyncio.sleep(0.01)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0.01)  # their connections are gone only then

    async def _client(self, place: int) -> None:
        while True:
            with contextlib.suppress(OSError):
                await self._connection(HEADER if place % 2 else BODY)
            self.sent_away += 1
            await asyncio.sleep(0.5)

    async def _connection(self, beginning: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self.connected += 1
        try:
            writer.write(beginning)
            while not (writer.is_closing() or reader.at_eof()):
                await asyncio.sleep(0.5)
                writer.write(b"x")
        finally:
            self.connected -= 1
            writer.transport.abort()


async def normal_among_slow(port: int, *, clients: int, normal: int) -> LoadReport:
    """What becomes of normal requests meanwhile."""
    async with Slow(port, clients).dripping():
        return await load("127.0.0.1", port, [NORMAL] * normal, connections=8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--clients", type=int, default=900)
    parser.add_argument("--normal", type=int, default=5_000)
    given = parser.parse_args()
    report = asyncio.run(
        normal_among_slow(given.port, clients=given.clients, normal=given.normal)
    )
    print(  # noqa: T201 (a program for the terminal)
        f"{dict(report.statuses)}, {report.a_second:.0f} a second, "
        f"p95 {report.percentile(0.95) * 1000:.1f} ms, "
        f"p99 {report.percentile(0.99) * 1000:.1f} ms"
    )


if __name__ == "__main__":
    main()
