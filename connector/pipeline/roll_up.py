"""Adds up what workers noted, and has the rows written that are others now."""

import dataclasses
import logging
from collections.abc import Collection
from datetime import timedelta

from connector.domain.figures import Cell, Period
from connector.pipeline.campaign_rows import is_wanted, row_of
from connector.pipeline.tenure import Held


log = logging.getLogger(__name__)

#: For how long who rolls up may go on without a word.
LEASE = timedelta(minutes=5)
#: Changes of one transaction, and transactions of one round.
BATCH, MOST_BATCHES = 5_000, 200


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RollUpReport:
    """How many changes were added up, in how many cells, for how many campaigns."""

    changes: int = 0
    cells: int = 0
    campaigns: int = 0
    more: bool = False

    def __str__(self) -> str:
        return f"{self.changes} changes in {self.cells} cells; campaigns: {self.campaigns}"


def roll_up(
    held: Held, periods: Collection[Period], *, batch: int = BATCH, rounds: int = MOST_BATCHES
) -> RollUpReport:
    """
    Until nothing is left, or for so many rounds.

    The cost is that of what changed: nothing is read that was counted before but the cells
    which it changes.
    """
    changes, cells = 0, set[Cell]()
    more = True
    for _ in range(rounds):
        with held() as transaction:
            found = transaction.figures.changes(batch)
            if found:
                merged = transaction.figures.merge(found)
                rows = [row_of(cell.key) for cell in merged if is_wanted(cell, periods)]
                transaction.outbox.mark(rows, urgent=False)
                cells.update(merged)
        changes += len(found)
        more = len(found) == batch
        if not more:
            break
    report = RollUpReport(
        changes=changes,
        cells=len(cells),
        campaigns=len({cell.campaign for cell in cells if cell.is_shown}),
        more=more,
    )
    if changes:
        log.info("campaigns.rolled_up", extra=dataclasses.asdict(report))
    return report
