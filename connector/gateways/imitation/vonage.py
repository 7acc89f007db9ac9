"""
Requests as Vonage's SMS API makes them: a query with a SHA-256 HMAC over its fields.

Documentation: "Delivery Receipts", "Inbound SMS", "Signing Messages".
"""

import hmac
from collections.abc import Mapping
from datetime import datetime

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url  # the signature does not cover it
    wording = spoken.wording or WORDINGS[0]
    fields = {
        "msisdn": spoken.phone.removeprefix("+"),
        "to": spoken.sender.removeprefix("+"),
        "network-code": "310410",
        "messageId": spoken.message_id,
        "price": "0.00650000",
        "status": wording.word,
        "scts": f"{spoken.at:%y%m%d%H%M}",
        "err-code": wording.error_code or "0",
        "client-ref": spoken.reference,
        "message-timestamp": _written(spoken.at),
    }
    return _signed(spoken, fields, secrets)


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url
    fields = {
        "msisdn": spoken.phone.removeprefix("+"),
        "to": spoken.sender.removeprefix("+"),
        "messageId": spoken.message_id,
        "text": spoken.text,
        "type": "text" if spoken.text.isascii() else "unicode",
        "keyword": (spoken.text.split() or [""])[0].upper(),
        "message-timestamp": _written(spoken.at),
    }
    return _signed(spoken, fields, secrets)


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _signed(spoken: Spoken, fields: Mapping[str, str], secrets: Mapping[str, str]) -> Request:
    signed = {
        **{name: text for name, text in fields.items() if text},
        "api-key": "zz99yy88",
        "timestamp": str(int(spoken.sent_at.timestamp())),
        "nonce": "11111111-2222-4333-8444-555555555555",
    }
    clean = {name: text.replace("&", "_").replace("=", "_") for name, text in signed.items()}
    content = "".join(f"&{name}={clean[name]}" for name in sorted(clean))
    digest = hmac.digest(secrets["signature_secret"].encode(), content.encode(), "sha256")
    address = target(__name__, campaign=spoken.campaign, **signed, sig=digest.hex().upper())
    return Request(method="GET", target=address, headers={"user-agent": "Nexmo/MessagingHUB"})


WORDINGS = (
    Wording(word="accepted", status=DeliveryStatus.PENDING),
    Wording(word="buffered", status=DeliveryStatus.PENDING),
    Wording(word="delivered", status=DeliveryStatus.DELIVERED),
    Wording(
        word="failed",
        status=DeliveryStatus.FAILED,
        error_code="2",
        reason=Reason.UNREACHABLE,
    ),
    Wording(
        word="failed",
        status=DeliveryStatus.FAILED,
        error_code="3",
        reason=Reason.INVALID_NUMBER,
    ),
    Wording(
        word="rejected",
        status=DeliveryStatus.REJECTED,
        error_code="9",
        reason=Reason.OPTED_OUT,
    ),
    Wording(
        word="rejected",
        status=DeliveryStatus.REJECTED,
        error_code="6",
        reason=Reason.FILTERED,
    ),
    Wording(
        word="expired",
        status=DeliveryStatus.EXPIRED,
        error_code="1",
        reason=Reason.EXPIRED,
    ),
    Wording(word="mislaid", status=None),
)

IMITATION = Imitation(
    secrets={"signature_secret": "fictional-signature-secret"},
    guesses={"signature_secret": "guessed-signature-secret"},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
)
