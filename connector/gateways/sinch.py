"""
Sinch's SMS REST API posts JSON: a report per recipient or per batch, and messages.

Documentation: "SMS REST API, Webhooks", "Delivery reports", "Conversation API, Callbacks", and
the code of its Python SDK. A batch has one id and many recipients; the id of a message is both.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime

from connector.domain.callback import Callback
from connector.domain.consent import ConsentKind
from connector.domain.delivery import DeliveryEvent, DeliveryStatus, Reason
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import Event, Gateway, Reply, Secrets, each, reading
from connector.gateways.events import consent, report, said
from connector.gateways.meanings import Meanings, codes
from connector.gateways.money import hint
from connector.gateways.times import if_readable, iso_utc
from connector.gateways.values import listed, members, number, plain, segments, text
from connector.gateways.verify import (
    any_of,
    base64_text,
    basic_auth,
    basic_fault,
    closed,
    equal,
    live,
    token_in_query,
)


MEANINGS = Meanings(
    {
        **dict.fromkeys(("queued", "dispatched"), DeliveryStatus.PENDING),
        "delivered": DeliveryStatus.DELIVERED,
        **dict.fromkeys(("aborted", "cancelled"), DeliveryStatus.FAILED),
        "rejected": DeliveryStatus.REJECTED,
        # "Unknown": no receipt came, and none will.
        **dict.fromkeys(("deleted", "failed", "unknown"), DeliveryStatus.UNDELIVERED),
        "expired": DeliveryStatus.EXPIRED,
    },
    # Other codes are those of the link to the operator, and mean what the operator says.
    codes(
        {
            Reason.NETWORK: "402 403 404",
            Reason.EXPIRED: "406",
            Reason.ACCOUNT_SUSPENDED: "412 413",
            Reason.UNREACHABLE: "417",
            # 405, 410, 411: the request is wrong; 407: cancelled by its sender; 414 on: MMS.
            Reason.UNKNOWN: "405 407 408 410 411 414 415 416 418",
        }
    ),
    expired=("406",),
    no_error={"", "0", "400", "401"},
)

ONE = frozenset({"recipient_delivery_report_sms", "recipient_delivery_report_mms"})
SUMMARY = frozenset({"delivery_report_sms", "delivery_report_mms"})
INBOUND = frozenset({"mo_text", "mo_binary", "mo_media"})
#: Callbacks of the Conversation API, by the member that they have. That an opt-out failed at
#: Sinch does not unsay it: our choice.
CONSENTS = {
    "opt_out_notification": (ConsentKind.STOP, {"OPT_OUT_SUCCEEDED", "OPT_OUT_FAILED"}),
    "opt_in_notification": (ConsentKind.START, {"OPT_IN_SUCCEEDED"}),
}
#: Consent on other channels says nothing about texting.
CHANNELS = frozenset({"", "SMS", "MMS"})
MOST_STATUSES = 1_000
MOST_RECIPIENTS = 10_000

_SIGNATURE = "x-sinch-webhook-signature"


@reading
def parse(callback: Callback) -> Iterator[Event]:
    document = members(callback.document, "body")
    kind = text(document, "type")
    if kind in ONE:
        yield _report(
            callback,
            document,
            recipient=text(document, "recipient"),
            stamp=text(document, "at"),
        )
    elif kind in SUMMARY:
        yield from _summary(callback, document)
    elif kind in INBOUND:
        yield _said(callback, document, kind)
    elif found := document.keys() & CONSENTS.keys():
        for name in sorted(found):
            yield from _consent(callback, document, name)
    elif not kind and "app_id" not in document:
        raise ValueError("body without type")


def _report(
    callback: Callback,
    item: Mapping[str, object],
    *,
    recipient: str,
    stamp: str = "",
    batch: Mapping[str, object] | None = None,
) -> DeliveryEvent:
    word, batch = text(item, "status"), item if batch is None else batch
    return report(
        callback,
        text(batch, "batch_id"),
        MEANINGS.of(word, text(item, "code")),
        word=word,
        # The SDK takes a time without zone for UTC.
        occurred_at=iso_utc(stamp) if stamp else None,
        recipient=number(recipient),
        sender=text(item, "applied_originator"),
        reference=text(batch, "client_reference"),
        segments=segments(text(item, "number_of_message_parts")),
        carrier=hint(item, "operator"),
    )


def _summary(callback: Callback, document: Mapping[str, object]) -> Iterator[Event]:
    """A batch as a whole: it has no time, and recipients only in a full report."""
    is_alone = text(document, "total_message_count") == "1"

    def read(item: Mapping[str, object]) -> Iterator[Event]:
        recipients = item.get("recipients") or ([""] if is_alone else [])
        if not isinstance(recipients, list) or len(recipients) > MOST_RECIPIENTS:
            raise ValueError("recipients: no list, or too long")
        for written in recipients:
            recipient = plain(written, "recipients")
            yield _report(callback, item, recipient=recipient, batch=document)

    yield from each(listed(document.get("statuses"), "statuses", MOST_STATUSES), read)


def _said(callback: Callback, document: Mapping[str, object], kind: str) -> Event:
    body = ""  # that of mo_binary is no text
    if kind == "mo_text":
        body = text(document, "body")
    elif kind == "mo_media":
        body = text(document, "body", "message")
    return said(
        callback,
        body,
        phone=number(text(document, "from")),
        sender=text(document, "to"),
        message_id=text(document, "id"),
        occurred_at=_moment(document, "received_at"),
    )


def _consent(callback: Callback, document: Mapping[str, object], name: str) -> Iterator[Event]:
    kind, statuses = CONSENTS[name]
    if text(document, name, "status") not in statuses:
        return
    if text(document, name, "channel") in CHANNELS:
        yield consent(
            callback,
            kind,
            phone=number(text(document, name, "identity")),
            message_id=text(document, name, "request_id"),
            occurred_at=_moment(document, "event_time"),
            source="Provider",
        )


def _moment(document: Mapping[str, object], name: str) -> datetime | None:
    return if_readable(iso_utc, text(document, name))


@closed
def signature(callback: Callback, secrets: Secrets) -> bool:
    """
    HMAC-SHA256 over body, nonce and timestamp, in base64.

    How old a timestamp may be is documented nowhere, and repeats go on for a day.
    """
    given = callback.header(_SIGNATURE)
    nonce = callback.header(f"{_SIGNATURE}-nonce")
    stamp = callback.header(f"{_SIGNATURE}-timestamp")
    if not (given and nonce and stamp):
        return False
    content = callback.body + f".{nonce}.{stamp}".encode()
    return any(
        equal(given, base64_text(hmac.digest(secret.encode(), content, hashlib.sha256)))
        for secret in live(secrets, "signing_key")
    )


def _urgent(callback: Callback) -> bool:
    try:
        document = callback.document
    except CallbackUnreadableError:
        return True
    kind = document.get("type") if isinstance(document, dict) else None
    return not (isinstance(kind, str) and kind in ONE | SUMMARY)


def _secret_fault(key: str, value: str) -> str:
    return basic_fault(value) if key == "basic" else ""


GATEWAY = Gateway(
    name="sinch",
    title="Sinch",
    docs="https://developers.sinch.com/docs/sms/api-reference/sms/tag/Webhooks/",
    secrets=("signing_key", "basic", "token"),
    verify=any_of(signature, basic_auth(), token_in_query("token")),
    parse=parse,
    reply=Reply(status=200),
    hides=("token",),
    urgent=_urgent,
    secret_fault=_secret_fault,
    batches=True,
    reads=("delivery", "opt-outs", "replies"),
    signs=(
        "HMAC-SHA256 of body, nonce and timestamp, once the account manager has switched it on "
        "(without a limit of age); or HTTP Basic, on request; else a secret token in the URL"
    ),
    address="?token=<token>&ref=<record id>&campaign=<campaign id>",
    retries=(
        "after 5 seconds, then twice as long each time, about 22 hours and 45 minutes in all, "
        "for 5xx, 429 and no answer; never after any other 4xx"
    ),
    outage_costs="nothing, unless it lasts longer than 22 hours",
    cannot_tell=(
        "which of several recipients a summary speaks of (set delivery_report to "
        "per_recipient); why an operator refused (its codes are its own); clicks"
    ),
    setup=(
        (
            "Ask the account manager to switch on webhook signatures and give the secret to "
            "this service as signing_key; or to send HTTP Basic. Then leave the token out."
        ),
        (
            "Give the URL as callback_url of each batch or of the service plan, with ref and "
            "campaign filled in or left out: ref only where a batch has one recipient."
        ),
        "Set delivery_report to per_recipient in each batch, or to per_recipient_final.",
        (
            "For opt-outs kept by the Conversation API, add a webhook with this URL and the "
            "triggers OPT_OUT and OPT_IN to its app."
        ),
    ),
)
