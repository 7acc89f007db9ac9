"""
Infobip posts lists of up to 100 delivery reports, messages or block list events as JSON.

Documentation: "Receive outbound SMS message report", "Message status codes", "Error code
reference", "Receive inbound SMS messages", "Subscriptions API". The names of fields are those
of version 3 of the SMS API, with those of version 2 beside them.
"""

import base64
import functools
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping

from connector.domain.callback import Callback
from connector.domain.consent import ConsentKind
from connector.domain.delivery import DeliveryEvent, DeliveryStatus, Reason
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import Event, Gateway, Reply, Secrets, each, reading
from connector.gateways.events import consent, report, said
from connector.gateways.meanings import Meaning, Meanings, codes
from connector.gateways.money import cost, hint
from connector.gateways.times import if_readable, iso
from connector.gateways.values import listed, number, segments, text
from connector.gateways.verify import (
    any_of,
    basic_auth,
    basic_fault,
    closed,
    equal,
    live,
    token_in_query,
)


GROUPS = {
    **dict.fromkeys(("0", "OK", "ACCEPTED", "1", "PENDING"), DeliveryStatus.PENDING),
    **dict.fromkeys(("2", "UNDELIVERABLE"), DeliveryStatus.UNDELIVERED),
    **dict.fromkeys(("3", "DELIVERED"), DeliveryStatus.DELIVERED),
    **dict.fromkeys(("4", "EXPIRED"), DeliveryStatus.EXPIRED),
    **dict.fromkeys(("5", "REJECTED"), DeliveryStatus.REJECTED),
}
#: Status ids that do not mean what their group says. "Message status codes" calls the first one
#: intermediate; the second, an anti-fraud block, stands in two groups.
TO_OPERATOR, SIGNALS_BLOCKED = "2", "87"

ERRORS = codes(
    {
        Reason.UNREGISTERED: "368 375 488 562 563 564 571 572 594 2053",
        Reason.INVALID_NUMBER: "1 5 9 351 352 3041",
        Reason.UNREACHABLE: "6 13 27 31 32 33 256 569 581 628 630",
        Reason.LANDLINE: "11 568 629",
        Reason.FILTERED: "561 607 608 2051",
        Reason.OPTED_OUT: "560 566 573 603 604 2050 2052",
        Reason.THROUGHPUT: "541 542 609 4103 4104 4202",
        Reason.ACCOUNT_SUSPENDED: "433 592 597 4099",
        Reason.NETWORK: "2 8 10 15 20 21 24 34 35 36 51 631 632 633 810 815 2048 4097 4102",
        Reason.EXPIRED: "811 4098 4100 4101",
    }
) | dict.fromkeys(map(str, (*range(500, 510), *range(1024, 1797))), Reason.NETWORK)

#: A refusal often comes with the error NO_ERROR: then only the status id tells why.
STATUSES = codes(
    {
        Reason.UNREGISTERED: "11 13",
        Reason.INVALID_NUMBER: "8 51 52",
        Reason.FILTERED: SIGNALS_BLOCKED,
        Reason.OPTED_OUT: "10 14",
        Reason.THROUGHPUT: "20",
        Reason.ACCOUNT_SUSPENDED: "12 17 18 19",
        Reason.NETWORK: "6 21",
        Reason.EXPIRED: "15 29",
    }
)
_STATUS = "status "  # both kinds of ids are small numbers
MEANINGS = Meanings(
    GROUPS,
    ERRORS | {_STATUS + code: reason for code, reason in STATUSES.items()},
    expired=[code for code, reason in ERRORS.items() if reason is Reason.EXPIRED],
)
CONSENTS = {"BLOCK": ConsentKind.STOP, "UNBLOCK": ConsentKind.START}
#: Blocks on other channels say nothing about texting.
CHANNELS = frozenset({"", "SMS", "MMS"})

#: Fields that only a message from a handset has.
INBOUND = frozenset({"text", "receivedAt"})

#: 100 is the default of maxBucketSize in the notification profile.
MOST_RESULTS = 1000

#: Names of the algorithms in the security settings of the Subscriptions API.
ALGORITHMS = {
    "HMAC_MD5": "md5",
    "HMAC_SHA_1": "sha1",
    "HMAC_SHA_224": "sha224",
    "HMAC_SHA_256": "sha256",
    "HMAC_SHA_384": "sha384",
    "HMAC_SHA_512": "sha512",
}
ENCODINGS: Mapping[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode("ascii"),
}


@reading
def parse(callback: Callback) -> Iterator[Event]:
    yield from each(_results(callback), functools.partial(_result, callback))


def _results(callback: Callback) -> list[object]:
    document = callback.document
    if not isinstance(document, dict):
        raise ValueError("body is no object")  # noqa: TRY004 (one kind for all)
    return listed(document.get("results"), "results", MOST_RESULTS)


def _result(callback: Callback, item: Mapping[str, object]) -> Iterable[Event]:
    if "event" in item:
        return _block(callback, item)
    if not item.keys() & INBOUND:
        return [_report(callback, item)]
    event = said(
        callback,
        text(item, "text"),  # cleanText lacks the keyword
        phone=number(text(item, "from")),
        sender=text(item, "to"),
        message_id=text(item, "messageId"),
        occurred_at=if_readable(iso, text(item, "receivedAt")),
    )
    return [event]


