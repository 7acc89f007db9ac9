"""From pending fields to Salesforce: opt-outs first, 200 records a call, one lane an object."""

import dataclasses
import logging
import random
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from connector.clock import Clock
from connector.domain.errors import ConfigurationError, ConnectorError, OrgError
from connector.domain.records import (
    BATCH_SIZE,
    Outcome,
    RecordChange,
    RecordRef,
    Verdict,
    batches,
)
from connector.pipeline import late
from connector.pipeline.bulk_push import BulkPush
from connector.pipeline.lane import Lane
from connector.pipeline.mood import HeldUpError, Mood
from connector.pipeline.settlement import PushReport
from connector.salesforce.budget import Budget
from connector.salesforce.classify import wants_fewer
from connector.salesforce.org import Org
from connector.store import Store, Transaction


log = logging.getLogger(__name__)

ROUND = 2_000


class Pusher:
    """
    Sends what is pending to one org; what it knows of the org's mood lives in here.

    Where more than `bulk_from` records of one object wait, they go by a bulk job; 0 is never.
    Of the objects `announced`, events tell what was written.
    """

    def __init__(
        self,
        store: Store,
        org: Org,
        budget: Budget,
        clock: Clock,
        *,
        holder: str,
        batch_size: int = BATCH_SIZE,
        bulk_from: int = 0,
        announced: Collection[str] = (),
    ) -> None:
        self._store = store
        self._org = org
        self._clock = clock
        self._holder = holder
        self._mood = Mood(org, budget, clock, batch_size=batch_size)
        self._bulk = BulkPush(self._mood, bulk_from)
        self._announced = announced
        self._random = random.Random(holder)  # noqa: S311 (spreads retries, keeps no secret)

    def push(self, *, limit: int = ROUND) -> PushReport:
        """
        One round: up to `limit` records an object, until the budget or the org says stop.

        Nothing else is sent while an opt-out of any object waits that could be sent.
        """
        if not self._mood.ready:
            return PushReport()
        self._write_again()
        report, failed = PushReport(), dict[str, ConnectorError]()
        lanes, with_opt_outs = self._waiting()
        if with_opt_outs:
            report = self._lanes(with_opt_outs, limit, failed, opt_outs=True)
            lanes, with_opt_outs = self._waiting()
        if not with_opt_outs - failed.keys():
            report += self._lanes(lanes - failed.keys(), limit, failed)
        if report.calls:
            log.info("sf.round.done", extra=dataclasses.asdict(report))
        for failure in failed.values():
            raise failure
        return report

    def _write_again(self) -> None:
        """What a call may have written over that was left by a worker that is gone."""
        now = self._clock()
        with self._store.transaction(reads=True) as transaction:
            names = late.due(transaction, now)
        if names:
            with self._store.transaction() as transaction:
                late.write_again(transaction, late.due(transaction, now))

    def _lanes(
        self,
        names: Collection[str],
        limit: int,
        failed: dict[str, ConnectorError],
        *,
        opt_outs: bool = False,
    ) -> PushReport:
        report = PushReport()
        for name in sorted(names):
            try:
                report += self._lane(name, limit, opt_outs=opt_outs)
            except (OrgError, ConfigurationError) as failure:
                # It may be this object's alone: the others shall not wait for its cure.
                failed[name] = failure
        return report

    def _waiting(self) -> tuple[set[str], set[str]]:
        """The objects that have something to write, and those that have an opt-out to."""
        now = self._clock()
        with self._store.transaction(reads=True) as transaction:
            outbox = transaction.outbox
            lanes = {*outbox.objects(now)}
            with_opt_outs = {
                name
                for name in lanes
                if outbox.pending(name, 1, now, urgent=True)
                and not _is_stopped(transaction, name, now, urgent=True)
            }
            return lanes | {*transaction.bulk_jobs.objects()}, with_opt_outs

    def _take(self, name: str) -> Lane | None:
        return Lane.take(
            name,
            self._holder,
            self._store,
            self._clock,
            self._random,
            announce=name in self._announced,
        )

    def _lane(self, name: str, limit: int, *, opt_outs: bool) -> PushReport:
        lane = self._take(name)
        if lane is None:
            return PushReport()
        report, calls = PushReport(), self._org.calls
        try:
            work = (
                self._calls(lane, limit, urgent=True) if opt_outs else self._work(lane, limit)
            )
            for part in work:
                report += part
        except HeldUpError as held_up:
            report += PushReport(postponed=held_up.records)
        finally:
            lane.give_back()
        return dataclasses.replace(report, calls=self._org.calls - calls)

    def _work(self, lane: Lane, limit: int) -> Iterator[PushReport]:
        """Opt-outs by calls, always; the rest by calls too, or by a job while there is one."""

        def opt_outs() -> Iterator[PushReport]:
            yield from self._calls(lane, limit, urgent=True)
            yield from self._opt_outs_elsewhere(lane, limit)

        yield from self._calls(lane, limit, urgent=True)
        if self._bulk.is_under_way(lane):
            yield from self._bulk.step(lane, opt_outs)
        elif self._bulk.is_due(lane) and not self._stopped(lane, urgent=False):
            # What no job can decide must not wait behind job after job.
            yield from self._calls(lane, limit, calls_only=True)
            yield from self._bulk.start(lane, opt_outs)
        else:
            yield from self._calls(lane, limit)

    def _opt_outs_elsewhere(self, lane: Lane, limit: int) -> Iterator[PushReport]:
        """Those of other objects do not wait either while a job of this one is settled."""
        for name in sorted(self._waiting()[1] - {lane.name}):
            if other := self._take(name):
                try:
                    yield from self._calls(other, limit, urgent=True)
                finally:
                    other.give_back()

    def _calls(
        self, lane: Lane, limit: int, *, urgent: bool = False, calls_only: bool = False
    ) -> Iterator[PushReport]:
        """A half of the object that is stopped, or stops now, is left out."""
        with self._store.transaction(reads=True) as transaction:
            waiting = transaction.outbox.pending(
                lane.name, limit, self._clock(), urgent=urgent, calls_only=calls_only
            )
        gone: list[Outcome] = []
        for batch in self._cut(lane, waiting):
            if self._stopped(lane, urgent=urgent):
                break
            outcomes = self._call(lane, batch)
            gone += [each for each in outcomes if each.verdict is Verdict.FOLLOW]
            answered = [each for each in outcomes if each.verdict is not Verdict.FOLLOW]
            if answered:
                yield lane.settle(answered, {})
        if gone:
            yield self._follow(lane, gone)

    def _stopped(self, lane: Lane, *, urgent: bool) -> bool:
        with self._store.transaction(reads=True) as transaction:
            return _is_stopped(transaction, lane.name, self._clock(), urgent=urgent)

    def _cut(self, lane: Lane, changes: Sequence[RecordChange]) -> Iterator[list[RecordChange]]:
        """Into calls of the size that goes well now."""
        size, left = self._mood.size(lane.name), list(changes)
        while left:
            cut_for = size.now
            sent: set[RecordRef] = set()
            for batch in batches(left, cut_for):
                yield batch
                sent.update(change.record for change in batch)
                if size.now != cut_for:
                    break
            left = [change for change in left if change.record not in sent]

    def _call(self, lane: Lane, batch: Sequence[RecordChange]) -> list[Outcome]:
        """What became of each record of one call."""
        size = self._mood.size(lane.name)
        urgent = any(change.urgent for change in batch)
        with self._mood.asking(len(batch), urgent=urgent, size=size):
            batch = lane.begin(batch)
            if not batch:
                return []
            outcomes = self._org.update(batch)
        size.judge(outcomes)
        return [_with_fewer(each) for each in outcomes] if len(batch) > 1 else outcomes

    def _follow(self, lane: Lane, gone: Sequence[Outcome]) -> PushReport:
        """Ask once for all of a round where they went; they are as many calls as batches."""
        urgent = any(each.change.urgent for each in gone)
        went = self._mood.trail([each.change.record for each in gone], urgent=urgent)
        if went is None:
            gone = [dataclasses.replace(each, verdict=Verdict.RETRY) for each in gone]
        return lane.settle(gone, went or {})


def _is_stopped(transaction: Transaction, name: str, now: datetime, *, urgent: bool) -> bool:
    return any(
        (each.object, each.urgent) == (name, urgent) and each.retry_at > now
        for each in transaction.writes.stopped_lanes()
    )


def _with_fewer(outcome: Outcome) -> Outcome:
    """What failed because of the others in its call is not given up before it went alone."""
    if outcome.verdict is Verdict.PARK and wants_fewer(outcome.error_code, outcome.message):
        return dataclasses.replace(outcome, verdict=Verdict.RETRY)
    return outcome
