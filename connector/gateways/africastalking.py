"""
Africa's Talking posts forms: delivery reports, incoming messages and opt-outs.

Documentation: "SMS notifications", "Delivery reports". A report has neither a time nor a field
for a reference of ours, and nothing is signed.
"""

from collections.abc import Iterator, Mapping

from connector.domain.callback import Callback
from connector.domain.consent import ConsentKind
from connector.domain.delivery import DeliveryStatus, Reason
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import OWN_PARAMETERS, Event, Gateway, Reply, reading
from connector.gateways.events import consent, report, said
from connector.gateways.meanings import Meaning, Meanings, codes
from connector.gateways.times import if_readable, iso
from connector.gateways.values import number
from connector.gateways.verify import token_in_query


MEANINGS = Meanings(
    {
        **dict.fromkeys(("Sent", "Submitted", "Buffered"), DeliveryStatus.PENDING),
        "Success": DeliveryStatus.DELIVERED,
        "Rejected": DeliveryStatus.REJECTED,
        **dict.fromkeys(("Failed", "AbsentSubscriber"), DeliveryStatus.UNDELIVERED),
        # Guess: this and AbsentSubscriber stand in younger copies of the documentation only,
        # and one of them says that a message which the operator has flagged is Expired, too.
        "Expired": DeliveryStatus.EXPIRED,
    },
    codes(
        {
            # The documentation itself writes NotNetworkSubcriber.
            Reason.INVALID_NUMBER: "userdoesnotexist notnetworksubscriber notnetworksubcriber",
            # The account that is suspended or not active is the subscriber's.
            Reason.UNREACHABLE: "userisinactive useraccountsuspended absentsubscriber",
            # Guess: DoNotDisturbRejection (Nigeria) is the operators' list, or the hour.
            Reason.OPTED_OUT: "userinblacklist donotdisturbrejection",
            # The first is about the subscriber's airtime; the next two about the product.
            Reason.UNKNOWN: (
                "insufficientcredit invalidlinkid usernotsubscribedtoproduct deliveryfailure"
            ),
        }
    ),
)
ABSENT = "AbsentSubscriber"


@reading
def parse(callback: Callback) -> Iterator[Event]:
    fields = callback.fields
    if "status" in fields:
        yield report(
            callback,
            fields.get("id", ""),
            _meaning(fields["status"], fields.get("failureReason", "")),
            word=fields["status"],
            recipient=number(fields.get("phoneNumber", "")),
            carrier=fields.get("networkCode", "").strip(),
        )
    elif "from" in fields or "text" in fields:
        yield _said(callback, fields)
    elif "senderId" in fields:
        yield consent(
            callback,
            ConsentKind.STOP,
            phone=number(fields.get("phoneNumber", "")),
            sender=fields["senderId"].strip(),
            source="Provider",
        )
    elif "updateType" not in fields:  # subscriptions to premium products say nothing to us
        raise ValueError("neither a report nor a message nor an opt-out")


def _meaning(word: str, failure: str) -> Meaning:
    failure = failure.strip()
    if not failure and word.strip().lower() == ABSENT.lower():
        failure = ABSENT
    return MEANINGS.of(word, failure, failure.lower())


def _said(callback: Callback, fields: Mapping[str, str]) -> Event:
    return said(
        callback,
        fields.get("text", ""),
        phone=number(fields.get("from", "")),
        sender=fields.get("to", "").strip(),
        message_id=fields.get("id", ""),
        # With a zone, or without one: then it is not known which.
        occurred_at=if_readable(iso, fields.get("date", "").strip()),
    )


def _urgent(callback: Callback) -> bool:
    try:
        return "status" not in callback.fields
    except CallbackUnreadableError:
        return True


GATEWAY = Gateway(
    name="africastalking",
    title="Africa's Talking",
    docs="https://developers.africastalking.com/docs/sms/notifications",
    secrets=("token",),
    verify=token_in_query("token"),
    parse=parse,
    reply=Reply(status=200, content_type="text/plain"),
    keeps=(
        *OWN_PARAMETERS,
        *("id", "status", "phoneNumber", "failureReason", "networkCode"),
        *("from", "to", "text", "date", "senderId", "updateType"),
    ),
    hides=("token",),
    urgent=_urgent,
    reads=("delivery", "opt-outs", "replies"),
    signs="nothing: a secret token in the URL",
    address="?token=<token>&campaign=<campaign id>",
    retries="not documented",
    outage_costs=(
        "take it that every report which comes meanwhile is lost; messages stay Pending until "
        "they are taken for expired"
    ),
    cannot_tell=(
        "when it happened, which record it was for (only the number, unless the message was "
        "registered), how many segments it had, clicks; why it failed with operators that give "
        "no reason"
    ),
    setup=(
        "Make a token: a long random text. Give it to this service and put it in the URL.",
        (
            "Dashboard, SMS, SMS Callback URLs: give the URL under Delivery Reports, under "
            "Incoming Messages and under Bulk SMS Opt Out."
        ),
        (
            "Register your messages at /api/messages with the messageId of the answer, so that "
            "a report finds its record and campaign."
        ),
    ),
)
