"""What a sender says it sent: read and checked, field by field."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime

from connector import gateways
from connector.domain.delivery import DeliveryEvent, DeliveryStatus
from connector.domain.records import is_campaign_id, is_record_id, long_id
from connector.web import items as reading
from connector.web.items import Fault


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a call says: a registration for each good item, a fault for each bad field."""

    registrations: Sequence[DeliveryEvent]
    faults: Sequence[Fault]


def read(items: Sequence[object], *, now: datetime, region: str) -> Reading:
    """Read the items of a call; `region` is the country of numbers without a country code."""
    registrations, faults = [], []
    readers = {
        "gateway": reading.gateway_name,
        "message_id": reading.message_id,
        "recipient": lambda text: reading.phone(text, region),
        "record": _record,
        "campaign": _campaign,
        "sent_at": lambda text: reading.moment(text, now),
    }
    for index, item in enumerate(items):
        texts: dict[str, str] = {}
        found = list(reading.read_fields(index, item, readers, texts))
        found += reading.needs_phone(index, "recipient", texts)
        faults += found
        if not found:
            registrations.append(_registration(texts, now))
    return Reading(registrations=registrations, faults=faults)


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


def _record(text: str) -> str:
    if text and not is_record_id(text):
        raise ValueError("is no record id of 15 or 18 characters")
    return long_id(text)


def _campaign(text: str) -> str:
    if text and not is_campaign_id(text):
        raise ValueError("is no id of a Campaign")
    return long_id(text)
