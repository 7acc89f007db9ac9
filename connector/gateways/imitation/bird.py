"""
Requests as Bird's Events API makes them: JSON signed by Standard Webhooks 1.0.

Documentation: "Webhooks" and the event models of Bird's Python package.
"""

import base64
import hmac
import json
from collections.abc import Mapping

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url  # the signature does not cover it
    wording = spoken.wording or WORDINGS[0]
    data: dict[str, object] = {
        "sms_id": spoken.message_id,
        "to": spoken.phone,
        "from": spoken.sender,
        "metadata": {"ref": spoken.reference},
        "cost": None,
    }
    if wording.error_code:
        data["error"] = {"code": wording.error_code}
    return _signed(wording.word, data, spoken, secrets)


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url
    data = {
        "sms_id": spoken.message_id,
        "to": spoken.sender,
        "from": spoken.phone,
        "metadata": None,
        "text": spoken.text,
        "segments": {"count": 1},
    }
    return _signed("sms.received", data, spoken, secrets)


def _signed(
    kind: str, data: Mapping[str, object], spoken: Spoken, secrets: Mapping[str, str]
) -> Request:
    document = {"type": kind, "timestamp": spoken.at.isoformat(), "data": data}
    body = json.dumps(document).encode()
    identity = f"msg_{spoken.message_id}_{kind}"
    stamp = str(int(spoken.sent_at.timestamp()))
    key = base64.b64decode(secrets["signing_key"].removeprefix("whsec_"))
    digest = hmac.digest(key, f"{identity}.{stamp}.".encode() + body, "sha256")
    return Request(
        method="POST",
        target=target(__name__, campaign=spoken.campaign),
        headers={
            "content-type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": stamp,
            "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        },
        body=body,
    )


def _secret(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


def _failed(word: str, status: DeliveryStatus, code: str, reason: Reason) -> Wording:
    return Wording(word=word, status=status, error_code=code, reason=reason)


WORDINGS = (
    Wording(word="sms.accepted", status=DeliveryStatus.PENDING),
    Wording(word="sms.sent", status=DeliveryStatus.PENDING),
    Wording(word="sms.delivered", status=DeliveryStatus.DELIVERED),
    _failed("sms.undelivered", DeliveryStatus.UNDELIVERED, "unreachable", Reason.UNREACHABLE),
    _failed("sms.failed", DeliveryStatus.FAILED, "landline_unreachable", Reason.LANDLINE),
    _failed("sms.failed", DeliveryStatus.FAILED, "provider_unavailable", Reason.NETWORK),
    _failed("sms.rejected", DeliveryStatus.REJECTED, "content_rejected", Reason.FILTERED),
    Wording(word="sms.expired", status=DeliveryStatus.EXPIRED, reason=Reason.EXPIRED),
    Wording(word="sms.teleported", status=None),
)

IMITATION = Imitation(
    secrets={"signing_key": _secret(b"a fictional key of 32 bytes, ok!")},
    guesses={"signing_key": _secret(b"a key that was guessed by others")},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
)
