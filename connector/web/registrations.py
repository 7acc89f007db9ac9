"""What a sender says it sent: read and checked, field by field."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from connector import gateways
from connector.domain.delivery import DeliveryEvent, DeliveryStatus
from connector.domain.records import is_record_id, long_id
from connector.phones import to_e164


MOST_MESSAGES = 1_000
#: How far a sender's clock may be ahead of ours.
AHEAD = timedelta(hours=1)
_MESSAGE_ID = re.compile(r"[^\x00-\x1f\x7f]{1,255}")
#: Ids of Campaign begin with it (Salesforce help, "Standard field record id prefix").
_CAMPAIGN_PREFIX = "701"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one field of one item; `field` is empty for the item as a whole."""

    index: int
    field: str
    detail: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a call says: a registration for each good item, a fault for each bad field."""

    registrations: Sequence[DeliveryEvent]
    faults: Sequence[Fault]


def read(items: Sequence[object], *, now: datetime, region: str) -> Reading:
    """Read the items of a call; `region` is the country of numbers without a country code."""
    registrations, faults = [], []
    readers = {
        "gateway": _gateway,
        "message_id": _message_id,
        "recipient": lambda text: recipient(text, region),
        "record": _record,
        "campaign": _campaign,
        "sent_at": lambda text: _sent_at(text, now),
    }
    for index, item in enumerate(items):
        texts: dict[str, str] = {}
        found = list(_read_fields(index, item, readers, texts))
        found += _of_batches(index, texts)
        faults += found
        if not found:
            registrations.append(_registration(texts, now))
    return Reading(registrations=registrations, faults=faults)


def _read_fields(
    index: int,
    item: object,
    readers: Mapping[str, Callable[[str], str]],
    texts: dict[str, str],
) -> Iterator[Fault]:
    """Put each field into `texts` in its one spelling; yields what is wrong."""
    if not isinstance(item, dict):
        yield Fault(index=index, field="", detail="is not an object")
        return
    for field in sorted(item.keys() - readers.keys()):
        yield Fault(index=index, field=field[:80], detail="is not a known field")
    for field, reader in readers.items():
        given = item.get(field)
        try:
            texts[field] = reader(_text(given))
        except ValueError as error:
            yield Fault(index=index, field=field, detail=str(error))


def _of_batches(index: int, texts: Mapping[str, str]) -> Iterator[Fault]:
    """Reports on a batch name it with each recipient: without one they would never meet."""
    gateway = gateways.installed().get(texts.get("gateway", ""))
    if gateway and gateway.batches and texts.get("recipient") == "":
        yield Fault(
            index=index,
            field="recipient",
            detail=f"is missing: a message id of {gateway.name} may stand for several messages",
        )


def _text(given: object) -> str:
    if given is None:
        return ""
    if not isinstance(given, str):
        raise ValueError("is not a text")  # noqa: TRY004 (the request is wrong, not the program)
    return given.strip()


def _registration(texts: Mapping[str, str], now: datetime) -> DeliveryEvent:
    gateway = gateways.find(texts["gateway"])
    return DeliveryEvent(
        gateway=gateway.name,
        message_id=gateway.own_id(texts["message_id"], texts["recipient"]),
        status=DeliveryStatus.PENDING,
        received_at=now,
        recipient=texts["recipient"],
        registered_record=texts["record"],
        campaign=texts["campaign"],
        sent_at=datetime.fromisoformat(texts["sent_at"]) if texts["sent_at"] else None,
    )


def _gateway(text: str) -> str:
    known = gateways.installed()
    if text not in known:
        raise ValueError(f"is none of {', '.join(known)}" if text else "is missing")
    return text


def _message_id(text: str) -> str:
    if not _MESSAGE_ID.fullmatch(text):
        raise ValueError("is no message id" if text else "is missing")
    return text


def recipient(text: str, region: str) -> str:
    """A number in E.164, nothing for nothing; raises ValueError."""
    phone = to_e164(text, region)
    if text and not phone:
        raise ValueError("is no phone number with its country code")
    return phone


def _record(text: str) -> str:
    if text and not is_record_id(text):
        raise ValueError("is no record id of 15 or 18 characters")
    return long_id(text)


def _campaign(text: str) -> str:
    if text and not (is_record_id(text) and text.startswith(_CAMPAIGN_PREFIX)):
        raise ValueError("is no id of a Campaign")
    return long_id(text)


def _sent_at(text: str, now: datetime) -> str:
    """The moment in UTC; nothing, where nothing is said: then it is when it was first seen."""
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
        in_utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):  # in the year 1 there are hours without UTC
        raise ValueError("is no time such as 2026-11-23T10:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError("is a time without a zone")
    if moment > now + AHEAD:
        raise ValueError("lies in the future")
    return in_utc.isoformat()
