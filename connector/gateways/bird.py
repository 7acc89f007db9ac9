"""
Bird posts JSON from two unrelated APIs, told apart by their headers and by their bodies.

Channels API: "Notifications API", "Message failure codes", "SMS platform extended error codes".
Events API: "Webhooks" and the event models of its Python package. Some fields of a channel's
message are guesses: its sender, and the receiver of what a person wrote.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping

from connector.domain.callback import Callback
from connector.domain.consent import ConsentKind
from connector.domain.delivery import DeliveryEvent, DeliveryStatus, Reason
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import Event, Gateway, Reply, Secrets, reading
from connector.gateways.events import consent, report, said
from connector.gateways.meanings import Meanings, codes
from connector.gateways.money import cost, hint
from connector.gateways.times import if_readable, iso, unix_seconds
from connector.gateways.values import listed, members, number, segments, text
from connector.gateways.verify import (
    any_of,
    base64_text,
    closed,
    equal,
    is_fresh,
    live,
    standard_webhooks,
    webhook_key_fault,
)


CHANNEL_MEANINGS = Meanings(
    {
        **dict.fromkeys(("accepted", "processing", "sent"), DeliveryStatus.PENDING),
        "delivered": DeliveryStatus.DELIVERED,
        "delivery_failed": DeliveryStatus.UNDELIVERED,
        "sending_failed": DeliveryStatus.FAILED,
        "rejected": DeliveryStatus.REJECTED,
    },
    {reason.value: reason for reason in Reason},
)
#: failure.code: 11xxx is validation, 12xxx the service, 14xxx the customer, 15xxx the platform.
FAILURES = codes({Reason.NETWORK: "15001", Reason.INVALID_NUMBER: "15005"})
SERVICE_FAILURE = "12"
#: failure.source.code of the SMS platform: the error numbers of GSM networks, and 103.
PLATFORM_FAILURES = codes(
    {
        Reason.INVALID_NUMBER: "1 2 3 5 9 12",
        Reason.LANDLINE: "11",
        Reason.UNREACHABLE: "8 26 27 31",
        Reason.NETWORK: "34",
        Reason.OPTED_OUT: "103",
    }
)
PLATFORM, ACCOUNTING = "sms-messagebird", "accounting"
OUTBOUND, INBOUND = "sms.outbound", "sms.inbound"

EVENT_MEANINGS = Meanings(
    {
        **dict.fromkeys(("sms.accepted", "sms.sent"), DeliveryStatus.PENDING),
        "sms.delivered": DeliveryStatus.DELIVERED,
        "sms.undelivered": DeliveryStatus.UNDELIVERED,
        "sms.failed": DeliveryStatus.FAILED,
        "sms.rejected": DeliveryStatus.REJECTED,
        "sms.expired": DeliveryStatus.EXPIRED,
    },
    codes(
        {
            Reason.INVALID_NUMBER: "invalid_destination",
            Reason.UNREACHABLE: "unreachable",
            Reason.FILTERED: "blocked_by_carrier blocked_by_fraud_protection content_rejected",
            Reason.OPTED_OUT: "blocked_by_recipient recipient_opted_out",
            Reason.LANDLINE: "landline_unreachable",
            Reason.UNREGISTERED: "sender_unregistered",
            Reason.NETWORK: "provider_unavailable",
            Reason.ACCOUNT_SUSPENDED: "insufficient_balance",
        }
    ),
)
RECEIVED, SUPPRESSED = "sms.received", "sms_suppression.created"
SMS_EVENT = "sms."

MOST_CONTACTS = 100


@reading
def parse(callback: Callback) -> Iterator[Event]:
    document = members(callback.document, "body")
    if "payload" in document:
        yield from _of_channel(callback, document)
    elif kind := text(document, "type"):
        yield from _of_events(callback, document, kind)
    else:
        raise ValueError("neither a channel's message nor an event")


def _of_channel(callback: Callback, document: Mapping[str, object]) -> Iterator[Event]:
    name = text(document, "event")
    if name in {OUTBOUND, INBOUND}:
        message = members(document["payload"], "payload")
        # Looked at first, because a message that came in has the status "delivered".
        is_inbound = name == INBOUND or text(message, "direction") == "incoming"
        yield (_said if is_inbound else _report)(callback, message)


def _report(callback: Callback, message: Mapping[str, object]) -> DeliveryEvent:
    word, stamp = text(message, "status"), text(message, "lastStatusAt")
    source_code, code = (
        text(message, "failure", *path) for path in (("source", "code"), ("code",))
    )
    cause = _cause(text(message, "failure", "source", "name"), source_code, code)
    return report(
        callback,
        text(message, "id"),
        CHANNEL_MEANINGS.of(word, source_code or code, cause),
        word=word,
        occurred_at=iso(stamp) if stamp else None,
        recipient=number(_contact(message)),
        sender=text(message, "sender", "connector", "identifierValue"),
        reference=text(message, "reference"),
    )


def _cause(source: str, source_code: str, code: str) -> str:
    if source == ACCOUNTING:
        return Reason.ACCOUNT_SUSPENDED
    if source in {PLATFORM, ""} and source_code in PLATFORM_FAILURES:
        return PLATFORM_FAILURES[source_code]
    return Reason.NETWORK if code.startswith(SERVICE_FAILURE) else FAILURES.get(code, "")


def _contact(message: Mapping[str, object]) -> str:
    """The first contact: a message of this channel has one."""
    receiver = members(message.get("receiver") or {}, "receiver")
    contacts = listed(receiver.get("contacts") or [], "contacts", MOST_CONTACTS)
    return text(members(contacts[0], "contacts"), "identifierValue") if contacts else ""


def _said(callback: Callback, message: Mapping[str, object]) -> Event:
    is_text = text(message, "body", "type") in {"text", ""}
    return said(
        callback,
        text(message, "body", "text", "text") if is_text else "",
        phone=number(text(message, "sender", "contact", "identifierValue")),
        sender=text(message, "receiver", "connector", "identifierValue"),
        message_id=text(message, "id"),
        occurred_at=if_readable(
            iso, text(message, "createdAt") or text(message, "lastStatusAt")
        ),
    )


def _of_events(
    callback: Callback, document: Mapping[str, object], kind: str
) -> Iterator[Event]:
    stamp = text(document, "timestamp")
    if kind == SUPPRESSED:
        data = members(document.get("data"), "data")
        yield consent(
            callback,
            ConsentKind.STOP,
            phone=number(text(data, "destination")),
            sender=text(data, "originator"),
            message_id=text(data, "suppression_id"),
            occurred_at=if_readable(iso, stamp),
            source="Provider",
        )
    elif kind == RECEIVED:
        yield _received(callback, members(document.get("data"), "data"), stamp)
    elif EVENT_MEANINGS.knows(kind) or _is_new_report(kind, document.get("data")):
        yield _event(callback, members(document.get("data"), "data"), kind, stamp)


def _is_new_report(kind: str, data: object) -> bool:
    """A type that is not documented, about a message: counted; other new types say nothing."""
    return kind.startswith(SMS_EVENT) and isinstance(data, dict) and "sms_id" in data


def _received(callback: Callback, data: Mapping[str, object], stamp: str) -> Event:
    return said(
        callback,
        text(data, "text"),
        phone=number(text(data, "from")),
        sender=text(data, "to"),
        message_id=text(data, "sms_id"),
        occurred_at=if_readable(iso, stamp),
    )


def _event(callback: Callback, data: Mapping[str, object], kind: str, stamp: str) -> Event:
    return report(
        callback,
        text(data, "sms_id"),
        EVENT_MEANINGS.of(kind, text(data, "error", "code")),
        word=kind,
        occurred_at=iso(stamp) if stamp else None,
        recipient=number(text(data, "to")),
        sender=text(data, "from"),
        reference=text(data, "metadata", "ref"),
        segments=segments(text(data, "segments", "count")),
        cost=cost(hint(data, "cost", "amount"), hint(data, "cost", "currency_code")),
        carrier=hint(data, "carrier") or hint(data, "mcc_mnc"),
    )


@closed
def channel_signature(callback: Callback, secrets: Secrets) -> bool:
    """
    HMAC-SHA256 over the time of the request, the whole URL and the hash of the body.

    How old it may be is documented nowhere; five minutes are ours.
    """
    given = callback.header("messagebird-signature")
    stamp = callback.header("messagebird-request-timestamp")
    if not given or not is_fresh(unix_seconds(stamp), callback):
        return False
    content = f"{stamp}\n{callback.url}\n".encode() + hashlib.sha256(callback.body).digest()
    return any(
        equal(given, base64_text(hmac.digest(secret.encode(), content, "sha256")))
        for secret in live(secrets, "signing_key")
    )


def _urgent(callback: Callback) -> bool:
    try:
        document = callback.document
    except CallbackUnreadableError:
        return True
    if not isinstance(document, dict):
        return True
    message, kind = document.get("payload"), document.get("type")
    if isinstance(message, dict):
        return document.get("event") != OUTBOUND or message.get("direction") == "incoming"
    return not (isinstance(kind, str) and EVENT_MEANINGS.knows(kind))


def _secret_fault(key: str, value: str) -> str:
    is_of_events = key == "webhook_secret" or value.startswith("whsec_")
    return webhook_key_fault(value) if is_of_events else ""


GATEWAY = Gateway(
    name="bird",
    title="Bird",
    docs="https://docs.bird.com/api",
    secrets=("signing_key", "webhook_secret"),
    proofs=frozenset({"103", "recipient_opted_out"}),
    verify=any_of(
        channel_signature,
        standard_webhooks("webhook_secret"),
        standard_webhooks("signing_key"),
    ),
    parse=parse,
    reply=Reply(status=200),
    urgent=_urgent,
    secret_fault=_secret_fault,
    reads=("delivery", "opt-outs", "replies"),
    signs=(
        "Channels API: HMAC-SHA256 of time, URL and body. Events API: Standard Webhooks 1.0. "
        "Both valid for 300 seconds"
    ),
    address="?campaign=<campaign id>",
    retries=(
        "Channels API: at growing intervals for 8 hours, after any answer but 2xx. Events API: "
        "repeated, how often is not documented; what was missed can be replayed"
    ),
    outage_costs=(
        "Channels API: nothing that ends within 8 hours. Events API: the endpoint is paused "
        "when it fails for long; resume it and replay what was missed"
    ),
    cannot_tell=(
        "segments (Channels API); clicks; that a suppression was lifted: a START is seen as "
        "the text that it is"
    ),
    setup=(
        (
            "Channels API: create a webhook subscription for service channels and the events "
            "sms.outbound and sms.inbound, with the URL and a key of your own; give it to this "
            "service as signing_key."
        ),
        (
            "Events API: create a webhook with the URL and the events sms.* and "
            "sms_suppression.created; give its secret, which begins with whsec_, to this "
            "service as webhook_secret."
        ),
        (
            "Put the Salesforce record id into reference (Channels API) or metadata.ref "
            "(Events API): then nothing is looked up."
        ),
    ),
)
