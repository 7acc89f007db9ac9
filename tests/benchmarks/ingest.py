"""The door: durable answers a second against a Flask handler that does nothing."""

import contextlib
import functools
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from tests.benchmarks import servers, service
from tests.benchmarks.figures import Figure, Scale, at_least, at_most, interleaved, ratio
from tests.benchmarks.press import Pressed, press
from tests.support import postgres


RECORDS = 5_000
REQUESTS = 20_000
THANKS = {204}


def run(scale: Scale) -> Iterator[Figure]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ports = {
            "ASGI no-op": stack.enter_context(servers.running("asgi_no_op")),
            "Flask no-op": stack.enter_context(servers.running("flask_no_op")),
            "SQLite": stack.enter_context(service.web(service.settings(folder / "data")))[0],
        }
        if server := stack.enter_context(postgres.server()):
            url = stack.enter_context(server.database())
            ports["PostgreSQL"] = stack.enter_context(
                service.web(service.settings(folder, url))
            )[0]
        yield from _compare(scale, ports)


def _compare(scale: Scale, ports: dict[str, int]) -> Iterator[Figure]:
    requests = service.signed_requests(min(REQUESTS, scale.callbacks), RECORDS)
    tails: dict[str, list[float]] = {name: [] for name in ports}

    def rate(name: str) -> float:
        pressed = press(ports[name], requests, seconds=scale.seconds)
        tails[name].append(_checked(pressed).milliseconds(0.99))
        return pressed.a_second

    rates = interleaved(scale.rounds, {name: functools.partial(rate, name) for name in ports})
    for name, found in rates.items():
        yield Figure(name=f"{name}: answers a second", value=median(found), unit="/s")
    no_op = rates["Flask no-op"]
    yield Figure(name="bare ASGI no-op ÷ Flask no-op", value=ratio(rates["ASGI no-op"], no_op))
    for name in ("SQLite", "PostgreSQL"):
        if name in ports:
            yield Figure(
                name=f"{name}: durable ingest ÷ Flask no-op",
                value=ratio(rates[name], no_op),
                goal=at_least(2),
            )
            yield Figure(
                name=f"{name}: p99 at saturation",
                value=median(tails[name]),
                unit="ms",
                goal=at_most(10),
            )
            yield from _at_half_load(scale, name, ports, median(rates[name]) / 2, requests)


def _at_half_load(
    scale: Scale, name: str, ports: dict[str, int], a_second: float, requests: Sequence[bytes]
) -> Iterator[Figure]:
    def paced(which: str, share: float) -> float:
        pressed = press(ports[which], requests, seconds=scale.calm_seconds, a_second=a_second)
        halves.setdefault(which, []).append(_checked(pressed).milliseconds(0.5))
        return pressed.milliseconds(share)

    halves: dict[str, list[float]] = {}
    tails = interleaved(
        min(scale.rounds, 3),
        {which: functools.partial(paced, which, 0.99) for which in (name, "Flask no-op")},
    )
    yield Figure(name=f"{name}: p50 at half load", value=median(halves[name]), unit="ms")
    yield Figure(
        name=f"{name}: p99 at half load", value=median(tails[name]), unit="ms", goal=at_most(6)
    )
    yield Figure(
        name=f"{name}: p99 at half load ÷ Flask no-op",
        value=ratio(tails[name], tails["Flask no-op"]),
    )


def _checked(pressed: Pressed) -> Pressed:
    """Whatever was not stored was not measured."""
    assert set(pressed.statuses) <= THANKS, pressed.statuses
    return pressed
