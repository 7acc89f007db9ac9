"""
Requests as MessageBird's classic SMS API makes them: a query or a form, signed by a token.

Documentation: "SMS API, Handle a status report", "Verify HTTP requests", "Receive SMS".
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from urllib.parse import urlencode

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


#: Seconds that a token lives.
_LIFE = 60


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    wording = spoken.wording or WORDINGS[0]
    address = target(
        __name__,
        campaign=spoken.campaign,
        id=spoken.message_id,
        reference=spoken.reference,
        recipient=spoken.phone.removeprefix("+"),
        status=wording.word,
        statusDatetime=spoken.at.isoformat(),
        statusErrorCode=wording.error_code,
        messagePartCount="1",
    )
    token = _token(public_url + address, b"", spoken, secrets)
    return Request(method="GET", target=address, headers={"messagebird-signature-jwt": token})


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    fields = {
        "id": spoken.message_id,
        "recipient": spoken.sender.removeprefix("+"),
        "originator": spoken.phone.removeprefix("+"),
        "body": spoken.text,
        "createdDatetime": spoken.at.isoformat(),
    }
    address, body = target(__name__), urlencode(fields).encode()
    return Request(
        method="POST",
        target=address,
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "messagebird-signature-jwt": _token(public_url + address, body, spoken, secrets),
        },
        body=body,
    )


def _token(url: str, body: bytes, spoken: Spoken, secrets: Mapping[str, str]) -> str:
    now = int(spoken.sent_at.timestamp())
    claims = {
        "iss": "MessageBird",
        "nbf": now,
        "exp": now + _LIFE,
        "jti": spoken.message_id,
        "url_hash": hashlib.sha256(url.encode()).hexdigest(),
    }
    if body:
        claims["payload_hash"] = hashlib.sha256(body).hexdigest()
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    digest = hmac.digest(secrets["signing_key"].encode(), signed.encode(), "sha256")
    return f"{signed}.{_base64url(digest)}"


def _part(content: Mapping[str, object]) -> str:
    return _base64url(json.dumps(content).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _failed(error_code: str, reason: Reason) -> Wording:
    return Wording(
        word="delivery_failed",
        status=DeliveryStatus.UNDELIVERED,
        error_code=error_code,
        reason=reason,
    )


WORDINGS = (
    Wording(word="scheduled", status=DeliveryStatus.PENDING),
    Wording(word="sent", status=DeliveryStatus.PENDING),
    Wording(word="buffered", status=DeliveryStatus.PENDING),
    Wording(word="delivered", status=DeliveryStatus.DELIVERED),
    _failed("27", Reason.UNREACHABLE),
    _failed("1", Reason.INVALID_NUMBER),
    _failed("11", Reason.LANDLINE),
    _failed("103", Reason.OPTED_OUT),
    Wording(word="expired", status=DeliveryStatus.EXPIRED, reason=Reason.EXPIRED),
    Wording(word="teleported", status=None),
)

IMITATION = Imitation(
    secrets={"signing_key": "fictional-signing-key-of-32-byte"},
    guesses={"signing_key": "guessed-signing-key-of-32-bytes!"},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
    leaves_out=frozenset({"sender"}),
)
