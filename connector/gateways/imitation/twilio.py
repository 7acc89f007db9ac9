"""
Requests as Twilio makes them: forms signed with HMAC-SHA1 over the address and the fields.

Documentation: "Webhooks security", "Track the Message Status of Outbound Messages", "Link
Shortening".
"""

import base64
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.imitation.base import Imitation, Request, Spoken, Wording, target


_ACCOUNT = "AC" + "0" * 32


def _report(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    wording = spoken.wording or WORDINGS[0]
    fields = {
        "AccountSid": _ACCOUNT,
        "From": spoken.sender,
        "To": spoken.phone,
        "MessageSid": spoken.message_id,
        "MessageStatus": wording.word,
        "SmsSid": spoken.message_id,
        "SmsStatus": wording.word,
        "ApiVersion": "2010-04-01",
    }
    if wording.error_code:
        fields["ErrorCode"] = wording.error_code
    address = target(__name__, ref=spoken.reference, campaign=spoken.campaign)
    return _signed(address, fields, secrets, public_url)


def _reply(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    fields = {
        "AccountSid": _ACCOUNT,
        "From": spoken.phone,
        "To": spoken.sender,
        "MessageSid": spoken.message_id,
        "SmsMessageSid": spoken.message_id,
        "SmsSid": spoken.message_id,
        "SmsStatus": "received",
        "Body": spoken.text,
        "NumMedia": "0",
        "NumSegments": "1",
        "ApiVersion": "2010-04-01",
    }
    return _signed(target(__name__), fields, secrets, public_url)


def _click(spoken: Spoken, secrets: Mapping[str, str], public_url: str) -> Request:
    fields = {
        "event_type": "click",
        "account_sid": _ACCOUNT,
        "message_sid": spoken.message_id,
        "from": spoken.sender,
        "to": spoken.phone,
        "link": "https://example.com/offer",
        "click_time": spoken.at.isoformat(),
    }
    return _signed(target(__name__), fields, secrets, public_url)


def _signed(
    address: str, fields: Mapping[str, str], secrets: Mapping[str, str], public_url: str
) -> Request:
    content = public_url + address + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.digest(secrets["auth_token"].encode(), content.encode(), "sha1")
    return Request(
        method="POST",
        target=address,
        headers={
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "user-agent": "TwilioProxy/1.1",
            "x-twilio-signature": base64.b64encode(digest).decode(),
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
        error_code="30003",
        reason=Reason.UNREACHABLE,
    ),
    Wording(
        word="undelivered",
        status=DeliveryStatus.UNDELIVERED,
        error_code="30006",
        reason=Reason.LANDLINE,
    ),
    Wording(
        word="undelivered",
        status=DeliveryStatus.UNDELIVERED,
        error_code="30007",
        reason=Reason.FILTERED,
    ),
    Wording(
        word="failed",
        status=DeliveryStatus.FAILED,
        error_code="21610",
        reason=Reason.OPTED_OUT,
    ),
    Wording(
        word="failed",
        status=DeliveryStatus.EXPIRED,
        error_code="30036",
        reason=Reason.EXPIRED,
    ),
    Wording(word="teleported", status=None),
)

IMITATION = Imitation(
    secrets={"auth_token": "fictional-auth-token"},
    guesses={"auth_token": "guessed-auth-token"},
    wordings=WORDINGS,
    report=_report,
    reply=_reply,
    click=_click,
    tells_time=False,
)
