"""Clicks and replies as another system tells them: read and checked, field by field."""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from connector import gateways
from connector.domain.figures import Reaction
from connector.domain.reaction import Response
from connector.web import items as reading
from connector.web.items import Fault


LONGEST_ID = 128
KINDS = (Reaction.CLICK, Reaction.REPLY)
_ID = re.compile(rf"[^\x00-\x1f\x7f]{{1,{LONGEST_ID}}}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a call says: a response for each good item, a fault for each bad field."""

    responses: Sequence[Response]
    faults: Sequence[Fault]


def read(items: Sequence[object], *, now: datetime, region: str, teller: str) -> Reading:
    """Read the items of a call; the ids of its events are those of the `teller`."""
    responses, faults = [], []
    readers = {
        "kind": _kind,
        "id": _own_id,
        "at": lambda text: reading.moment(text, now),
        "gateway": lambda text: reading.gateway_name(text) if text else "",
        "message_id": lambda text: reading.message_id(text) if text else "",
        "phone": lambda text: reading.phone(text, region),
    }
    for index, item in enumerate(items):
        texts: dict[str, str] = {}
        found = list(reading.read_fields(index, item, readers, texts))
        if not found:
            found = list(_gaps(index, texts))
        faults += found
        if not found:
            responses.append(_response(texts, now, teller))
    return Reading(responses=responses, faults=faults)


def _gaps(index: int, texts: Mapping[str, str]) -> Iterator[Fault]:
    gateway, message_id = texts["gateway"], texts["message_id"]
    if message_id and not gateway:
        yield Fault(index=index, field="gateway", detail="is missing: whose message_id is it?")
    elif gateway and not message_id:
        yield Fault(index=index, field="message_id", detail="is missing")
    elif not message_id and not texts["phone"]:
        yield Fault(
            index=index, field="", detail="names neither gateway and message_id nor a phone"
        )
    else:
        yield from reading.needs_phone(index, "phone", texts)


def _response(texts: Mapping[str, str], now: datetime, teller: str) -> Response:
    gateway, phone, named = texts["gateway"], texts["phone"], texts["message_id"]
    if gateway:
        named = gateways.find(gateway).own_id(named, phone)
    return Response(
        kind=Reaction(texts["kind"]),
        at=datetime.fromisoformat(texts["at"]) if texts["at"] else now,
        gateway=gateway,
        phone=phone,
        named=named,
        own_id=texts["id"],
        teller=teller,
    )


def _kind(text: str) -> str:
    if text not in KINDS:
        raise ValueError(f"is none of {', '.join(KINDS)}" if text else "is missing")
    return text


def _own_id(text: str) -> str:
    if not _ID.fullmatch(text):
        detail = f"is no id of at most {LONGEST_ID} characters"
        raise ValueError(detail if text else "is missing")
    return text
