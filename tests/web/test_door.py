"""What the door takes, refuses and stores."""

import asyncio
import base64
import logging
from collections.abc import Iterator

import pytest

from connector.domain.errors import StoreUnavailableError
from connector.gateways import installed
from connector.settings import Networks
from connector.web.callers import Callers
from connector.web.door import Door, without_secrets
from connector.web.group_commit import GroupCommit
from connector.web.reading import Limits
from connector.web.tally import Tally
from tests.support.asgi import ask
from tests.support.clock import NOON
from tests.support.inbox import MemoryInbox
from tests.support.papers import papers


REPORT = "/callbacks/kannel?token=s3cret&id=%3A+%2F&type=1&ref=003000000000001AAA"


@pytest.fixture
def inbox() -> MemoryInbox:
    return MemoryInbox()


@pytest.fixture
def tally(clock) -> Tally:
    return Tally(clock)


@pytest.fixture
def door(inbox, clock, tally) -> Iterator[Door]:
    commit = GroupCommit(inbox.keep)
    yield Door(
        gateways=installed(),
        secrets={
            ("kannel", ""): {"token": ["s3cret"], "basic": ["user:pass"]},
            ("kannel", "eu_west"): {"token": ["other"]},
            ("kannel", "fenced"): {"token": ["s3cret"]},
        },
        callers=Callers(
            {("kannel", "fenced"): Networks.read("203.0.113.0/24")},
            proxies=Networks.read("127.0.0.1"),
        ),
        public_url="https://sms.example.org",
        commit=commit,
        papers=papers(clock),
        clock=clock,
        tally=tally,
        limits=Limits(body_bytes=100, body_seconds=5, target_bytes=300, headers=10),
    )
    inbox.gate.set()
    asyncio.run(commit.close())


@pytest.fixture
def call(door):
    def call(method="GET", target=REPORT, **more):
        return asyncio.run(ask(door, method, target, **more))

    return call


class TestStored:
    def test_an_authentic_callback_is_answered_as_its_gateway_wants(self, call, inbox):
        answer = call()

        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers == {"content-type": "text/plain", "content-length": "0"}
        assert len(inbox.kept) == 1

    def test_the_request_is_kept_byte_for_byte_but_for_secrets(self, call, inbox):
        call("POST", body=b"\xff\xfe\x00", headers=[("x-note", "caf\xe9"), ("x-note", "2")])

        kept = inbox.kept[0].callback
        assert kept.target == REPORT.replace("s3cret", "")
        assert kept.body == b"\xff\xfe\x00"
        assert kept.headers == {"x-note": "caf\xe9, 2", "content-length": "3"}
        assert (kept.gateway, kept.account, kept.method) == ("kannel", "", "POST")
        assert kept.received_at == NOON
        assert kept.public_url == "https://sms.example.org"

    def test_parts_learned_on_the_way_are_kept_beside_it(self, call, inbox):
        call()

        assert inbox.kept[0].callback.parts == {
            "id": ": /",
            "type": "1",
            "ref": "003000000000001AAA",
        }

    def test_credentials_in_headers_are_checked_and_not_kept(self, call, inbox):
        basic = base64.b64encode(b"user:pass").decode()

        answer = call(
            target="/callbacks/kannel?id=1&type=1",
            headers=[("authorization", f"Basic {basic}"), ("cookie", "a=b")],
        )

        assert answer.status == 200
        assert inbox.kept[0].callback.headers == {}

    def test_an_account_has_its_own_secret(self, call, inbox):
        path = "/callbacks/kannel/eu-west?id=1&token="

        assert call(target=path + "s3cret").status == 403
        assert call(target=path + "other").status == 200
        assert inbox.kept[0].callback.account == "eu-west"

    def test_a_byte_that_is_not_utf_8_does_not_spoil_the_token(self, call, inbox):
        assert call(target="/callbacks/kannel?text=caf%E9&token=s3cret").status == 200
        assert inbox.kept[0].callback.target == "/callbacks/kannel?text=caf%E9&token="

    def test_odd_but_authentic_is_stored_as_it_came(self, call, inbox):
        call(
            "POST",
            body=b"%ff=\xff",
            headers=[("content-type", "application/x-www-form-urlencoded")],
        )

        assert inbox.kept[0].callback.body == b"%ff=\xff"

    def test_a_body_may_come_in_parts(self, call, inbox):
        assert call("POST", parts=[b"a", b"", b"bc"]).status == 200
        assert inbox.kept[0].callback.body == b"abc"

    def test_opt_outs_are_marked_urgent(self, call, inbox):
        call()
        call(target="/callbacks/kannel?token=s3cret&from=%2B12125550100&text=STOP")

        assert [arrival.urgent for arrival in inbox.kept] == [False, True]


