"""What a gateway and a sender send: signed callbacks, and registrations."""

import base64
import dataclasses
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from tests.benchmarks.load import request


PUBLIC_URL = "https://sms.example.org"
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
OWN_NUMBER = "+12015550199"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """
    One request, repeated until it hears 2xx; `token` tells it from all others.

    `decides` names the messages and texts whose moment, shown in a field, is that of its
    receipt.
    """

    token: str
    decides: tuple[str, ...]
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def bytes(self) -> bytes:
        # Twilio gives each webhook such a token, the same for its retries.
        headers = {**self.headers, "I-Twilio-Idempotency-Token": self.token}
        return request("POST", self.target, headers, self.body)

    @property
    def is_callback(self) -> bool:
        return self.target.startswith("/callbacks/")


def callback(
    token: str, form: Mapping[str, str], *, query: str = "", decides: tuple[str, ...]
) -> Send:
    """A form signed as Twilio does (its documentation, "Webhooks security")."""
    target = "/callbacks/twilio" + (f"?{query}" if query else "")
    signed = PUBLIC_URL + target + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(AUTH_TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
    }
    return Send(
        token=token,
        decides=decides,
        target=target,
        headers=headers,
        body=urlencode(form).encode(),
    )


def registration(
    token: str, messages: Sequence[Mapping[str, str]], key: str, *, decides: tuple[str, ...]
) -> Send:
    """A call of the sender's own program: what it sent, for whom, and when."""
    return Send(
        token=token,
        decides=decides,
        target="/api/messages",
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {key}"},
        body=json.dumps(messages).encode(),
    )
