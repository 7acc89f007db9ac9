"""
Requests as Africa's Talking makes them: forms for reports and incoming messages.

Documentation: "SMS notifications"; nothing is signed, a token stands in the address.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


_SAFARICOM = "63902"


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url  # nothing is signed
    wording = spoken.wording or WORDINGS[0]
    fields = {
        "id": spoken.message_id,
        "status": wording.word,
        "phoneNumber": spoken.phone,
        "networkCode": _SAFARICOM,
        "retryCount": "0",
    }
    if wording.error_code:
        fields["failureReason"] = wording.error_code
    return _posted(spoken, fields, secrets)


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url
    fields = {
        "linkId": "",
        "text": spoken.text,
        "to": spoken.sender,
        "id": spoken.message_id,
        "date": f"{spoken.at:%Y-%m-%dT%H:%M:%SZ}",
        "from": spoken.phone,
        "networkCode": _SAFARICOM,
    }
    return _posted(spoken, fields, secrets)


def _posted(spoken: Spoken, fields: Mapping[str, str], secrets: Mapping[str, str]) -> Request:
    return Request(
        method="POST",
        # One address for all reports: no record can stand in it.
        target=target(__name__, token=secrets["token"], campaign=spoken.campaign),
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=urlencode(fields).encode(),
    )


def _failure(code: str, reason: Reason) -> Wording:
    status = DeliveryStatus.UNDELIVERED
    return Wording(word="Failed", status=status, error_code=code, reason=reason)


WORDINGS = (
    Wording(word="Sent", status=DeliveryStatus.PENDING),
    Wording(word="Submitted", status=DeliveryStatus.PENDING),
    Wording(word="Buffered", status=DeliveryStatus.PENDING),
    Wording(word="Success", status=DeliveryStatus.DELIVERED),
    _failure("UserDoesNotExist", Reason.INVALID_NUMBER),
    _failure("UserIsInactive", Reason.UNREACHABLE),
    _failure("DeliveryFailure", Reason.UNKNOWN),
    Wording(
        word="Rejected",
        status=DeliveryStatus.REJECTED,
        error_code="UserInBlackList",
        reason=Reason.OPTED_OUT,
    ),
    Wording(word="Expired", status=DeliveryStatus.EXPIRED, reason=Reason.EXPIRED),
    Wording(word="Mislaid", status=None),
)

IMITATION = Imitation(
    secrets={"token": "fictional-token"},
    guesses={"token": "guessed-token"},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
    tells_time=False,
    leaves_out=frozenset({"sender", "reference"}),
    covers_body=False,
)
