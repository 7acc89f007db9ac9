"""
Requests as Bandwidth makes them: a JSON array of one event, with HTTP Basic.

Documentation: "Webhooks" of Messaging v2.
"""

import base64
import json
from collections.abc import Mapping

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


_APPLICATION = "00000000-1111-4222-8333-444444444444"


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url  # nothing is signed
    wording = spoken.wording or WORDINGS[0]
    event: dict[str, object] = {
        "type": wording.word,
        "time": spoken.at.isoformat(),
        "to": spoken.phone,
        "description": "as imitated",
        "message": {**_message(spoken, "out", spoken.phone, spoken.sender), "text": ""},
    }
    if wording.error_code:
        event["errorCode"] = int(wording.error_code)
    return _posted(target(__name__, campaign=spoken.campaign), event, secrets)


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url
    message = _message(spoken, "in", spoken.sender, spoken.phone)
    event = {
        "type": "message-received",
        "time": spoken.at.isoformat(),
        "to": spoken.sender,
        "description": "Incoming message received",
        "message": {**message, "text": spoken.text},
    }
    return _posted(target(__name__), event, secrets)


def _message(spoken: Spoken, direction: str, to: str, sender: str) -> dict[str, object]:
    message: dict[str, object] = {
        "id": spoken.message_id,
        "owner": spoken.sender,
        "applicationId": _APPLICATION,
        "time": spoken.at.isoformat(),
        "segmentCount": 1,
        "direction": direction,
        "to": [to],
        "from": sender,
    }
    if spoken.reference:
        message["tag"] = spoken.reference
    return message


def _posted(address: str, event: Mapping[str, object], secrets: Mapping[str, str]) -> Request:
    credentials = base64.b64encode(secrets["basic"].encode()).decode()
    return Request(
        method="POST",
        target=address,
        headers={
            "content-type": "application/json; charset=utf-8",
            "user-agent": "BandwidthAPI/v2",
            "authorization": f"Basic {credentials}",
        },
        body=json.dumps([event]).encode(),
    )


def _failed(code: str, reason: Reason) -> Wording:
    return Wording(
        word="message-failed", status=DeliveryStatus.FAILED, error_code=code, reason=reason
    )


WORDINGS = (
    Wording(word="message-sending", status=DeliveryStatus.PENDING),
    Wording(word="message-sent", status=DeliveryStatus.PENDING),
    Wording(word="message-delivered", status=DeliveryStatus.DELIVERED),
    _failed("4701", Reason.UNREACHABLE),
    _failed("4770", Reason.FILTERED),
    _failed("4720", Reason.INVALID_NUMBER),
    _failed("4795", Reason.UNREGISTERED),
    Wording(
        word="message-failed",
        status=DeliveryStatus.EXPIRED,
        error_code="4360",
        reason=Reason.EXPIRED,
    ),
    Wording(word="message-mislaid", status=None),
)

IMITATION = Imitation(
    secrets={"basic": "fictional:password"},
    guesses={"basic": "fictional:guessed"},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
    covers_body=False,
)
