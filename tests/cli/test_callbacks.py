"""`connector callbacks`: what came, what it says, and reading it again."""

import json
from datetime import timedelta

import pytest

from connector.clock import system_clock
from connector.domain.callback import Arrival
from connector.domain.errors import ConfigurationError, ConnectorError
from tests.gateways.cases import FOLDER, read
from tests.support.events import ALEX, NOON, arrival


REPORT = (
    f"/callbacks/kannel?token=&extid=42&type=1&from=%2B447700900456&ts=1700000000&ref={ALEX}"
)


def read_all(store):
    with store.transaction() as t:
        for urgent in (True, False):
            t.unread.done(t.unread.claim(99, urgent=urgent))


def waiting(store):
    """The request lines of what would be read next."""
    with store.transaction() as t:
        claims = [t.unread.claim(99, urgent=urgent) for urgent in (True, False)]
    return [kept.callback.target for claim in claims for kept in claim.callbacks]


def set_aside(store, number, reason="extid is missing"):
    with store.transaction() as t:
        t.unread.set_aside(store.inbox.callback(number), reason, NOON)


class TestList:
    def test_shows_the_newest_first_with_what_is_odd_about_each(self, store, operate):
        store.inbox.keep([arrival(), arrival(urgent=True, account="eu")])
        oldest = store.inbox.latest(limit=5)[-1].id
        set_aside(store, oldest)

        answer = operate("callbacks", "list")

        _, first, second = answer.stdout.splitlines()
        assert "2026-11-23 12:00:00" in first
        assert "kannel/eu" in first
        assert "urgent" in first
        assert "extid is missing" in second

    def test_can_be_narrowed(self, store, operate):
        store.inbox.keep([arrival("/1"), arrival("/2", gateway="twilio"), arrival("/3")])
        set_aside(store, store.inbox.latest(limit=1)[0].id)

        def listed(*options):
            answer = operate("callbacks", "list", "--json", *options)
            return [each["path_query"] for each in json.loads(answer.stdout)]

        assert listed("--gateway", "twilio") == ["/2"]
        assert listed("--quarantined") == ["/3"]
        assert listed("--limit", "2") == ["/3", "/2"]

    def test_says_that_there_are_none(self, operate):
        assert operate("callbacks", "list").stdout == "no callbacks like that\n"
        assert json.loads(operate("callbacks", "list", "--json").stdout) == []

    def test_names_the_nearest_gateway(self, operate):
        answer = operate("callbacks", "list", "--gateway", "kanel")

        assert isinstance(answer.exception, ConfigurationError)
        assert "did you mean 'kannel'?" in str(answer.exception)

    def test_makes_no_database_where_none_is(self, operate_nowhere, tmp_path):
        answer = operate_nowhere("callbacks", "list")

        assert isinstance(answer.exception, ConfigurationError)
        assert "there is no database here" in str(answer.exception)
        assert not (tmp_path / "nowhere").exists()


