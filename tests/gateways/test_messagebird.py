"""MessageBird's words and codes, one by one, and its signatures by its own library."""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messagebird.error import ValidationError  # type: ignore[import-untyped]
from messagebird.request_validator import RequestValidator  # type: ignore[import-untyped]
from messagebird.signed_request import SignedRequest  # type: ignore[import-untyped]

from connector.domain.callback import Callback
from connector.gateways import find
from connector.gateways.messagebird import MEANINGS
from tests.gateways.cases import FILES, read
from tests.support.clock import NOON


HOST = "https://sms.example.org"
KEY = "a fictional signing key, as long as the longest algorithm wants."
REASONS = {
    "invalid_number": [1, 2, 3, 5, 9, 12],
    "landline": [11],
    "unreachable": [8, 26, 27, 31],
    "network": [34],
    "opted_out": [103],
    "unknown": [4, 10, 777],
}
STATUSES = {
    "Pending": ["scheduled", "sent", "buffered"],
    "Delivered": ["delivered"],
    "Undelivered": ["delivery_failed"],
    "Expired": ["expired"],
}


@pytest.mark.parametrize(
    "code, reason", [(str(code), reason) for reason, all_ in REASONS.items() for code in all_]
)
def test_a_failure_has_the_reason_of_its_code(code, reason):
    assert MEANINGS.of("delivery_failed", code) == ("Undelivered", code, reason)


@pytest.mark.parametrize(
    "word, status", [(word, status) for status, all_ in STATUSES.items() for word in all_]
)
def test_a_word_in_any_case_has_its_status(word, status):
    assert MEANINGS.of(word, "0")[0] == status
    assert MEANINGS.of(word.upper(), "0")[0] == status


def test_only_what_is_evidently_delivery_reports_can_wait():
    cases = {path.stem: read(path) for path in FILES if path.parent.name == "messagebird"}

    urgent = {stem for stem, case in cases.items() if case.gateway.urgent(case.callback)}

    inbound = {stem for stem in cases if stem.startswith("inbound-")}
    assert urgent == inbound | {"nothing", "unknown-status"}


def test_a_message_is_thanked_with_ok():
    reply = find("messagebird").reply

    assert (reply.status, reply.body) == (200, b"OK")


def a_callback(target, headers, body=b""):
    return Callback(
        gateway="messagebird",
        method="POST" if body else "GET",
        target=target,
        headers=headers,
        body=body,
        received_at=NOON,
        public_url=HOST,
    )


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def is_trusted(target, headers, body=b""):
    return find("messagebird").verify(a_callback(target, headers, body), {"signing_key": [KEY]})


def accepts(token, target, body):
    """What the vendor's library says, at whatever time this test runs."""
    try:
        RequestValidator(KEY).validate_signature(token, HOST + target, body)
    except ValidationError:
        return False
    return True


#: Claims that hold now as well as on the day of the test.
CLAIMS = {"iss": "MessageBird", "nbf": 0, "exp": 4102444800}

targets = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=30).map(
    lambda text: f"/callbacks/messagebird?{text}"
)
bodies = st.binary(max_size=30)


class TestTokenByTheVendorsLibrary:
    @given(targets, bodies, st.sampled_from(["HS256", "HS384", "HS512"]))
    def test_agrees_on_what_is_authentic(self, target, body, algorithm):
        claims = {**CLAIMS, "url_hash": sha256((HOST + target).encode())}
        if body:
            claims["payload_hash"] = sha256(body)
        token = jwt.encode(claims, KEY, algorithm)

        assert accepts(token, target, body)
        assert is_trusted(target, {"messagebird-signature-jwt": token}, body)

    @pytest.mark.parametrize(
        "change",
        [
            *({"iss": "messagebird"}, {"iss": None}, {"nbf": None}, {"exp": None}, {"exp": 1}),
            *({"nbf": 4102444000}, {"url_hash": "0" * 64}, {"payload_hash": "0" * 64}),
            {"payload_hash": None},
        ],
    )
    def test_agrees_on_what_is_not(self, change):
        target, body = "/callbacks/messagebird", b"body=stop"
        claims = {
            **CLAIMS,
            "url_hash": sha256((HOST + target).encode()),
            "payload_hash": sha256(body),
            **change,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        token = jwt.encode(claims, KEY, "HS256")

        assert not accepts(token, target, body)
        assert not is_trusted(target, {"messagebird-signature-jwt": token}, body)

    @pytest.mark.parametrize("exp", ["4102444800", True, None, [], float("nan")])
    def test_a_time_is_a_number(self, exp):
        target = "/callbacks/messagebird"
        claims = {**CLAIMS, "exp": exp, "url_hash": sha256((HOST + target).encode())}
        token = jwt.PyJWS().encode(json.dumps(claims).encode(), KEY, "HS256")

        assert not is_trusted(target, {"messagebird-signature-jwt": token})


fields = st.dictionaries(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8),
    st.text(st.characters(codec="utf-8"), max_size=12),
    max_size=8,
)


class TestOlderSignatureByTheVendorsLibrary:
    @given(fields, st.binary(max_size=20).map(lambda octets: octets.decode("latin-1")))
    def test_agrees_on_what_is_authentic(self, query, body):
        stamp = str(int(NOON.timestamp()))
        sorted_query = urlencode({name: query[name] for name in sorted(query)})
        content = f"{stamp}\n{sorted_query}\n".encode()
        content += hashlib.sha256(body.encode("latin-1")).digest()
        given_ = base64.b64encode(hmac.digest(KEY.encode(), content, "sha256")).decode()
        headers = {"messagebird-signature": given_, "messagebird-request-timestamp": stamp}
        target = f"/callbacks/messagebird?{urlencode(query)}"

        with pytest.warns(DeprecationWarning, match="signed_request"):
            accepted = SignedRequest(given_, stamp, body, query).verify(KEY)

        assert accepted
        assert is_trusted(target, headers, body.encode("latin-1"))
