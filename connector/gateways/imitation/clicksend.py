"""
Requests as ClickSend makes them: forms of a receipt rule and of an inbound rule.

REST API v3, "Delivery Receipts", "Inbound SMS"; nothing is signed, the address has a token.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url  # nothing is signed
    wording = spoken.wording or WORDINGS[0]
    stamp = _seconds(spoken)
    fields = {
        "timestamp_send": stamp,
        "timestamp": stamp,
        "message_id": spoken.message_id,
        "status_code": wording.word,
        "status_text": "...",
        "error_code": wording.error_code,
        "error_text": "",
        "custom_string": spoken.reference,
        "message_type": "sms",
    }
    return _posted(spoken, fields, secrets)


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url
    fields = {
        "timestamp": _seconds(spoken),
        "from": spoken.phone,
        "body": spoken.text,
        "original_body": "",
        "original_message_id": "",
        "to": spoken.sender,
        "custom_string": "",
        "message_id": spoken.message_id,
        "_keyword": spoken.text.partition(" ")[0],
    }
    return _posted(spoken, fields, secrets)


def _posted(spoken: Spoken, fields: Mapping[str, str], secrets: Mapping[str, str]) -> Request:
    return Request(
        method="POST",
        target=target(__name__, token=secrets["token"], campaign=spoken.campaign),
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=urlencode(fields).encode(),
    )


def _seconds(spoken: Spoken) -> str:
    return str(int(spoken.at.timestamp()))


def _failure(code: str, reason: Reason) -> Wording:
    status = DeliveryStatus.UNDELIVERED
    return Wording(word="301", status=status, error_code=code, reason=reason)


WORDINGS = (
    Wording(word="200", status=DeliveryStatus.PENDING),
    Wording(word="300", status=DeliveryStatus.PENDING, error_code="12"),
    Wording(word="201", status=DeliveryStatus.DELIVERED),
    _failure("8", Reason.INVALID_NUMBER),
    _failure("12", Reason.UNREACHABLE),
    _failure("11", Reason.LANDLINE),
    Wording(
        word="301",
        status=DeliveryStatus.REJECTED,
        error_code="19",
        reason=Reason.FILTERED,
    ),
    Wording(word="301", status=DeliveryStatus.EXPIRED, error_code="20", reason=Reason.EXPIRED),
    Wording(word="302", status=None),
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
