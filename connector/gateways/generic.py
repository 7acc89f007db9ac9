"""
Any gateway of your own: signed by Standard Webhooks 1.0, with a body that is our proposal.

The body is `{"type", "timestamp", "data"}`; `data` is one object, or a list of at most 100,
whose items may have a timestamp of their own. Unknown types and fields say nothing.
"""

import functools
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from connector.domain.callback import Callback
from connector.domain.consent import ConsentKind
from connector.domain.delivery import DeliveryEvent, DeliveryStatus, Reason
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import Event, Gateway, each, reading
from connector.gateways.events import consent, report, said
from connector.gateways.meanings import Meanings
from connector.gateways.money import cost, hint
from connector.gateways.times import if_readable, iso
from connector.gateways.values import listed, number, segments, text
from connector.gateways.verify import standard_webhooks, webhook_key_fault


MEANINGS = Meanings(
    {
        **dict.fromkeys(("queued", "sent", "pending"), DeliveryStatus.PENDING),
        "delivered": DeliveryStatus.DELIVERED,
        "undelivered": DeliveryStatus.UNDELIVERED,
        "failed": DeliveryStatus.FAILED,
        "rejected": DeliveryStatus.REJECTED,
        "expired": DeliveryStatus.EXPIRED,
    },
    {reason.value: reason for reason in Reason},
)
CONSENTS = {"sms.opt_out": ConsentKind.STOP, "sms.opt_in": ConsentKind.START}
STATUS_EVENT, INBOUND_EVENT = "sms.status", "sms.received"
MOST_ITEMS = 100


@reading
def parse(callback: Callback) -> Iterator[Event]:
    document = callback.document
    if not isinstance(document, dict):
        raise ValueError("body is no object")  # noqa: TRY004 (one kind for all)
    kind = text(document, "type")
    if not kind:
        raise ValueError("body without type")
    if kind not in {STATUS_EVENT, INBOUND_EVENT, *CONSENTS}:
        return
    read = functools.partial(_item, callback, kind, text(document, "timestamp"))
    yield from each(listed(document.get("data"), "data", MOST_ITEMS), read)


def _item(
    callback: Callback, kind: str, stamp: str, item: Mapping[str, object]
) -> Iterable[Event]:
    stamp = text(item, "timestamp") or stamp
    if kind == STATUS_EVENT:
        return [_report(callback, item, iso(stamp) if stamp else None)]
    occurred_at = if_readable(iso, stamp)
    if kind == INBOUND_EVENT:
        event = said(
            callback,
            text(item, "text"),
            phone=number(text(item, "from")),
            sender=text(item, "to"),
            message_id=text(item, "message_id"),
            occurred_at=occurred_at,
            told=text(item, "opt_out"),
        )
        return [event]
    event = consent(
        callback,
        CONSENTS[kind],
        phone=number(text(item, "number")),
        sender=text(item, "sender"),
        occurred_at=occurred_at,
        source="Provider",
    )
    return [event]


def _report(
    callback: Callback, item: Mapping[str, object], occurred_at: datetime | None
) -> DeliveryEvent:
    word = text(item, "status")
    cause = text(item, "error", "reason").strip().lower()
    return report(
        callback,
        text(item, "message_id"),
        MEANINGS.of(word, text(item, "error", "code"), cause),
        word=word,
        occurred_at=occurred_at,
        recipient=number(text(item, "to")),
        sender=text(item, "from"),
        reference=text(item, "client_reference"),
        segments=segments(text(item, "segments")),
        cost=cost(hint(item, "price", "amount"), hint(item, "price", "currency")),
        carrier=hint(item, "mccmnc"),
    )


def _urgent(callback: Callback) -> bool:
    try:
        document = callback.document
    except CallbackUnreadableError:
        return True
    return not (isinstance(document, dict) and document.get("type") == STATUS_EVENT)


def _secret_fault(_key: str, value: str) -> str:
    return webhook_key_fault(value)


GATEWAY = Gateway(
    name="generic",
    title="Your own gateway",
    docs="https://www.standardwebhooks.com",
    secrets=("signing_key",),
    verify=standard_webhooks("signing_key"),
    parse=parse,
    urgent=_urgent,
    secret_fault=_secret_fault,
    reads=("delivery", "opt-outs", "replies"),
    signs="Standard Webhooks 1.0: HMAC-SHA256 of id, timestamp and body; valid for 300 seconds",
    address="?campaign=<campaign id>",
    retries="as your sender does; the specification proposes ten tries over three days",
    outage_costs="nothing, as long as your sender tries again for longer than the outage",
    cannot_tell="what your sender leaves out; clicks",
    setup=(
        (
            "Make a secret: whsec_ and the base64 of 24 to 64 random bytes. Give it to your "
            "sender and to this service as signing_key."
        ),
        (
            "Let your sender post its events to the URL, with the headers webhook-id, "
            "webhook-timestamp and webhook-signature."
        ),
        "Put the Salesforce record id into client_reference: then nothing is looked up.",
    ),
)
