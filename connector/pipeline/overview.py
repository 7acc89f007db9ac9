"""How the service is doing, in figures that an operator reads at a glance."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime

from connector.domain.alerts import Alert
from connector.pipeline.lateness import Lateness, lateness
from connector.pipeline.recent import Recent, recent
from connector.pipeline.throughput import place
from connector.store import Store, Transaction
from connector.store.unread import Quarantined
from connector.store.writes import Refused, StoppedLane


#: How many of the newest troubles are shown.
SHOWN = 10
#: How many of the newest callbacks are looked at.
LOOKED_AT = 1_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """
    What waits where, and what went wrong.

    `unread` callbacks are kept and not read; `unmatched` messages have no record yet;
    `pending` topics of records wait for Salesforce, the oldest since `pending_since`.
    `questions` are numbers about which a person has to decide, `late` the opt-outs that
    Salesforce does not have yet. `restored_at` is set while a restored store says no to
    everybody. `heard` is when the last callback of each gateway account came in.
    """

    engine: str
    unread: int
    quarantined: int
    unmatched: int
    to_match: int
    to_work_out: int
    pending: int
    pending_since: datetime | None
    refused: int
    stopped: Sequence[StoppedLane]
    latest_refused: Sequence[Refused]
    latest_quarantined: Sequence[Quarantined]
    last_written_at: datetime | None
    opted_out: int
    questions: int
    late: Lateness
    alerts: Sequence[Alert]
    restored_at: datetime | None
    recent: Recent
    heard: Mapping[str, datetime]


def overview(store: Store, now: datetime) -> Overview:
    """Gathered with one question each; nothing is scanned that grows without end."""
    with store.transaction(reads=True) as transaction:
        pending, since = transaction.outbox.size()
        restored = transaction.restorations.current()
        return Overview(
            engine=store.engine,
            unread=transaction.unread.waiting(),
            quarantined=transaction.unread.quarantined_count(),
            unmatched=transaction.deliveries.unmatched_count(),
            to_match=transaction.deliveries.changed_count(),
            to_work_out=transaction.outbox.marked_count(),
            pending=pending,
            pending_since=since,
            refused=transaction.writes.refused_count(),
            stopped=transaction.writes.stopped_lanes(),
            latest_refused=transaction.writes.refused(limit=SHOWN),
            latest_quarantined=transaction.unread.quarantined(SHOWN),
            last_written_at=transaction.writes.last_written_at(),
            opted_out=transaction.consents.opted_out_count(),
            questions=transaction.consents.questions_count(),
            late=lateness(transaction),
            alerts=transaction.alerts.open(),
            restored_at=restored.at if restored else None,
            recent=recent(transaction, now),
            heard=heard(store, transaction),
        )


def heard(store: Store, transaction: Transaction) -> dict[str, datetime]:
    """When each gateway account last called: what was read, and what has yet to be."""
    newest = {
        place(each.gateway, each.account): each.newest for each in store.inbox.recent(LOOKED_AT)
    }
    return dict(sorted({**transaction.traffic.heard(), **newest}.items()))
