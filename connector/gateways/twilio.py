"""
Twilio posts a form for each status and each message, and JSON arrays from Event Streams.

Documentation: "Track the Message Status of Outbound Messages", "Webhooks security", "Error and
Warning Dictionary", "Event Streams". A status callback has no usable time: RawDlrDoneDate is
the carrier's local time, in a zone that differs from carrier to carrier, so it is not read.
"""

import functools
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryStatus, Reason
from connector.domain.engagement import EngagementEvent, EngagementKind
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import OWN_PARAMETERS, Event, Gateway, Secrets, each, reading
from connector.gateways.events import engagement, report, said
from connector.gateways.meanings import Meanings, codes
from connector.gateways.money import hint, network
from connector.gateways.times import if_readable, iso
from connector.gateways.values import listed, number, segments, text
from connector.gateways.verify import base64_text, closed, equal, live


MEANINGS = Meanings(
    {
        **dict.fromkeys(
            ("accepted", "scheduled", "queued", "sending", "sent", "partially_delivered"),
            DeliveryStatus.PENDING,
        ),
        **dict.fromkeys(("delivered", "read"), DeliveryStatus.DELIVERED),
        "undelivered": DeliveryStatus.UNDELIVERED,
        **dict.fromkeys(("failed", "canceled"), DeliveryStatus.FAILED),
    },
    # Twilio changes the causes of codes now and then. 30025 and 30026 (half and 70 % of a daily
    # limit used) and 301xx (link shortening) are warnings and say nothing about a failure.
    codes(
        {
            Reason.UNREGISTERED: "30018 30024 30032 30034 30035 30040 30041 30125",
            Reason.INVALID_NUMBER: "21211 21217 21401 21421 21612 30005 30014",
            Reason.UNREACHABLE: "30003",
            Reason.FILTERED: "30007 30038 30039 30043 30450 30453",
            Reason.OPTED_OUT: "21216 21610 30004",
            Reason.LANDLINE: "21614 30006",
            Reason.THROUGHPUT: "14107 20429 21611 30001 30022 30023 30027 30454",
            Reason.ACCOUNT_SUSPENDED: "20003 20005 30002 30037",
            Reason.NETWORK: "30009 30017 30020 30021 30410",
            Reason.EXPIRED: "30036",
            # From 21408 on: the request or the set-up is wrong.
            Reason.UNKNOWN: (
                "30008 30485 21408 21602 21603 21604 21605 21606 21607 21608 21609 21617 21618 "
                "21703 21704 30010 30011 30012 30013 30019 30031"
            ),
        }
    ),
    expired=("30036",),
)
INBOUND = frozenset({"receiving", "received"})

#: What other channels put before a phone number.
CHANNELS = frozenset({"whatsapp", "rcs", "sms", "mms"})

#: Types of Event Streams; inbound ones and clicks are told apart by how they begin.
MESSAGE_EVENT = "com.twilio.messaging.message."
INBOUND_EVENT = "com.twilio.messaging.inbound-message."
CLICK_EVENT = "com.twilio.daptbt.link-shortening.link-clicked"
MOST_EVENTS = 1000

#: Asks for three more tries, also after a 5xx; without it a refused callback is lost.
FRAGMENT = "#ct=2000&rt=5000&tt=15000&rc=3&rp=all"

ALGORITHMS = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_SERVER = re.compile(r"(https?)(://[^/]*?)(:[0-9]+)?(/.*)?")


@reading
def parse(callback: Callback) -> Iterator[Event]:
    fields = callback.fields
    message_id = fields.get("MessageSid") or fields.get("SmsSid")
    if message_id:
        yield _message(callback, fields, message_id)
    elif "click_time" in fields:
        yield _click(callback, fields)
    elif callback.body[:1] in {b"[", b"{"}:
        read = functools.partial(_event, callback)
        yield from each(listed(callback.document, "body", MOST_EVENTS), read)
    else:
        raise ValueError("neither a message nor events")


def _message(callback: Callback, fields: Mapping[str, str], message_id: str) -> Event:
    word = fields.get("MessageStatus") or fields.get("SmsStatus") or ""
    if word.lower() in INBOUND or (not word and "Body" in fields):
        return said(
            callback,
            fields.get("Body", ""),
            phone=address_of(fields.get("From", "")),
            sender=address_of(fields.get("To", "")),
            message_id=message_id,
            told=fields.get("OptOutType", ""),
        )
    return report(
        callback,
        message_id,
        MEANINGS.of(word, fields.get("ErrorCode", "")),
        word=word,
        recipient=address_of(fields.get("To", "")),
        sender=address_of(fields.get("From", "")),
    )


def _event(callback: Callback, item: Mapping[str, object]) -> Iterable[Event]:
    """One CloudEvent; of a type that is not about a message it says nothing."""
    kind = text(item, "type")
    data = item.get("data", item)
    if not isinstance(data, dict):
        raise ValueError("event without data")  # noqa: TRY004 (one kind for all)
    if kind == CLICK_EVENT or (not kind and "click_time" in data):
        return [_click(callback, data)]
    stamp = text(data, "timestamp") or text(item, "time")
    if kind.startswith(INBOUND_EVENT):
        return [
            said(
                callback,
                text(data, "body"),
                phone=address_of(text(data, "from")),
                sender=address_of(text(data, "to")),
                message_id=text(data, "messageSid"),
                occurred_at=if_readable(iso, stamp),
                told=text(data, "optOutType") or text(data, "OptOutType"),
            )
        ]
    if not kind.startswith(MESSAGE_EVENT):
        return []
    word = text(data, "messageStatus") or kind.removeprefix(MESSAGE_EVENT)
    return [
        report(
            callback,
            text(data, "messageSid"),
            MEANINGS.of(word, text(data, "errorCode")),
            word=word,
            occurred_at=iso(stamp) if stamp else None,
            recipient=address_of(text(data, "to")),
            sender=address_of(text(data, "from")),
            segments=segments(text(data, "numberOfSegments")),
            carrier=network(hint(data, "mcc"), hint(data, "mnc")),
        )
    ]


