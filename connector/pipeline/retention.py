"""Forgets what was kept long enough; opt-outs, their evidence and the audit stay for ever."""

import dataclasses
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.store import Store
from connector.store.retention import PAGE, Retention


log = logging.getLogger(__name__)

#: Pages of one round: a big backlog takes several.
MOST_PAGES = 400


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """
    For how long each class of data is kept.

    `callbacks` are delivery reports, as they came and as they were read, and what Salesforce
    answered to writes; `texts` are raw callbacks with what people wrote; `decisions` are what
    senders were told.
    """

    callbacks: timedelta
    texts: timedelta
    decisions: timedelta


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RetentionReport:
    """What one round deleted."""

    callbacks: int = 0
    texts: int = 0
    events: int = 0
    writes: int = 0
    decisions: int = 0

    def __bool__(self) -> bool:
        return any(dataclasses.astuple(self))


def forget_old(store: Store, keeping: Keeping, clock: Clock) -> RetentionReport:
    """One bounded round; what is open, or was not read, stays however old it is."""
    retention, now = store.retention(), clock()
    report = RetentionReport(
        callbacks=_callbacks(retention, now - keeping.callbacks, urgent=False),
        texts=_callbacks(retention, now - keeping.texts, urgent=True),
        events=_rows(lambda: retention.delete_events(now - keeping.callbacks)),
        writes=_rows(lambda: retention.delete_writes(now - keeping.callbacks)),
        decisions=_rows(lambda: retention.delete_decisions(now - keeping.decisions)),
    )
    with store.transaction() as transaction:
        transaction.traffic.purge(now)
    if report:
        log.info("retention.forgot", extra=dataclasses.asdict(report))
    return report


def _callbacks(retention: Retention, before: datetime, *, urgent: bool) -> int:
    deleted = position = 0
    for _ in range(MOST_PAGES):
        page = retention.old_callbacks(before, urgent=urgent, position=position)
        wanted = retention.wanted(page.ids, urgent=urgent) if page.ids else set()
        if gone := [each for each in page.ids if each not in wanted]:
            retention.delete_callbacks(gone)
            deleted += len(gone)
        if not page.more:
            break
        position = page.last
    return deleted


def _rows(delete: Callable[[], int]) -> int:
    deleted = 0
    for _ in range(MOST_PAGES):
        count = delete()
        deleted += count
        if count < PAGE:
            break
    return deleted
