"""
MessageBird's classic SMS API calls with GET for a status, with a form for a message.

Documentation: "SMS API, Handle a status report", "Verify HTTP requests", "Receive SMS"; the
error numbers are those of GSM networks. Bird, its successor, has formats of its own.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeGuard
from urllib.parse import urlencode

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryEvent, DeliveryStatus, Reason
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import OWN_PARAMETERS, Event, Gateway, Reply, Secrets, reading
from connector.gateways.events import report, said
from connector.gateways.meanings import Meanings, codes
from connector.gateways.money import cost
from connector.gateways.times import if_readable, iso, unix_seconds
from connector.gateways.values import number, segments
from connector.gateways.verify import base64_text, closed, equal, hmac_claims, is_fresh, live


REASONS = codes(
    {
        Reason.INVALID_NUMBER: "1 2 3 5 9 12",
        Reason.LANDLINE: "11",
        Reason.UNREACHABLE: "8 26 27 31",
        Reason.NETWORK: "34",
        Reason.OPTED_OUT: "103",
    }
)
#: The reasons in words, for codes that are not in the table: the list of codes is not public as
#: a whole ("SMS Platform Extended Error Codes" of Bird groups them by these words).
WORDS = {
    "unknown subscriber": Reason.INVALID_NUMBER,
    "unavailable subscriber": Reason.UNREACHABLE,
    "system failure": Reason.NETWORK,
}
MEANINGS = Meanings(
    {
        **dict.fromkeys(("scheduled", "sent", "buffered"), DeliveryStatus.PENDING),
        "delivered": DeliveryStatus.DELIVERED,
        "delivery_failed": DeliveryStatus.UNDELIVERED,
        "expired": DeliveryStatus.EXPIRED,
    },
    REASONS | WORDS,
)

#: The algorithms that "Verify HTTP requests" names; a token's own word for it counts only here.
ALGORITHMS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
ISSUER = "MessageBird"
#: Seconds that clocks may differ by, as in the vendor's libraries.
LEEWAY = 1


@reading
def parse(callback: Callback) -> Iterator[Event]:
    fields = callback.fields
    if "status" in fields:
        yield _report(callback, fields)
    elif "originator" in fields:
        yield _said(callback, fields)
    else:
        raise ValueError("neither a status nor a message")


def _report(callback: Callback, fields: Mapping[str, str]) -> DeliveryEvent:
    word, code = fields["status"], fields.get("statusErrorCode", "")
    cause = code if code in REASONS else fields.get("statusReason", "").strip().lower()
    stamp = fields.get("statusDatetime")
    return report(
        callback,
        fields.get("id", ""),
        MEANINGS.of(word, code, cause),
        word=word,
        occurred_at=_moment(stamp) if stamp else None,
        recipient=number(fields.get("recipient", "")),
        reference=fields.get("reference", ""),
        segments=segments(fields.get("messagePartCount", "")),
        cost=cost(fields.get("price[amount]", ""), fields.get("price[currency]", "")),
        carrier=fields.get("mccmnc", ""),
    )


def _said(callback: Callback, fields: Mapping[str, str]) -> Event:
    """A message to a number, or to a short code, whose time has no zone."""
    short_code = fields.get("shortcode", "")
    return said(
        callback,
        fields.get("message" if short_code else "body", ""),
        phone=number(fields["originator"]),
        sender=short_code or fields.get("recipient", ""),
        message_id=fields.get("mid" if short_code else "id", ""),
        occurred_at=if_readable(_moment, fields.get("createdDatetime", "")),
    )


def _moment(written: str) -> datetime:
    """RFC 3339, where the plus of the offset may have come unescaped, that is as a space."""
    return iso(written.replace(" ", "+"))


@closed
def verify(callback: Callback, secrets: Secrets) -> bool:
    """A token that covers URL and body; without one, the signature of older accounts."""
    if token := callback.header("messagebird-signature-jwt"):
        claims = hmac_claims(token, live(secrets, "signing_key"), ALGORITHMS)
        return bool(claims) and _is_valid_now(claims, callback) and _covers(claims, callback)
    return _is_signed_as_before(callback, secrets)


def _is_valid_now(claims: Mapping[str, object], callback: Callback) -> bool:
    begins, ends = claims.get("nbf"), claims.get("exp")
    if not (_is_number(begins) and _is_number(ends)) or claims.get("iss") != ISSUER:
        return False
    now = callback.received_at.timestamp()
    return begins <= now + LEEWAY and now - LEEWAY < ends


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _covers(claims: Mapping[str, object], callback: Callback) -> bool:
    """Whether the token is of this address and of this body, or of none where there is none."""
    body = callback.body
    return equal(_text(claims, "url_hash"), _sha256(callback.url.encode())) and equal(
        _text(claims, "payload_hash"), _sha256(body) if body else ""
    )


def _text(claims: Mapping[str, object], name: str) -> str:
    """A claim that is a text; what is neither text nor absent equals nothing."""
    value = claims.get(name)
    return value if isinstance(value, str) else "" if value is None else "no text"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _is_signed_as_before(callback: Callback, secrets: Secrets) -> bool:
    """
    HMAC-SHA256 over the time of the request, the sorted query and the hash of the body.

    How old it may be is left open; five minutes are ours. The form is not in the query.
    """
    given = callback.header("messagebird-signature")
    stamp = callback.header("messagebird-request-timestamp")
    if not given or not is_fresh(unix_seconds(stamp), callback):
        return False
    query = urlencode(sorted(callback.query_pairs, key=lambda pair: pair[0]))
    content = f"{stamp}\n{query}\n".encode() + hashlib.sha256(callback.body).digest()
    return any(
        equal(given, base64_text(hmac.digest(secret.encode(), content, "sha256")))
        for secret in live(secrets, "signing_key")
    )


def _urgent(callback: Callback) -> bool:
    try:
        return not MEANINGS.knows(callback.fields.get("status", ""))
    except CallbackUnreadableError:
        return True


GATEWAY = Gateway(
    name="messagebird",
    title="MessageBird (classic)",
    docs="https://developers.messagebird.com/api/sms-messaging/#handle-a-status-report",
    secrets=("signing_key",),
    proofs=frozenset({"103"}),
    verify=verify,
    parse=parse,
    # A message is thanked with OK; a status with any 2xx.
    reply=Reply(status=200, body=b"OK", content_type="text/plain"),
    methods=("GET", "POST"),
    keeps=(
        *OWN_PARAMETERS,
        *("id", "reference", "recipient", "status", "statusDatetime", "statusReason"),
        *("statusErrorCode", "messagePartCount", "originator", "body", "createdDatetime"),
        *("mid", "shortcode", "message", "price[amount]", "price[currency]", "mccmnc"),
    ),
    urgent=_urgent,
    reads=("delivery", "opt-outs", "replies"),
    signs=(
        "a JSON Web Token (HMAC) over URL and body, valid for about a minute; on older "
        "accounts HMAC-SHA256 of time, query and body, valid for 300 seconds"
    ),
    address="?ref=<record id>&campaign=<campaign id>",
    retries="not documented",
    outage_costs=(
        "perhaps every status that comes meanwhile; with credentials for its API the messages "
        "are asked for afterwards"
    ),
    cannot_tell=(
        "anything about messages that were sent without a reference (it calls for those only); "
        "our sender; clicks; receipts that an operator never gives (they end as Expired)"
    ),
    setup=(
        "Copy the signing key (not the API key) from the developer settings to signing_key.",
        (
            "Give the URL as reportUrl of each message, with ref and campaign filled in, or as "
            "the status report URL of the account; put the record id into reference."
        ),
        (
            "For replies let a flow of the number (Call HTTP endpoint with SMS, Forward to "
            "URL) post to the URL as a form."
        ),
    ),
)
