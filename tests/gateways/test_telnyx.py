"""Telnyx's words and codes, its signature beside the vendor's own, and what is urgent."""

import base64
import dataclasses
from datetime import UTC, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from telnyx.lib.webhook_verification import (
    WebhookVerificationError,
    verify_webhook_signature,
)

from connector import clock
from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways import find
from connector.gateways.telnyx import MEANINGS
from tests.gateways.cases import FILES, FOLDER, read


PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = base64.b64encode(PRIVATE.public_key().public_bytes_raw()).decode()

#: "Messaging error code reference", as grouped by what an administrator can do about them.
REASONS = {
    "landline": [40001],
    "filtered": [40002, 40003, 40015, 40017, 40020, 40315, 40322],
    "unregistered": [40010, 40019, 40150, 40329, 40330],
    "invalid_number": [40012, 40310],
    "opted_out": [40300],
    "throughput": [40011, 40016, 40018, 40318],
    "account_suspended": [40312, 40314, 40333],
    "network": [40006],
    "expired": [40005, 40014],
    "unknown": [
        *(40004, 40008, 40009, 40013, 40100, 40151, 40155, *range(40301, 40310), 40311),
        *(40313, 40316, 40317, 40319, 40320, 40321, 40323, 40325, 40328, 40331, 49999),
    ],
}
STATUSES = {
    "Pending": ["queued", "sending", "sent", "delivery_unconfirmed"],
    "Delivered": ["delivered", "read"],
    "Undelivered": ["delivery_failed"],
    "Failed": ["sending_failed"],
    "Expired": ["expired"],
}


@pytest.mark.parametrize(
    "code, reason", [(str(code), reason) for reason, all_ in REASONS.items() for code in all_]
)
def test_a_failure_has_the_reason_of_its_code(code, reason):
    status, kept, found = MEANINGS.of("delivery_failed", code)

    assert (kept, found) == (code, Reason(reason))
    assert status == ("Expired" if reason == "expired" else "Undelivered")


@pytest.mark.parametrize(
    "word, status", [(word, status) for status, all_ in STATUSES.items() for word in all_]
)
def test_a_word_in_any_case_has_its_status(word, status):
    assert MEANINGS.of(word, "")[0] is DeliveryStatus(status)
    assert MEANINGS.of(word.upper(), "")[0] is DeliveryStatus(status)


@pytest.mark.parametrize("word", ["", "received", "webhook_delivered", "no-such-word"])
def test_other_words_have_none(word):
    assert MEANINGS.of(word, "40001") == (None, "40001", None)


def test_only_what_is_evidently_delivery_reports_can_wait():
    urgent = {path.stem for path in FILES if path.parent.name == "telnyx" and is_urgent(path)}

    assert urgent == {
        *("click", "other-event", "not-json", "inbound-stop", "inbound-own-word"),
        *("inbound-optout", "inbound-start", "inbound-help", "inbound-unicode"),
        *("inbound-suggestion", "inbound-whatsapp", "inbound-without-number"),
    }


def is_urgent(path):
    case = read(path)
    return case.gateway.urgent(case.callback)


def signed(body, stamp, received_at, key=PRIVATE):
    signature = base64.b64encode(key.sign(f"{stamp}|".encode() + body)).decode()
    return Callback(
        gateway="telnyx",
        method="POST",
        target="/callbacks/telnyx",
        headers={"telnyx-timestamp": stamp, "telnyx-signature-ed25519": signature},
        body=body,
        received_at=received_at,
    )


def vendor_trusts(callback, key=PUBLIC):
    try:
        verify_webhook_signature(callback.body, callback.headers, key)
    except WebhookVerificationError:
        return False
    return True


class TestSignature:
    @given(
        st.text(st.characters(codec="utf-8")),
        st.sampled_from([-400, -290, 0, 290, 400]),
        st.sampled_from([bytes(range(32)), bytes(range(1, 33))]),
        st.booleans(),
    )
    def test_agrees_with_the_vendors_library(self, body, seconds, seed, tampered):
        now = clock.system_clock()
        stamp = str(int((now + timedelta(seconds=seconds)).timestamp()))
        key = Ed25519PrivateKey.from_private_bytes(seed)
        callback = signed(body.encode(), stamp, now.astimezone(UTC), key)

        if tampered:
            callback = dataclasses.replace(callback, body=callback.body + b" ")

        trusted = find("telnyx").verify(callback, {"public_key": [PUBLIC]})
        assert trusted == vendor_trusts(callback)
        assert trusted == (abs(seconds) < 300 and seed[0] == 0 and not tampered)

    @pytest.mark.parametrize("missing", ["telnyx-timestamp", "telnyx-signature-ed25519"])
    def test_needs_each_header(self, missing):
        case = read(FOLDER / "telnyx/delivered.yaml")
        headers = {name: v for name, v in case.callback.headers.items() if name != missing}

        without = dataclasses.replace(case.callback, headers=headers)

        assert not case.gateway.verify(without, case.secrets)

    @pytest.mark.parametrize("stamp", ["", "now", "-1", "1795435200.0", "١٢", " 1795435200"])
    def test_needs_a_timestamp_of_digits(self, stamp):
        case = read(FOLDER / "telnyx/delivered.yaml")

        other = signed(case.callback.body, stamp, case.callback.received_at)

        assert not case.gateway.verify(other, case.secrets)

    @pytest.mark.parametrize(
        "key, fault",
        [
            (PUBLIC, ""),
            ("###", "is not base64"),
            ("c2hvcnQ=", "is a key of 5 bytes, where 32 are wanted"),
            ("ä" * 32, "is not base64"),
        ],
    )
    def test_says_what_is_wrong_with_a_key(self, key, fault):
        case = read(FOLDER / "telnyx/delivered.yaml")

        assert case.gateway.secret_fault("public_key", key) == fault
        assert case.gateway.verify(case.callback, {"public_key": [key]}) is (not fault)
