"""
Vonage has two APIs that call back: SMS (a query, a form or JSON) and Messages v1 (JSON).

Documentation: "Delivery Receipts", "Inbound SMS", "Signing Messages", "Signed Webhooks",
"Messages API errors". In a receipt of the SMS API `to` is our sender. For the signed time no
window is documented, nor whether a repeated request has a new one: no age is refused.
"""

import functools
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryStatus, Reason
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import OWN_PARAMETERS, Event, Gateway, Reply, Secrets, reading
from connector.gateways.events import report, said
from connector.gateways.meanings import Meaning, Meanings, codes
from connector.gateways.money import cost, hint
from connector.gateways.times import if_readable, iso, iso_utc, unix_seconds
from connector.gateways.values import number, plain, segments, text
from connector.gateways.verify import closed, equal, hs256_claims, live, token_in_query


#: SMS API: "Delivery Receipts", "DLR error codes"; 16 is named by third parties only.
SMS_REASONS = codes(
    {
        Reason.UNREACHABLE: "2 7 12 15",
        Reason.INVALID_NUMBER: "3",
        Reason.OPTED_OUT: "4 9 14 53",
        Reason.FILTERED: "6 13 52 54",
        Reason.UNREGISTERED: "50 51",
        Reason.THROUGHPUT: "16",
        Reason.NETWORK: "5 8 11 99",
        Reason.UNKNOWN: "1 10",  # 10: the message is wrong
    }
)
SMS = Meanings(
    {
        **dict.fromkeys(("accepted", "buffered", "unknown"), DeliveryStatus.PENDING),
        "delivered": DeliveryStatus.DELIVERED,
        "failed": DeliveryStatus.FAILED,
        "rejected": DeliveryStatus.REJECTED,
        "expired": DeliveryStatus.EXPIRED,
    },
    SMS_REASONS,
)
MESSAGES = Meanings(
    {
        "submitted": DeliveryStatus.PENDING,
        **dict.fromkeys(("delivered", "read"), DeliveryStatus.DELIVERED),
        "rejected": DeliveryStatus.REJECTED,
        # It could not be handed to a carrier. That this is no refusal is our choice.
        "undeliverable": DeliveryStatus.UNDELIVERED,
    },
    codes(
        {
            Reason.THROUGHPUT: "1000 1241",
            Reason.ACCOUNT_SUSPENDED: "1060 1070 1080 1140 1160",
            Reason.UNREGISTERED: "1120",
            Reason.INVALID_NUMBER: "1170 1190 1300",
            Reason.UNREACHABLE: "1180 1220 1260 1290 1310",
            Reason.OPTED_OUT: "1050 1240 1280",
            Reason.FILTERED: "1210 1270",
            Reason.NETWORK: "1030 1100 1200 1230 1250 1331",
            Reason.EXPIRED: "1360",
            # From 1010 on: the request is wrong (138x too); from 1340 on: other channels.
            Reason.UNKNOWN: "1320 1330 1010 1020 1021 1022 1040 1090 1130 1150 1340 1350 1370",
        }
    ),
    expired=("1360",),
)
MESSAGES_ID = "message_uuid"
#: Channels of the Messages API where a person is a phone number.
PHONE_CHANNELS = frozenset({"", "sms", "mms", "rcs", "whatsapp", "viber_service"})
#: What tells a message from a person, in each API; `message` is version 0.1.
SMS_INBOUND = ("text", "type", "keyword", "concat")
MESSAGES_INBOUND = ("message_type", "message", "text")

#: The account's method is not in the request: the length of the digest tells it.
DIGESTS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_UNSIGNED = frozenset({*OWN_PARAMETERS, "token"})
_has_token = token_in_query("token")
#: The default method of an account is no HMAC: the secret stands at the end.
_md5 = functools.partial(hashlib.md5, usedforsecurity=False)
_CLEANED = str.maketrans("&=", "__")


@reading
def parse(callback: Callback) -> Iterable[Event]:
    item = _item(callback)
    return _message(callback, item) if MESSAGES_ID in item else [_sms(callback, item)]


