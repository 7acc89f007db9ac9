"""Which part answers what, and how the application is mounted."""

import asyncio
import threading

import flask
import pytest

from connector.gateways import installed
from connector.web.callers import Callers
from connector.web.door import Door
from connector.web.front import Front
from connector.web.group_commit import GroupCommit
from connector.web.health import Health
from connector.web.mount import Mount
from connector.web.reading import Limits
from connector.web.tally import Tally
from tests.support.asgi import ask
from tests.support.inbox import MemoryInbox
from tests.support.papers import papers


@pytest.fixture
def app():
    app = flask.Flask(__name__)

    @app.post("/echo")
    def echo():
        return flask.request.get_data(), 201, {"X-Query": flask.request.query_string.decode()}

    return app


@pytest.fixture
def mount(app):
    mount = Mount(app, Limits(body_bytes=100, body_seconds=0.01), most_waiting=2)
    yield mount
    mount.close()


@pytest.fixture
def front(mount, clock):
    commit = GroupCommit(MemoryInbox().keep)
    health = Health([])
    door = Door(
        gateways=installed(),
        secrets={},
        callers=Callers(),
        public_url="",
        commit=commit,
        papers=papers(clock),
        clock=clock,
        tally=Tally(clock),
        limits=Limits(),
    )
    yield Front(door=door, health=health, mount=mount)
    asyncio.run(commit.close())
    health.close()


@pytest.mark.parametrize(
    "method, target, status",
    [
        ("GET", "/livez", 200),
        ("HEAD", "/readyz", 200),
        ("POST", "/livez", 404),
        ("GET", "/callbacks/kannel", 403),
        ("GET", "/callbacks%2Fkannel", 404),
        ("GET", "/echo", 405),
        ("POST", "/echo?x=%2F", 201),
        ("GET", "/", 404),
    ],
)
def test_each_path_has_its_part(front, method, target, status):
    assert asyncio.run(ask(front, method, target)).status == status


def test_hooks_run_when_the_server_starts_and_stops(mount, front):
    told = []
    front = Front(
        door=front,
        health=front,
        mount=mount,
        starting=[lambda: told.append("start")],
        stopping=[lambda: told.append("commit"), lambda: told.append("store")],
    )

    async def run():
        asked = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

        async def receive():
            return next(asked)

        async def send(message):
            told.append(message["type"])

        await front({"type": "lifespan"}, receive, send)

    asyncio.run(run())

    assert told == [
        "start",
        "lifespan.startup.complete",
        "commit",
        "store",
        "lifespan.shutdown.complete",
    ]


class TestMount:
    def test_body_and_query_pass_through(self, mount):
        answer = asyncio.run(ask(mount, "POST", "/echo?a=%2F&b", parts=[b"ab", b"c"]))

        assert (answer.status, answer.body) == (201, b"abc")
        assert answer.headers["x-query"] == "a=%2F&b"

    def test_limits_hold(self, mount):
        assert asyncio.run(ask(mount, "POST", "/echo", body=b"x" * 101)).status == 413
        assert asyncio.run(ask(mount, "GET", "/echo?\xe9")).status == 400

    def test_a_client_that_goes_away_is_forgotten(self, mount):
        answer = asyncio.run(ask(mount, "POST", "/echo", parts=[b"a"], breaks_off=True))

        assert answer.status == 0

    def test_too_many_at_once_are_told_to_come_back(self, app, mount):
        go_on = threading.Event()

        @app.get("/stuck")
        def stuck():
            go_on.wait(10)
            return "done"

        async def run():
            stuck = [asyncio.create_task(ask(mount, "GET", "/stuck")) for _ in range(2)]
            await asyncio.sleep(0)
            refused = await ask(mount, "GET", "/stuck")
            go_on.set()
            return refused, await asyncio.gather(*stuck)

        refused, served = asyncio.run(run())

        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        assert [answer.body for answer in served] == [b"done", b"done"]


@pytest.mark.parametrize("place", ["/livez", "/echo", "/callbacks/nobody"])
def test_while_it_ends_clients_are_asked_to_hang_up(front, place):
    front._health.draining = True  # noqa: SLF001 (what SIGTERM does)

    answer = asyncio.run(ask(front, "GET", place))

    assert ("connection", "close") in answer.headers.items()