def _report(callback: Callback, item: Mapping[str, object]) -> DeliveryEvent:
    group, name = text(item, "status", "groupId"), text(item, "status", "groupName")
    word = group if MEANINGS.knows(group) else name or group
    stamp = text(item, "doneAt")
    parts = segments(text(item, "messageCount") or text(item, "smsCount"))
    return report(
        callback,
        text(item, "messageId"),
        meaning(word, text(item, "status", "id"), text(item, "error", "id")),
        word=word,
        occurred_at=iso(stamp) if stamp else None,
        recipient=number(text(item, "to")),
        sender=text(item, "sender") or text(item, "from"),
        reference=text(item, "callbackData"),
        segments=parts,
        # That it is the price of each of the parts is a guess.
        cost=cost(*_price(item), times=parts or 1),
        carrier=hint(item, "mccMnc"),
    )


def _price(item: Mapping[str, object]) -> tuple[str, str]:
    return hint(item, "price", "pricePerMessage"), hint(item, "price", "currency")


def meaning(group: str, status_id: str, error_id: str) -> Meaning:
    cause = error_id if error_id in ERRORS else _STATUS + status_id
    status, code, reason = MEANINGS.of(group, error_id, cause)
    if status is DeliveryStatus.DELIVERED and status_id == TO_OPERATOR:
        status = DeliveryStatus.PENDING
    elif status_id == SIGNALS_BLOCKED and reason is not None:
        status, reason = DeliveryStatus.REJECTED, Reason.FILTERED
    return status, code, reason


def _block(callback: Callback, item: Mapping[str, object]) -> Iterable[Event]:
    """A change of the block list, whoever made it: a STOP, an opt-out page, an operator."""
    kind = CONSENTS.get(text(item, "event").upper())
    if kind is None or text(item, "content", "channel").upper() not in CHANNELS:
        return []
    event = consent(
        callback,
        kind,
        phone=number(text(item, "content", "destination")),
        sender=text(item, "content", "sender"),  # none: all senders
        message_id=text(item, "messageId"),
        occurred_at=if_readable(iso, text(item, "receivedAt")),
        source="Provider",
    )
    return [event]


@closed
def hmac_of_body(callback: Callback, secrets: Secrets) -> bool:
    """
    An HMAC over the body, in whatever header and form the secret says.

    Infobip's public documents name the algorithms, but neither the header nor the encoding:
    that the raw body is what is signed is a guess, to be confirmed with Infobip.
    """
    for secret in live(secrets, "hmac"):
        if not _hmac_fault(secret):
            header, algorithm, encoding, key = secret.split(":", 3)
            digest = hmac.digest(key.encode(), callback.body, ALGORITHMS[algorithm])
            if equal(callback.header(header), ENCODINGS[encoding](digest)):
                return True
    return False


def _hmac_fault(secret: str) -> str:
    header, algorithm, encoding, key = [*secret.split(":", 3), "", "", ""][:4]
    if header and key and algorithm in ALGORITHMS and encoding in ENCODINGS:
        return ""
    return (
        "is not header:algorithm:encoding:key with an algorithm of "
        f"{', '.join(ALGORITHMS)} and the encoding hex or base64"
    )


def _secret_fault(key: str, value: str) -> str:
    if key == "basic":
        return basic_fault(value)
    return _hmac_fault(value) if key == "hmac" else ""


def _urgent(callback: Callback) -> bool:
    try:
        results = _results(callback)
    except (CallbackUnreadableError, ValueError):
        return True
    return not all(
        isinstance(item, dict) and "status" in item and not item.keys() & (INBOUND | {"event"})
        for item in results
    )


GATEWAY = Gateway(
    name="infobip",
    title="Infobip",
    docs="https://www.infobip.com/docs/api/channels/sms",
    secrets=("basic", "token", "hmac"),
    proofs=frozenset({"603"}),
    verify=any_of(basic_auth(), token_in_query("token"), hmac_of_body),
    parse=parse,
    reply=Reply(status=200),
    hides=("token",),
    urgent=_urgent,
    secret_fault=_secret_fault,
    reads=("delivery", "opt-outs", "replies"),
    signs=(
        "nothing by itself: HTTP Basic in the security settings of the notification profile, "
        "or a secret token in the URL. HMAC over the body exists, but its header and encoding "
        "are not public: ask Infobip, then set hmac to header:algorithm:encoding:key"
    ),
    address="?token=<token>&ref=<record id>&campaign=<campaign id>",
    retries=(
        "after 1 minute and 1 minute times the square of the number of tries, if the URL "
        "cannot be used; how often at most is not documented"
    ),
    outage_costs=(
        "nothing while Infobip still tries again. It keeps no pushed event: what is left then "
        "is asked for within two days, with credentials for its API"
    ),
    cannot_tell=(
        "clicks; anything after 'delivered to operator' where a carrier gives no receipts: "
        "such a message stays Pending"
    ),
    setup=(
        (
            "Create security settings of type BASIC in the Subscriptions API, and a "
            "notification profile with the URL (without token) and those settings."
        ),
        (
            "Subscribe the channel SMS to delivery reports and inbound messages, and the "
            "channel BLOCKLIST to BLOCK and UNBLOCK. Keep application/json as content type."
        ),
        (
            "Or give the URL with each message as webhooks.delivery.url (older: notifyUrl), "
            "with a secret token of your own, ref and campaign filled in."
        ),
        "Put the Salesforce record id into webhooks.callbackData: then nothing is looked up.",
    ),
)
