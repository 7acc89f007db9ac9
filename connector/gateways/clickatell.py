"""
Clickatell posts JSON, from its One API or its older REST API, or a form (archived HTTP API).

Documentation: "One API client callbacks", "Message status table", "REST API status callback",
"Callback (push status and cost notification)". The same number means another thing in the One
API than in both older ones. Nothing is signed; a report of the One API has no number in it.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote_to_bytes

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryEvent, DeliveryStatus, Reason
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import OWN_PARAMETERS, Event, Gateway, each, reading
from connector.gateways.events import report, said
from connector.gateways.meanings import Meaning
from connector.gateways.times import if_readable, iso, unix_milliseconds, unix_seconds
from connector.gateways.values import listed, number, text
from connector.gateways.verify import any_of, basic_auth, basic_fault, token_in_query


Table = Mapping[str, tuple[DeliveryStatus, Reason | None]]

#: Not in it: 1 UNKNOWN, which is no status, and the codes of media and of other channels.
ONE_API: Table = {
    "2 QUEUED": (DeliveryStatus.PENDING, None),
    "3 SCHEDULED": (DeliveryStatus.PENDING, None),
    "4 SENT_TO_SUPPLIER": (DeliveryStatus.PENDING, None),
    "5 DEVICE_ACK": (DeliveryStatus.DELIVERED, None),
    "6 READ": (DeliveryStatus.DELIVERED, None),
    "20 EXPIRED": (DeliveryStatus.EXPIRED, Reason.EXPIRED),
    "21 STOPPED_BY_USER": (DeliveryStatus.FAILED, Reason.UNKNOWN),  # by the sender's program
    "22 STOPPED_BY_ADMIN": (DeliveryStatus.FAILED, Reason.UNKNOWN),
    "23 DELIVERY_FAILURE": (DeliveryStatus.UNDELIVERED, Reason.UNKNOWN),
    "24 EMULATED": (DeliveryStatus.DELIVERED, None),  # in the sandbox
    "25 INSUFFICIENT_ACCOUNT_BALANCE": (DeliveryStatus.FAILED, Reason.ACCOUNT_SUSPENDED),
    "26 VOLUME_LIMIT": (DeliveryStatus.FAILED, Reason.THROUGHPUT),
    "27 VOLUME_LIMIT_DAILY": (DeliveryStatus.FAILED, Reason.THROUGHPUT),
    "28 VOLUME_LIMIT_MONTHLY": (DeliveryStatus.FAILED, Reason.THROUGHPUT),
    "29 RECIPIENT_DOES_NOT_EXIST": (DeliveryStatus.UNDELIVERED, Reason.INVALID_NUMBER),
    "100 ROUTING_ERROR": (DeliveryStatus.FAILED, Reason.NETWORK),
}
OLDER: Table = {
    "1": (DeliveryStatus.FAILED, Reason.UNKNOWN),  # message id is not known
    "2": (DeliveryStatus.PENDING, None),  # queued
    "3": (DeliveryStatus.PENDING, None),  # delivered to the gateway
    "4": (DeliveryStatus.DELIVERED, None),  # received by the recipient
    "5": (DeliveryStatus.FAILED, Reason.UNKNOWN),  # error with the message
    "6": (DeliveryStatus.FAILED, Reason.UNKNOWN),  # cancelled by the sender's program
    "7": (DeliveryStatus.UNDELIVERED, Reason.UNKNOWN),  # error delivering
    "8": (DeliveryStatus.PENDING, None),  # received by the gateway
    "9": (DeliveryStatus.FAILED, Reason.NETWORK),  # routing error
    "10": (DeliveryStatus.EXPIRED, Reason.EXPIRED),
    "11": (DeliveryStatus.PENDING, None),  # queued for later
    "12": (DeliveryStatus.FAILED, Reason.ACCOUNT_SUSPENDED),  # out of credit
    "14": (DeliveryStatus.FAILED, Reason.UNKNOWN),  # more parts than allowed
}
_CURRENT = {key: found for keys, found in ONE_API.items() for key in keys.split()}

UPDATES, MESSAGES = "messageStatusUpdate", "moText"
#: Lists have one item now; more are announced.
MOST_ITEMS = 1000
CHARSETS = {"ISO-8859-1": "iso-8859-1", "UTF-16BE": "utf-16-be"}


@reading
def parse(callback: Callback) -> Iterator[Event]:
    fields = callback.fields
    if "apiMsgId" in fields:
        yield _archived_report(callback, fields)
        return
    if "moMsgId" in fields:
        yield _archived_message(callback, fields)
        return
    document = callback.document
    if not isinstance(document, dict):
        raise ValueError("body is no object")  # noqa: TRY004 (one kind for all)
    if "event" in document:
        yield from each(_items(document["event"]), functools.partial(_item, callback))
    elif "fromNumber" in document:
        yield _older_message(callback, document)
    else:
        yield _older_report(callback, document)


def _items(event: object) -> Iterable[object]:
    """The reports and messages of a One API event; of other kinds it says nothing."""
    if not isinstance(event, dict):
        raise ValueError("event is no object")  # noqa: TRY004
    kinds = (event[kind] for kind in (UPDATES, MESSAGES) if kind in event)
    return [item for kind in kinds for item in listed(kind, "event", MOST_ITEMS)]


def _item(callback: Callback, item: Mapping[str, object]) -> Iterable[Event]:
    if text(item, "channel").strip().lower() not in {"", "sms"}:
        return []
    stamp = text(item, "timestamp")
    if "content" in item or "from" in item:
        event = said(
            callback,
            text(item, "content"),
            phone=number(text(item, "from")),
            sender=number(text(item, "to")),
            message_id=text(item, "messageId"),
            occurred_at=if_readable(unix_milliseconds, stamp),
        )
        return [event]
    code, word = text(item, "statusCode"), text(item, "status").strip().upper()
    return [
        report(
            callback,
            text(item, "messageId"),
            _meaning(_CURRENT, code, word),
            word=word or code,
            occurred_at=unix_milliseconds(stamp) if stamp else None,
            reference=text(item, "clientMessageId"),
        )
    ]


def _older_report(callback: Callback, item: Mapping[str, object]) -> DeliveryEvent:
    stamp, code = text(item, "timestamp"), text(item, "statusCode")
    return report(
        callback,
        text(item, "messageId"),
        _meaning(OLDER, code),
        word=text(item, "status") or code,
        occurred_at=unix_milliseconds(stamp) if stamp else None,
        recipient=number(text(item, "to")),
        sender=number(text(item, "from")),
        reference=text(item, "clientMessageId"),
    )


def _older_message(callback: Callback, item: Mapping[str, object]) -> Event:
    return said(
        callback,
        _decoded(text(item, "text"), text(item, "charset")),
        phone=number(text(item, "fromNumber")),
        sender=number(text(item, "toNumber")),
        message_id=text(item, "messageId"),
        occurred_at=if_readable(unix_milliseconds, text(item, "timestamp")),
    )


def _archived_report(callback: Callback, fields: Mapping[str, str]) -> DeliveryEvent:
    stamp, code = fields.get("timestamp", ""), fields.get("status", "")
    return report(
        callback,
        fields["apiMsgId"],
        _meaning(OLDER, code.lstrip("0")),
        word=code,
        occurred_at=unix_seconds(stamp) if stamp else None,
        recipient=number(fields.get("to", "")),
        sender=number(fields.get("from", "")),
        reference=fields.get("cliMsgId", ""),
    )


def _archived_message(callback: Callback, fields: Mapping[str, str]) -> Event:
    return said(
        callback,
        fields.get("text", ""),
        phone=number(fields.get("from", "")),
        sender=number(fields.get("to", "")),
        message_id=fields["moMsgId"],
        # Seen without a zone, and then left out: "2015-02-04 09:30:36".
        occurred_at=if_readable(iso, fields.get("timestamp", "")),
    )


def _meaning(table: Table, code: str, word: str = "") -> Meaning:
    """What the number means, else the word; of a failure the number is the error code."""
    code = code.strip()
    status, reason = table.get(code) or table.get(word) or (None, None)
    return status, code if reason else "", reason


def _decoded(written: str, charset: str) -> str:
    """A reply's text: percent-encoded bytes, which are not always UTF-8."""
    if "%" not in written:
        return written
    raw = unquote_to_bytes(written.replace("+", " ").encode("utf-8", "replace"))
    return raw.decode(CHARSETS.get(charset.strip().upper(), "utf-8"), "replace")


