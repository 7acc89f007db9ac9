"""
Kannel calls its dlr-url with GET, once per report; we put the placeholders in that URL.

The report's type is a sum of bits (user guide, "Delivery reports"; gw/dlr.h). In a report %p is
the handset and %P our sender, as in a message from the handset (seen by running 1.4.5). Its own
id, %I, differs from report to report of one message, so the message id is the operator's.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import unquote_to_bytes

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryEvent, DeliveryStatus, Reason
from connector.gateways import receipt
from connector.gateways.base import OWN_PARAMETERS, Event, Gateway, Reply, reading
from connector.gateways.events import report, said
from connector.gateways.meanings import FAILURES, Meaning
from connector.gateways.times import if_readable, iso_utc, unix_seconds
from connector.gateways.values import number
from connector.gateways.verify import any_of, basic_auth, basic_fault, token_in_query


DELIVERED, FAILED, BUFFERED, ACCEPTED, REJECTED, INTERMEDIATE, UNSURE = (
    1 << bit for bit in range(7)
)

#: What a sum of bits means; a bit that is not documented makes the whole sum mean nothing.
TYPES = {
    str(bits): (
        DeliveryStatus.DELIVERED
        if bits & DELIVERED
        else DeliveryStatus.EXPIRED
        if bits & FAILED and bits & INTERMEDIATE  # 34: 1.4.5, of the TLV message_state
        else DeliveryStatus.UNDELIVERED  # 66, state unknown: in forks
        if bits & FAILED
        else DeliveryStatus.REJECTED
        if bits & REJECTED
        else DeliveryStatus.PENDING
    )
    for bits in range(1, 2 * UNSURE)
    if bits != UNSURE
}

#: The words of a receipt that refine "not delivered": 1.4.5 reads all of them as type 2.
REFINED = {"EXPIRED": DeliveryStatus.EXPIRED, "REJECTD": DeliveryStatus.REJECTED}

#: SMPP command status of a NACK: SMPP 3.4, section 5.1.3.
NACK_REASONS = {
    0x08: Reason.NETWORK,  # system error
    0x0A: Reason.UNREGISTERED,  # bad source
    0x0B: Reason.INVALID_NUMBER,  # bad destination
    0x14: Reason.THROUGHPUT,  # queue full
    0x45: Reason.NETWORK,  # submit failed
    0x48: Reason.UNREGISTERED,  # source type of number
    0x49: Reason.UNREGISTERED,  # source numbering plan
    0x50: Reason.INVALID_NUMBER,  # destination type of number
    0x51: Reason.INVALID_NUMBER,  # destination numbering plan
    0x58: Reason.THROUGHPUT,  # throttled
    0x62: Reason.UNKNOWN,  # bad validity: the sender's set-up
    0x64: Reason.NETWORK,  # temporary application error
    0xFE: Reason.NETWORK,  # delivery failure
    0xFF: Reason.UNKNOWN,
}
_NACK = re.compile(r"NACK/(0x[0-9a-f]{1,8})\b", re.IGNORECASE)
_OUT_OF_RETRIES = "NACK/RETRIES EXCEEDED"
_TYPE = re.compile(r"[?&]type=")
#: What %C says of a text that has letters beyond the GSM alphabet (captured from 1.4.5).
_UTF_16 = "UTF-16BE"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@reading
def parse(callback: Callback) -> Iterator[Event]:
    fields = callback.fields
    if "type" in fields:
        yield _report(callback, fields)
    else:
        yield said(
            callback,
            _written(callback, fields),
            phone=number(fields.get("from", "")),
            sender=fields.get("to", "").strip(),
            message_id=fields.get("id", ""),
            occurred_at=if_readable(unix_seconds, fields.get("ts", "")),
        )


def _written(callback: Callback, fields: Mapping[str, str]) -> str:
    """
    What a person wrote. An emoji makes it UTF-16 in raw bytes, of which decoding loses some.

    Without mo-recode in group = smsbox: captured from 1.4.5. No other text of it has a NUL.
    """
    pairs = callback.target.partition("?")[2].split("&")
    query = {name: value for name, _, value in (pair.partition("=") for pair in pairs)}
    raw = unquote_to_bytes(query.get("text", "").replace("+", " ").encode("latin-1", "replace"))
    if b"\0" in raw or query.get("charset", "").upper() == _UTF_16:
        return raw.decode("utf-16-be", "replace")
    return fields.get("text", "")


def _report(callback: Callback, fields: Mapping[str, str]) -> DeliveryEvent:
    kind = fields["type"]
    handset, sender = fields.get("from"), fields.get("to", "")
    if handset is None:  # the short form of the address: to=%p, no sender
        handset, sender = sender, ""
    own_id = fields.get("extid", "")
    return report(
        callback,
        own_id or _other_id(fields),
        _meaning(kind, fields.get("text") or fields.get("answer") or ""),
        word=kind,
        occurred_at=_moment(fields),
        recipient=number(handset),
        sender=sender.strip(),
        reference=own_id,
    )


def _other_id(fields: Mapping[str, str]) -> str:
    """The SMSC's id, empty in a NACK, or what the operator put in `id`, unless that was %I."""
    identity = fields.get("id", "")
    return fields.get("fid") or ("" if _UUID.fullmatch(identity) else identity)


