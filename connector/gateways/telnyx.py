"""
Telnyx posts JSON signed with Ed25519: one event, with a status for each recipient.

Documentation: "Receiving webhooks", "Messaging error code reference", "Advanced opt-in and
opt-out", "Replaced link click" at developers.telnyx.com. Its pages disagree about some error
codes; the error code reference is the fullest, and used here.
"""

import base64
import functools
from collections.abc import Iterable, Iterator, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryStatus, Reason
from connector.domain.engagement import EngagementKind
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import Event, Gateway, Secrets, each, reading
from connector.gateways.events import engagement, report, said
from connector.gateways.meanings import Meaning, Meanings, codes
from connector.gateways.money import cost, hint
from connector.gateways.times import if_readable, iso, unix_seconds
from connector.gateways.values import listed, members, number, plain, record_id, segments, text
from connector.gateways.verify import base64_text, closed, equal, is_fresh, live


MEANINGS = Meanings(
    {
        # What could not be confirmed is final at Telnyx, but tells neither success nor failure.
        **dict.fromkeys(
            ("queued", "sending", "sent", "delivery_unconfirmed"), DeliveryStatus.PENDING
        ),
        **dict.fromkeys(("delivered", "read"), DeliveryStatus.DELIVERED),
        "delivery_failed": DeliveryStatus.UNDELIVERED,
        "sending_failed": DeliveryStatus.FAILED,
        "expired": DeliveryStatus.EXPIRED,  # in the vendor's library, not in the guide
    },
    codes(
        {
            Reason.LANDLINE: "40001",
            Reason.FILTERED: "40002 40003 40015 40017 40020 40315 40322",
            Reason.UNREGISTERED: "40010 40019 40150 40329 40330",
            Reason.INVALID_NUMBER: "40012 40310",
            Reason.OPTED_OUT: "40300",
            Reason.THROUGHPUT: "40011 40016 40018 40318",
            Reason.ACCOUNT_SUSPENDED: "40312 40314 40333",
            Reason.NETWORK: "40006",
            Reason.EXPIRED: "40005 40014",
            # From 40009 on: the request or the set-up is wrong.
            Reason.UNKNOWN: (
                "40004 40008 40009 40013 40100 40151 40155 40301 40302 40303 40304 40305 40306 "
                "40307 40308 40309 40311 40313 40316 40317 40319 40320 40321 40323 40325 40328 "
                "40331"
            ),
        }
    ),
    expired=("40005", "40014"),
)
UNCONFIRMED = "delivery_unconfirmed"

REPORTS = frozenset({"message.sent", "message.finalized", "message.read"})
INBOUND = "message.received"
CLICK = "link_clicked"

#: A group message has eight recipients at most; more than this is not one.
MOST_RECIPIENTS = 100
_PLACE = "place of the recipient"
_KEY_BYTES = 32


@reading
def parse(callback: Callback) -> Iterator[Event]:
    data = members(members(callback.document, "body").get("data"), "data")
    kind = text(data, "event_type").lower()
    if kind in REPORTS:
        yield from _reports(callback, data)
    elif kind == INBOUND:
        yield _said(callback, data)
    elif text(data, "record_type") == CLICK:
        yield _click(callback, data)
    elif not kind:
        raise ValueError("event without type")


def _reports(callback: Callback, data: Mapping[str, object]) -> Iterator[Event]:
    payload = members(data.get("payload"), "payload")
    recipients = [
        {**members(recipient, field), _PLACE: f"/{field}/{count}"}
        for field in ("to", "cc")
        for count, recipient in enumerate(
            listed(payload.get(field) or [], field, MOST_RECIPIENTS)
        )
    ]
    if not recipients:
        raise ValueError("report without recipient")
    errors = [
        members(error, "errors")
        for error in listed(payload.get("errors") or [], "errors", MOST_RECIPIENTS)
    ]
    stamp = text(data, "occurred_at")
    occurred_at = iso(stamp) if stamp else None
    message_id, sender = text(payload, "id"), _address(payload.get("from"))
    reference, parts = _reference(payload), segments(text(payload, "parts"))
    price = cost(hint(payload, "cost", "amount"), hint(payload, "cost", "currency"))

    def read(recipient: Mapping[str, object]) -> Iterable[Event]:
        word = text(recipient, "status")
        place = text(recipient, _PLACE) if len(recipients) > 1 else ""
        event = report(
            callback,
            message_id,
            _meaning(word, _code(errors, place)),
            word=word,
            occurred_at=occurred_at,
            recipient=number(text(recipient, "phone_number")),
            sender=sender,
            reference=reference,
            segments=parts,
            cost=price,
            carrier=hint(recipient, "carrier"),
        )
        return [event]

    yield from each(recipients, read)


def _meaning(word: str, code: str) -> Meaning:
    status, code, reason = MEANINGS.of(word, code)
    return status, code, Reason.UNKNOWN if word.strip().lower() == UNCONFIRMED else reason


def _code(errors: Iterable[Mapping[str, object]], place: str) -> str:
    """The first error, or of several recipients' the one that points to this recipient."""
    common = ""
    for error in errors:
        pointer = text(error, "source", "pointer")
        if not place or f"{pointer}/".startswith(f"{place}/"):
            return text(error, "code")
        if not pointer.startswith(("/to/", "/cc/")):
            common = common or text(error, "code")
    return common


