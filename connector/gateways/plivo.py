"""
Plivo posts a form, or calls with a query, for each status of a message and each message.

Documentation: "Message Status Callbacks", "Handling Incoming Messages", "Signature Validation",
"Messaging error codes". Its times have no zone: that they are UTC is a guess; an offset, which
Plivo's message records have, is honoured where there is one.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryStatus, Reason
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import OWN_PARAMETERS, Event, Gateway, Reply, Secrets, reading
from connector.gateways.events import report, said
from connector.gateways.meanings import Meanings, codes
from connector.gateways.money import cost, network
from connector.gateways.times import iso_utc
from connector.gateways.values import number, segments
from connector.gateways.verify import base64_text, closed, equal, live


MEANINGS = Meanings(
    {
        **dict.fromkeys(("queued", "sent"), DeliveryStatus.PENDING),
        **dict.fromkeys(("delivered", "read"), DeliveryStatus.DELIVERED),
        "undelivered": DeliveryStatus.UNDELIVERED,  # by the carrier
        "failed": DeliveryStatus.FAILED,  # never reached the carrier
        "rejected": DeliveryStatus.REJECTED,  # in older documents
    },
    # 300, 420, 900 and 910 are known from other people's code only. There are newer ones, for
    # unregistered 10DLC and toll-free numbers, on a page that could not be read to its end.
    codes(
        {
            Reason.NETWORK: "20 90 100 201 300",
            Reason.FILTERED: "30 60",
            Reason.INVALID_NUMBER: "50",  # also landlines
            Reason.UNREACHABLE: "70 80",
            Reason.OPTED_OUT: "200",
            Reason.EXPIRED: "420",
            Reason.ACCOUNT_SUSPENDED: "900 910",
            Reason.UNKNOWN: "1000 10 40 110 450",  # from 10 on: the request is wrong
        }
    ),
    expired=("420",),
)

#: MessageIntent in the words that we have for it; long codes and toll-free numbers only.
INTENTS = {"optout": "STOP", "optin": "START", "help": "HELP"}

#: What every amount is in.
CURRENCY = "USD"

#: The moments of a message, the latest first.
MOMENTS = ("DeliveryReportTime", "SentTime", "QueuedTime", "MessageTime")

#: What tells a message from a person. An MMS has a Body, or only media.
INBOUND = ("Text", "Body", "MessageIntent", "MediaCount")


@reading
def parse(callback: Callback) -> Iterator[Event]:
    fields = callback.fields
    word = fields.get("Status", "")
    if word or not any(name in fields for name in INBOUND):
        yield report(
            callback,
            fields.get("MessageUUID", ""),
            MEANINGS.of(word, fields.get("ErrorCode", "")),
            word=word,
            occurred_at=_moment(fields),
            recipient=number(fields.get("To", "")),
            sender=number(fields.get("From", "")),
            segments=segments(fields.get("Units", "")),
            cost=cost(fields.get("TotalAmount", ""), CURRENCY),
            carrier=network(fields.get("MCC", ""), fields.get("MNC", "")),
        )
    else:
        intent = fields.get("MessageIntent", "").strip().lower()
        yield said(
            callback,
            fields.get("Text") or fields.get("Body", ""),
            phone=number(fields.get("From", "")),
            sender=number(fields.get("To", "")),
            message_id=fields.get("MessageUUID", ""),
            told=INTENTS.get(intent, ""),
        )


def _moment(fields: Mapping[str, str]) -> datetime | None:
    for name in MOMENTS:
        if stamp := fields.get(name):
            return iso_utc(stamp)
    return None


@closed
def verify(callback: Callback, secrets: Secrets) -> bool:
    """
    An HMAC-SHA256: V3 where there is one, else V2, which covers neither body nor query.

    Of each there is one with the token of the account or subaccount that sent, and one (Ma)
    with that of the main account. Captures by others show messages with Ma-V3 alone.
    """
    tokens = [*live(secrets, "auth_token"), *live(secrets, "auth_token_v3")]
    if given := _given(callback, "v3"):
        return _is_signed(given, _signed_by_v3(callback), tokens)
    given = _given(callback, "v2")
    return _is_signed(given, _signed_by_v2(callback), live(secrets, "auth_token"))


def _given(callback: Callback, version: str) -> list[str]:
    headers = (f"x-plivo-signature-{version}", f"x-plivo-signature-ma-{version}")
    listed = ",".join(callback.header(name) for name in headers)
    return [each for each in map(str.strip, listed.split(",")) if each]


def _is_signed(given: Iterable[str], content: bytes, tokens: Iterable[str]) -> bool:
    expected = [base64_text(hmac.digest(token.encode(), content, "sha256")) for token in tokens]
    return any(equal(signature, each) for signature in given for each in expected)


def _signed_by_v3(callback: Callback) -> bytes:
    """The address without its query, the fields sorted, the nonce."""
    query = "&".join(f"{name}={value}" for name, value in sorted(callback.query_pairs))
    form = "".join(name + value for name, value in sorted(callback.form_pairs))
    if callback.body and not form:
        raise ValueError("a body that no signature covers")
    mark = "?" if query or form else ""
    dot = "." if query and form else ""
    return _with_nonce(callback, "v3", f"{mark}{query}{dot}{form}.")


def _signed_by_v2(callback: Callback) -> bytes:
    return _with_nonce(callback, "v2", "")


def _with_nonce(callback: Callback, version: str, fields: str) -> bytes:
    nonce = callback.header(f"x-plivo-signature-{version}-nonce")
    if not nonce:
        raise ValueError("signature without nonce")
    path = callback.target.partition("?")[0]
    return f"{callback.public_url}{path}{fields}{nonce}".encode()


def _urgent(callback: Callback) -> bool:
    try:
        return not MEANINGS.knows(callback.fields.get("Status", ""))
    except CallbackUnreadableError:
        return True


GATEWAY = Gateway(
    name="plivo",
    title="Plivo",
    docs="https://docs.plivo.com/docs/messaging/api/message/message-status-callbacks",
    secrets=("auth_token", "auth_token_v3"),
    proofs=frozenset({"200"}),
    verify=verify,
    parse=parse,
    # What else an answer holds may be sent to the person.
    reply=Reply(status=200, body=b"<Response/>", content_type="application/xml"),
    methods=("GET", "POST"),
    keeps=(
        *OWN_PARAMETERS,
        *("MessageUUID", "Status", "ErrorCode", "To", "From", *MOMENTS),
        *("Units", "TotalAmount", "MCC", "MNC"),
        *INBOUND,
    ),
    urgent=_urgent,
    reads=("delivery", "opt-outs", "replies"),
    signs=(
        "V3: HMAC-SHA256 of URL, fields and nonce with the auth token; V2: of URL and nonce. "
        "As auth_token the token takes both, as auth_token_v3 it refuses V2. No time is signed"
    ),
    address="?ref=<record id>&campaign=<campaign id>",
    retries="three times, after 60, 120 and 240 seconds, when it gets no 2xx within 8 seconds",
    outage_costs=(
        "every report that comes while the service is away for longer than seven minutes; "
        "with credentials for its API the messages are asked for afterwards"
    ),
    cannot_tell=(
        "a time with a zone (UTC is assumed), anything after 'sent' where a carrier gives no "
        "receipts, clicks"
    ),
    setup=(
        (
            "Give the URL as url of each message (method POST), with ref and campaign filled "
            "in or left out."
        ),
        "Give the same URL as message_url of the application that the number belongs to.",
        (
            "Take the main account's auth token as auth_token_v3. If callbacks are refused "
            "then, Plivo signs them with V2 only: take it as auth_token."
        ),
    ),
)
