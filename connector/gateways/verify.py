"""Whether a request is authentic. Every check fails closed: no secret, no trust."""

import base64
import functools
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from connector.domain.callback import Callback
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import Gateway, Secrets, Verify
from connector.gateways.times import unix_seconds


#: How far the time that a gateway signed may be from the moment of receipt, either way.
TOLERANCE = timedelta(seconds=300)

#: Standard Webhooks 1.0, "Signature scheme": the sizes of a symmetric key, in bytes.
_KEY_SIZES = range(24, 65)


def trust(gateway: Gateway, callback: Callback, secrets: Secrets) -> bool | None:
    """Whether the request is authentic; None where no secret of the gateway is configured."""
    keys = (any(live(secrets, key)) for key in gateway.needs or gateway.secrets)
    if not (all(keys) if gateway.needs else any(keys)):
        return None
    return gateway.verify(callback, secrets)


def equal(left: str, right: str) -> bool:
    """Compare in constant time; the only way in which a secret or signature is compared."""
    return hmac.compare_digest(
        left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass")
    )


def live(secrets: Secrets, key: str) -> Iterator[str]:
    """The values of a secret that count; an empty one is none."""
    return (value for value in secrets.get(key, ()) if value)


def closed(check: Verify) -> Verify:
    """A check that answers no, where it cannot read what it needs."""

    @functools.wraps(check)
    def checked(callback: Callback, secrets: Secrets) -> bool:
        try:
            return check(callback, secrets)
        except (CallbackUnreadableError, ValueError, OverflowError):
            return False

    return checked


def any_of(*checks: Verify) -> Verify:
    """For gateways that can prove themselves in several ways: one is enough."""

    def check(callback: Callback, secrets: Secrets) -> bool:
        return any(each(callback, secrets) for each in checks)

    return check


def token_in_query(name: str, key: str = "token") -> Verify:
    """The operator's own secret, placed in the callback address given to the gateway."""

    def check(callback: Callback, secrets: Secrets) -> bool:
        given = callback.query.get(name, "")
        return any(equal(given, value) for value in live(secrets, key))

    return closed(check)


def basic_auth(key: str = "basic") -> Verify:
    """HTTP Basic; the secret is `user:password`."""

    def check(callback: Callback, secrets: Secrets) -> bool:
        scheme, _, given = callback.header("authorization").partition(" ")
        return scheme.lower() == "basic" and any(
            equal(given.strip(), base64_text(value.encode())) for value in live(secrets, key)
        )

    return closed(check)


def hmac_of(
    signed: Callable[[Callback], bytes],
    *,
    header: str,
    digest: str = "sha256",
    encode: Callable[[bytes], str] = bytes.hex,
    key: str = "signing_key",
) -> Verify:
    """An HMAC over some bytes of the request, sent in a header."""

    def check(callback: Callback, secrets: Secrets) -> bool:
        content, given = signed(callback), callback.header(header)
        return any(
            equal(given, encode(hmac.digest(value.encode(), content, digest)))
            for value in live(secrets, key)
        )

    return closed(check)


def body(callback: Callback) -> bytes:
    return callback.body


def base64_text(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")


def is_fresh(moment: datetime, callback: Callback) -> bool:
    """Whether a signed time is near the receipt; the clock stays outside."""
    return abs(callback.received_at.astimezone(UTC) - moment) <= TOLERANCE


def hs256_claims(token: str, keys: Iterable[str]) -> Mapping[str, object]:
    """The claims of a JSON Web Token signed with HMAC-SHA256 by one of the keys, else none."""
    return hmac_claims(token, keys, {"HS256": "sha256"})


def hmac_claims(
    token: str, keys: Iterable[str], algorithms: Mapping[str, str]
) -> Mapping[str, object]:
    """
    The claims of a JSON Web Token signed by one of these algorithms and keys, else none.

    The algorithms are ours to choose, not the token's (RFC 8725, section 3.1). Times are left
    to the caller, who knows the moment of receipt.
    """
    signed, _, given = token.rpartition(".")
    for key, (name, digest) in itertools.product(keys, algorithms.items()):
        mac = hmac.digest(key.encode(), signed.encode(), digest)
        if equal(given, base64.urlsafe_b64encode(mac).rstrip(b"=").decode()):
            header, _, claims = signed.partition(".")
            head = _json_object(header)
            return (
                _json_object(claims) if head.get("alg") == name and "crit" not in head else {}
            )
    return {}


def _json_object(encoded: str) -> Mapping[str, object]:
    """A part of a token; raises ValueError."""
    text = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    try:
        content = json.loads(text)
    except RecursionError as error:
        raise ValueError("token is too deep") from error
    return content if isinstance(content, dict) else {}


def standard_webhooks(key: str = "signing_key", prefix: str = "webhook-") -> Verify:
    """
    Standard Webhooks 1.0: an HMAC-SHA256 over id, timestamp and body, and a time window.

    The header lists signatures, two while the sender rotates its secret; any v1 one that fits
    is enough. Other versions (v1a is Ed25519) are skipped.
    """

    def check(callback: Callback, secrets: Secrets) -> bool:
        identity, stamp = callback.header(prefix + "id"), callback.header(prefix + "timestamp")
        given = callback.header(prefix + "signature").split(" ")
        if not identity or not is_fresh(unix_seconds(stamp), callback):
            return False
        content = f"{identity}.{stamp}.".encode() + callback.body
        expected = [
            "v1," + base64_text(hmac.digest(webhook_key(value), content, hashlib.sha256))
            for value in live(secrets, key)
            if not webhook_key_fault(value)
        ]
        return any(equal(entry, each) for entry in given for each in expected)

    return closed(check)


@functools.lru_cache(maxsize=64)
def webhook_key(secret: str) -> bytes:
    """The key of a Standard Webhooks secret: base64, with or without `whsec_` and padding."""
    encoded = secret.removeprefix("whsec_").rstrip("=")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError as error:
        raise ValueError("is not base64") from error
    if len(key) not in _KEY_SIZES:
        raise ValueError(f"is a key of {len(key)} bytes, where 24 to 64 are wanted")
    return key


def webhook_key_fault(secret: str) -> str:
    """What is wrong with a Standard Webhooks secret, or nothing."""
    try:
        webhook_key(secret)
    except ValueError as error:
        return str(error)
    return ""


def basic_fault(value: str) -> str:
    return "" if ":" in value else "has no colon: it is to be user:password"