def _reference(payload: Mapping[str, object]) -> str:
    """The first tag of the message that is a record id: tags are the sender's own words."""
    tags = payload.get("tags")
    found = (tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    return next((tag for tag in found if record_id(tag)), "")


def _said(callback: Callback, data: Mapping[str, object]) -> Event:
    payload = members(data.get("payload"), "payload")
    to = payload.get("to")
    stamp = text(data, "occurred_at") or text(payload, "received_at")
    return said(
        callback,
        _written(payload),
        phone=_address(payload.get("from")),
        sender=_address(to[0] if isinstance(to, list) and to else to),
        message_id=text(payload, "id"),
        occurred_at=if_readable(iso, stamp),
        told=text(payload, "autoresponse_type"),
    )


def _written(payload: Mapping[str, object]) -> str:
    """The text; in RCS and WhatsApp it stands in a body, and may be a suggestion's."""
    body = payload.get("body")
    if text(payload, "text") or not isinstance(body, dict):
        return text(payload, "text")
    if isinstance(body.get("text"), dict):
        return text(body, "text", "body")
    return text(body, "text") or text(body, "suggestion_response", "text")


def _click(callback: Callback, data: Mapping[str, object]) -> Event:
    """A followed link. That `to` is the person's number is a guess from its name."""
    stamp = text(data, "time_clicked")
    return engagement(
        callback,
        EngagementKind.CLICK,
        message_id=text(data, "message_id"),
        occurred_at=iso(stamp) if stamp else None,
        phone=number(text(data, "to")),
    )


def _address(value: object) -> str:
    """A number or name, plain or in an object; an RCS agent has an id in place of a number."""
    if isinstance(value, dict):
        return number(text(value, "phone_number") or text(value, "agent_id"))
    return number(plain(value, "address"))


@closed
def verify(callback: Callback, secrets: Secrets) -> bool:
    """Ed25519 over the time, a bar and the body; the time is valid for 300 seconds."""
    stamp = callback.header("telnyx-timestamp")
    given = callback.header("telnyx-signature-ed25519")
    if not is_fresh(unix_seconds(stamp), callback):
        return False
    signature = base64.b64decode(given, validate=True)
    if not equal(base64_text(signature), given):  # the same bytes have one spelling
        return False
    content = stamp.encode() + b"|" + callback.body
    return any(_fits(key, signature, content) for key in live(secrets, "public_key"))


def _fits(key: str, signature: bytes, content: bytes) -> bool:
    if public_key_fault(key):
        return False
    try:
        _public_key(key).verify(signature, content)
    except InvalidSignature:
        return False
    return True


@functools.lru_cache(maxsize=64)
def _public_key(written: str) -> Ed25519PublicKey:
    try:
        key = base64.b64decode(written, validate=True)
    except ValueError as error:
        raise ValueError("is not base64") from error
    if len(key) != _KEY_BYTES:
        raise ValueError(f"is a key of {len(key)} bytes, where {_KEY_BYTES} are wanted")
    return Ed25519PublicKey.from_public_bytes(key)


def public_key_fault(written: str) -> str:
    """What is wrong with a public key, or nothing."""
    try:
        _public_key(written)
    except ValueError as error:
        return str(error)
    return ""


def _secret_fault(_key: str, value: str) -> str:
    return public_key_fault(value)


def _urgent(callback: Callback) -> bool:
    try:
        data = members(members(callback.document, "body").get("data"), "data")
        return text(data, "event_type").lower() not in REPORTS
    except (CallbackUnreadableError, ValueError):
        return True


GATEWAY = Gateway(
    name="telnyx",
    title="Telnyx",
    docs="https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks",
    secrets=("public_key",),
    proofs=frozenset({"40300"}),
    verify=verify,
    parse=parse,
    urgent=_urgent,
    secret_fault=_secret_fault,
    reads=("delivery", "opt-outs", "replies", "clicks"),
    signs="Ed25519 over time and body with the account's key; valid for 300 seconds",
    address="?ref=<record id>&campaign=<campaign id>",
    retries=(
        "up to three times when it has no 2xx within two seconds, then up to three times at "
        "the failover URL; the documentation does not give the pauses"
    ),
    outage_costs=(
        "every report whose tries all fall into the outage; with credentials for its "
        "API the messages are asked for afterwards"
    ),
    cannot_tell=(
        "whether a message arrived that ends as delivery_unconfirmed (it stays Pending), and "
        "which other messages of a profile a STOP blocks: Telnyx blocks by messaging profile"
    ),
    setup=(
        (
            "Copy the account's public key (Mission Control, API Keys, Public Key) to this "
            "service as public_key."
        ),
        (
            "Give the URL as webhook_url of each message, with ref and campaign filled in or "
            "left out, or as the webhook URL of the messaging profile (API version 2). A "
            "record id as a tag of the message does the same as ref."
        ),
        (
            "Give it as the failover URL too, at another address of this service if there is "
            "one: it doubles the tries."
        ),
    ),
)
