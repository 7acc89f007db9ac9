"""
ClickSend posts a form, or JSON, for each receipt and each message: receipt and inbound rules.

Documentation: "Delivery Receipts" and "Inbound SMS" of the REST API v3, help centre articles on
SMS error codes. A receipt has no number in it, and nothing is signed.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryStatus, Reason
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import OWN_PARAMETERS, Event, Gateway, Reply, each, reading
from connector.gateways.events import report, said
from connector.gateways.meanings import NO_ERROR, Meaning
from connector.gateways.times import if_readable, unix_seconds
from connector.gateways.values import listed, number, text
from connector.gateways.verify import token_in_query


STATUSES = {
    "200": DeliveryStatus.PENDING,  # sent to the network
    "201": DeliveryStatus.DELIVERED,
    "300": DeliveryStatus.PENDING,  # failed for now: they try again
}
#: A final failure; what it was stands in the error code only.
FAILED = "301"
FAILURES = {
    "5": (DeliveryStatus.FAILED, Reason.UNKNOWN),  # cancelled
    "7": (DeliveryStatus.UNDELIVERED, Reason.UNKNOWN),
    "8": (DeliveryStatus.UNDELIVERED, Reason.INVALID_NUMBER),  # unknown subscriber
    "9": (DeliveryStatus.UNDELIVERED, Reason.INVALID_NUMBER),  # unidentified subscriber
    "10": (DeliveryStatus.REJECTED, Reason.FILTERED),  # illegal subscriber
    "11": (DeliveryStatus.UNDELIVERED, Reason.LANDLINE),  # no teleservice
    "12": (DeliveryStatus.UNDELIVERED, Reason.UNREACHABLE),  # absent
    "13": (DeliveryStatus.UNDELIVERED, Reason.UNREACHABLE),  # memory full
    "14": (DeliveryStatus.UNDELIVERED, Reason.NETWORK),  # congestion
    "15": (DeliveryStatus.REJECTED, Reason.FILTERED),  # rejected by the network
    "16": (DeliveryStatus.UNDELIVERED, Reason.NETWORK),  # temporary network error
    "17": (DeliveryStatus.UNDELIVERED, Reason.UNREACHABLE),  # time-out
    "18": (DeliveryStatus.UNDELIVERED, Reason.NETWORK),  # routing
    "19": (DeliveryStatus.REJECTED, Reason.FILTERED),  # anti-spam of the network
    "20": (DeliveryStatus.EXPIRED, Reason.EXPIRED),  # no receipt within the validity
}
_OTHER_FAILURE = (DeliveryStatus.UNDELIVERED, Reason.UNKNOWN)

#: That a list may come is a guess: whether receipts are ever batched is documented nowhere.
MOST_ITEMS = 1000
JSON_STARTS = (b"{", b"[")


@reading
def parse(callback: Callback) -> Iterator[Event]:
    fields = callback.fields
    if "message_id" in fields or not callback.body.lstrip().startswith(JSON_STARTS):
        yield from _item(callback, fields)
        return
    items = listed(callback.document, "body", MOST_ITEMS)
    yield from each(items, functools.partial(_item, callback))


def _item(callback: Callback, item: Mapping[str, object]) -> Iterable[Event]:
    word = text(item, "status_code").strip()
    if not word and ("from" in item or "body" in item):
        return [_said(callback, item)]
    # Voice and fax come through the same kind of rule.
    if text(item, "message_type").strip().lower() not in {"", "sms"}:
        return []
    stamp = text(item, "timestamp").strip()
    event = report(
        callback,
        text(item, "message_id"),
        _meaning(word, text(item, "error_code").strip()),
        word=word,
        occurred_at=unix_seconds(stamp) if stamp else None,
        reference=text(item, "custom_string"),
    )
    return [event]


def _said(callback: Callback, item: Mapping[str, object]) -> Event:
    return said(
        callback,
        text(item, "body"),
        phone=number(text(item, "from")),
        sender=number(text(item, "to")),
        message_id=text(item, "message_id"),
        occurred_at=if_readable(unix_seconds, text(item, "timestamp").strip()),
    )


def _meaning(word: str, code: str) -> Meaning:
    if code in NO_ERROR:
        code = ""
    if word != FAILED:
        return STATUSES.get(word), code, None
    status, reason = FAILURES.get(code, _OTHER_FAILURE)
    return status, code, reason


def _urgent(callback: Callback) -> bool:
    try:
        fields = callback.fields
        if "message_id" in fields:
            return "status_code" not in fields
        document = callback.document
    except CallbackUnreadableError:
        return True
    return not (isinstance(document, dict) and "status_code" in document)


GATEWAY = Gateway(
    name="clicksend",
    title="ClickSend",
    docs="https://developers.clicksend.com/docs/rest/v3/",
    secrets=("token",),
    verify=token_in_query("token"),
    parse=parse,
    # 200 is what others answer; which answers count as success is documented nowhere.
    reply=Reply(status=200, content_type="text/plain"),
    keeps=(
        *OWN_PARAMETERS,
        *("message_id", "status_code", "error_code", "timestamp", "custom_string"),
        *("message_type", "from", "to", "body"),
    ),
    hides=("token",),
    urgent=_urgent,
    reads=("delivery", "opt-outs", "replies"),
    signs="nothing: a secret token in the URL",
    address="?token=<token>&campaign=<campaign id>",
    retries="not documented",
    outage_costs=(
        "take it that every report which comes meanwhile is lost; ask ClickSend's SMS history "
        "for messages that stay Pending"
    ),
    cannot_tell=(
        "whom the message went to (a receipt has no number: it needs custom_string or a "
        "registered message), how many segments it had, clicks"
    ),
    setup=(
        "Make a token: a long random text. Give it to this service and put it in the URL.",
        (
            "Make a delivery receipt rule, by POST /v3/automations/sms/receipts or in the "
            "dashboard: match all, action URL, this address, webhook_type post or json."
        ),
        (
            "Make an inbound rule for your dedicated number in the same way: POST "
            "/v3/automations/sms/inbound."
        ),
        (
            "Give the Salesforce record id as custom_string of each message, or register your "
            "messages at /api/messages."
        ),
    ),
)
