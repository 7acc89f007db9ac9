"""
From fields that Salesforce has taken to platform events, for flows that start by them.

A flow that reads the record finds the fields: an event is published after they were taken, and
only while nothing newer is on its way. It may come twice (nobody knows whether a call without
an answer was heard), with the same key.
"""

import collections
import dataclasses
import functools
import logging
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from connector.clock import Clock
from connector.domain.records import BATCH_SIZE, RecordRef, Verdict
from connector.mapping import Mapping as ObjectMapping
from connector.pipeline import event_lane
from connector.pipeline.enqueue import Knowledge
from connector.pipeline.event_lane import EVENT
from connector.pipeline.happenings import OPT_OUT, Happening, happenings
from connector.pipeline.lane import Lane
from connector.pipeline.mood import HeldUpError, Mood
from connector.salesforce.budget import Budget
from connector.salesforce.org import Org
from connector.salesforce.publish import EventMessage, Published
from connector.store import Store, Transaction
from connector.store.announcements import Announcement


log = logging.getLogger(__name__)

#: Calls of one round.
ROUND = 10
#: What is older is no news; an opt-out always is.
STALE = timedelta(days=3)
_EVER = datetime.min.replace(tzinfo=UTC)
#: One event that Salesforce puts off is tried again after this.
POSTPONED_FOR = timedelta(minutes=1)
#: Since when events are published.
_SINCE = "announcements:since"
#: Which org they are published in, and since when, if there was another before.
_ORG, _BOUND = "announced:org", "announced:bound"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceReport:
    """What one round published; `needless` topics had nothing new to tell."""

    published: int = 0
    needless: int = 0
    postponed: int = 0
    refused: int = 0
    stopped: bool = False

    def __add__(self, other: "AnnounceReport") -> "AnnounceReport":
        return AnnounceReport(
            published=self.published + other.published,
            needless=self.needless + other.needless,
            postponed=self.postponed + other.postponed,
            refused=self.refused + other.refused,
            stopped=self.stopped or other.stopped,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Announcements of one call: what each has to tell, nothing for the `needless`."""

    telling: Sequence[tuple[Announcement, Happening]]
    needless: Sequence[Announcement]

    @property
    def urgent(self) -> bool:
        return any(happening.kind == OPT_OUT for _, happening in self.telling)

    @property
    def is_empty(self) -> bool:
        return not (self.telling or self.needless)


class Announcer:
    """Publishes what is to be told of people's records; without `enabled` it does nothing."""

    def __init__(
        self,
        store: Store,
        org: Org,
        budget: Budget,
        clock: Clock,
        mappings: Mapping[str, ObjectMapping],
        *,
        holder: str,
        enabled: bool,
    ) -> None:
        self._store = store
        self._org = org
        self._clock = clock
        self._mappings = mappings
        self._holder = holder
        self._enabled = enabled
        self._mood = Mood(org, budget, clock, batch_size=BATCH_SIZE)
        self._random = random.Random(holder)  # noqa: S311 (spreads retries, keeps no secret)

    def prepare(self) -> None:
        """
        To be called once at the start: remember since when events are published, or forget it.

        What was written before is no news when it is written again, as after a change of the
        mappings.
        """
        with self._store.transaction() as transaction:
            if self._enabled:
                transaction.marks.first(_SINCE, self._clock().isoformat())
                self._note_org(transaction)
            elif transaction.marks.get(_SINCE):
                transaction.marks.forget(_SINCE)
                transaction.announcements.forget_all()

    def _note_org(self, transaction: Transaction) -> None:
        """What another org was told of, this one is given again: that is no news in it."""
        org, known = transaction.belonging.org(), transaction.marks.get(_ORG)
        if org == known:
            return
        transaction.marks.set(_ORG, org)
        if known:
            transaction.marks.set(_BOUND, self._clock().isoformat())

    def announce(self, *, calls: int = ROUND) -> AnnounceReport:
        """One round, until nothing is left, or the budget or the org says stop."""
        if not (self._enabled and self._mood.ready and self._is_due()):
            return AnnounceReport()
        lane = Lane.take(EVENT, self._holder, self._store, self._clock, self._random)
        if lane is None:
            return AnnounceReport()
        report = AnnounceReport()
        try:
            for part in self._calls(lane, calls):
                report += part
        except HeldUpError as held_up:
            report += AnnounceReport(postponed=held_up.records)
        finally:
            lane.give_back()
        if report.published or report.refused:
            log.info("sf.events.done", extra=dataclasses.asdict(report))
        return report

    def _is_due(self) -> bool:
        """Whether there is something to tell and the org took it last time, or may by now."""
        now = self._clock()
        with self._store.transaction(reads=True) as transaction:
            waits = event_lane.waits(transaction, now)
            return not waits and bool(transaction.announcements.due(now, 1))

    def _calls(self, lane: Lane, calls: int) -> Iterator[AnnounceReport]:
        for _ in range(calls):
            with self._store.transaction(reads=True) as transaction:
                page = self._page(transaction)
            if page.is_empty:
                return
            published: Sequence[Published] = ()
            if page.telling:
                with lane.renewed():  # the call has the whole lease
                    pass
                with self._mood.asking(len(page.telling), urgent=page.urgent):
                    messages = [_message(*each) for each in page.telling]
                    published = self._org.publish(EVENT, messages)
            report = lane.insist(functools.partial(_keep, lane, page, published))
            yield report
            if report.stopped:
                return

    def _page(self, transaction: Transaction) -> Page:
        """What waits, worked out from what is known now; no more than fits into a call."""
        news_from = self._news_from(transaction)
        bound = transaction.marks.get(_BOUND)
        opt_outs_from = datetime.fromisoformat(bound) if bound else _EVER
        due = transaction.announcements.due(self._clock(), BATCH_SIZE)
        records = sorted({each.record for each in due})
        told = transaction.announcements.told(records)
        telling: list[tuple[Announcement, Happening]] = []
        needless: list[Announcement] = []
        for each, found in self._worked_out(transaction, due, records):
            news = [
                happening
                for happening in found
                if happening.noted_at
                >= (opt_outs_from if happening.kind == OPT_OUT else news_from)
                and not happening.is_known(told.get((each.record, happening.subject)))
            ]
            if len(telling) + len(news) > BATCH_SIZE:
                break
            telling += [(each, happening) for happening in news]
            needless += [] if news else [each]
        return Page(telling=telling, needless=needless)

    def _worked_out(
        self,
        transaction: Transaction,
        due: Iterable[Announcement],
        records: Sequence[RecordRef],
    ) -> Iterator[tuple[Announcement, list[Happening]]]:
        """Nothing of a record that does not show it: something newer comes, or was refused."""
        known = Knowledge(transaction, records, self._mappings)
        shown = set[tuple[RecordRef, str]]()
        for record in records:
            if mapping := self._mappings.get(record.object):
                changes = known.changes(record, mapping)
                shown.update((record, c.topic) for c in changes if known.is_written(c))
        hidden = {each.record for each in due if (each.record, each.topic) not in shown}
        # Asked for last: what was not under way by now was not when the rest was read.
        under_way = transaction.announcements.under_way(hidden) if hidden else set()
        for each in due:
            mapping = self._mappings.get(each.record.object)
            is_shown = (each.record, each.topic) in shown or each.record not in under_way
            if mapping and mapping.of_person and is_shown:
                person = known.person(each.record, mapping)
                yield each, happenings(each.record, each.topic, person)
            else:
                yield each, []

    def _news_from(self, transaction: Transaction) -> datetime:
        oldest, since = self._clock() - STALE, transaction.marks.get(_SINCE)
        return max(oldest, datetime.fromisoformat(since)) if since else oldest


def _message(announcement: Announcement, happening: Happening) -> EventMessage:
    return EventMessage(fields=happening.fields, attempts=announcement.attempts)


def _keep(lane: Lane, page: Page, published: Sequence[Published]) -> AnnounceReport:
    """What Salesforce answered, and what is done with, in one transaction."""
    answers = list(zip(page.telling, published, strict=True))
    counts = collections.Counter(answer.verdict for _, answer in answers)
    held = next((a for _, a in answers if event_lane.concerns_all(a)), None)
    again = {
        each.change_id: each
        for (each, _), answer in answers
        if answer.verdict in {Verdict.RETRY, Verdict.STOP}
    }
    now = lane.clock()
    with lane.held() as transaction:
        heard = [news.told() for (_, news), a in answers if a.verdict is Verdict.WRITTEN]
        transaction.announcements.tell(heard, now)
        told = [each for each, _ in page.telling if each.change_id not in again]
        transaction.announcements.done([*told, *page.needless])
        if held:
            event_lane.stop(transaction, held, now)
        else:
            for each in again.values():
                transaction.announcements.postpone(each, now + POSTPONED_FOR)
            if heard:
                event_lane.start(transaction)
    if counts[Verdict.PARK]:
        codes = sorted({a.error_code for _, a in answers if a.verdict is Verdict.PARK})
        log.warning("sf.events.refused", extra={"count": counts[Verdict.PARK], "codes": codes})
    return AnnounceReport(
        published=len(heard),
        needless=len(page.needless),
        postponed=len(again),
        refused=counts[Verdict.PARK],
        stopped=held is not None,
    )
