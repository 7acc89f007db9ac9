"""Envelopes of SNS: what is signed, what is trusted, and what they ask."""

import dataclasses
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from connector.gateways import sns
from connector.gateways.base import Lacking
from connector.gateways.verify import trust
from tests.gateways.cases import FOLDER, read


NO_CERTIFICATE = "is no certificate with an RSA key in PEM form"
TOPIC = "arn:aws:sns:us-east-1:111122223333:sms-events"


def a_case(name="delivered"):
    return read(FOLDER / f"aws/{name}.yaml")


def changed(callback, **fields):
    envelope = {**json.loads(callback.body), **fields}
    return dataclasses.replace(callback, body=json.dumps(envelope).encode())


def test_signs_names_and_values_on_lines_of_their_own():
    envelope: dict[str, object] = {
        "Type": "Notification",
        "Message": "two\nlines",
        "MessageId": "m",
        "TopicArn": "t",
        "Timestamp": "now",
        "Subject": None,
        "UnsubscribeURL": "u",
    }

    content = sns.signed(envelope)

    assert content == (
        b"Message\ntwo\nlines\nMessageId\nm\nTimestamp\nnow\nTopicArn\nt\nType\nNotification\n"
    )


def test_a_line_feed_cannot_make_a_field_of_the_message():
    case = a_case("with-subject")
    envelope = json.loads(case.callback.body)
    # The same lines, cut elsewhere: a subject that has swallowed the time.
    merged = f"{envelope['Subject']}\nTimestamp\n{envelope['Timestamp']}"

    other = changed(case.callback, Subject=merged, Timestamp=None)

    assert case.gateway.verify(case.callback, case.secrets)
    assert not case.gateway.verify(other, case.secrets)


def test_without_a_topic_nothing_is_trusted():
    case = a_case()
    half = {key: case.secrets[key] for key in ("signing_certificate",)}

    assert trust(case.gateway, case.callback, half) is None
    assert not case.gateway.verify(case.callback, half)


class TestLacking:
    def test_the_certificate_that_the_envelope_names(self):
        case = a_case()

        lacking = sns.lacks(case.callback, {"topic": case.secrets["topic"]})

        assert lacking == Lacking(
            key="signing_certificate",
            address="https://sns.us-east-1.amazonaws.com/"
            "SimpleNotificationService-0123456789abcdef.pem",
        )

    def test_with_it_the_envelope_is_authentic(self):
        case = a_case()

        assert not trust(case.gateway, case.callback, {"topic": case.secrets["topic"]})
        assert trust(case.gateway, case.callback, case.secrets)

    def test_nothing_where_the_operator_has_configured_one(self):
        case = a_case()

        assert sns.lacks(case.callback, case.secrets) is None

    @pytest.mark.parametrize(
        "fields",
        [
            {"TopicArn": "arn:aws:sns:us-east-1:111122223333:another"},
            {"SignatureVersion": "3"},
            {"SigningCertURL": "https://sns.us-east-1.amazonaws.com.example.org/a.pem"},
            {"SigningCertURL": "https://sns.us-east-1.amazonaws.com/a.pem?b=c"},
            {"SigningCertURL": "https://sns.us-east-1.amazonaws.com/?Action=Publish"},
            {"SigningCertURL": "https://sns.us-east-1.amazonaws.com/a/../b.pem"},
            {"SigningCertURL": "https://["},
            {"SigningCertURL": None},
        ],
    )
    def test_nothing_of_what_cannot_be_ours(self, fields):
        case = a_case()

        callback = changed(case.callback, **fields)

        assert sns.lacks(callback, {"topic": case.secrets["topic"]}) is None

    @pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"SigningCertURL": []}'])
    def test_nothing_of_anything_else(self, body):
        case = a_case()

        callback = dataclasses.replace(case.callback, body=body)

        assert sns.lacks(callback, {"topic": case.secrets["topic"]}) is None


