"""Plivo's words and codes, one by one, and its signatures beside those of its own library."""

import base64
import dataclasses
import hmac
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plivo.utils import (  # type: ignore[import-untyped]
    signature_v3,
    validate_signature,
    validate_v3_signature,
)

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways import find
from connector.gateways.plivo import MEANINGS
from tests.gateways.cases import FILES, FOLDER, read
from tests.support.clock import NOON


HOST = "https://sms.example.org"
PATH = "/callbacks/plivo/europe"
TOKEN = "fictional-auth-token"
NONCE = "05429567804466091622"
GATEWAY = find("plivo")

REASONS = {
    "network": [20, 90, 100, 201, 300],
    "filtered": [30, 60],
    "invalid_number": [50],
    "unreachable": [70, 80],
    "opted_out": [200],
    "expired": [420],
    "account_suspended": [900, 910],
    "unknown": [1000, 10, 40, 110, 450, 4711],
}
STATUSES = {
    "Pending": ["queued", "sent"],
    "Delivered": ["delivered", "read"],
    "Undelivered": ["undelivered"],
    "Failed": ["failed"],
    "Rejected": ["rejected"],
}


@pytest.mark.parametrize(
    "code, reason", [(str(code), reason) for reason, all_ in REASONS.items() for code in all_]
)
def test_a_failure_has_the_reason_of_its_code(code, reason):
    status = DeliveryStatus.EXPIRED if code == "420" else DeliveryStatus.FAILED

    assert MEANINGS.of("failed", code) == (status, code, Reason(reason))


@pytest.mark.parametrize(
    "word, status", [(word, status) for status, all_ in STATUSES.items() for word in all_]
)
def test_a_word_in_any_case_has_its_status(word, status):
    assert MEANINGS.of(word, "000")[:2] == (DeliveryStatus(status), "")
    assert MEANINGS.of(word.title(), "") == MEANINGS.of(word, "")


def test_only_what_is_evidently_delivery_reports_can_wait():
    urgent = {path.stem for path in FILES if path.parent.name == "plivo" and is_urgent(path)}

    inbound = {name for name in urgent if name.startswith("inbound-")}
    assert len(inbound) >= 10
    assert urgent - inbound == {"unknown-status", "without-status"}


def is_urgent(path):
    case = read(path)
    return case.gateway.urgent(case.callback)


def test_the_answer_is_a_document_that_says_nothing():
    reply = GATEWAY.reply

    assert (reply.status, reply.body, reply.content_type) == (
        200,
        b"<Response/>",
        "application/xml",
    )


texts = st.text(st.characters(codec="utf-8"), max_size=12)
#: Of other letters in an address the library makes a character of each byte. That Plivo does
#: not sign them so is a guess.
ascii_texts = st.text(st.characters(codec="ascii"), max_size=12)


def a_callback(signature, *, query="", form=None, version="V3"):
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        f"x-plivo-signature-{version.lower()}": signature,
        f"x-plivo-signature-{version.lower().removeprefix('ma-')}-nonce": NONCE,
    }
    return Callback(
        gateway="plivo",
        method="GET" if form is None else "POST",
        target=f"{PATH}?{query}" if query else PATH,
        headers=headers,
        body=urlencode(form or {}, doseq=True).encode(),
        received_at=NOON,
        public_url=HOST,
    )


class TestV3Signature:
    @given(
        st.dictionaries(texts.filter(bool), texts | st.lists(texts, min_size=1, max_size=3)),
        st.lists(st.tuples(ascii_texts, ascii_texts), max_size=4),
        st.sampled_from(["V3", "Ma-V3"]),
    )
    def test_of_a_form_agrees_with_the_vendors_library(self, form, own, version):
        query = urlencode(own)
        address = f"{HOST}{PATH}?{query}" if query else HOST + PATH
        signed = signature_v3.construct_post_url(address, dict(form)).decode()
        signature = signature_v3.get_signature_v3(TOKEN.encode(), signed, NONCE).decode()

        callback = a_callback(signature, query=query, form=form, version=version)

        assert GATEWAY.verify(callback, {"auth_token": [TOKEN]})
        assert GATEWAY.verify(callback, {"auth_token_v3": ["old", TOKEN]})
        assert not GATEWAY.verify(callback, {"auth_token": ["old"]})
        assert validate_v3_signature("POST", address, NONCE, TOKEN, signature, dict(form))

    @given(st.lists(st.tuples(ascii_texts, ascii_texts), max_size=8))
    def test_of_a_query_agrees_with_the_vendors_library(self, pairs):
        query = urlencode(pairs)
        address = f"{HOST}{PATH}?{query}" if query else HOST + PATH
        signed = signature_v3.construct_get_url(address, {}).decode()
        signature = signature_v3.get_signature_v3(TOKEN.encode(), signed, NONCE).decode()

        callback = a_callback(signature, query=query)

        assert GATEWAY.verify(callback, {"auth_token": [TOKEN]})
        assert validate_v3_signature("GET", address, NONCE, TOKEN, signature)

    def test_is_not_replaced_by_an_older_one(self):
        older = read(FOLDER / "plivo/sent-v2.yaml")
        headers = {**older.callback.headers, "x-plivo-signature-v3": "AAAA"}

        both = dataclasses.replace(older.callback, headers=headers)

        assert older.gateway.verify(older.callback, older.secrets)
        assert not older.gateway.verify(both, older.secrets)

    @pytest.mark.parametrize("name", ["x-plivo-signature-v3-nonce", "x-plivo-signature-ma-v3"])
    def test_needs_each_header(self, name):
        case = read(FOLDER / "plivo/sent.yaml")
        headers = {key: text for key, text in case.callback.headers.items() if key != name}

        without = dataclasses.replace(case.callback, headers=headers)

        assert not case.gateway.verify(without, case.secrets)

    def test_covers_no_body_but_a_form(self):
        signature = signature_v3.get_signature_v3(TOKEN.encode(), HOST + PATH, NONCE).decode()
        callback = a_callback(signature)

        bodied = dataclasses.replace(callback, headers={**callback.headers, "content-type": ""})

        assert GATEWAY.verify(bodied, {"auth_token": [TOKEN]})
        bodied = dataclasses.replace(bodied, body=b"Status=delivered")
        assert not GATEWAY.verify(bodied, {"auth_token": [TOKEN]})


class TestV2Signature:
    @pytest.mark.parametrize("version", ["V2", "Ma-V2"])
    def test_agrees_with_the_vendors_library(self, version):
        digest = hmac.digest(TOKEN.encode(), f"{HOST}{PATH}{NONCE}".encode(), "sha256")
        signature = base64.b64encode(digest).decode()

        callback = a_callback(signature, query="ref=1", form={"Status": "x"}, version=version)

        assert validate_signature(f"{HOST}{PATH}?ref=1", NONCE, signature, TOKEN)
        assert GATEWAY.verify(callback, {"auth_token": ["old", TOKEN]})
        assert not GATEWAY.verify(callback, {"auth_token": ["old"]})

    def test_is_refused_where_only_v3_will_do(self):
        case = read(FOLDER / "plivo/sent-v2.yaml")
        [token] = case.secrets["auth_token"]

        assert not case.gateway.verify(case.callback, {"auth_token_v3": [token]})
