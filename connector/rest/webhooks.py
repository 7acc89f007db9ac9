"""Signs what we post to others, by Standard Webhooks 1.0 (standardwebhooks.com)."""

import base64
import hashlib
import hmac
from datetime import datetime


#: "Signature scheme": the sizes of a symmetric key, in bytes.
_KEY_SIZES = range(24, 65)


def signing_key(secret: str) -> bytes:
    """The key that `whsec_...` stands for; raises ValueError."""
    encoded = secret.removeprefix("whsec_").rstrip("=")
    key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    if len(key) not in _KEY_SIZES:
        raise ValueError(f"is a key of {len(key)} bytes, where 24 to 64 are wanted")
    return key


def signed(key: bytes, identity: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers of a post; a receiver does once what comes twice under one identity."""
    moment = str(int(now.timestamp()))
    digest = hmac.digest(key, f"{identity}.{moment}.".encode() + body, hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "webhook-id": identity,
        "webhook-timestamp": moment,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
