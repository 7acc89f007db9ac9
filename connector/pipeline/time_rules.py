"""Messages that nobody reports the end of: looked at again when their time is over."""

import logging

from connector.clock import Clock
from connector.store import Store


log = logging.getLogger(__name__)

#: Messages of one transaction, and transactions of one round.
BATCH, MOST_BATCHES = 2_000, 50


def mark_due(store: Store, clock: Clock, *, batch: int = BATCH) -> int:
    """
    Have messages matched anew of which time says something else by now; how many.

    What it says is worked out there, so this may run anywhere, any number of times.
    """
    now, marked = clock(), 0
    for _ in range(MOST_BATCHES):
        with store.transaction() as transaction:
            found = transaction.deliveries.mark_due(now, batch)
        marked += found
        if found < batch:
            break
    if marked:
        log.info("messages.due", extra={"messages": marked})
    return marked