def _click(callback: Callback, fields: Mapping[str, object]) -> EngagementEvent:
    """A followed link. That the older click callback has these names is a guess."""
    stamp = text(fields, "click_time")
    return engagement(
        callback,
        EngagementKind.CLICK,
        message_id=text(fields, "message_sid") or text(fields, "sms_sid"),
        occurred_at=iso(stamp) if stamp else None,
        phone=address_of(text(fields, "to")),
        sender=address_of(text(fields, "from")),
    )


def address_of(written: str) -> str:
    channel, colon, rest = written.partition(":")
    return number(rest if colon and channel.lower() in CHANNELS else written)


@closed
def verify(callback: Callback, secrets: Secrets) -> bool:
    """
    X-Twilio-Signature: an HMAC over the URL and the sorted fields of a form.

    HMAC-SHA1 with the auth token, unless the settings header names HMAC-SHA256 with a shared
    key. A JSON body is covered by its hash in the URL.
    """
    given = callback.header("x-twilio-signature")
    settings = callback.header("x-twilio-webhooks-signature-settings")
    digest = ALGORITHMS.get(_algorithm(settings).upper()) if settings else "sha1"
    signed = _signed_fields(callback)
    if digest is None or signed is None or not given:
        return False
    key = "auth_token" if digest == "sha1" else "shared_key"
    return any(
        equal(given, base64_text(hmac.digest(secret.encode(), content, digest)))
        for content in ((address + signed).encode() for address in _addresses(callback))
        for secret in live(secrets, key)
    )


def _algorithm(settings: str) -> str:
    for part in settings.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip()
    return "HMAC_SHA1"


def _signed_fields(callback: Callback) -> str | None:
    """What the signature covers beside the URL; None where that is not the whole body."""
    if pairs := callback.form_pairs:
        return "".join(name + value for name, value in sorted(set(pairs)))
    if not callback.body:
        return ""
    body_hash = callback.query.get("bodySHA256", "")
    return "" if equal(hashlib.sha256(callback.body).hexdigest(), body_hash) else None


def _addresses(callback: Callback) -> Iterator[str]:
    """Every way in which Twilio may have written the URL before it signed it."""
    # Whether the fragment, which is never sent to us, is signed is documented nowhere.
    for fragment in ("", FRAGMENT):
        for server in _servers(callback.public_url):
            yield server + callback.target + fragment


@functools.lru_cache(maxsize=64)
def _servers(public_url: str) -> tuple[str, ...]:
    """The server with and without its port, or the usual one: Twilio signs any of them."""
    found = _SERVER.fullmatch(public_url)
    if found is None:
        return ()
    scheme, host, port, path = found.groups("")
    usual = ":443" if scheme == "https" else ":80"
    return tuple(scheme + host + each + path for each in (port, "" if port else usual))


def _urgent(callback: Callback) -> bool:
    try:
        fields = callback.fields
        word = fields.get("MessageStatus") or fields.get("SmsStatus")
        if word or callback.body[:1] != b"[":
            return not (word and MEANINGS.knows(word))
        items = listed(callback.document, "body", MOST_EVENTS)
    except (CallbackUnreadableError, ValueError):
        return True
    kinds = [item.get("type") if isinstance(item, dict) else None for item in items]
    return not all(isinstance(kind, str) and kind.startswith(MESSAGE_EVENT) for kind in kinds)


GATEWAY = Gateway(
    name="twilio",
    title="Twilio",
    docs="https://www.twilio.com/docs/messaging/guides/track-outbound-message-status",
    secrets=("auth_token", "shared_key"),
    proofs=frozenset({"21610"}),
    verify=verify,
    parse=parse,
    keeps=(
        *OWN_PARAMETERS,
        *("MessageSid", "SmsSid", "MessageStatus", "SmsStatus", "ErrorCode", "To", "From"),
        *("Body", "OptOutType"),
        *("click_time", "message_sid", "sms_sid", "to", "from"),
    ),
    urgent=_urgent,
    reads=("delivery", "opt-outs", "replies", "clicks"),
    signs=(
        "HMAC-SHA1 of URL and form with the auth token, or HMAC-SHA256 with a webhook shared "
        "key; a JSON body by its SHA-256 in the URL. No time is signed"
    ),
    address="?ref=<record id>&campaign=<campaign id>" + FRAGMENT,
    retries=(
        "once, only when it cannot connect; with the fragment (#) of the URL three more times "
        "after any failure, all within 15 seconds. Event Streams: up to four hours"
    ),
    outage_costs=(
        "every report that comes while the service is away for longer than 15 seconds; with "
        "credentials for its API the messages are asked for afterwards"
    ),
    cannot_tell=(
        "when it happened (only Event Streams has a time), how many segments it had, and, "
        "where a carrier gives no receipts, anything after 'sent'"
    ),
    setup=(
        (
            "Give the URL as StatusCallback of each message, or as the Status Callback URL of "
            "the Messaging Service (Integration), with ref and campaign filled in or left out."
        ),
        "Give the same URL as the webhook for incoming messages of the number or service.",
        "Turn on Advanced Opt-Out in the Messaging Service: it then tells what it recognised.",
        "Optional: an Event Streams webhook sink with this URL for times, segments, clicks.",
    ),
)
