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
NORMAL = request("GET", "/callbacks/kannel?token=s3cret&id=1&type=1")


@contextlib.asynccontextmanager
async def slow_clients(port: int, clients: int) -> AsyncIterator[None]:
    """Half of them drip a header, half a body, a byte every half second."""
    opened = await asyncio.gather(
        *(asyncio.open_connection("127.0.0.1", port) for _ in range(clients))
    )
    writers = [writer for _, writer in opened]
    for place, writer in enumerate(writers):
        writer.write(HEADER if place % 2 else BODY)
    dripping = asyncio.create_task(_drip(writers))
    try:
        yield
    finally:
        dripping.cancel()
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(dripping, return_exceptions=True)


async def _drip(writers: list[asyncio.StreamWriter]) -> None:
    while True:
        for writer in writers:
            if not writer.is_closing():
                writer.write(b"x")
        await asyncio.sleep(0.5)


async def normal_among_slow(port: int, *, clients: int, normal: int) -> LoadReport:
    """What becomes of normal requests meanwhile."""
    async with slow_clients(port, clients):
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
