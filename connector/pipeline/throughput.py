"""What passes through, counted by gateway account as it is read."""

from collections import Counter
from datetime import UTC, datetime

from connector.domain.delivery import DeliveryEvent
from connector.domain.traffic import Kind
from connector.pipeline.events import Batch
from connector.store import Transaction
from connector.store.unread import Claim


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def count_read(transaction: Transaction, claim: Claim, batch: Batch, now: datetime) -> None:
    """Count a batch of callbacks; what is read again was counted when it came."""
    counts: Counter[tuple[Kind, str]] = Counter()
    heard: dict[str, datetime] = {}
    for kept in claim.callbacks:
        if kept.id not in claim.again:
            name = place(kept.callback.gateway, kept.callback.account)
            counts[Kind.CALLBACKS, name] += 1
            heard[name] = max(kept.callback.received_at, heard.get(name, _LONG_AGO))
    for number, event in (*batch.events, *batch.consent_events):
        if number not in claim.again:
            name = place(event.gateway, event.account)
            counts[Kind.EVENTS, name] += 1
            if isinstance(event, DeliveryEvent) and event.status is None:
                counts[Kind.UNKNOWN, name] += 1
    for kept, _ in batch.unreadable:
        if kept.id not in claim.again:
            counts[Kind.UNREADABLE, place(kept.callback.gateway, kept.callback.account)] += 1
    transaction.traffic.add(counts, now)
    transaction.traffic.hear(heard)


def place(gateway: str, account: str) -> str:
    """An account of a gateway, by the name that people read."""
    return f"{gateway}/{account}" if account else gateway
