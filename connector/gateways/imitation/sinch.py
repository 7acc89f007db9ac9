"""
Requests as Sinch's SMS REST API makes them: JSON signed with HMAC-SHA256, nonce and timestamp.

Documentation: "SMS REST API, Webhooks", "Delivery reports".
"""

import base64
import hmac
import json
from collections.abc import Mapping

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


_CODES = {"Queued": 400, "Dispatched": 401}


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url  # the signature does not cover it
    wording = spoken.wording or WORDINGS[0]
    document = {
        "type": "recipient_delivery_report_sms",
        "batch_id": spoken.message_id,
        "recipient": spoken.phone.removeprefix("+"),
        "code": int(wording.error_code or _CODES.get(wording.word, 0)),
        "status": wording.word,
        "at": spoken.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "applied_originator": spoken.sender,
        "client_reference": spoken.reference,
        "number_of_message_parts": 1,
    }
    return _signed(target(__name__, campaign=spoken.campaign), document, spoken, secrets)


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url
    document = {
        "type": "mo_text",
        "id": spoken.message_id,
        "from": spoken.phone.removeprefix("+"),
        "to": spoken.sender.removeprefix("+"),
        "body": spoken.text,
        "received_at": spoken.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    return _signed(target(__name__), document, spoken, secrets)


def _signed(
    address: str,
    document: Mapping[str, object],
    spoken: Spoken,
    secrets: Mapping[str, str],
) -> Request:
    body = json.dumps(document).encode()
    nonce = f"nonce-{spoken.message_id}"
    stamp = str(int(spoken.sent_at.timestamp()))
    content = body + b"." + nonce.encode() + b"." + stamp.encode()
    digest = hmac.digest(secrets["signing_key"].encode(), content, "sha256")
    return Request(
        method="POST",
        target=address,
        headers={
            "content-type": "application/json",
            "x-sinch-webhook-signature": base64.b64encode(digest).decode(),
            "x-sinch-webhook-signature-nonce": nonce,
            "x-sinch-webhook-signature-timestamp": stamp,
            "x-sinch-webhook-signature-algorithm": "HmacSHA256",
        },
        body=body,
    )


WORDINGS = (
    Wording(word="Queued", status=DeliveryStatus.PENDING),
    Wording(word="Dispatched", status=DeliveryStatus.PENDING),
    Wording(word="Delivered", status=DeliveryStatus.DELIVERED),
    Wording(
        word="Failed",
        status=DeliveryStatus.UNDELIVERED,
        error_code="404",
        reason=Reason.NETWORK,
    ),
    Wording(
        word="Aborted",
        status=DeliveryStatus.FAILED,
        error_code="413",
        reason=Reason.ACCOUNT_SUSPENDED,
    ),
    Wording(
        word="Rejected",
        status=DeliveryStatus.REJECTED,
        error_code="408",
        reason=Reason.UNKNOWN,
    ),
    Wording(
        word="Expired",
        status=DeliveryStatus.EXPIRED,
        error_code="406",
        reason=Reason.EXPIRED,
    ),
    Wording(word="Teleported", status=None),
)

IMITATION = Imitation(
    secrets={"signing_key": "fictional-webhook-secret"},
    guesses={"signing_key": "guessed-webhook-secret"},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
)
