"""Vonage's words and codes, one by one, and its signatures beside those of its own library."""

import base64
import dataclasses
import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vonage_http_client.auth import Auth  # type: ignore[import-untyped]
from vonage_jwt import verify_signature  # type: ignore[import-untyped]

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryStatus, Reason
from connector.domain.engagement import EngagementEvent
from connector.domain.errors import CallbackUnreadableError
from connector.gateways import find
from connector.gateways.vonage import MESSAGES, SMS
from tests.gateways.cases import FILES, FOLDER, read
from tests.support.clock import NOON


SECRET = "a-fictional-signature-secret"
SECRETS = {"signature_secret": [SECRET]}
FORM = {"content-type": "application/x-www-form-urlencoded"}
GATEWAY = find("vonage")

SMS_REASONS = {
    "unreachable": [2, 7, 12, 15],
    "invalid_number": [3],
    "opted_out": [4, 9, 14, 53],
    "filtered": [6, 13, 52, 54],
    "unregistered": [50, 51],
    "throughput": [16],
    "network": [5, 8, 11, 99],
    "unknown": [1, 10, 98],
}
MESSAGES_REASONS = {
    "throughput": [1000, 1241],
    "account_suspended": [1060, 1070, 1080, 1140, 1160],
    "unregistered": [1120],
    "invalid_number": [1170, 1190, 1300],
    "unreachable": [1180, 1220, 1260, 1290, 1310],
    "opted_out": [1050, 1240, 1280],
    "filtered": [1210, 1270],
    "network": [1030, 1100, 1200, 1230, 1250, 1331],
    "expired": [1360],
    "unknown": [
        *(1320, 1330, 1010, 1020, 1021, 1022, 1040, 1090, 1130, 1150),
        *(1340, 1350, 1370, 1380, 1389, 1999),
    ],
}
SMS_STATUSES = {
    "Pending": ["accepted", "buffered", "unknown"],
    "Delivered": ["delivered"],
    "Failed": ["failed"],
    "Rejected": ["rejected"],
    "Expired": ["expired"],
}
MESSAGES_STATUSES = {
    "Pending": ["submitted"],
    "Delivered": ["delivered", "read"],
    "Rejected": ["rejected"],
    "Undelivered": ["undeliverable"],
}


def listed(table):
    return [(str(each), key) for key, all_ in table.items() for each in all_]


def a_callback(*, query="", method="GET", headers=None, body=b""):
    return Callback(
        gateway="vonage",
        method=method,
        target=f"/callbacks/vonage?{query}",
        headers=headers or {},
        body=body,
        received_at=NOON,
    )


@pytest.mark.parametrize("code, reason", listed(SMS_REASONS))
def test_a_failed_sms_has_the_reason_of_its_code(code, reason):
    assert SMS.of("failed", code) == (DeliveryStatus.FAILED, code, Reason(reason))


@pytest.mark.parametrize("code, reason", listed(MESSAGES_REASONS))
def test_a_rejected_message_has_the_reason_of_its_code(code, reason):
    status = DeliveryStatus.EXPIRED if reason == "expired" else DeliveryStatus.REJECTED

    assert MESSAGES.of("rejected", code) == (status, code, Reason(reason))


@pytest.mark.parametrize("word, status", listed(SMS_STATUSES))
def test_a_word_of_the_sms_api_has_its_status(word, status):
    assert SMS.of(word.upper(), "0") == SMS.of(word, "0")
    assert SMS.of(word, "0")[:2] == (DeliveryStatus(status), "")


@pytest.mark.parametrize("word, status", listed(MESSAGES_STATUSES))
def test_a_word_of_the_messages_api_has_its_status(word, status):
    assert MESSAGES.of(word.upper(), "") == MESSAGES.of(word, "")
    assert MESSAGES.of(word, "")[0] is DeliveryStatus(status)


@pytest.mark.parametrize("word", ["submitted", "read", "undeliverable", ""])
def test_the_words_of_one_api_mean_nothing_in_the_other(word):
    assert SMS.of(word, "3") == (None, "3", None)


def test_only_what_is_evidently_delivery_reports_can_wait():
    urgent = {path.stem for path in FILES if path.parent.name == "vonage" and is_urgent(path)}

    inbound = {path.stem for path in FILES if "-inbound-" in path.stem} & urgent
    assert len(inbound) >= 14
    assert urgent - inbound == {
        *("not-json", "sms-undocumented-word", "sms-without-status"),
        "messages-unknown-status",
    }


def is_urgent(path):
    case = read(path)
    return case.gateway.urgent(case.callback)


@pytest.mark.parametrize("body", [b"{", b"{}", b'{"message_uuid": []}', b'{"text": "x"}'])
def test_what_cannot_be_read_is_urgent_and_says_so(body):
    callback = a_callback(method="POST", body=body)

    with pytest.raises(CallbackUnreadableError):
        list(GATEWAY.parse(callback))
    assert GATEWAY.urgent(callback)


@pytest.mark.parametrize("concat", [True, "true", "True"])
def test_a_part_of_a_long_message_is_no_keyword(concat):
    item = {"msisdn": "447700900456", "text": "stop", "concat": concat}
    callback = a_callback(method="POST", body=json.dumps(item).encode())

    [event] = GATEWAY.parse(callback)

    assert isinstance(event, EngagementEvent)
    assert event.kind == "reply"


