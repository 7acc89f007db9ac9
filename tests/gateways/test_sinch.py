"""Sinch's words and codes, one by one, its batches, and its signature by its own library."""

import base64
import dataclasses
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sinch.domains.sms.sinch_events.v1.sms_sinch_event import (  # type: ignore[import-untyped]
    SmsSinchEvent,
)

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryEvent
from connector.gateways import find
from connector.gateways.sinch import MEANINGS
from tests.gateways.cases import FILES, FOLDER, read
from tests.support.clock import NOON


SECRET = "a-webhook-secret"
#: "Delivery reports", the error codes.
REASONS = {
    "network": [402, 403, 404],
    "account_suspended": [412, 413],
    "unreachable": [417],
    "unknown": [405, 407, 408, 410, 411, 414, 415, 416, 418, 27, 900],
}
STATUSES = {
    "Pending": ["Queued", "Dispatched"],
    "Delivered": ["Delivered"],
    "Undelivered": ["Deleted", "Failed", "Unknown"],
    "Failed": ["Aborted", "Cancelled"],
    "Rejected": ["Rejected"],
    "Expired": ["Expired"],
}


@pytest.mark.parametrize(
    "code, reason", [(str(code), reason) for reason, all_ in REASONS.items() for code in all_]
)
def test_a_failure_has_the_reason_of_its_code(code, reason):
    assert MEANINGS.of("Failed", code) == ("Undelivered", code, reason)


@pytest.mark.parametrize("word", ["Aborted", "Failed", "EXPIRED"])
def test_what_expired_inside_the_gateway_is_expired(word):
    assert MEANINGS.of(word, "406") == ("Expired", "406", "expired")


@pytest.mark.parametrize("code", ["", "0", "400", "401"])
def test_the_codes_of_no_error_are_left_out(code):
    assert MEANINGS.of("Dispatched", code) == ("Pending", "", None)


@pytest.mark.parametrize(
    "word, status", [(word, status) for status, all_ in STATUSES.items() for word in all_]
)
def test_a_word_in_any_case_has_its_status(word, status):
    assert MEANINGS.of(word, "")[0] == status
    assert MEANINGS.of(word.upper(), "")[0] == status


def test_the_messages_of_a_batch_are_told_apart_by_their_recipients():
    gateway = find("sinch")
    events = gateway.parse(read(FOLDER / "sinch" / "summary-full.yaml").callback)

    reports = [event for event in events if isinstance(event, DeliveryEvent)]
    ids = {gateway.own_id(event.message_id, event.recipient) for event in reports}

    assert len(ids) == 3


def test_only_what_is_evidently_delivery_reports_can_wait():
    cases = {path.stem: read(path) for path in FILES if path.parent.name == "sinch"}

    urgent = {stem for stem, case in cases.items() if case.gateway.urgent(case.callback)}

    assert urgent == {
        *("inbound-binary", "inbound-help", "inbound-media", "inbound-reply"),
        *("inbound-start", "inbound-stop", "opt-in", "opt-in-failed", "opt-out"),
        *("opt-out-elsewhere", "opt-out-failed", "unknown-type"),
    }


def signed(body, nonce, stamp, secret=SECRET):
    content = f"{body}.{nonce}.{stamp}".encode()
    digest = hmac.digest(secret.encode(), content, "sha256")
    return {
        "content-type": "application/json",
        "x-sinch-webhook-signature": base64.b64encode(digest).decode(),
        "x-sinch-webhook-signature-nonce": nonce,
        "x-sinch-webhook-signature-timestamp": stamp,
    }


def is_trusted(headers, body):
    callback = Callback(
        gateway="sinch",
        method="POST",
        target="/callbacks/sinch",
        headers=headers,
        body=body.encode(),
        received_at=NOON,
    )
    return find("sinch").verify(callback, {"signing_key": [SECRET]})


texts = st.text(st.characters(codec="utf-8"), max_size=30)


class TestVendorsLibrary:
    @given(texts, texts.filter(bool), texts.filter(bool), st.sampled_from([SECRET, "x"]))
    def test_agrees_on_what_is_authentic(self, body, nonce, stamp, secret):
        headers = signed(body, nonce, stamp, secret)

        verdict = SmsSinchEvent(SECRET).validate_authentication_header(headers, body)

        assert is_trusted(headers, body) is verdict is (secret == SECRET)

    @pytest.mark.parametrize("missing", ["", "-nonce", "-timestamp"])
    def test_agrees_that_every_header_is_needed(self, missing):
        headers = signed("{}", "1", "2")
        del headers["x-sinch-webhook-signature" + missing]

        verdict = SmsSinchEvent(SECRET).validate_authentication_header(headers, "{}")

        assert is_trusted(headers, "{}") is verdict is False

    @pytest.mark.parametrize("stem", ["delivered", "summary-full", "inbound-stop"])
    def test_reads_our_callback_files(self, stem):
        callback = read(FOLDER / "sinch" / f"{stem}.yaml").callback

        event = SmsSinchEvent(SECRET).parse_event(callback.body)

        assert event.type == callback.document["type"]  # type: ignore[index]


def test_a_signature_does_not_grow_old():
    case = read(FOLDER / "sinch" / "delivered.yaml")

    late = dataclasses.replace(case.callback, received_at=NOON.replace(year=2027))

    assert case.gateway.verify(late, case.secrets)
