"""
The text of an SMPP 3.4 delivery receipt, which several gateways pass on as it is.

The standard gives only a typical form (Appendix B), so this reads what is seen: keys in any
case and any spacing, most of them optional, and never the message's own words after "text:".
"""

import dataclasses
import re

from connector.domain.delivery import DeliveryStatus, Reason


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a receipt says: the SMSC's id of the message, its state word and its error code."""

    id: str
    stat: str
    err: str


#: An SMPP short message has 254 octets; what is longer is read only so far.
_LONGEST = 1000
_ANY = re.compile(r"\s*(\S+)")
_LETTERS = re.compile(r"\s*([A-Za-z]+)")
_WORD = re.compile(r"\s*(\w+)")

STATUSES = {
    "ENROUTE": DeliveryStatus.PENDING,
    "DELIVRD": DeliveryStatus.DELIVERED,
    "EXPIRED": DeliveryStatus.EXPIRED,
    "DELETED": DeliveryStatus.UNDELIVERED,
    "UNDELIV": DeliveryStatus.UNDELIVERED,
    "ACCEPTD": DeliveryStatus.PENDING,
    "UNKNOWN": DeliveryStatus.PENDING,
    "REJECTD": DeliveryStatus.REJECTED,
    "SCHEDULED": DeliveryStatus.PENDING,  # SMPP 5
    "SKIPPED": DeliveryStatus.FAILED,  # SMPP 5
    "FAILED": DeliveryStatus.UNDELIVERED,  # seen, in no standard
}

#: There is no common table of error codes: these are the GSM/MAP numbers that many SMSCs use.
REASONS = {
    "001": Reason.INVALID_NUMBER,
    "005": Reason.INVALID_NUMBER,
    "006": Reason.UNREACHABLE,
    "011": Reason.LANDLINE,
    "021": Reason.LANDLINE,
    "027": Reason.UNREACHABLE,
    "031": Reason.UNREACHABLE,
    "032": Reason.UNREACHABLE,
    "034": Reason.NETWORK,
}
_NO_ERROR = frozenset({"nd", "nul", "null"})  # beside zeros; "not determined", empty


def receipt(text: str) -> Receipt | None:
    """Read a receipt; None for a text that is none: it needs an id and a state."""
    text = text[:_LONGEST]
    folded = text.lower()
    if len(folded) != len(text):  # some letters grow in lower case: places would not agree
        text = folded
    if (ends := _place(folded, "text:")) >= 0:
        text, folded = text[: ends - len("text:")], folded[: ends - len("text:")]
    identity = _value(text, folded, "id:", _ANY)
    stat = _value(text, folded, "stat:", _LETTERS)
    if not (identity and stat):
        return None
    err = _value(text, folded, "err:", _WORD)
    return Receipt(id=identity, stat=stat.upper(), err=error_code(err))


def _value(text: str, folded: str, key: str, form: re.Pattern[str]) -> str:
    at = _place(folded, key)
    found = form.match(text, at) if at >= 0 else None
    return found[1] if found else ""


def _place(folded: str, key: str) -> int:
    """Where the value of a key begins, or -1; a key is a word of its own."""
    at = folded.find(key)
    while at > 0 and (folded[at - 1].isalnum() or folded[at - 1] == "_"):
        at = folded.find(key, at + 1)
    return at + len(key) if at >= 0 else -1


def error_code(err: str) -> str:
    """The error code as text; empty for the many ways to write that there is none."""
    return "" if not err.strip("0") or err.lower() in _NO_ERROR else err


def reason(status: DeliveryStatus, err: str) -> Reason:
    """Why it failed: what expired needs no code, and the code of a refusal tells nothing."""
    if status is DeliveryStatus.EXPIRED:
        return Reason.EXPIRED
    if status is DeliveryStatus.REJECTED:
        return Reason.UNKNOWN
    return REASONS.get(err.zfill(3), Reason.UNKNOWN)