texts = st.text(st.characters(codec="utf-8"), max_size=12)
#: The library signs & and = in a name as they are: such a name could hide another field.
names = st.text(st.characters(codec="utf-8", exclude_characters="&="), max_size=8).filter(
    lambda name: name != "sig"
)


class TestSignatureOfTheSmsApi:
    @given(
        st.dictionaries(names, texts, max_size=12),
        st.sampled_from(["md5", "sha1", "sha256", "sha512"]),
        st.booleans(),
    )
    def test_agrees_with_the_vendors_library(self, fields, method, in_capitals):
        fields = {**fields, "timestamp": "1769871602"}
        library = Auth(api_key="x", signature_secret=SECRET, signature_method=method)
        signature = library.sign_params(dict(fields))
        fields["sig"] = signature.upper() if in_capitals else signature

        encoded, document = urlencode(fields), json.dumps(fields).encode()

        for callback in (
            a_callback(query=encoded),
            a_callback(method="POST", headers=FORM, body=encoded.encode()),
            a_callback(method="POST", body=document),
        ):
            assert GATEWAY.verify(callback, SECRETS)
            assert not GATEWAY.verify(callback, {"signature_secret": ["x"]})
        assert library.check_signature(fields)

    def test_of_the_default_method_is_no_hmac(self):
        content = b"&messageId=1&text=a_b_c&timestamp=2"
        signature = hashlib.md5(content + SECRET.encode()).hexdigest()  # noqa: S324
        query = f"text=a%26b%3Dc&timestamp=2&messageId=1&sig={signature}"

        assert GATEWAY.verify(a_callback(query=query), SECRETS)

    @pytest.mark.parametrize("signature", ["", "x", "0" * 31, "0" * 32, "ä" * 64, "0" * 129])
    def test_of_another_length_or_content_is_refused(self, signature):
        query = urlencode({"messageId": "1", "sig": signature})

        assert not GATEWAY.verify(a_callback(query=query), SECRETS)

    def test_is_not_outweighed_by_the_right_token(self):
        secrets = {**SECRETS, "token": ["s3cret"]}

        assert GATEWAY.verify(a_callback(query="token=s3cret"), secrets)
        assert not GATEWAY.verify(a_callback(query="token=s3cret&sig=00"), secrets)

    def test_covers_a_query_beside_a_form(self):
        case = read(FOLDER / "vonage/sms-delivered-form-sha512.yaml")

        for added in ("&ref=003000000000001AAA", "&status=failed"):
            target = case.callback.target + added
            other = dataclasses.replace(case.callback, target=target)

            assert case.gateway.verify(other, case.secrets) is added.startswith("&ref=")

    def test_covers_no_nested_value(self):
        case = read(FOLDER / "vonage/sms-delivered-json-sha1.yaml")
        document = {**json.loads(case.callback.body), "error": {"title": "1240"}}

        other = dataclasses.replace(case.callback, body=json.dumps(document).encode())

        assert not case.gateway.verify(other, case.secrets)


class TestTokenOfTheMessagesApi:
    @pytest.mark.parametrize("name", ["messages-delivered", "messages-inbound-stop"])
    def test_agrees_with_the_vendors_library(self, name):
        case = read(FOLDER / f"vonage/{name}.yaml")
        token = case.callback.header("authorization").removeprefix("Bearer ")
        [secret] = case.secrets["signature_secret"]

        assert verify_signature(token, secret)
        assert case.gateway.verify(case.callback, case.secrets)
        # The library does not look at the body.
        other = dataclasses.replace(case.callback, body=case.callback.body + b" ")
        assert not case.gateway.verify(other, case.secrets)

    @pytest.mark.parametrize("written", ["bearer {}", "BEARER  {} "])
    def test_may_be_written_in_other_ways(self, written):
        case = read(FOLDER / "vonage/messages-delivered.yaml")
        token = case.callback.header("authorization").removeprefix("Bearer ")

        headers = {**case.callback.headers, "authorization": written.format(token)}

        other = dataclasses.replace(case.callback, headers=headers)
        assert case.gateway.verify(other, case.secrets)

    @pytest.mark.parametrize("body", [b"", b"messageId=1&status=delivered"])
    def test_proves_nothing_about_a_query(self, body):
        claims = {"iss": "Vonage", "payload_hash": hashlib.sha256(body).hexdigest()}
        headers = {**FORM, "authorization": f"Bearer {token_of(claims)}"}

        callback = a_callback(query="status=delivered", headers=headers, body=body)

        assert not GATEWAY.verify(callback, SECRETS)

    def test_is_not_outweighed_by_the_right_token_in_the_url(self):
        headers = {"authorization": "Bearer a.b.c"}
        callback = a_callback(query="token=s3cret", headers=headers, body=b"{}")

        assert not GATEWAY.verify(callback, {**SECRETS, "token": ["s3cret"]})


def part_of(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def token_of(claims):
    parts = [part_of(json.dumps(each).encode()) for each in ({"alg": "HS256"}, claims)]
    signed = ".".join(parts)
    return f"{signed}.{part_of(hmac.digest(SECRET.encode(), signed.encode(), 'sha256'))}"
