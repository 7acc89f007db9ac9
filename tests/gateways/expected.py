"""The events that a callback file describes, as the pipeline reads and then stores them."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.delivery import DeliveryEvent, DeliveryStatus, Reason
from connector.domain.engagement import EngagementEvent, EngagementKind
from connector.gateways.base import Event
from connector.phones import to_e164
from tests.gateways.cases import Case


KINDS: Mapping[str, type[Event]] = {
    "delivery": DeliveryEvent,
    "consent": ConsentEvent,
    "engagement": EngagementEvent,
}
#: What no class has a default for, and a file need not say.
UNSAID: Mapping[type[Event], Mapping[str, object]] = {
    DeliveryEvent: {"message_id": "", "status": None},
    ConsentEvent: {},
    EngagementEvent: {"message_id": ""},
}
_MOMENTS = dict.fromkeys(("received_at", "occurred_at"), datetime.fromisoformat)
#: How a file writes what is no text.
READERS: Mapping[type[Event], Mapping[str, Callable[[str], object]]] = {
    DeliveryEvent: {
        "status": DeliveryStatus,
        "reason": Reason,
        "segments": int,
        "cost": int,
        **_MOMENTS,
    },
    ConsentEvent: {"kind": ConsentKind, **_MOMENTS},
    EngagementEvent: {"kind": EngagementKind, **_MOMENTS},
}


def events_of(case: Case) -> list[Event]:
    """What the pipeline reads; a message of a batch has an id of its own."""
    events: list[Event] = []
    for event in (_event(case, said) for said in case.events):
        if not isinstance(event, DeliveryEvent):
            events.append(event)
            continue
        own_id = case.gateway.own_id(event.message_id, event.recipient)
        events.append(dataclasses.replace(event, message_id=own_id))
        if event.error_code in case.gateway.proofs:
            events.append(refusal(event))
    return events


def refusal(event: DeliveryEvent) -> ConsentEvent:
    """What the pipeline hears besides: the gateway texts nobody who told it STOP."""
    return ConsentEvent(
        phone=event.recipient,
        kind=ConsentKind.STOP,
        source="Provider",
        received_at=event.received_at,
        occurred_at=event.occurred_at,
        gateway=event.gateway,
        account=event.account,
        message_id=event.message_id,
        sender=event.sender,
        reason=f"refused with {event.error_code}",
    )


def stored(event: Event) -> Event:
    """The same with its number as the pipeline writes it."""
    if isinstance(event, DeliveryEvent):
        return dataclasses.replace(event, recipient=to_e164(event.recipient))
    if isinstance(event, ConsentEvent):  # who is no number is held back all the same
        return dataclasses.replace(event, phone=to_e164(event.phone) or event.phone)
    return dataclasses.replace(event, phone=to_e164(event.phone))


def account(target: str) -> str:
    """What follows the gateway's name in the path."""
    return "".join(target.partition("?")[0].split("/")[3:])


def _event(case: Case, said: Mapping[str, object]) -> Event:
    kind = KINDS[str(said.get("class", "delivery"))]
    values: dict[str, Any] = {
        **UNSAID[kind],
        "gateway": case.gateway.name,
        "account": account(case.callback.target),
        "received_at": case.callback.received_at,
    }
    for name, text in said.items():
        if name != "class":
            values[name] = None if text is None else READERS[kind].get(name, str)(str(text))
    return kind(**values)
