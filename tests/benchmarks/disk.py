"""Group commit on a slower disk, against a commit for each request."""

import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import servers, service
from tests.benchmarks.figures import Figure, Scale, at_least, interleaved, ratio
from tests.benchmarks.ingest import RECORDS, THANKS
from tests.benchmarks.press import press


GOALS = {64: at_least(25), 256: at_least(35)}


def run(scale: Scale) -> Iterator[Figure]:
    requests = service.signed_requests(min(5_000, scale.callbacks), RECORDS)
    with (
        tempfile.TemporaryDirectory() as folder,
        servers.running("group_commit", service.settings(Path(folder) / "a")) as together,
        servers.running("single_commits", service.settings(Path(folder) / "b")) as single,
    ):

        def rate(port: int, connections: int) -> float:
            pressed = press(port, requests, connections=connections, seconds=scale.seconds)
            assert set(pressed.statuses) <= THANKS, pressed.statuses
            return pressed.a_second

        for connections, goal in GOALS.items():
            ways = {
                name: functools.partial(rate, port, connections)
                for name, port in (("together", together), ("single", single))
            }
            rates = interleaved(min(scale.rounds, 3), ways)
            yield Figure(
                name=f"2 ms added to each commit, {connections} connections: "
                "group commit ÷ one a request",
                value=ratio(rates["together"], rates["single"]),
                goal=goal,
            )