def _item(callback: Callback) -> Mapping[str, object]:
    document = callback.document if _is_json(callback) else callback.fields
    return document if isinstance(document, Mapping) else {}


def _is_json(callback: Callback) -> bool:
    return callback.body[:1] == b"{"


def _sms(callback: Callback, item: Mapping[str, object]) -> Event:
    word, code = text(item, "status"), text(item, "err-code")
    if word or code or not any(name in item for name in SMS_INBOUND):
        return report(
            callback,
            text(item, "messageId"),
            _sms_meaning(word, code),
            word=word,
            occurred_at=_pushed_at(item),
            recipient=number(text(item, "msisdn")),
            sender=number(text(item, "to")),
            reference=text(item, "client-ref"),
            cost=cost(hint(item, "price"), "EUR"),  # what every account is kept in
            carrier=hint(item, "network-code"),
        )
    # A part of a long message is no whole text, so no keyword.
    is_part = str(item.get("concat")).lower() == "true"
    return said(
        callback,
        "" if is_part else text(item, "text"),
        phone=number(text(item, "msisdn")),
        sender=number(text(item, "to")),
        message_id=text(item, "messageId"),
        occurred_at=if_readable(iso_utc, text(item, "message-timestamp")),
    )


def _sms_meaning(word: str, code: str) -> Meaning:
    status, code, reason = SMS.of(word, code)
    if code and word.strip().lower() == "unknown":  # a code may know more than the word
        reason = SMS_REASONS.get(code, Reason.UNKNOWN)
    return status, code, reason


def _pushed_at(item: Mapping[str, object]) -> datetime | None:
    """When Vonage told it: the carrier's own time, scts, has no zone."""
    # That it is UTC is a guess, from the guide's example.
    if stamp := text(item, "message-timestamp"):
        return iso_utc(stamp)
    seconds = text(item, "timestamp")
    return unix_seconds(seconds) if seconds else None


def _message(callback: Callback, item: Mapping[str, object]) -> Iterator[Event]:
    word, stamp = text(item, "status"), text(item, "timestamp")
    if word or not any(name in item for name in MESSAGES_INBOUND):
        yield report(
            callback,
            text(item, MESSAGES_ID),
            # The title is the code; version 0.1 calls it so.
            MESSAGES.of(word, text(item, "error", "title") or text(item, "error", "code")),
            word=word,
            occurred_at=_zoned(stamp) if stamp else None,
            recipient=_phone(item, "to") or "",
            sender=_phone(item, "from") or "",
            reference=text(item, "client_ref"),
            segments=segments(text(item, "sms", "count_total")),
            cost=cost(hint(item, "usage", "price"), hint(item, "usage", "currency")),
            carrier=hint(item, "destination", "network_code"),
        )
    elif (phone := _phone(item, "from")) is not None:
        yield said(
            callback,
            text(item, "text") or text(item, "message", "content", "text"),
            phone=phone,
            sender=_phone(item, "to") or "",
            message_id=text(item, MESSAGES_ID),
            occurred_at=if_readable(_zoned, stamp),
        )


def _zoned(written: str) -> datetime:
    """ISO 8601, also with a space before the offset or before UTC, as seen."""
    written = written.replace(" UTC", "Z")
    moment, space, zone = written.rpartition(" ")
    return iso(moment + zone if space and zone[:1] in {"+", "-"} else written)


def _phone(item: Mapping[str, object], name: str) -> str | None:
    """A number; None where the channel has other ids. In version 0.1 it stands in an object."""
    address = item.get(name)
    if isinstance(address, dict):
        channel, written = text(address, "type"), text(address, "number")
    else:
        channel, written = text(item, "channel"), text(item, name)
    return number(written) if channel in PHONE_CHANNELS else None


@closed
def verify(callback: Callback, secrets: Secrets) -> bool:
    """
    A signature, where there is one and a secret to check it with; else the token.

    A wrong signature is never outweighed by the right token.
    """
    keys = list(live(secrets, "signature_secret"))
    if keys:
        scheme, _, token = callback.header("authorization").partition(" ")
        if scheme.lower() == "bearer":
            return _is_signed_by_token(callback, token.strip(), keys)
        if given := text(_item(callback), "sig"):
            return _is_signed(callback, given.lower(), keys)
    return _has_token(callback, secrets)


