"""
Requests as Clickatell's One API makes them: JSON for status updates and incoming texts.

Documentation: "One API client callbacks"; nothing is signed, a token stands in the address.
"""

import json
from collections.abc import Mapping

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


_NUMBERS = {
    "QUEUED": 2,
    "SENT_TO_SUPPLIER": 4,
    "DEVICE_ACK": 5,
    "EXPIRED": 20,
    "DELIVERY_FAILURE": 23,
    "INSUFFICIENT_ACCOUNT_BALANCE": 25,
    "VOLUME_LIMIT_DAILY": 27,
    "RECIPIENT_DOES_NOT_EXIST": 29,
    "ROUTING_ERROR": 100,
}


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url  # nothing is signed
    wording = spoken.wording or WORDINGS[0]
    update: dict[str, object] = {
        "channel": "sms",
        "messageId": spoken.message_id,
        "clientMessageId": spoken.reference or None,
        "timestamp": _milliseconds(spoken),
        "statusCode": _NUMBERS.get(wording.word, 999),
        "status": wording.word,
    }
    return _posted(spoken, "messageStatusUpdate", update, secrets)


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url
    message: dict[str, object] = {
        "channel": "sms",
        "messageId": spoken.message_id,
        "from": spoken.phone.removeprefix("+"),
        "to": spoken.sender.removeprefix("+"),
        "timestamp": _milliseconds(spoken),
        "content": spoken.text,
        "charset": "UTF-8",
    }
    return _posted(spoken, "moText", message, secrets)


def _posted(
    spoken: Spoken, kind: str, item: Mapping[str, object], secrets: Mapping[str, str]
) -> Request:
    document = {"integrationId": "0", "integrationName": "demo", "event": {kind: [item]}}
    return Request(
        method="POST",
        target=target(__name__, token=secrets["token"], campaign=spoken.campaign),
        headers={"content-type": "application/json"},
        body=json.dumps(document).encode(),
    )


def _milliseconds(spoken: Spoken) -> int:
    return int(spoken.at.timestamp() * 1000)


def _failure(
    word: str, reason: Reason, status: DeliveryStatus = DeliveryStatus.FAILED
) -> Wording:
    return Wording(word=word, status=status, error_code=str(_NUMBERS[word]), reason=reason)


WORDINGS = (
    Wording(word="QUEUED", status=DeliveryStatus.PENDING),
    Wording(word="SENT_TO_SUPPLIER", status=DeliveryStatus.PENDING),
    Wording(word="DEVICE_ACK", status=DeliveryStatus.DELIVERED),
    _failure("RECIPIENT_DOES_NOT_EXIST", Reason.INVALID_NUMBER, DeliveryStatus.UNDELIVERED),
    _failure("DELIVERY_FAILURE", Reason.UNKNOWN, DeliveryStatus.UNDELIVERED),
    _failure("ROUTING_ERROR", Reason.NETWORK),
    _failure("VOLUME_LIMIT_DAILY", Reason.THROUGHPUT),
    _failure("INSUFFICIENT_ACCOUNT_BALANCE", Reason.ACCOUNT_SUSPENDED),
    _failure("EXPIRED", Reason.EXPIRED, DeliveryStatus.EXPIRED),
    Wording(word="MISLAID", status=None),
)

IMITATION = Imitation(
    secrets={"token": "fictional-token"},
    guesses={"token": "guessed-token"},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
    leaves_out=frozenset({"recipient", "sender"}),
    covers_body=False,
)