def _moment(fields: Mapping[str, str]) -> datetime | None:
    if stamp := fields.get("ts"):
        return unix_seconds(stamp)
    written = fields.get("time")
    return iso_utc(written) if written else None


def _meaning(kind: str, answer: str) -> Meaning:
    status = TYPES.get(kind) or TYPES.get(kind.strip())
    if answer[:5].upper() == "NACK/":
        return _refused(status, answer)
    told = receipt.receipt(answer) if answer else None
    if told is None:
        return status, "", _reason(status, "")
    if status is DeliveryStatus.UNDELIVERED:
        status = REFINED.get(told.stat, status)
    return status, told.err, _reason(status, told.err)


def _reason(status: DeliveryStatus | None, err: str) -> Reason | None:
    return receipt.reason(status, err) if status in FAILURES else None


def _refused(status: DeliveryStatus | None, answer: str) -> Meaning:
    if answer.upper().startswith(_OUT_OF_RETRIES) and status in FAILURES:
        return DeliveryStatus.FAILED, "", Reason.NETWORK
    found = _NACK.match(answer)
    code = found[1] if found else ""
    if status not in FAILURES:
        return status, code, None
    reason = NACK_REASONS.get(int(code, 16), Reason.UNKNOWN) if code else Reason.UNKNOWN
    if status is DeliveryStatus.EXPIRED and reason is Reason.UNKNOWN:
        reason = Reason.EXPIRED
    return status, code, reason


def _urgent(callback: Callback) -> bool:
    return _TYPE.search(callback.target) is None


def _secret_fault(key: str, value: str) -> str:
    return basic_fault(value) if key == "basic" else ""


GATEWAY = Gateway(
    name="kannel",
    title="Kannel",
    docs="https://kannel.org/download/1.4.5/userguide-1.4.5/userguide.html",
    secrets=("token", "basic"),
    verify=any_of(token_in_query("token"), basic_auth()),
    parse=parse,
    # 200 or 202 count as success; the body of an answer to a get-url would go to the handset.
    reply=Reply(status=200, content_type="text/plain"),
    methods=("GET", "POST"),
    keeps=(
        *OWN_PARAMETERS,
        "extid",
        "type",
        "text",
        "answer",
        "from",
        "to",
        "ts",
        "time",
        "id",
        "fid",
    ),
    hides=("token",),
    urgent=_urgent,
    secret_fault=_secret_fault,
    reads=("delivery", "opt-outs", "replies"),
    signs="nothing: a secret token in the URL, or HTTP Basic as user:password@ in the URL",
    address=(
        "?token=<token>&extid=<your message id>&ref=<record id>&campaign=<campaign id>"
        "&type=%d&text=%A&from=%p&to=%P&ts=%T&time=%t&id=%I&fid=%F&smsc=%i&service=%n"
    ),
    retries="none by default, else as http-request-retry and http-queue-delay say",
    outage_costs=(
        "every report that comes meanwhile, unless http-request-retry covers it (with "
        "http-request-retry = 360 and http-queue-delay = 10, an hour)"
    ),
    cannot_tell=(
        "which message it was, unless your sender puts its own id into extid; what a NACK's "
        "message was called by the SMSC; when the handset got it (the time is Kannel's own)"
    ),
    setup=(
        (
            "Set http-request-retry and http-queue-delay in group = smsbox, and a persistent "
            "dlr-storage in group = core."
        ),
        (
            "Give the URL as dlr-url with dlr-mask=31 at each sendsms call, URL-encoded, with "
            "extid, ref and campaign filled in. Double a percent sign of your own."
        ),
        (
            "For replies set get-url in a group = sms-service to the callback path with "
            "?token=<token>&from=%p&to=%P&text=%b&charset=%C&ts=%T&id=%I and max-messages = 0: "
            "without it Kannel answers everybody that the reply was empty."
        ),
        "Allow Kannel's host only, at your firewall or proxy: nothing is signed.",
    ),
)