class TestRefused:
    @pytest.mark.parametrize(
        "target",
        [
            "/callbacks/kannel?token=wrong&id=1&type=1",
            "/callbacks/kannel?id=1&type=1",
            "/callbacks/kannel/unknown?token=s3cret",
        ],
    )
    def test_what_is_not_authentic_is_not_stored(self, call, inbox, target):
        answer = call(target=target)

        assert answer.status == 403
        assert "detail" not in answer.json
        assert inbox.kept == []

    def test_an_address_outside_the_networks_of_the_account(self, call, inbox, tally):
        target = REPORT.replace("kannel", "kannel/Fenced")

        near = call(target=target, headers=[("x-forwarded-for", "192.0.2.7")])
        gateway = call(target=target, headers=[("x-forwarded-for", "203.0.113.9")])
        wrong = call(
            target=target.replace("s3cret", "x"), headers=[("x-forwarded-for", "203.0.113.9")]
        )

        assert [near.status, gateway.status, wrong.status] == [403, 200, 403]
        assert len(inbox.kept) == 1
        assert tally.counts["kannel", "address not allowed"] == 1

    @pytest.mark.parametrize(
        "target",
        ["/callbacks/", "/callbacks/nobody", "/callbacks/kannel/a/b", "/callbacks/kannel/%41"],
    )
    def test_an_unknown_place_is_not_found(self, call, target):
        assert call(target=target).status == 404

    def test_the_method_must_be_the_gateways(self, call):
        answer = call("DELETE")

        assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")

    def test_a_body_that_says_it_is_too_long_is_not_read(self, call, inbox):
        answer = call("POST", headers=[("content-length", "10000000")], breaks_off=True)

        assert answer.status == 413
        assert inbox.kept == []

    def test_a_body_is_read_no_further_than_the_limit(self, call):
        assert call("POST", parts=[b"x" * 60, b"x" * 60], breaks_off=True).status == 413

    def test_limits_of_target_and_headers(self, call):
        assert call(target=REPORT + "&x=" + "x" * 300).status == 414
        assert call(headers=[("x-a", "1")] * 11).status == 431
        assert call(headers=[("x-a", "x" * 16_384)]).status == 431

    def test_packed_bodies_are_not_taken(self, call):
        answer = call("POST", body=b"x", headers=[("content-encoding", "gzip")])

        assert answer.status == 415

    def test_a_header_that_misleads_is_refused(self, call):
        assert call(headers=[("host", "a"), ("host", "b")]).status == 400

    def test_a_request_that_breaks_off_leaves_nothing(self, call, inbox):
        declared = call("POST", headers=[("content-length", "9")], body=b"abc", breaks_off=True)
        in_parts = call("POST", parts=[b"abc"], breaks_off=True)

        assert (declared.status, in_parts.status) == (0, 0)
        assert inbox.kept == []

    def test_refusals_are_counted_and_logged_once_a_minute(self, call, tally, clock, caplog):
        caplog.set_level(logging.WARNING)

        for _ in range(3):
            call(target="/callbacks/kannel?token=wrong")
        clock.advance(minutes=1)
        call(target="/callbacks/kannel?token=wrong")

        assert tally.counts == {("kannel", "not trusted"): 4}
        assert [record.total for record in caplog.records] == [1, 4]
        assert "wrong" not in caplog.text


class TestStore:
    def test_2xx_is_said_after_the_commit_only(self, door, inbox):
        async def run():
            inbox.gate.clear()
            asking = asyncio.create_task(ask(door, "GET", REPORT))
            await asyncio.to_thread(inbox.entered.acquire, timeout=10)
            before = asking.done()
            inbox.gate.set()
            return before, await asking

        before, answer = asyncio.run(run())

        assert before is False
        assert answer.status == 200

    def test_503_with_retry_after_when_the_store_cannot_commit(self, call, inbox, tally):
        def fault(_arrivals):
            raise StoreUnavailableError("disk full")

        inbox.fault = fault

        answer = call()

        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert b"disk" not in answer.body
        assert tally.counts["kannel", "not stored"] == 1

    def test_concurrent_callbacks_share_commits(self, door, inbox):
        async def run():
            return await asyncio.gather(*(ask(door, "GET", REPORT) for _ in range(200)))

        answers = asyncio.run(run())

        assert {answer.status for answer in answers} == {200}
        assert len(inbox.kept) == 200
        assert len(inbox.batches) < 20


class TestSlowClient:
    def test_a_body_that_never_comes_is_given_up(self, inbox, clock, tally):
        commit = GroupCommit(inbox.keep)
        door = Door(
            gateways=installed(),
            secrets={},
            callers=Callers(),
            public_url="",
            commit=commit,
            papers=papers(clock),
            clock=clock,
            tally=tally,
            limits=Limits(body_seconds=0.01),
        )

        async def run():
            sent = []

            async def send(message):
                sent.append(message)

            async def never():
                return await asyncio.get_running_loop().create_future()

            scope = {
                "type": "http",
                "method": "POST",
                "raw_path": b"/callbacks/kannel",
                "query_string": b"",
                "headers": [(b"content-length", b"10")],
            }
            await door(scope, never, send)
            return sent[0]["status"]

        assert asyncio.run(run()) == 408
        asyncio.run(commit.close())


@pytest.mark.parametrize(
    "target, stored",
    [
        ("/p?a=1&token=x%20y&b=%2F", "/p?a=1&token=&b=%2F"),
        ("/p?to%6ben=x&token=y", "/p?to%6ben=&token="),
        ("/p?token", "/p?token"),
        ("/p", "/p"),
        ("/p?a=token&tokens=1", "/p?a=token&tokens=1"),
    ],
)
def test_secrets_in_the_query_are_blanked(target, stored):
    assert without_secrets(target, ("token",)) == stored
