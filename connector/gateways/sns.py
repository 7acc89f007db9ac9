"""
The envelope in which Amazon SNS posts to a subscriber: who signed it, and what it asks.

Documentation: "Verifying the signatures of Amazon SNS messages", "HTTP/HTTPS subscription
confirmation JSON format". The certificate that signs is configured, or fetched from where the
envelope says, if that is a host of SNS. Amazon signs the messages of all its customers with the
same certificate, so the topic has to be one of ours. Raw delivery has no envelope and no
signature.
"""

import base64
import dataclasses
import functools
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from connector.domain.callback import Callback
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import Lacking, Question, Secrets
from connector.gateways.values import members, text
from connector.gateways.verify import base64_text, closed, equal, live


NOTIFICATION = "Notification"
#: What is signed of each type of envelope, in this order; what is absent is left out.
SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    **dict.fromkeys(
        ("SubscriptionConfirmation", "UnsubscribeConfirmation"),
        ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
HASHES = {"1": SHA1, "2": SHA256}
#: What a subscriber has to be told, and what it may demand.
CERTIFICATE, TOPIC, VERSION = "signing_certificate", "topic", "signature_version"
NEEDED, OPTIONAL = (TOPIC,), (CERTIFICATE, VERSION)

_HOST = re.compile(r"sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
_CERTIFICATE_PATH = re.compile(r"/[A-Za-z0-9_-]{1,128}\.pem")
_TOPIC = re.compile(r"arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")


@closed
def verify(callback: Callback, secrets: Secrets) -> bool:
    """
    RSA with SHA1 (signature version 1) or SHA256 (2) over the envelope of one of our topics.

    No age is checked: the time of an envelope stays the same while SNS tries again for up to
    an hour, and no window is stated.
    """
    envelope = members(callback.document, "body")
    version, given = text(envelope, "SignatureVersion"), text(envelope, "Signature")
    if not _is_for_us(envelope, secrets):
        return False
    signature = base64.b64decode(given, validate=True)
    if not equal(base64_text(signature), given):  # the same bytes have one spelling
        return False
    content = signed(envelope)
    return any(
        signer.since <= callback.received_at <= signer.until
        and _fits(signer.key, signature, content, version)
        for pem in live(secrets, CERTIFICATE)
        for signer in _signers(pem)
    )


def _is_for_us(envelope: Mapping[str, object], secrets: Secrets) -> bool:
    """All that can be told without a certificate."""
    version = text(envelope, "SignatureVersion")
    topics = [topic for value in live(secrets, TOPIC) for topic in _topics(value)]
    demanded = list(live(secrets, VERSION))
    return (
        version in HASHES
        and (version in demanded or not demanded)
        and any(equal(text(envelope, "TopicArn"), topic) for topic in topics)
        and is_of_sns(text(envelope, "SigningCertURL"))
    )


def lacks(callback: Callback, secrets: Secrets) -> Lacking | None:
    """The certificate that an envelope names, unless the operator has configured his own."""
    try:
        envelope = members(callback.document, "body")
        address = text(envelope, "SigningCertURL")
        if any(live(secrets, CERTIFICATE)) or not _is_for_us(envelope, secrets):
            return None
    except (CallbackUnreadableError, ValueError):
        return None
    named = _CERTIFICATE_PATH.fullmatch(urlsplit(address).path)
    plain = named and not urlsplit(address).query
    return Lacking(key=CERTIFICATE, address=address) if plain else None


def signed(envelope: Mapping[str, object]) -> bytes:
    """What the signature covers: each name and value on lines of their own."""
    names = SIGNED.get(text(envelope, "Type"))
    if names is None:
        raise ValueError("envelope of no known type")
    return "".join(
        f"{name}\n{_signable(name, envelope[name])}\n"
        for name in names
        if envelope.get(name) is not None
    ).encode()


def _signable(name: str, value: object) -> str:
    """A line feed in another value than the message could make one field look like two."""
    if not isinstance(value, str) or ("\n" in value and name != "Message"):
        raise ValueError(f"{name}: no line of text")
    return value


def _fits(key: RSAPublicKey, signature: bytes, content: bytes, version: str) -> bool:
    try:
        key.verify(signature, content, PKCS1v15(), HASHES[version]())
    except InvalidSignature:
        return False
    return True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Signer:
    """What a certificate says: a key, and while it is valid."""

    key: RSAPublicKey
    since: datetime
    until: datetime


@functools.lru_cache(maxsize=64)
def _signers(pem: str) -> Sequence[_Signer]:
    """The certificates with RSA keys in a PEM text, one line or many; none if it is none."""
    try:
        found = x509.load_pem_x509_certificates(pem.replace("\\n", "\n").encode())
        keys = [certificate.public_key() for certificate in found]
    except (ValueError, UnsupportedAlgorithm):
        return ()
    return tuple(
        _Signer(
            key=key,
            since=certificate.not_valid_before_utc,
            until=certificate.not_valid_after_utc,
        )
        for certificate, key in zip(found, keys, strict=True)
        if isinstance(key, RSAPublicKey)
    )


def _topics(value: str) -> Sequence[str]:
    return value.replace(",", " ").split()


def is_of_sns(address: str) -> bool:
    """Whether an address is one of Amazon's SNS, and of nobody whose name looks like it."""
    parts = urlsplit(address)
    return parts.scheme == "https" and _HOST.fullmatch(parts.netloc) is not None


def asks(callback: Callback) -> Question | None:
    """
    Whether we want the topic: SNS sends no event before the address was opened.

    Yes, for a topic that is configured, and no other callback is authentic.
    """
    try:
        envelope = members(callback.document, "body")
        kind, topic = text(envelope, "Type"), text(envelope, "TopicArn")
        address = text(envelope, "SubscribeURL")
        if kind == NOTIFICATION or kind not in SIGNED or not is_of_sns(address):
            return None
    except (CallbackUnreadableError, ValueError):
        return None
    if kind == "SubscriptionConfirmation":
        told = f"to confirm the subscription of {topic}, open"
        return Question(text=told, address=address, wanted=True)
    return Question(text=f"{topic} was unsubscribed; to renew it, open", address=address)


def secret_fault(key: str, value: str) -> str:
    if key == "topic":
        topics = _topics(value)
        is_right = topics and all(_TOPIC.fullmatch(topic) for topic in topics)
        return "" if is_right else "is no ARN of an SNS topic"
    if key == "signature_version":
        return "" if value in HASHES else "is to be 1 or 2"
    return "" if _signers(value) else "is no certificate with an RSA key in PEM form"
