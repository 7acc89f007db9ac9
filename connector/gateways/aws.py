"""
AWS End User Messaging SMS publishes its events to SNS, which posts each in an envelope.

Documentation: "Event types for SMS, MMS, and voice", "Messaging events", "Example of a two-way
SMS message payload for Amazon SNS topics". The envelope is read and checked in `sns`.
"""

import json
from collections.abc import Iterator, Mapping

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryStatus, Reason
from connector.domain.errors import CallbackUnreadableError
from connector.gateways import sns
from connector.gateways.base import Event, Gateway, Reply, reading
from connector.gateways.events import report, said
from connector.gateways.keywords import normalised
from connector.gateways.meanings import FAILURES, Meaning, Meanings
from connector.gateways.money import cost, hint, network, together
from connector.gateways.times import if_readable, iso, unix_milliseconds
from connector.gateways.values import members, number, segments, text


#: The words after TEXT_, MEDIA_ (MMS) and RCS_; those of calls (VOICE_) are not ours.
MEANINGS = Meanings(
    {
        # That the SMS which RCS fell back to is told of under its own id is a guess.
        **dict.fromkeys(
            ("QUEUED", "PENDING", "SENT", "FALLEN_BACK_TO_SMS"), DeliveryStatus.PENDING
        ),
        **dict.fromkeys(("DELIVERED", "READ"), DeliveryStatus.DELIVERED),
        **dict.fromkeys(
            ("UNREACHABLE", "CARRIER_UNREACHABLE", "UNKNOWN"), DeliveryStatus.UNDELIVERED
        ),
        **dict.fromkeys(
            ("BLOCKED", "CARRIER_BLOCKED", "SPAM", "PROTECT_BLOCKED"), DeliveryStatus.REJECTED
        ),
        **dict.fromkeys(("INVALID", "INVALID_MESSAGE", "FAILED"), DeliveryStatus.FAILED),
        **dict.fromkeys(
            ("FILE_INACCESSIBLE", "FILE_TYPE_UNSUPPORTED", "FILE_SIZE_EXCEEDED"),
            DeliveryStatus.FAILED,
        ),
        "TTL_EXPIRED": DeliveryStatus.EXPIRED,
    },
    {
        "INVALID": Reason.INVALID_NUMBER,
        "UNREACHABLE": Reason.UNREACHABLE,
        "CARRIER_UNREACHABLE": Reason.NETWORK,
        "BLOCKED": Reason.OPTED_OUT,  # by the device or carrier, for this recipient
        **dict.fromkeys(("CARRIER_BLOCKED", "SPAM", "PROTECT_BLOCKED"), Reason.FILTERED),
        "TTL_EXPIRED": Reason.EXPIRED,
    },
)
#: Accepted by the carrier: in some countries the last word, and then it means delivered.
SUCCESSFUL = "SUCCESSFUL"
CHANNELS = frozenset({"TEXT", "MEDIA", "RCS"})
#: What AWS takes for an opt-out beside the words of everybody: "Keywords". It texts no more.
OPT_OUTS = frozenset({"remove", "arret", "td"})
#: The bill has both, apart: AWS's fee for all parts, and what the carrier takes.
CHARGES, CURRENCY = ("totalMessagePrice", "totalCarrierFee"), "USD"


@reading
def parse(callback: Callback) -> Iterator[Event]:
    envelope = members(callback.document, "body")
    kind = text(envelope, "Type")
    if kind == sns.NOTIFICATION:
        yield from _events(callback, envelope, _message(envelope))
    elif kind not in sns.SIGNED:
        raise ValueError("no envelope of SNS: turn raw delivery off")


def _message(envelope: Mapping[str, object]) -> Mapping[str, object]:
    """The event, which is JSON in the JSON."""
    try:
        return members(json.loads(text(envelope, "Message")), "Message")
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError("Message: no JSON") from error


def _events(
    callback: Callback, envelope: Mapping[str, object], message: Mapping[str, object]
) -> Iterator[Event]:
    kind = text(message, "eventType").upper()
    if _is_inbound(message):
        body = text(message, "messageBody")
        yield said(
            callback,
            body,
            phone=number(text(message, "originationNumber")),
            sender=number(text(message, "destinationNumber")),
            message_id=text(message, "inboundMessageId"),
            occurred_at=if_readable(iso, text(envelope, "Timestamp")),
            told="STOP" if normalised(body) in OPT_OUTS else "",
        )
    elif _is_known(kind) or (_channel(kind) in CHANNELS and "messageId" in message):
        yield _report(callback, kind, message)
    elif not kind:
        raise ValueError("neither an event nor a text")


