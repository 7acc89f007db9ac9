"""Senders register what they sent and ask what became of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector import gateways
from connector.domain.callback import Arrival, Callback
from connector.domain.delivery import DeliveryEvent, DeliveryStatus
from connector.domain.errors import StoreUnavailableError
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.web.app import create_app
from connector.web.keys import new_secret, secret_hash
from tests.support.clock import NOON


NO_GATEWAY = f"is none of {', '.join(gateways.installed())}"


CONTACT = "003000000000001AAA"
CAMPAIGN = "701000000000001AAA"
MESSAGE = {
    "gateway": "kannel",
    "message_id": "42",
    "recipient": "+1 212 555 0123",
    "record": "003000000000001",
    "campaign": CAMPAIGN,
    "sent_at": "2026-11-23T10:00:00+02:00",
}


@pytest.fixture
def secret(store):
    secret = new_secret()
    with store.transaction() as transaction:
        transaction.keys.create(
            "crm", secret_hash(secret), ["messages:write", "messages:read"], NOON
        )
    return secret


@pytest.fixture
def call(store, clock, secret):
    client = create_app(store=store, clock=clock).test_client()

    def call(method, path, document=None, *, key=secret, **more):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if document is not None:
            more = {"data": json.dumps(document), "content_type": "application/json"}
        return client.open(path, method=method, headers=headers, **more)

    return call


def find(store):
    with store.transaction(reads=True) as transaction:
        return transaction.deliveries.find("kannel", "42")


class TestRegister:
    def test_a_registered_message_is_durable_before_the_answer(self, call, store):
        answer = call("POST", "/api/messages", [MESSAGE])

        assert (answer.status_code, answer.json) == (202, {"registered": 1})
        delivery = find(store)
        assert delivery.status is DeliveryStatus.PENDING
        assert delivery.recipient == "+12125550123"
        assert delivery.registered_record == CONTACT
        assert delivery.campaign == CAMPAIGN
        assert delivery.sent_at == datetime(2026, 11, 23, 8, tzinfo=UTC)

    def test_the_list_may_have_a_name(self, call):
        assert call("POST", "/api/messages", {"messages": [MESSAGE] * 2}).status_code == 202

    def test_only_gateway_and_message_id_are_needed(self, call, store):
        call("POST", "/api/messages", [{"gateway": "kannel", "message_id": "42"}])

        assert find(store).sent_at is None

    def test_saying_it_again_changes_nothing(self, call, store):
        call("POST", "/api/messages", [MESSAGE])
        before = find(store)

        assert call("POST", "/api/messages", [MESSAGE]).status_code == 202
        assert find(store) == before

    def test_a_thousand_at_once_and_none(self, call):
        many = [{**MESSAGE, "message_id": str(number)} for number in range(1_000)]

        assert call("POST", "/api/messages", many).json == {"registered": 1_000}
        assert call("POST", "/api/messages", []).json == {"registered": 0}
        assert call("POST", "/api/messages", [*many, MESSAGE]).status_code == 413

    def test_a_bad_item_is_named_and_nothing_is_registered(self, call, store):
        answer = call("POST", "/api/messages", [MESSAGE, {**MESSAGE, "gateway": "kanel"}])

        assert answer.status_code == 422
        assert answer.content_type == "application/problem+json"
        assert answer.json["errors"] == [{"index": 1, "field": "gateway", "detail": NO_GATEWAY}]
        assert find(store) is None

    def test_what_is_not_json_is_refused(self, call):
        for body, kind, status in [
            (b"[", "application/json", 400),
            (b"\xff", "application/json", 400),
            (b"[" * 100_000, "application/json", 400),
            (b'{"message": []}', "application/json", 400),
            (b"[]", "text/plain", 415),
        ]:
            answer = call("POST", "/api/messages", data=body, content_type=kind)
            assert answer.status_code == status


class TestShow:
    def test_state_history_and_where_it_was_written(self, call, store):
        call("POST", "/api/messages", [MESSAGE])
        store.register(
            [
                DeliveryEvent(
                    gateway="kannel",
                    message_id="42",
                    status=DeliveryStatus.DELIVERED,
                    occurred_at=NOON,
                    received_at=NOON + timedelta(seconds=1),
                    word="1",
                )
            ]
        )

        shown = call("GET", "/api/messages/kannel/42").json

        assert shown["status"] == "Delivered"
        assert shown["status_at"] == "2026-11-23T12:00:00+00:00"
        assert shown["error_code"] is None
        assert [(each["kind"], each["word"]) for each in shown["history"]] == [
            ("registration", "Pending"),
            ("delivery", "Delivered"),
        ]
        assert (shown["records"], shown["writes"]) == ([], [])

    def test_a_message_id_may_hold_a_slash(self, call):
        call("POST", "/api/messages", [{**MESSAGE, "message_id": "a/b"}])

        assert call("GET", "/api/messages/kannel/a/b").json["message_id"] == "a/b"

    def test_a_message_that_nobody_spoke_of(self, call):
        assert call("GET", "/api/messages/kannel/nobody").status_code == 404


class TestKeys:
    def test_without_a_key(self, call):
        answer = call("POST", "/api/messages", [MESSAGE], key="")

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="connector"'

    def test_an_unknown_or_revoked_key(self, call, store, secret):
        with store.transaction() as transaction:
            transaction.keys.revoke("crm", NOON)

        for key in (secret, new_secret()):
            answer = call("POST", "/api/messages", [MESSAGE], key=key)
            assert answer.status_code == 401
            assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]

    def test_a_missing_scope_is_named(self, call, store):
        reader = new_secret()
        with store.transaction() as transaction:
            transaction.keys.create("reader", secret_hash(reader), ["messages:read"], NOON)

        answer = call("POST", "/api/messages", [MESSAGE], key=reader)

        assert answer.status_code == 403
        assert "messages:write" in answer.json["detail"]
        assert 'scope="messages:write"' in answer.headers["WWW-Authenticate"]

    def test_secrets_are_long_and_known_by_their_beginning(self):
        assert new_secret() != new_secret()
        assert new_secret().startswith("smsconn_")
        assert len(new_secret()) > 40


def test_every_answer_has_the_security_headers(call):
    for path in ("/api/messages", "/nowhere", "/api/messages/kannel/1"):
        headers = call("GET", path).headers

        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_a_store_that_is_away_is_503(clock):
    class Away:
        def find_key(self, _secret_hash):
            raise StoreUnavailableError("away")

    away: Any = Away()
    client = create_app(store=away, clock=clock).test_client()

    answer = client.get("/api/messages/kannel/1", headers={"Authorization": "Bearer x"})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_bug_is_a_problem_without_detail(clock):
    nothing: Any = None
    client = create_app(store=nothing, clock=clock).test_client()

    answer = client.get("/api/messages/kannel/1", headers={"Authorization": "Bearer x"})

    assert answer.status_code == 500
    assert json.loads(answer.data).keys() == {"type", "title", "status"}


def test_hosts_may_be_limited(store, clock):
    client = create_app(
        store=store, clock=clock, trusted_hosts=["sms.example.org"]
    ).test_client()

    assert client.get("/x", headers={"Host": "evil.example"}).status_code == 400


class TestBatch:
    """Sinch gives all messages of a batch one id: only the recipient tells them apart."""

    SENT = {"gateway": "sinch", "message_id": "01FC66621XXXXX119Z8PMV1QPQ"}  # noqa: RUF012
    PATH = "/api/messages/sinch/01FC66621XXXXX119Z8PMV1QPQ"

    @pytest.mark.parametrize("reported", ["+447700900111", "447700900111"])
    def test_a_registration_and_its_report_are_one_message(self, call, store, reported):
        call("POST", "/api/messages", [{**self.SENT, "recipient": "+44 7700 900111"}])
        sinch = gateways.find("sinch")
        body = {
            "type": "recipient_delivery_report_sms",
            "batch_id": self.SENT["message_id"],
            "recipient": reported,
            "status": "Delivered",
            "code": 0,
            "at": "2026-11-23T11:00:00.000Z",
        }
        callback = Callback(
            gateway="sinch",
            account="",
            method="POST",
            target="/callbacks/sinch",
            headers={"content-type": "application/json"},
            body=json.dumps(body).encode(),
            received_at=NOON,
            public_url="",
        )
        store.inbox.keep([Arrival(callback=callback, urgent=False)])
        normalise(store, {"sinch": sinch}, PhoneReader(), lambda: NOON)

        answer = call("GET", f"{self.PATH}?recipient=%2B447700900111")

        assert answer.json["status"] == "Delivered"
        assert [each["word"] for each in answer.json["history"]] == ["Pending", "Delivered"]

    def test_without_the_recipient_it_says_what_is_missing(self, call):
        call("POST", "/api/messages", [{**self.SENT, "recipient": "+447700900111"}])

        answer = call("GET", self.PATH)

        assert answer.status_code == 404
        assert "add ?recipient=" in answer.json["detail"]

    def test_a_recipient_that_is_no_number_is_told(self, call):
        answer = call("GET", f"{self.PATH}?recipient=x")

        assert (answer.status_code, answer.json["detail"]) == (
            400,
            "recipient is no phone number with its country code",
        )

    def test_a_registration_needs_the_recipient(self, call):
        answer = call("POST", "/api/messages", [self.SENT])

        assert answer.status_code == 422
        (fault,) = answer.json["errors"]
        assert fault["field"] == "recipient"
        assert "may stand for several" in fault["detail"]
