"""
Whatever speaks SMPP for you posts us the text of each receipt, and of each message.

SMPP itself has no callbacks; the request is our proposal: the text as the body, or as `text` of
a form, a query or JSON, beside the numbers and, where the SMSC sends them, the TLVs of SMPP 3.4
section 5.3.2 by their names. The dates in a receipt have no zone and are not read.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping

from connector.domain.callback import Callback
from connector.domain.errors import CallbackUnreadableError
from connector.gateways import receipt
from connector.gateways.base import OWN_PARAMETERS, Event, Gateway, each, reading
from connector.gateways.events import report, said
from connector.gateways.meanings import FAILURES, Meaning
from connector.gateways.receipt import Receipt
from connector.gateways.times import if_readable, unix_seconds
from connector.gateways.values import listed, number, plain
from connector.gateways.verify import any_of, basic_auth, basic_fault, token_in_query


#: The values of the TLV message_state: SMPP 3.4, section 5.2.28; 0 and 9 are of SMPP 5.
STATES = {
    "0": "SCHEDULED",
    "1": "ENROUTE",
    "2": "DELIVRD",
    "3": "EXPIRED",
    "4": "DELETED",
    "5": "UNDELIV",
    "6": "ACCEPTD",
    "7": "UNKNOWN",
    "8": "REJECTD",
    "9": "SKIPPED",
}
#: The TLV network_error_code as three octets in hex: the kind of network, then the code.
_OCTETS = re.compile(r"(?:0x)?[0-9a-f]{2}([0-9a-f]{4})", re.IGNORECASE)

#: Two names for one thing: a short one, and that of SMPP.
TEXT, HANDSET, SENDER = (
    ("text", "short_message"),
    ("from", "source_addr"),
    ("to", "destination_addr"),
)
TLVS = ("receipted_message_id", "message_state", "network_error_code")
_SAID, _FROM = frozenset((*TEXT, *TLVS)), frozenset(HANDSET)
JSON_STARTS = (b"{", b"[")
MOST_ITEMS = 1000


@reading
def parse(callback: Callback) -> Iterator[Event]:
    yield from each(_items(callback), functools.partial(_item, callback))


def _items(callback: Callback) -> Iterable[object]:
    fields = callback.fields
    if not _SAID.isdisjoint(fields):
        return [dict(fields)]
    # With a number in the query the body is the text itself, whatever it begins with.
    if callback.body.lstrip().startswith(JSON_STARTS) and _FROM.isdisjoint(fields):
        return listed(callback.document, "body", MOST_ITEMS)
    return [{**fields, "text": callback.body.decode("utf-8", "replace")}]


def _item(callback: Callback, item: Mapping[str, object]) -> Iterable[Event]:
    stamp, own_id = _one_of(item, "ts").strip(), _one_of(item, "extid")
    handset, sender = number(_one_of(item, *HANDSET)), _one_of(item, *SENDER).strip()
    told = _told(item)
    if told is None:
        event: Event = said(
            callback,
            _one_of(item, *TEXT),
            phone=handset,
            sender=sender,
            message_id=own_id,
            occurred_at=if_readable(unix_seconds, stamp),
        )
        return [event]
    return [
        report(
            callback,
            own_id or told.id,
            _meaning(told),
            word=told.stat,
            occurred_at=unix_seconds(stamp) if stamp else None,
            recipient=handset,
            sender=sender,
            reference=_one_of(item, "ref") or own_id,
        )
    ]


def _told(item: Mapping[str, object]) -> Receipt | None:
    """The receipt: the TLVs outrank the text. None for what a person wrote."""
    found = receipt.receipt(_one_of(item, *TEXT))
    identity, state, error = (_one_of(item, name).strip() for name in TLVS)
    if found is None and not (identity and state):
        return None
    found = found or Receipt(id=identity, stat=state.upper(), err="")
    return Receipt(
        id=identity or found.id,
        stat=_state(state) or found.stat,
        err=_network_error(error) if error else found.err,
    )


def _state(written: str) -> str:
    """The word for a message_state, by its number or itself; nothing if it is neither."""
    state = STATES.get(written.lstrip("0") or written[:1], written.upper())
    return state if state in receipt.STATUSES else ""


def _network_error(written: str) -> str:
    """The code of the TLV: as octets in hex, or as whoever posts it has read them."""
    octets = _OCTETS.fullmatch(written.replace(" ", "").replace(":", ""))
    return receipt.error_code(f"{int(octets[1], 16):03}" if octets else written)


def _meaning(told: Receipt) -> Meaning:
    status = receipt.STATUSES.get(told.stat)
    reason = receipt.reason(status, told.err) if status in FAILURES else None
    return status, told.err, reason


def _one_of(item: Mapping[str, object], *names: str) -> str:
    for name in names:
        if name in item:
            return plain(item[name], name)
    return ""


def _urgent(callback: Callback) -> bool:
    try:
        items = _items(callback)
        return any(not isinstance(item, dict) or _told(item) is None for item in items)
    except (CallbackUnreadableError, ValueError):
        return True


def _secret_fault(key: str, value: str) -> str:
    return basic_fault(value) if key == "basic" else ""


GATEWAY = Gateway(
    name="smpp",
    title="SMPP receipts",
    docs="https://smpp.org/SMPP_v3_4_Issue1_2.pdf",
    secrets=("token", "basic"),
    verify=any_of(token_in_query("token"), basic_auth()),
    parse=parse,
    methods=("GET", "POST"),
    keeps=(*OWN_PARAMETERS, "extid", "ts", *TEXT, *HANDSET, *SENDER, *TLVS),
    hides=("token",),
    urgent=_urgent,
    secret_fault=_secret_fault,
    reads=("delivery", "opt-outs", "replies"),
    signs="nothing: a secret token in the URL, or HTTP Basic",
    address=(
        "?token=<token>&extid=<your message id>&ref=<record id>&campaign=<campaign id>"
        "&from=<handset>&to=<your sender>&ts=<unix time of receipt>"
    ),
    retries="as your program does",
    outage_costs=(
        "nothing, as long as your program tries again, or answers the SMSC's deliver_sm only "
        "after it was answered 2xx"
    ),
    cannot_tell=(
        "when it happened (the dates of a receipt have no zone; ts is when your program got "
        "it), what an error code means to this SMSC (the usual GSM numbers are assumed), clicks"
    ),
    setup=(
        "Make a token: a long random text. Give it to this service and put it in the URL.",
        (
            "For each deliver_sm let your program post the short message as text/plain to the "
            "URL, or JSON with text, from, to, ts, extid, ref; what is not known is left out."
        ),
        (
            "Pass on receipted_message_id, message_state and network_error_code where the SMSC "
            "sends them: they outrank the text."
        ),
        (
            "The message id is that of the receipt. Some SMSCs write it in hex at submission "
            "and in decimal here: then put the one of submit_sm_resp into extid."
        ),
    ),
)