def _is_inbound(message: Mapping[str, object]) -> bool:
    return "messageBody" in message or "originationNumber" in message


def _is_known(kind: str) -> bool:
    word = kind.partition("_")[2]
    return _channel(kind) in CHANNELS and (word == SUCCESSFUL or MEANINGS.knows(word))


def _channel(kind: str) -> str:
    return kind.partition("_")[0]


def _report(callback: Callback, kind: str, message: Mapping[str, object]) -> Event:
    stamp, context = text(message, "eventTimestamp"), message.get("context")
    own = context if isinstance(context, dict) else {}
    return report(
        callback,
        text(message, "messageId"),
        _meaning(kind, is_final=message.get("isFinal") is True),
        word=kind,
        occurred_at=unix_milliseconds(stamp) if stamp else None,
        recipient=number(text(message, "destinationPhoneNumber")),
        sender=number(text(message, "originationPhoneNumber")),
        reference=text(own, "ref"),
        campaign=text(own, "campaign"),
        segments=segments(text(message, "totalMessageParts")),
        cost=together(*(cost(hint(message, name), CURRENCY) for name in CHARGES)),
        carrier=hint(message, "carrierName")
        or network(hint(message, "mcc"), hint(message, "mnc")),
    )


def _meaning(kind: str, *, is_final: bool) -> Meaning:
    """There are no error codes: the type of a failure is its code."""
    word = kind.partition("_")[2]
    if word == SUCCESSFUL:
        return (DeliveryStatus.DELIVERED if is_final else DeliveryStatus.PENDING), "", None
    status, _, reason = MEANINGS.of(word, "", word)
    return status, kind if status in FAILURES else "", reason


def _urgent(callback: Callback) -> bool:
    try:
        message = _message(members(callback.document, "body"))
        kind = text(message, "eventType").upper()
    except (CallbackUnreadableError, ValueError):
        return True
    return _is_inbound(message) or not _is_known(kind)


GATEWAY = Gateway(
    name="aws",
    title="AWS End User Messaging SMS",
    docs="https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html",
    secrets=(*sns.NEEDED, *sns.OPTIONAL),
    needs=sns.NEEDED,
    verify=sns.verify,
    parse=parse,
    reply=Reply(status=200),
    urgent=_urgent,
    secret_fault=sns.secret_fault,
    asks=sns.asks,
    lacks=sns.lacks,
    reads=("delivery", "opt-outs", "replies"),
    signs=(
        "RSA with SHA1 or SHA256 over the SNS envelope, only for your topics, checked with "
        "the certificate that it names on a host of SNS, or with the one that you configure; a "
        "time is signed, but no window is stated"
    ),
    address="?campaign=<campaign id>",
    retries=(
        "three times, 20 seconds apart, only after a 5xx, a 429 or no answer; a delivery "
        "policy of the subscription can make it an hour"
    ),
    outage_costs=(
        "every event that comes while the service is away for longer than a minute, unless the "
        "subscription has a dead-letter queue; with a certificate of your own configured, also "
        "every event after Amazon has changed it, until you have configured the new one"
    ),
    cannot_tell=(
        "an error code (the type of the event stands in its place), clicks, and opt-outs that "
        "AWS handles itself, until two-way SMS is on"
    ),
    setup=(
        (
            "Create an SNS topic with SignatureVersion 2, make it an event destination of the "
            "configuration set (all SMS events), and the two-way destination of the numbers. "
            "Give its ARN, or several with spaces between, to this service as topic; and "
            "signature_version as 2, so that nothing older is taken."
        ),
        (
            "Let the web and worker processes reach https://sns.<region>.amazonaws.com: the "
            "certificate is fetched from there, and subscriptions are confirmed there. Where "
            "that cannot be, fetch the certificate that SigningCertURL of a message names, and "
            "give the PEM text to this service as signing_certificate; when Amazon changes it, "
            "put the new one after the old one in the same text."
        ),
        (
            "Subscribe the URL (protocol https, raw message delivery off, a dead-letter queue "
            "attached). SNS asks at once whether we want it, and sends nothing before; the "
            "worker says yes within seconds, for your topics only. `connector callbacks list "
            "--gateway aws` and `connector callbacks show` tell what became of it, and the "
            "address to open by hand. What ends a subscription is shown there too, and "
            "never answered by itself."
        ),
        (
            "Put the record id and the campaign id into Context of each message, as ref and "
            "campaign: then nothing is looked up."
        ),
    ),
)
