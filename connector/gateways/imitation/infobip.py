"""
Requests as Infobip makes them: lists in JSON, with HTTP Basic.

Documentation: "Receive outbound SMS message report", "Message status codes", "Receive inbound
SMS messages".
"""

import base64
import json
from collections.abc import Mapping

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


#: Group, name and an id of each group's own.
_STATUSES = {
    "PENDING": (1, "PENDING_ACCEPTED", 26),
    "UNDELIVERABLE": (2, "UNDELIVERABLE_NOT_DELIVERED", 9),
    "DELIVERED": (3, "DELIVERED_TO_HANDSET", 5),
    "EXPIRED": (4, "EXPIRED_EXPIRED", 15),
    "REJECTED": (5, "REJECTED_NETWORK", 6),
}


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url  # nothing is signed
    wording = spoken.wording or WORDINGS[0]
    group, name, status_id = _STATUSES.get(wording.word, (9, "NEW", 900))
    result = {
        "messageId": spoken.message_id,
        "to": spoken.phone.removeprefix("+"),
        "sender": spoken.sender,
        "doneAt": spoken.at.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "messageCount": 1,
        "callbackData": spoken.reference,
        "status": {
            "groupId": group,
            "groupName": wording.word,
            "id": status_id,
            "name": name,
        },
        "error": {"id": int(wording.error_code or 0)},
    }
    return _posted(target(__name__, campaign=spoken.campaign), {"results": [result]}, secrets)


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    del public_url
    result = {
        "messageId": spoken.message_id,
        "from": spoken.phone.removeprefix("+"),
        "to": spoken.sender.removeprefix("+"),
        "text": spoken.text,
        "receivedAt": spoken.at.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "smsCount": 1,
    }
    document = {"results": [result], "messageCount": 1, "pendingMessageCount": 0}
    return _posted(target(__name__), document, secrets)


def _posted(
    address: str, document: Mapping[str, object], secrets: Mapping[str, str]
) -> Request:
    credentials = base64.b64encode(secrets["basic"].encode()).decode()
    return Request(
        method="POST",
        target=address,
        headers={
            "content-type": "application/json",
            "authorization": f"Basic {credentials}",
        },
        body=json.dumps(document).encode(),
    )


def _undelivered(error_code: str, reason: Reason) -> Wording:
    return Wording(
        word="UNDELIVERABLE",
        status=DeliveryStatus.UNDELIVERED,
        error_code=error_code,
        reason=reason,
    )


WORDINGS = (
    Wording(word="PENDING", status=DeliveryStatus.PENDING),
    Wording(word="DELIVERED", status=DeliveryStatus.DELIVERED),
    _undelivered("27", Reason.UNREACHABLE),
    _undelivered("1", Reason.INVALID_NUMBER),
    _undelivered("11", Reason.LANDLINE),
    _undelivered("607", Reason.FILTERED),
    Wording(word="REJECTED", status=DeliveryStatus.REJECTED, reason=Reason.NETWORK),
    Wording(word="EXPIRED", status=DeliveryStatus.EXPIRED, reason=Reason.EXPIRED),
    Wording(word="TELEPORTED", status=None),
)

IMITATION = Imitation(
    secrets={"basic": "infobip:fictional-password"},
    guesses={"basic": "infobip:guessed-password"},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
    covers_body=False,
)
