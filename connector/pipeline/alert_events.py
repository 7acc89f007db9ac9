"""
Publishes that a campaign became critical, for flows that start by the platform event.

The flow reads the campaign's row, so the event waits until Salesforce has that, though not for
ever. It may come twice (nobody knows whether a call without an answer was heard), with the same
key. That the campaign recovered is not published: the row shows it.
"""

import dataclasses
import functools
import logging
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.records import BATCH_SIZE, Verdict
from connector.mapping.fact import org_time
from connector.pipeline import event_lane
from connector.pipeline.announce import POSTPONED_FOR, STALE
from connector.pipeline.campaign_rows import row_of
from connector.pipeline.event_lane import EVENT
from connector.pipeline.lane import Lane
from connector.pipeline.mood import HeldUpError, Mood
from connector.salesforce.budget import Budget
from connector.salesforce.org import Org
from connector.salesforce.publish import EventMessage, Published
from connector.store import Store, Transaction
from connector.store.alert_messages import AlertMessage, Way


log = logging.getLogger(__name__)

KIND = "campaign_critical"
#: So long an event waits for the row of its campaign, which may have been refused.
PATIENCE = timedelta(minutes=15)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AlertEventReport:
    """What one round published; `needless` ones had nothing to tell any more."""

    published: int = 0
    needless: int = 0
    postponed: int = 0
    refused: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    telling: Sequence[AlertMessage]
    needless: Sequence[AlertMessage]


class AlertEvents:
    """Publishes what the messages of alerts want published; else it does nothing."""

    def __init__(
        self,
        store: Store,
        org: Org,
        budget: Budget,
        clock: Clock,
        *,
        holder: str,
        enabled: bool,
    ) -> None:
        self._store = store
        self._org = org
        self._clock = clock
        self._holder = holder
        self._enabled = enabled
        self._mood = Mood(org, budget, clock, batch_size=BATCH_SIZE)
        self._random = random.Random(holder)  # noqa: S311 (spreads retries, keeps no secret)

    def tell(self) -> AlertEventReport:
        """One round of one call."""
        if not (self._enabled and self._mood.ready and self._is_due()):
            return AlertEventReport()
        lane = Lane.take(EVENT, self._holder, self._store, self._clock, self._random)
        if lane is None:
            return AlertEventReport()
        try:
            return self._publish(lane)
        except HeldUpError as held_up:
            return AlertEventReport(postponed=held_up.records)
        finally:
            lane.give_back()

    def _is_due(self) -> bool:
        now = self._clock()
        with self._store.transaction(reads=True) as transaction:
            if event_lane.waits(transaction, now):
                return False
            page = self._page(transaction)
            return bool(page.telling or page.needless)

    def _publish(self, lane: Lane) -> AlertEventReport:
        with self._store.transaction(reads=True) as transaction:
            page = self._page(transaction)
        published: Sequence[Published] = ()
        if page.telling:
            with lane.renewed():  # the call has the whole lease
                pass
            with self._mood.asking(len(page.telling), urgent=False):
                messages = [_message(each) for each in page.telling]
                published = self._org.publish(EVENT, messages)
        return lane.insist(functools.partial(_keep, lane, page, published))

    def _page(self, transaction: Transaction) -> _Page:
        now = self._clock()
        due = transaction.alert_messages.due(Way.EVENT, now, BATCH_SIZE)
        needless = [each for each in due if _is_no_news(each, now)]
        rest = [each for each in due if each not in needless]
        waiting = _waiting(transaction, (each for each in rest if now < each.since + PATIENCE))
        telling = [each for each in rest if each.alert.trouble.subject not in waiting]
        return _Page(telling=telling, needless=needless)


def _is_no_news(message: AlertMessage, now: datetime) -> bool:
    return not message.alert.is_open or now >= message.since + STALE


def _waiting(transaction: Transaction, messages: Iterable[AlertMessage]) -> set[str]:
    """The campaigns whose rows Salesforce does not have yet."""
    campaigns = sorted({each.alert.trouble.subject for each in messages})
    rows = {
        row_of(key): campaign
        for campaign in campaigns
        for key in transaction.figures.total_keys([campaign])
    }
    under_way = transaction.announcements.under_way(rows) if rows else set()
    return {rows[row] for row in under_way}


def _message(message: AlertMessage) -> EventMessage:
    trouble = message.alert.trouble
    fields = {
        "Kind__c": KIND,
        "Campaign_Id__c": trouble.subject,
        "Reason__c": trouble.figures.get("top_reason"),
        "Occurred_At__c": org_time(message.alert.since),
        "Idempotency_Key__c": message.key,
    }
    told = {name: value for name, value in fields.items() if value}
    return EventMessage(fields=told, attempts=message.attempts)


def _keep(lane: Lane, page: _Page, published: Sequence[Published]) -> AlertEventReport:
    """What Salesforce answered, and what is done with, in one transaction."""
    now = lane.clock()
    answers = list(zip(page.telling, published, strict=True))
    held = next((answer for _, answer in answers if event_lane.concerns_all(answer)), None)
    by_verdict: dict[Verdict, list[AlertMessage]] = {}
    with lane.held() as transaction:
        for message in page.needless:
            transaction.alert_messages.done(message, now, "over before it could be told")
        for message, answer in answers:
            by_verdict.setdefault(answer.verdict, []).append(message)
            if answer.verdict in {Verdict.RETRY, Verdict.STOP}:
                until = now + POSTPONED_FOR
                transaction.alert_messages.postpone(message, until, answer.error_code)
            else:
                transaction.alert_messages.done(message, now, answer.error_code)
        if held:
            event_lane.stop(transaction, held, now)
        elif Verdict.WRITTEN in by_verdict:
            event_lane.start(transaction)
    if refused := by_verdict.get(Verdict.PARK, []):
        log.warning("sf.events.refused", extra={"count": len(refused), "codes": [KIND]})
    return AlertEventReport(
        published=len(by_verdict.get(Verdict.WRITTEN, [])),
        needless=len(page.needless),
        postponed=len(answers) - len(by_verdict.get(Verdict.WRITTEN, [])) - len(refused),
        refused=len(refused),
    )
