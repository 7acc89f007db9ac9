"""
Bandwidth (Messaging v2) posts a JSON array of events, and proves itself by HTTP Basic only.

Documentation: "Webhooks" at dev.bandwidth.com/docs/messaging, and the error list in
Bandwidth/api-docs of November 2023, the last that was public: newer codes may exist.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryStatus, Reason
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import Event, Gateway, each, reading
from connector.gateways.events import report, said
from connector.gateways.meanings import Meanings, codes
from connector.gateways.money import hint
from connector.gateways.times import if_readable, iso
from connector.gateways.values import listed, members, number, segments, text
from connector.gateways.verify import basic_auth, basic_fault


REASONS = codes(
    {
        Reason.UNREGISTERED: "4431 4433 4773 4774 4791 4792 4793 4795",
        # 4720 is also said of landlines, 4721 of deactivated numbers.
        Reason.INVALID_NUMBER: "4303 4350 4404 4406 4408 4434 4492 4720 4721",
        Reason.UNREACHABLE: "4701 4702",
        Reason.FILTERED: "4470 4481 4770 4771",
        Reason.OPTED_OUT: "4482 4753 4772 4775 4790",
        Reason.THROUGHPUT: "4780 4781 4785 5600",
        Reason.NETWORK: (
            "4401 4420 4730 5100 5101 5106 5111 5201 5211 5220 5231 5500 5501 5610 5620 "
            "5630 5650"
        ),
        Reason.EXPIRED: "4360",
        # 4750 has no reason given, 9902 no receipt in time; those after 9999 are for who
        # set it up.
        Reason.UNKNOWN: (
            "4750 5999 9902 9999 4001 4301 4302 4403 4405 4407 4409 4410 4411 4412 4421 "
            "4432 4435 4451 4452 4493 4700 4711 4712 4740 4751 4752"
        ),
    }
)
MEANINGS = Meanings(
    {
        "message-sending": DeliveryStatus.PENDING,  # MMS only
        "message-sent": DeliveryStatus.PENDING,
        "message-delivered": DeliveryStatus.DELIVERED,
        "message-read": DeliveryStatus.DELIVERED,
        "message-failed": DeliveryStatus.FAILED,
    },
    REASONS,
    expired=("4360",),
)
#: The words of its list of messages, "MessageStatusEnum" of the vendor's library: others.
STATES = Meanings(
    {
        **dict.fromkeys(("queued", "sending", "sent", "accepted"), DeliveryStatus.PENDING),
        "delivered": DeliveryStatus.DELIVERED,
        "undelivered": DeliveryStatus.UNDELIVERED,
        "failed": DeliveryStatus.FAILED,
    },
    REASONS,
    expired=("4360",),
)
#: What a person does: a text, or in RCS a tap on a suggestion or the place where they are.
INBOUND = frozenset({"message-received", "suggestion-response", "requested-location-response"})
REPORT = "message-"

#: All examples have one event; how many there may be is not documented.
MOST_EVENTS = 1000


@reading
def parse(callback: Callback) -> Iterator[Event]:
    events = listed(callback.document, "body", MOST_EVENTS)
    yield from each(events, functools.partial(_event, callback))


def _event(callback: Callback, item: Mapping[str, object]) -> Iterable[Event]:
    """One event; of a type that is not about a message it says nothing."""
    kind = text(item, "type").strip().lower()
    if kind in INBOUND:
        return [_said(callback, item, members(item.get("message"), "message"))]
    if kind.startswith(REPORT):
        return [_report(callback, item, members(item.get("message"), "message"))]
    if not kind:
        raise ValueError("event without type")
    return []


def _report(
    callback: Callback, item: Mapping[str, object], message: Mapping[str, object]
) -> Event:
    # `time` is that of the report, `eventTime` when it was read, `message.time` of sending.
    word, stamp = text(item, "type"), text(item, "eventTime") or text(item, "time")
    return report(
        callback,
        text(message, "id"),
        MEANINGS.of(word, text(item, "errorCode")),
        word=word,
        occurred_at=iso(stamp) if stamp else None,
        # Of a group message each recipient is told apart here only: message.to lists them all.
        recipient=number(text(item, "to")),
        sender=number(text(message, "from")),
        reference=text(message, "tag"),
        segments=segments(text(message, "segmentCount")),
        carrier=hint(item, "carrierName"),
    )


def _said(
    callback: Callback, item: Mapping[str, object], message: Mapping[str, object]
) -> Event:
    return said(
        callback,
        text(message, "text") or text(message, "suggestionResponse", "text"),
        phone=number(text(message, "from")),
        sender=number(text(message, "owner") or text(item, "to")),
        message_id=text(message, "id"),
        occurred_at=if_readable(iso, text(item, "time")),
    )


def _urgent(callback: Callback) -> bool:
    try:
        events = listed(callback.document, "body", MOST_EVENTS)
        kinds = [text(members(item, "event"), "type") for item in events]
    except (CallbackUnreadableError, ValueError):
        return True
    return not all(MEANINGS.knows(kind) for kind in kinds)


def _secret_fault(_key: str, value: str) -> str:
    return basic_fault(value)


GATEWAY = Gateway(
    name="bandwidth",
    title="Bandwidth",
    docs="https://dev.bandwidth.com/docs/messaging/webhooks",
    secrets=("basic",),
    proofs=frozenset({"4775"}),
    verify=basic_auth(),
    parse=parse,
    urgent=_urgent,
    secret_fault=_secret_fault,
    reads=("delivery", "opt-outs", "replies"),
    signs="nothing: HTTP Basic with the user and password of the messaging application",
    address="?campaign=<campaign id>",
    retries="for 24 hours, until it has a 2xx; it waits ten seconds for each answer",
    outage_costs="nothing, unless it is longer than 24 hours",
    cannot_tell=(
        "whether an MMS reached the handset where carriers give no receipts (delivered then "
        "means handed on), and opt-outs that a carrier keeps, until a message is refused"
    ),
    setup=(
        (
            "Give the URL as status callback and as inbound callback of the messaging "
            "application, with the campaign left out."
        ),
        (
            "Set a user and a password for callbacks there, and give them to this service as "
            "basic, in the form user:password."
        ),
        "Put the Salesforce record id into tag of each message: then nothing is looked up.",
    ),
)
