"""Publishing as a whole: what Salesforce answers to one event and says of all of them."""

import logging
from datetime import datetime, timedelta

from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from connector.footprint.event import DELIVERY_EVENT
from connector.pipeline.settlement import STOPPED_FOR
from connector.salesforce.publish import NOT_NOW, Published
from connector.store import Transaction
from connector.store.writes import StoppedLane


log = logging.getLogger(__name__)

EVENT = DELIVERY_EVENT.name
#: So long all events wait that Salesforce put off: the hour's are used up, or none is taken.
HELD_UP_FOR = {"PLATFORM_EVENT_PUBLISHING_UNAVAILABLE": timedelta(minutes=1)}
_HINT = (
    f"the org has no {EVENT} that this user may publish: run `connector setup apply` with the "
    "part 'events', which also assigns the permission set SMS_Connector_Events"
)


def stopped(transaction: Transaction) -> StoppedLane | None:
    """Since when no event is published, and why."""
    lanes = transaction.writes.stopped_lanes()
    return next((lane for lane in lanes if lane.object == EVENT), None)


def waits(transaction: Transaction, now: datetime) -> bool:
    """Whether it is too early to try again."""
    found = stopped(transaction)
    return found is not None and found.retry_at > now


def concerns_all(answer: Published) -> bool:
    """Whether no other event would be taken either."""
    return answer.verdict is Verdict.STOP or answer.error_code in NOT_NOW


def stop(transaction: Transaction, answer: Published, now: datetime) -> None:
    """Leave all events alone for a while; said once, however often it is tried in vain."""
    before = stopped(transaction)
    change = RecordChange(record=RecordRef(EVENT, ""), fields={}, change_ids=frozenset())
    outcome = Outcome(
        change=change,
        verdict=answer.verdict,
        error_code=answer.error_code,
        message=answer.message,
    )
    wait = HELD_UP_FOR.get(answer.error_code, STOPPED_FOR)
    transaction.writes.stop_lane(outcome, now, now + wait)
    if before and before.error_code == answer.error_code:
        return
    if answer.error_code in NOT_NOW:
        log.warning("sf.events.held_up", extra={"code": answer.error_code})
    else:
        log.error("sf.events.stopped", extra={"code": answer.error_code, "hint": _HINT})


def start(transaction: Transaction) -> None:
    """One was taken: all may go."""
    transaction.writes.start_lane(EVENT, urgent=False)
