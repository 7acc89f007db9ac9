"""Hundreds of clients that never come to an end, and normal ones among them."""

import asyncio
import sys
import tempfile
from pathlib import Path

from connector import cli
from connector.web import server
from connector.web.body import BodyReader
from tests.benchmarks.load import LoadReport, load, request
from tests.reliability.trial import Ask, Control, Tally, Trial
from tests.support.serving import CONNECTOR, TOKEN, Serving, serving
from tests.web.slow_clients import Slow


CLIENTS = 900
#: So long they drip: longer than headers and bodies are waited for.
SECONDS, A_SECOND = 16, 100
#: With a mistake normal requests hang; nobody waits for each of them.
FAULTY_SECONDS, PATIENCE_SECONDS = 3, 10
_PLACE = f"/callbacks/kannel?token={TOKEN}&type=1&id="
FEW, ALONE = "100 connections at once, as long as they like", "one body after the other"
MISTAKES = (FEW, ALONE)


def _plant(mistake: str) -> None:
    if mistake == FEW:
        server.CONNECTIONS, server.HEADER_MILLISECONDS = 100, 60_000
        return
    whole, lock = BodyReader._whole, asyncio.Lock()  # noqa: SLF001 (what it is made of)

    async def alone(self: BodyReader, *given: object) -> bytes:
        async with lock:
            return await whole(self, *given)  # type: ignore[arg-type] # passed through

    BodyReader._whole = alone  # type: ignore[method-assign,assignment] # noqa: SLF001


def _normal(number: int) -> bytes:
    """A report in the query, as Kannel sends it; every other one with a body, as others do."""
    if number % 2:
        return request("GET", f"{_PLACE}{number}")
    return request("POST", f"{_PLACE}{number}", body=b"normal")


async def _among(port: int, clients: int, seconds: float) -> tuple[Slow, LoadReport | None]:
    slow = Slow(port, clients)
    normal = (_normal(number) for number in range(round(seconds * A_SECOND)))
    async with slow.dripping():
        try:
            async with asyncio.timeout(seconds + PATIENCE_SECONDS):
                return slow, await load(
                    "127.0.0.1", port, normal, connections=8, a_second=A_SECOND
                )
        except TimeoutError:
            return slow, None


def _run(ask: Ask, mistake: str = "") -> Tally:
    launcher = [sys.executable, "-m", __name__, mistake] if mistake else CONNECTOR
    clients = ask.of(CLIENTS, 150)
    seconds = FAULTY_SECONDS if mistake else ask.of(SECONDS, 3)
    with (
        tempfile.TemporaryDirectory(prefix="connector-slow-") as folder,
        serving(Path(folder), launcher=launcher) as serves,
    ):
        slow, report = asyncio.run(_among(serves.port, clients, seconds))
        return _told(clients, slow, report, serves)


def _told(clients: int, slow: Slow, report: LoadReport | None, serves: Serving) -> Tally:
    tally = Tally()
    if report is None:
        tally.faults.append(
            f"not all of the normal requests were answered after {PATIENCE_SECONDS} s"
        )
        return tally
    served = report.statuses[200]
    tally.counts["slow clients at once"] = clients
    tally.counts["times that one was sent away, and came again"] = slow.sent_away
    tally.counts["normal requests"] = len(report.answers)
    tally.counts["answered with 200"] = served
    if served != len(report.answers):
        tally.faults.append(f"normal requests got {dict(report.statuses)}")
    store = serves.store()
    kept = sum(1 for _ in store.inbox.latest(limit=10 * len(report.answers)))
    store.close()
    if kept < served:
        tally.faults.append(f"{served} were answered with 200, {kept} are kept")
    return tally


def _control(name: str) -> Control:
    return Control(name=name, run=lambda ask: _run(ask, name))


TRIAL = Trial(
    name="slow_clients",
    title="900 slow clients",
    shows="Clients that send headers or bodies a byte at a time, and never come to an end, keep"
    " no normal request from being answered, and none of those is lost.",
    run=_run,
    most_seconds=120,
    controls=tuple(map(_control, MISTAKES)),
)


def main() -> None:
    _plant(sys.argv[1])
    sys.argv = ["connector", *sys.argv[2:]]
    cli.main()


if __name__ == "__main__":
    main()
