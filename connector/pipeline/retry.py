"""Tries again what Salesforce refused, after somebody has mended the reason."""

import dataclasses
from collections.abc import Collection

from connector.domain.records import RecordRef
from connector.store import Store, Transaction
from connector.store.writes import StoppedLane


PAGE = 1_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RetryReport:
    """How many records will be written again, and which objects' lanes were started."""

    records: int
    lanes: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which refusals are meant; what is empty lets all through."""

    record_ids: Collection[str] = ()
    error_code: str = ""
    object: str = ""

    def takes(self, lane: StoppedLane) -> bool:
        return (
            not self.record_ids
            and self.error_code in {"", lane.error_code}
            and self.object in {"", lane.object}
        )


def retry(store: Store, choice: Choice) -> RetryReport:
    """
    Work these records out anew, page by page; what they show now is what will be written.

    A stopped lane of theirs is started. Calling this again tries what was refused again.
    """
    count = 0
    objects: set[str] = set()
    for record_id in choice.record_ids or ("",):
        while records := _page(store, record_id, choice):
            count += len(records)
            objects.update(record.object for record in records)
    with store.transaction() as transaction:
        lanes = [
            lane
            for lane in transaction.writes.stopped_lanes()
            if lane.object in objects or choice.takes(lane)
        ]
        for lane in lanes:
            transaction.writes.start_lane(lane.object, urgent=lane.urgent)
    return RetryReport(records=count, lanes=tuple(sorted({lane.object for lane in lanes})))


def _page(store: Store, record_id: str, choice: Choice) -> list[RecordRef]:
    with store.transaction() as transaction:
        refused = transaction.writes.refused(
            record_id=record_id,
            error_code=choice.error_code,
            name=choice.object,
            limit=PAGE,
        )
        records = [each.record for each in refused]
        if records:
            _renew(transaction, records)
    return records


def _renew(transaction: Transaction, records: list[RecordRef]) -> None:
    ids = [record.id for record in records]
    transaction.writes.unrefuse(ids)
    # Else what is right there already, as far as we know, would not be sent.
    transaction.writes.forget(ids)
    transaction.outbox.mark(records, urgent=False)
