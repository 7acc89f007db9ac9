"""The benchmarks work; how fast anything is, `make bench` tells."""

import asyncio
import itertools
import json
from datetime import UTC, date, datetime

import pytest

from connector import gateways
from connector.gateways.imitation import imitated
from connector.web.callers import Callers
from connector.web.door import Door
from connector.web.group_commit import GroupCommit
from connector.web.reading import Limits
from connector.web.tally import Tally
from tests.benchmarks.__main__ import BENCHMARKS, main, page
from tests.benchmarks.figures import Figure, at_least, at_most, interleaved, ratio
from tests.benchmarks.traffic import GATEWAYS, arrivals, reports
from tests.support.asgi import ask
from tests.support.inbox import MemoryInbox
from tests.support.papers import papers
from tests.support.serving import PUBLIC_URL


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_measures_something(name, capsys):
    main(["--quick", "--json", "--only", name])

    figures = json.loads(capsys.readouterr().out)[name]
    assert all(figure["value"] >= 0 for figure in figures)
    assert figures


class TestFigure:
    @pytest.mark.parametrize(
        "value,goal,reached",
        [
            (2.0, at_least(2), True),
            (1.9, at_least(2), False),
            (2.0, at_most(2), True),
            (2.1, at_most(2), False),
            (2.1, None, None),
        ],
    )
    def test_says_whether_its_goal_is_reached(self, value, goal, reached):
        assert Figure(name="a", value=value, goal=goal).reached is reached


def test_ways_take_turns():
    turns = itertools.count()

    found = interleaved(2, {"a": lambda: next(turns), "b": lambda: next(turns)})

    assert found == {"a": [0, 2], "b": [1, 3]}


def test_a_ratio_compares_neighbours():
    assert ratio([1, 30, 4], [1, 10, 2]) == 2


def test_the_page_holds_machine_figures_and_goals():
    figures = {"ingest": [Figure(name="ingest ÷ no-op", value=2.5, goal=at_least(2))]}

    written = page(figures, date(2026, 11, 23), [("Python", "3.11.7")])

    assert "23 November 2026" in written
    assert "| Python | 3.11.7 |" in written
    assert "durable answers a second against a Flask handler" in written
    assert "| ingest ÷ no-op | 2.50 | ≥ 2.00 | yes |" in written


class TestTraffic:
    def test_has_all_gateways_and_several_reports_a_message(self):
        found = reports(1_000)

        assert len(found) == 1_000
        assert {report.gateway for report in found} == set(GATEWAYS)
        assert len({report.message for report in found}) == 475

    @pytest.mark.parametrize("gateway", GATEWAYS)
    def test_is_kept_as_the_door_keeps_it(self, gateway):
        report = next(each for each in reports(100) if each.gateway == gateway)

        (made,) = arrivals([report], lambda: NOW)

        (kept,) = asyncio.run(kept_by_the_door(report))
        assert made.urgent == kept.urgent
        assert made.callback.parts == kept.callback.parts
        assert made.callback.target == kept.callback.target
        assert made.callback.body == kept.callback.body


async def kept_by_the_door(report):
    inbox = MemoryInbox()
    commit = GroupCommit(inbox.keep)
    secrets = {(name, ""): lived(each.secrets) for name, each in imitated().items()}
    door = Door(
        gateways=gateways.installed(),
        secrets=secrets,
        callers=Callers(),
        public_url=PUBLIC_URL,
        commit=commit,
        papers=papers(lambda: NOW),
        clock=lambda: NOW,
        tally=Tally(lambda: NOW),
        limits=Limits(),
    )
    asked = report.request(NOW, named=report.gateway != "kannel")
    headers = list(asked.headers.items())
    await ask(door, asked.method, asked.target, headers=headers, body=asked.body)
    await commit.close()
    return inbox.kept


def lived(secrets):
    return {key: [value] for key, value in secrets.items()}
