"""
Requests as Telnyx makes them: JSON signed with Ed25519 over time and body.

Documentation: "Receiving webhooks", "Replaced link click".
"""

import base64
import json
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    wording = spoken.wording or WORDINGS[0]
    errors = [{"code": wording.error_code}] if wording.error_code else []
    payload = {
        "direction": "outbound",
        "id": spoken.message_id,
        "type": "SMS",
        "from": {"phone_number": spoken.sender, "carrier": "Telnyx"},
        "to": [{"phone_number": spoken.phone, "status": wording.word}],
        "errors": errors,
        "parts": 1,
    }
    kind = "message.sent" if wording.word in _INTERIM else "message.finalized"
    address = target(__name__, ref=spoken.reference, campaign=spoken.campaign)
    return _signed(address, _event(spoken, kind, payload), spoken, secrets, public_url)


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    payload = {
        "direction": "inbound",
        "id": spoken.message_id,
        "type": "SMS",
        "from": {"phone_number": spoken.phone},
        "to": [{"phone_number": spoken.sender, "status": "webhook_delivered"}],
        "text": spoken.text,
        "parts": 1,
    }
    event = _event(spoken, "message.received", payload)
    return _signed(target(__name__), event, spoken, secrets, public_url)


def _click(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    click = {
        "record_type": "link_clicked",
        "url": "https://example.com/offer",
        "to": spoken.phone,
        "message_id": spoken.message_id,
        "time_clicked": spoken.at.isoformat(),
    }
    return _signed(target(__name__), {"data": click}, spoken, secrets, public_url)


def _event(spoken: Spoken, kind: str, payload: Mapping[str, object]) -> dict[str, object]:
    data = {
        "event_type": kind,
        "id": f"event-{spoken.message_id}",
        "occurred_at": spoken.at.isoformat(timespec="milliseconds"),
        "record_type": "event",
        "payload": payload,
    }
    return {"data": data, "meta": {"attempt": 1}}


def _signed(
    address: str,
    document: Mapping[str, object],
    spoken: Spoken,
    secrets: Mapping[str, str],
    public_url: str,
) -> Request:
    del public_url  # the signature does not cover it
    body = json.dumps(document).encode()
    stamp = str(int(spoken.sent_at.timestamp()))
    signature = _PRIVATE[secrets["public_key"]].sign(f"{stamp}|".encode() + body)
    return Request(
        method="POST",
        target=address,
        headers={
            "content-type": "application/json",
            "user-agent": "telnyx-webhooks",
            "telnyx-timestamp": stamp,
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
        },
        body=body,
    )


def _pair(seed: bytes) -> tuple[str, Ed25519PrivateKey]:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return base64.b64encode(private.public_key().public_bytes_raw()).decode(), private


_INTERIM = frozenset({"queued", "sending", "sent"})
_OWN = _pair(b"a fictional key of 32 bytes, ok!")
_GUESSED = _pair(b"a key that was guessed by others")
#: The gateway's own halves of the keys: the service is given the public ones only.
_PRIVATE = dict((_OWN, _GUESSED))

WORDINGS = (
    Wording(word="queued", status=DeliveryStatus.PENDING),
    Wording(word="sent", status=DeliveryStatus.PENDING),
    Wording(word="delivered", status=DeliveryStatus.DELIVERED),
    Wording(
        word="delivery_failed",
        status=DeliveryStatus.UNDELIVERED,
        error_code="40001",
        reason=Reason.LANDLINE,
    ),
    Wording(
        word="delivery_failed",
        status=DeliveryStatus.UNDELIVERED,
        error_code="40002",
        reason=Reason.FILTERED,
    ),
    Wording(
        word="sending_failed",
        status=DeliveryStatus.FAILED,
        error_code="40300",
        reason=Reason.OPTED_OUT,
    ),
    Wording(
        word="sending_failed",
        status=DeliveryStatus.EXPIRED,
        error_code="40014",
        reason=Reason.EXPIRED,
    ),
    Wording(word="mislaid", status=None),
)

IMITATION = Imitation(
    secrets={"public_key": _OWN[0]},
    guesses={"public_key": _GUESSED[0]},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
    click=_click,
)
