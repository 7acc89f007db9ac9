"""
Requests as Plivo makes them: forms with a V3 signature of the main account.

Documentation: "Message Status Callbacks", "Handling Incoming Messages", "Signature Validation".
"""

import base64
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


_NONCE = "12345678901234567890"


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    wording = spoken.wording or WORDINGS[0]
    fields = {
        "MessageUUID": spoken.message_id,
        "ParentMessageUUID": spoken.message_id,
        "PartInfo": "1 of 1",
        "From": spoken.sender.removeprefix("+"),
        "To": spoken.phone.removeprefix("+"),
        "Type": "sms",
        "Status": wording.word,
        "Units": "1",
        "TotalRate": "0.0055",
        "TotalAmount": "0.0055",
        "MCC": "310",
        "MNC": "410",
        "MessageTime": f"{spoken.at:%Y-%m-%d %H:%M:%S.%f}",
    }
    if wording.error_code:
        fields["ErrorCode"] = wording.error_code
    address = {"ref": spoken.reference, "campaign": spoken.campaign}
    return _signed(address, fields, secrets, public_url)


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    fields = {
        "From": spoken.phone.removeprefix("+"),
        "To": spoken.sender.removeprefix("+"),
        "Text": spoken.text,
        "Type": "sms",
        "MessageUUID": spoken.message_id,
        "Units": "1",
        "TotalRate": "0",
        "TotalAmount": "0",
        "MessageIntent": "",
    }
    return _signed({}, fields, secrets, public_url)


def _signed(
    address: Mapping[str, str],
    fields: Mapping[str, str],
    secrets: Mapping[str, str],
    public_url: str,
) -> Request:
    given = {name: address[name] for name in sorted(address) if address[name]}
    query = "&".join(f"{name}={text}" for name, text in given.items())
    form = "".join(name + fields[name] for name in sorted(fields))
    separated = f"{query}.{form}" if query else form
    content = f"{public_url}{target(__name__)}?{separated}.{_NONCE}"
    digest = hmac.digest(secrets["auth_token"].encode(), content.encode(), "sha256")
    return Request(
        method="POST",
        target=target(__name__, **given),
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "x-plivo-signature-ma-v3": base64.b64encode(digest).decode(),
            "x-plivo-signature-v3-nonce": _NONCE,
        },
        body=urlencode(fields).encode(),
    )


WORDINGS = (
    Wording(word="queued", status=DeliveryStatus.PENDING),
    Wording(word="sent", status=DeliveryStatus.PENDING),
    Wording(word="delivered", status=DeliveryStatus.DELIVERED),
    Wording(
        word="undelivered",
        status=DeliveryStatus.UNDELIVERED,
        error_code="80",
        reason=Reason.UNREACHABLE,
    ),
    Wording(
        word="undelivered",
        status=DeliveryStatus.UNDELIVERED,
        error_code="30",
        reason=Reason.FILTERED,
    ),
    Wording(
        word="failed",
        status=DeliveryStatus.FAILED,
        error_code="50",
        reason=Reason.INVALID_NUMBER,
    ),
    Wording(
        word="failed",
        status=DeliveryStatus.FAILED,
        error_code="200",
        reason=Reason.OPTED_OUT,
    ),
    Wording(
        word="failed",
        status=DeliveryStatus.EXPIRED,
        error_code="420",
        reason=Reason.EXPIRED,
    ),
    Wording(word="mislaid", status=None),
)

IMITATION = Imitation(
    secrets={"auth_token": "fictional-auth-token"},
    guesses={"auth_token": "guessed-auth-token"},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
)
