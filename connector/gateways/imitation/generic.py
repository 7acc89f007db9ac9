"""Requests as a gateway of one's own makes them: JSON signed by Standard Webhooks 1.0."""

import base64
import hmac
import json
from collections.abc import Mapping

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url  # the signature does not cover it
    wording = spoken.wording or WORDINGS[0]
    message: dict[str, object] = {
        "message_id": spoken.message_id,
        "status": wording.word,
        "to": spoken.phone,
        "from": spoken.sender,
    }
    if spoken.reference:
        message["client_reference"] = spoken.reference
    if wording.reason:
        message["error"] = {"code": wording.error_code, "reason": wording.reason.value}
    return _signed(spoken, "sms.status", message, secrets)


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url
    message: dict[str, object] = {
        "message_id": spoken.message_id,
        "from": spoken.phone,
        "to": spoken.sender,
        "text": spoken.text,
    }
    return _signed(spoken, "sms.received", message, secrets)


def _signed(
    spoken: Spoken, kind: str, message: Mapping[str, object], secrets: Mapping[str, str]
) -> Request:
    document = {"type": kind, "timestamp": spoken.at.isoformat(), "data": message}
    body = json.dumps(document).encode()
    # One id for one event: a repeated request has it again.
    word = spoken.wording.word if spoken.wording else ""
    identity = f"evt_{spoken.message_id}_{word}"
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


WORDINGS = (
    Wording(word="queued", status=DeliveryStatus.PENDING),
    Wording(word="sent", status=DeliveryStatus.PENDING),
    Wording(word="delivered", status=DeliveryStatus.DELIVERED),
    Wording(
        word="undelivered",
        status=DeliveryStatus.UNDELIVERED,
        error_code="E12",
        reason=Reason.UNREACHABLE,
    ),
    Wording(
        word="failed",
        status=DeliveryStatus.FAILED,
        error_code="E30",
        reason=Reason.NETWORK,
    ),
    Wording(
        word="rejected",
        status=DeliveryStatus.REJECTED,
        error_code="E41",
        reason=Reason.FILTERED,
    ),
    Wording(
        word="expired", status=DeliveryStatus.EXPIRED, error_code="E7", reason=Reason.EXPIRED
    ),
    Wording(word="mislaid", status=None),
)

IMITATION = Imitation(
    secrets={"signing_key": _secret(b"a fictional key of 32 bytes, ok!")},
    guesses={"signing_key": _secret(b"a key that was guessed by others")},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
)