def _urgent(callback: Callback) -> bool:
    try:
        if "apiMsgId" in callback.fields:
            return False
        document = callback.document
    except CallbackUnreadableError:
        return True
    if not isinstance(document, dict):
        return True
    event = document.get("event")
    if event is not None:
        return not (isinstance(event, dict) and event.keys() == {UPDATES})
    return "statusCode" not in document or "fromNumber" in document


def _secret_fault(key: str, value: str) -> str:
    return basic_fault(value) if key == "basic" else ""


GATEWAY = Gateway(
    name="clickatell",
    title="Clickatell",
    docs="https://help.clickatell.com/developers-api-reference/reference/one-api-client-callbacks",
    secrets=("token", "basic"),
    verify=any_of(token_in_query("token"), basic_auth()),
    parse=parse,
    methods=("GET", "POST"),
    keeps=(
        *OWN_PARAMETERS,
        *("apiMsgId", "cliMsgId", "status", "timestamp", "to", "from", "moMsgId", "text"),
    ),
    hides=("token",),
    urgent=_urgent,
    secret_fault=_secret_fault,
    reads=("delivery", "opt-outs", "replies"),
    signs=(
        "nothing: a secret token in the URL; the archived HTTP API can send HTTP Basic instead"
    ),
    address="?token=<token>&campaign=<campaign id>",
    retries=(
        "after every answer but 2xx and a redirect, and after a slow one; how often and for "
        "how long is not documented"
    ),
    outage_costs="what comes while the service is away for longer than they try",
    cannot_tell=(
        "whom the message went to (a One API report has no number: it needs clientMessageId or "
        "a registered message), how many segments it had, clicks"
    ),
    setup=(
        "Make a token: a long random text. Give it to this service and put it in the URL.",
        (
            "One API: give the URL as the callback of your SMS integration for status updates, "
            "and the same one for incoming (MO) messages."
        ),
        (
            "Older REST API: give it under the API's settings as the URL of status "
            "notifications and, for a two-way number, of replies."
        ),
        (
            "Give the Salesforce record id as clientMessageId of each message, or register "
            "your messages at /api/messages."
        ),
    ),
)