def _is_signed_by_token(callback: Callback, token: str, keys: Sequence[str]) -> bool:
    """Signed Webhooks: a JSON Web Token with the hash of the body."""
    claims = hs256_claims(token, keys)
    body_hash = str(claims.get("payload_hash")).lower()
    return (
        _is_json(callback)  # anything else is read together with the query, which has no hash
        and claims.get("iss") == "Vonage"
        and equal(body_hash, hashlib.sha256(callback.body).hexdigest())
    )


def _is_signed(callback: Callback, given: str, keys: Sequence[str]) -> bool:
    """Whether our own parameters are signed with the others is documented nowhere: try both."""
    pairs = [*callback.query_pairs, *callback.form_pairs]
    if _is_json(callback):
        pairs += [(name, plain(value, name)) for name, value in _item(callback).items()]
    own = [pair for pair in callback.query_pairs if pair[0] in _UNSIGNED]
    contents = {_content(pairs), _content([pair for pair in pairs if pair not in own])}
    digest = DIGESTS.get(len(given))
    return digest is not None and any(
        equal(given, hmac.digest(key.encode(), content, digest).hex())
        or (digest == "md5" and equal(given, _md5(content + key.encode()).hexdigest()))
        for content in contents
        for key in keys
    )


def _content(pairs: Sequence[tuple[str, str]]) -> bytes:
    if any("&" in name or "=" in name for name, _ in pairs):
        raise ValueError("a name that would hide another")
    signed = sorted(pair for pair in pairs if pair[0] != "sig")
    return "".join(f"&{name}={value.translate(_CLEANED)}" for name, value in signed).encode()


def _urgent(callback: Callback) -> bool:
    try:
        item = _item(callback)
        words = MESSAGES if MESSAGES_ID in item else SMS
        return not words.knows(text(item, "status"))
    except (CallbackUnreadableError, ValueError):
        return True


GATEWAY = Gateway(
    name="vonage",
    title="Vonage",
    docs="https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts",
    secrets=("signature_secret", "token"),
    proofs=frozenset({"9", "1240"}),
    verify=verify,
    parse=parse,
    reply=Reply(status=200),
    methods=("GET", "POST"),
    keeps=(
        *OWN_PARAMETERS,
        *("messageId", "msisdn", "to", "status", "err-code", "client-ref"),
        *("message-timestamp", "timestamp", "price", "network-code", *SMS_INBOUND),
        *(MESSAGES_ID, "from", "channel", "error", "client_ref", "sms", *MESSAGES_INBOUND),
    ),
    hides=("token",),
    urgent=_urgent,
    reads=("delivery", "opt-outs", "replies"),
    signs=(
        "Messages API: a JSON Web Token with the hash of the body. SMS API: MD5 or an HMAC of "
        "all fields once support has turned it on, else only a secret token in the URL"
    ),
    address="?token=<token>&ref=<record id>&campaign=<campaign id>",
    retries=(
        "after 429 and 5xx for 24 hours, first after 5 seconds, then at most every 15 minutes; "
        "an older article says 72 hours for receipts. After another 4xx never"
    ),
    outage_costs="nothing, if it is over within 24 hours",
    cannot_tell=(
        "when it happened (SMS API: only when it was told), which parts make one long message "
        "(SMS API: each has an id), what a handset did where carriers answer for it, clicks"
    ),
    setup=(
        (
            "SMS API: give the URL as webhook for delivery receipts and inbound SMS in the "
            "account's settings, with any method, and the record id as client-ref."
        ),
        (
            "Messages API: give the URL as status and inbound URL of the application (version "
            "1), and the record id as client_ref."
        ),
        "Take the account's signature secret as signature_secret.",
        "Have support sign the SMS API's webhooks, then drop the token from URL and settings.",
        "USA, Canada: have support turn on Opt-Out Assist: it answers a STOP and passes it on.",
    ),
)
