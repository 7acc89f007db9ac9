"""
Requests as SNS makes them for AWS End User Messaging SMS: an event in a signed envelope.

Documentation: "Verifying the signatures of Amazon SNS messages", "Messaging events".
"""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


_TOPIC = "arn:aws:sns:us-east-1:111122223333:sms-events"
_SERVER = "https://sns.us-east-1.amazonaws.com"


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    wording = spoken.wording or WORDINGS[0]
    event: dict[str, object] = {
        "eventType": wording.word,
        "eventVersion": "1.0",
        "eventTimestamp": int(spoken.at.timestamp()) * 1000,
        "isFinal": wording.status is not DeliveryStatus.PENDING,
        "originationPhoneNumber": spoken.sender,
        "destinationPhoneNumber": spoken.phone,
        "messageId": spoken.message_id,
        "messageStatus": wording.word.removeprefix("TEXT_"),
        "context": {"ref": spoken.reference} if spoken.reference else {},
        "totalMessageParts": 1,
    }
    return _enveloped(
        target(__name__, campaign=spoken.campaign), event, spoken, secrets, public_url
    )


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    event = {
        "originationNumber": spoken.phone,
        "destinationNumber": spoken.sender,
        "messageKeyword": "KEYWORD_111122223333",
        "messageBody": spoken.text,
        "inboundMessageId": spoken.message_id,
    }
    return _enveloped(target(__name__), event, spoken, secrets, public_url)


def _enveloped(
    address: str,
    event: Mapping[str, object],
    spoken: Spoken,
    secrets: Mapping[str, str],
    public_url: str,
) -> Request:
    del public_url  # the signature does not cover it
    envelope = {
        "Type": "Notification",
        "MessageId": f"envelope-{spoken.message_id}",
        "TopicArn": secrets["topic"],
        "Message": json.dumps(event),
        "Timestamp": spoken.at.isoformat(timespec="milliseconds"),
        "SignatureVersion": "2",
        "SigningCertURL": f"{_SERVER}/SimpleNotificationService-0123456789abcdef.pem",
        "UnsubscribeURL": f"{_SERVER}/?Action=Unsubscribe",
    }
    names = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
    content = "".join(f"{name}\n{envelope[name]}\n" for name in names).encode()
    private = _PRIVATE[secrets["signing_certificate"]]
    signature = private.sign(content, padding.PKCS1v15(), SHA256())
    envelope["Signature"] = base64.b64encode(signature).decode()
    return Request(
        method="POST",
        target=address,
        headers={
            "content-type": "text/plain; charset=UTF-8",
            "user-agent": "Amazon Simple Notification Service Agent",
            "x-amz-sns-message-type": "Notification",
            "x-amz-sns-topic-arn": secrets["topic"],
        },
        body=json.dumps(envelope).encode(),
    )


def _pair() -> tuple[str, rsa.RSAPrivateKey]:
    """A certificate and its key, made anew in each process."""
    private = rsa.generate_private_key(65537, 1024)  # noqa: S505 (fictional, and quick to make)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.example.org")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        .sign(private, SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode(), private


def _failed(word: str, status: DeliveryStatus, reason: Reason) -> Wording:
    return Wording(word=word, status=status, error_code=word, reason=reason)


_OWN, _GUESSED = _pair(), _pair()
#: The gateway's own halves of the keys: the service is given the certificates only.
_PRIVATE = dict((_OWN, _GUESSED))

WORDINGS = (
    Wording(word="TEXT_QUEUED", status=DeliveryStatus.PENDING),
    Wording(word="TEXT_SUCCESSFUL", status=DeliveryStatus.PENDING),
    Wording(word="TEXT_DELIVERED", status=DeliveryStatus.DELIVERED),
    _failed("TEXT_UNREACHABLE", DeliveryStatus.UNDELIVERED, Reason.UNREACHABLE),
    _failed("TEXT_INVALID", DeliveryStatus.FAILED, Reason.INVALID_NUMBER),
    _failed("TEXT_SPAM", DeliveryStatus.REJECTED, Reason.FILTERED),
    _failed("TEXT_BLOCKED", DeliveryStatus.REJECTED, Reason.OPTED_OUT),
    _failed("TEXT_TTL_EXPIRED", DeliveryStatus.EXPIRED, Reason.EXPIRED),
    Wording(word="TEXT_MISLAID", status=None),
)

IMITATION = Imitation(
    secrets={"signing_certificate": _OWN[0], "topic": _TOPIC},
    guesses={"signing_certificate": _GUESSED[0], "topic": _TOPIC},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
)
