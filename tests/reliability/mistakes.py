"""Mistakes that somebody could make in the service, to be planted into a process of it."""

import asyncio
import dataclasses
import os
import threading
from collections.abc import Sequence

import sqlalchemy as sa

from connector import worker
from connector.domain.callback import Arrival
from connector.domain.errors import StoreUnavailableError
from connector.domain.figures import Cell, add
from connector.domain.records import Outcome, RecordChange, Verdict
from connector.pipeline import normalise, steps
from connector.pipeline.campaign_rows import row_of
from connector.pipeline.events import read_batch
from connector.pipeline.lane import Lane
from connector.pipeline.normalise import NormaliseReport
from connector.pipeline.push import Pusher
from connector.pipeline.roll_up import RollUpReport
from connector.pipeline.suppression import Answer, Rule, check
from connector.quiet_hours import hours
from connector.store import house, migrate
from connector.store.figures import FORGET_CHANGES
from connector.store.sql import keys
from connector.web import api_suppression
from connector.web.drain import Drain
from connector.web.group_commit import GroupCommit


#: How long what was done too early is in danger: long enough that a few kills meet it.
EARLY_SECONDS = 0.4
#: More than there ever are.
MANY = 100_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """`where` is what it replaces: owner, name, and what stands there instead."""

    name: str
    where: tuple[tuple[object, str, object], ...]

    def plant(self) -> None:
        """From now on this process makes it."""
        for owner, name, instead in self.where:
            setattr(owner, name, instead)


def _mistake(name: str, *where: tuple[object, str, object]) -> Mistake:
    return Mistake(name=name, where=where)


_keep = GroupCommit.keep


async def _later(self: GroupCommit, arrival: Arrival) -> None:
    await asyncio.sleep(EARLY_SECONDS)
    await _keep(self, arrival)


async def _answer_first(self: GroupCommit, arrival: Arrival) -> None:
    self.check()
    _begun.append(asyncio.get_running_loop().create_task(_later(self, arrival)))


async def _answer_stops_first(self: GroupCommit, arrival: Arrival) -> None:
    if not arrival.urgent:
        await _keep(self, arrival)
        return
    await _answer_first(self, dataclasses.replace(arrival, urgent=False))


#: Else they might be collected before they have run.
_begun: list[asyncio.Task[None]] = []


def _settle_first(self: Pusher, lane: Lane, batch: Sequence[RecordChange]) -> list[Outcome]:
    batch = lane.begin(batch)
    if batch:
        hoped = [Outcome(change=each, verdict=Verdict.WRITTEN) for each in batch]
        lane.settle(hoped, {})
        threading.Event().wait(EARLY_SECONDS)
        self._org.update(batch)
    return []


def _tick_off_first(store, gateways, read_phone, _clock, *, urgent, limit):
    with store.transaction() as transaction:
        claim = transaction.unread.claim(limit, urgent=urgent)
        if not claim:
            return NormaliseReport()
        transaction.unread.done(claim)
    threading.Event().wait(EARLY_SECONDS)
    batch = read_batch(claim.callbacks, gateways, read_phone)
    with store.transaction() as transaction:
        normalise._keep(transaction, batch)  # noqa: SLF001
    return NormaliseReport(callbacks=len(claim.callbacks), events=batch.size)


_check = check


def _allow_unseen(store, numbers, read_phone, clock, *, actor, scope):
    try:
        return _check(store, numbers, read_phone, clock, actor=actor, scope=scope)
    except StoreUnavailableError:
        return [
            Answer(
                given=each,
                phone=read_phone(each),
                sendable=True,
                rule=Rule.NOTHING_AGAINST,
                since=None,
                source="",
                version=0,
                hours=hours(read_phone(each), clock()),
            )
            for each in numbers
        ]


def _never(_holder: str) -> bool:
    return False


def _forget_afterwards(held, _periods):
    with held() as transaction:
        changes = transaction.figures.changes(MANY)
        added: dict[Cell, dict[str, int]] = {}
        for change in changes:
            add(added.setdefault(change.cell, {}), change.counts)
        for cell, known in transaction.figures.get(added).items():
            add(added[cell], known.counts)
        transaction.figures.put(added)
        rows = [row_of(cell.key) for cell in added if cell.is_shown]
        transaction.outbox.mark(rows, urgent=False)
    with held() as transaction:
        done = keys(str(change.id) for change in changes)
        FORGET_CHANGES.run(transaction.figures._connection, keys=done)  # noqa: SLF001
    return RollUpReport()


_upgrade = migrate.upgrade


def _commit_each(engine, parts):
    sa.event.listen(
        engine, "after_cursor_execute", lambda _, cursor, *_more: cursor.connection.commit()
    )
    _upgrade(engine, parts)


def _at_once(*_arguments: object) -> None:
    os._exit(0)


MISTAKES = {
    each.name: each
    for each in (
        _mistake("answers before it commits", (GroupCommit, "keep", _answer_first)),
        _mistake(
            "a STOP goes with the reports and is answered early",
            (GroupCommit, "keep", _answer_stops_first),
        ),
        _mistake("settles before Salesforce has answered", (Pusher, "_call", _settle_first)),
        _mistake(
            "callbacks are ticked off before what they say is kept",
            (normalise, "_read_lane", _tick_off_first),
        ),
        _mistake(
            "numbers that cannot be looked up may be texted",
            (api_suppression, "check", _allow_unseen),
        ),
        _mistake("the leases of the dead are waited for", (house, "is_gone", _never)),
        _mistake(
            "figures are added up, and forgotten afterwards",
            (steps, "roll_up", _forget_afterwards),
        ),
        _mistake("an upgrade commits as it goes", (migrate, "upgrade", _commit_each)),
        _mistake(
            "ends at once when it is told to",
            (Drain, "begin", _at_once),
            (worker, "stop", _at_once),
        ),
    )
}
