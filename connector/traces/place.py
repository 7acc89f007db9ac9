"""Where a callback stands in its trace: each process works it out from what is stored."""

import dataclasses
import hashlib
import re

from connector.domain.callback import Callback


#: W3C Trace Context, version 00: what a proxy that traces says of its own span.
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED = 0x01
#: What a proxy or a gateway calls the request, where that is an id and no number of somebody.
_REQUEST_ID = re.compile(r"(?!.*\d{7})[A-Za-z0-9_.:-]{1,64}|[0-9a-f]{32}|[0-9a-f-]{36}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The trace of one callback, the span of its receipt, and of whoever traced it before."""

    trace: int
    receipt: int
    parent: int
    request: str
    told_not_to: bool = False

    def is_sampled(self, percent: float) -> bool:
        """The same for every process: all of a trace is kept, or nothing."""
        return not self.told_not_to and self.trace % 10_000 < percent * 100


def place_of(callback: Callback) -> Place:
    """
    The trace that the caller began, else one by the request's id, else one of its own.

    What stands for the trace says nothing about anybody: it is made of the gateway's name and
    the id, or the microsecond of the receipt.
    """
    request = callback.headers.get("x-request-id", "")
    shown = request if _REQUEST_ID.fullmatch(request) else ""
    moment = "" if request else callback.received_at.isoformat(timespec="microseconds")
    found = _TRACEPARENT.fullmatch(callback.headers.get("traceparent", ""))
    trace = int(found[1], 16) if found else 0
    own = _number(16, "trace", request or f"{callback.gateway} {moment}")
    received = callback.received_at.isoformat(timespec="microseconds")
    return Place(
        trace=trace or own,
        receipt=_number(8, "receipt", f"{trace or own} {callback.gateway} {received}"),
        parent=int(found[2], 16) if found and trace else 0,
        request=shown,
        told_not_to=bool(found and trace and not int(found[3], 16) & _SAMPLED),
    )


def _number(size: int, kind: str, text: str) -> int:
    digest = hashlib.sha256(f"{kind} {text}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:size], "big") or 1