class TestShow:
    def test_shows_the_request_and_what_it_says_now(self, store, operate):
        store.inbox.keep([arrival(REPORT, headers={"host": "sms.example.org"})])

        answer = operate("callbacks", "show", store.inbox.last_id())

        assert answer.exit_code == 0
        assert f"GET {REPORT}\nhost: sms.example.org" in answer.stdout
        assert "delivery: message_id 42, status Delivered" in answer.stdout

    def test_prints_json(self, store, operate):
        store.inbox.keep([arrival(REPORT, body=b"x", parts={"extid": "other"})])

        shown = json.loads(operate("callbacks", "show", store.inbox.last_id(), "--json").stdout)

        assert (shown["method"], shown["path_query"], shown["body"]) == ("GET", REPORT, "x")
        assert shown["parts"] == {"extid": "other"}
        assert [(e["kind"], e["message_id"]) for e in shown["events"]] == [("delivery", "42")]

    def test_tells_what_it_asks(self, store, operate):
        callback = read(FOLDER / "aws/subscription.yaml").callback
        store.inbox.keep([Arrival(callback=callback, urgent=True)])
        number = str(store.inbox.latest(limit=1)[0].id)

        told = operate("callbacks", "show", number)
        facts = json.loads(operate("callbacks", "show", number, "--json").stdout)

        assert told.exit_code == 0
        assert "to confirm the subscription of arn:aws:sns:" in told.stdout
        assert facts["asks"]["address"].startswith("https://sns.us-east-1.amazonaws.com/?")

    def test_tells_why_it_cannot_be_read(self, store, operate):
        store.inbox.keep([arrival("/callbacks/kannel?type=1", body=b"\xff\x00")])
        set_aside(store, store.inbox.last_id(), "of old")

        answer = operate("callbacks", "show", store.inbox.last_id())

        assert answer.exit_code == 1
        assert "(no text, 2 bytes, base64)\n/wA=" in answer.stdout
        assert "read now\n  kannel: " in answer.stdout
        assert "set aside 2026-11-23 12:00:00 UTC: of old" in answer.stdout

    def test_leaves_the_terminal_alone(self, store, operate):
        store.inbox.keep([arrival(REPORT, body=b"\x1b[2J")])

        answer = operate("callbacks", "show", store.inbox.last_id())

        assert "\x1b" not in answer.stdout
        assert "\\x1b[2J" in answer.stdout

    def test_says_that_there_is_none(self, operate):
        answer = operate("callbacks", "show", 4711)

        assert isinstance(answer.exception, ConnectorError)
        assert "no such callback: 4711" in str(answer.exception)


class TestReplay:
    def test_queues_the_named_ones(self, store, operate):
        store.inbox.keep([arrival("/1"), arrival("/2", urgent=True), arrival("/3")])
        read_all(store)
        last = store.inbox.last_id()

        answer = operate("callbacks", "replay", last, last - 1, last)

        assert answer.stdout == "2 callbacks to be read again\n"
        assert waiting(store) == ["/2", "/3"]

    def test_queues_nothing_when_one_of_them_is_not_there(self, store, operate):
        store.inbox.keep([arrival("/1")])
        read_all(store)

        answer = operate("callbacks", "replay", store.inbox.last_id(), 4711)

        assert "no such callback: 4711" in str(answer.exception)
        assert waiting(store) == []

    def test_queues_those_of_the_last_hours_of_one_gateway(self, store, operate):
        now = system_clock()
        store.inbox.keep(
            [
                arrival("/old", received_at=now - timedelta(hours=3)),
                arrival("/new", received_at=now - timedelta(hours=1)),
                arrival("/other", received_at=now, gateway="twilio"),
            ]
        )
        read_all(store)

        answer = operate(
            "callbacks", "replay", "--since", "2h", "--gateway", "kannel", "--json"
        )

        assert json.loads(answer.stdout) == {"queued": 1}
        assert waiting(store) == ["/new"]

    def test_queues_what_could_not_be_read(self, store, operate):
        store.inbox.keep([arrival("/1"), arrival("/2")])
        read_all(store)
        set_aside(store, store.inbox.last_id())

        answer = operate("callbacks", "replay", "--quarantined", "--since", "2026-01-01T00:00Z")

        assert answer.stdout == "1 callback to be read again\n"
        assert waiting(store) == ["/2"]

    @pytest.mark.parametrize(
        "options,told",
        [
            ([], "say which: ids, --since"),
            (["1", "--since", "2h"], "not both"),
            (["--since", "yesterday"], "--since yesterday: write a time with its zone"),
            (["--since", "2026-11-23T10:00:00"], "write a time with its zone"),
            (["--gateway", "kanel"], "did you mean 'kannel'?"),
        ],
    )
    def test_says_what_to_change(self, operate_nowhere, options, told):
        answer = operate_nowhere("callbacks", "replay", *options)

        assert isinstance(answer.exception, ConfigurationError)
        assert told in str(answer.exception)