@pytest.mark.parametrize("missing", ["TopicArn", "SigningCertURL", "SignatureVersion"])
def test_needs_each_field(missing):
    case = a_case()

    without = changed(case.callback, **{missing: None})

    assert not case.gateway.verify(without, case.secrets)


@pytest.mark.parametrize(
    "address, is_of_sns",
    [
        ("https://sns.eu-west-1.amazonaws.com/x.pem", True),
        ("https://sns.cn-north-1.amazonaws.com.cn/x.pem", True),
        ("http://sns.eu-west-1.amazonaws.com/x.pem", False),
        ("https://sns.eu-west-1.amazonaws.com.example.org/x.pem", False),
        ("https://sns.eu-west-1.amazonaws.com@example.org/x.pem", False),
        ("https://sns.eu-west-1.amazonaws.com:8443/x.pem", False),
        ("https://s3.eu-west-1.amazonaws.com/sns/x.pem", False),
        ("https://example.sns.eu-west-1.amazonaws.com/x.pem", False),
        ("https://sns.amazonaws.com/x.pem", False),
        ("https://sns.eu-west-1.amazonaws.com\\.example.org/x.pem", False),
        ("sns.eu-west-1.amazonaws.com/x.pem", False),
        ("", False),
    ],
)
def test_only_hosts_of_sns_are_of_sns(address, is_of_sns):
    assert sns.is_of_sns(address) is is_of_sns


class TestQuestion:
    def test_a_subscription_is_to_be_confirmed(self):
        question = sns.asks(a_case("subscription").callback)

        assert question is not None
        assert question.text == f"to confirm the subscription of {TOPIC}, open"
        assert question.address.startswith(
            "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription"
        )
        assert question.wanted

    def test_the_end_of_a_subscription_can_be_taken_back(self):
        question = sns.asks(a_case("unsubscription").callback)

        assert question is not None
        assert question.text.startswith(f"{TOPIC} was unsubscribed")
        assert not question.wanted

    @pytest.mark.parametrize("name", ["delivered", "inbound-stop", "raw-delivery"])
    def test_an_event_asks_nothing(self, name):
        assert sns.asks(a_case(name).callback) is None

    @pytest.mark.parametrize("address", ["https://example.org/", "https://[", None, 1])
    def test_no_other_address_is_shown(self, address):
        callback = changed(a_case("subscription").callback, SubscribeURL=address)

        assert sns.asks(callback) is None

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"Type": []}'])
    def test_anything_else_asks_nothing(self, body):
        callback = dataclasses.replace(a_case().callback, body=body)

        assert sns.asks(callback) is None


class TestSecretFault:
    @pytest.mark.parametrize(
        "key, value, fault",
        [
            ("topic", TOPIC, ""),
            ("topic", f"{TOPIC}, arn:aws-cn:sns:cn-north-1:111122223333:more", ""),
            ("topic", " ", "is no ARN of an SNS topic"),
            ("topic", f"{TOPIC} sms-events", "is no ARN of an SNS topic"),
            ("signature_version", "2", ""),
            ("signature_version", "3", "is to be 1 or 2"),
            ("signing_certificate", "x", NO_CERTIFICATE),
            ("signing_certificate", "ä", NO_CERTIFICATE),
        ],
    )
    def test_says_what_is_wrong(self, key, value, fault):
        assert sns.secret_fault(key, value) == fault

    def test_a_certificate_is_taken_in_several_lines_or_one(self):
        pem = a_case().secrets["signing_certificate"][0]

        assert sns.secret_fault("signing_certificate", pem) == ""
        assert sns.secret_fault("signing_certificate", pem.replace("\n", "\\n")) == ""

    def test_a_key_alone_is_no_certificate(self):
        key = generate_private_key(SECP256R1()).public_key()
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

        assert sns.secret_fault("signing_certificate", pem) == NO_CERTIFICATE
