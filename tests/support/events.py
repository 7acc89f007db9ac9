"""Events as gateways would send them, and strategies that draw them."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from connector.domain.callback import Arrival, Callback
from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.delivery import Delivery, DeliveryEvent, DeliveryStatus, Reason


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALEX = "003000000000001AAA"
MOBILE = "+447700900456"

moments = st.integers(0, 4).map(lambda minutes: NOON + timedelta(minutes=minutes))
texts = st.sampled_from(["", "A", "B", "a"])
delivery_events = st.builds(
    DeliveryEvent,
    gateway=st.just("kannel"),
    message_id=st.just("42"),
    status=st.one_of(st.none(), st.sampled_from(DeliveryStatus)),
    received_at=moments,
    occurred_at=st.one_of(st.none(), moments),
    account=texts,
    recipient=texts,
    sender=texts,
    reference=texts,
    campaign=texts,
    error_code=texts,
    reason=st.one_of(st.none(), st.sampled_from(Reason)),
    registered_record=texts,
    segments=st.integers(0, 3),
    sent_at=st.one_of(st.none(), moments),
)
deliveries = delivery_events.map(Delivery.from_event)
consent_events = st.builds(
    ConsentEvent,
    phone=st.just(MOBILE),
    kind=st.sampled_from(ConsentKind),
    received_at=st.integers(0, 12).map(lambda seconds: NOON + timedelta(seconds=seconds)),
    occurred_at=st.one_of(st.none(), moments),
    source=st.sampled_from(["Reply", "Provider", "API"]),
    gateway=texts,
    message_id=texts,
    keyword=texts,
)


def report(message_id: str = "42", **changes: object) -> DeliveryEvent:
    """One delivery report, delivered at noon unless said otherwise."""
    values = {
        "gateway": "kannel",
        "message_id": message_id,
        "status": DeliveryStatus.DELIVERED,
        "received_at": NOON,
        **changes,
    }
    return DeliveryEvent(**values)  # type: ignore[arg-type]


def arrival(target: str = "/callbacks/kannel?id=1", **changes: object) -> Arrival:
    """One callback on its way into the store."""
    urgent = bool(changes.pop("urgent", False))
    values = {
        "gateway": "kannel",
        "method": "GET",
        "target": target,
        "headers": {},
        "body": b"",
        "received_at": NOON,
        **changes,
    }
    return Arrival(callback=Callback(**values), urgent=urgent)  # type: ignore[arg-type]
