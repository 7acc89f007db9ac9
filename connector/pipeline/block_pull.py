"""Brings opt-outs home that were made at a gateway: in its console, or by its own rules."""

import dataclasses
import logging
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Self

import orjson

from connector.block_lists.base import ConfiguredList, Listed, Page
from connector.clock import Clock
from connector.domain.consent import (
    CLOCK_SKEW,
    ConsentEvent,
    ConsentKind,
    ConsentSource,
)
from connector.pipeline.api_mood import wait_after
from connector.pipeline.block_queue import LISTED, actor_of, is_stopped
from connector.pipeline.consent import hear
from connector.rest.errors import ApiError, BusyError, RefusedError
from connector.store import Store, Transaction
from connector.store.block_entries import BlockEntry, Told
from connector.store.consent_rows import EVERYBODY


log = logging.getLogger(__name__)

#: Longer than the longest call, so that one list is read by one worker.
LEASE = timedelta(minutes=5)
#: Pages of one list in one round.
PAGES = 4
#: What came late, or while the last reading went on, is read once more.
OVERLAP = timedelta(minutes=15)
#: A list that can be asked for what is new is read whole as often as this, all the same.
WHOLE_EVERY = timedelta(days=1)
#: How far a gateway's clock may be from ours when an entry is told to be our own.
SKEW = timedelta(minutes=1)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BlockPullReport:
    """What one round read, over all lists."""

    listed: int = 0
    found: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PullState:
    """How far the reading of one list is; kept between rounds, so that it goes on."""

    started: datetime | None = None
    since: datetime | None = None
    token: str = ""
    pulled_at: datetime | None = None
    whole_at: datetime | None = None
    not_before: datetime | None = None
    listed: int = 0
    found: int = 0
    last_listed: int = 0
    last_found: int = 0
    error: str = ""
    tries: int = 0

    @classmethod
    def of(cls, transaction: Transaction, name: str) -> Self:
        text = transaction.marks.get(_mark(name))
        found = orjson.loads(text) if text else {}
        moments = ("started", "since", "pulled_at", "whole_at", "not_before")
        for each in moments:
            found[each] = datetime.fromisoformat(found[each]) if found.get(each) else None
        return cls(**found)

    def keep(self, transaction: Transaction, name: str) -> None:
        transaction.marks.set(_mark(name), orjson.dumps(self).decode())

    def begun(self, of: ConfiguredList, now: datetime) -> Self:
        """Where to go on, or to begin; a new reading asks for what is new where it can."""
        if self.started:
            return self
        lately = self.pulled_at and self.whole_at and now < self.whole_at + WHOLE_EVERY
        since = self.pulled_at - OVERLAP if self.pulled_at and lately else None
        return dataclasses.replace(
            self,
            started=now,
            since=since if of.kind.since else None,
            token="",
            listed=0,
            found=0,
        )

    def after(self, page: Page, found: int) -> Self:
        """What is to be kept with a page that was taken."""
        following = dataclasses.replace(
            self,
            token=page.following,
            listed=self.listed + len(page.entries),
            found=self.found + found,
            error="",
            tries=0,
            not_before=None,
        )
        if page.following:
            return following
        return dataclasses.replace(
            following,
            started=None,
            pulled_at=self.started,
            whole_at=self.whole_at if self.since else self.started,
            last_listed=following.listed,
            last_found=following.found,
        )

    def held_up(self, error: ApiError, now: datetime, chance: random.Random) -> Self:
        """Later; from the beginning where the gateway does not know its own page any more."""
        wait = error.wait if isinstance(error, BusyError) else None
        anew = isinstance(error, RefusedError)
        return dataclasses.replace(
            self,
            started=None if anew else self.started,
            token="" if anew else self.token,
            error=str(error),
            tries=self.tries + 1,
            not_before=now + (wait_after(self.tries, chance) if wait is None else wait),
        )


class BlockPuller:
    """Reads each list that can be read, every so often."""

    def __init__(
        self,
        store: Store,
        lists: Sequence[ConfiguredList],
        clock: Clock,
        *,
        holder: str,
        every: timedelta,
    ) -> None:
        self._store = store
        self._lists = [each for each in lists if each.kind.lists]
        self._clock = clock
        self._holder = holder
        self._every = every
        self._chance = random.Random(holder)  # noqa: S311 (spreads retries, keeps no secret)

    def prepare(self) -> None:
        """To be called once at the start: what went wrong before is tried at once."""
        with self._store.transaction() as transaction:
            for each in self._lists:
                state = PullState.of(transaction, each.name)
                if state.not_before:
                    dataclasses.replace(state, not_before=None).keep(transaction, each.name)

    def pull(self) -> BlockPullReport:
        """One round: a few pages of each list whose time has come."""
        reports = [self._pull(each) for each in self._lists]
        return BlockPullReport(
            listed=sum(each.listed for each in reports),
            found=sum(each.found for each in reports),
        )

    def _is_due(self, state: PullState, now: datetime) -> bool:
        if state.not_before and now < state.not_before:
            return False
        return bool(state.started) or not (
            state.pulled_at and now < state.pulled_at + self._every
        )

    def _pull(self, of: ConfiguredList) -> BlockPullReport:
        with self._store.transaction(reads=True) as transaction:
            if not self._is_due(PullState.of(transaction, of.name), self._clock()):
                return BlockPullReport()
        lease_name = f"block list pull:{of.name}"
        listed = found = 0
        for _ in range(PAGES):
            now = self._clock()
            with self._store.transaction() as transaction:
                lease = transaction.leases.take(lease_name, self._holder, now, LEASE)
                state = PullState.of(transaction, of.name)
            if lease is None or not self._is_due(state, now):
                break
            state = state.begun(of, now)
            try:
                page = _page(of, state)
            except ApiError as error:
                self._put_off(of, state, error)
                break
            with self._store.transaction() as transaction:
                if not transaction.leases.holds(lease):
                    break
                news = take(transaction, of, page.entries, now)
                kept = state.after(page, news)
                if not kept.started and not of.kind.dated and state.started:
                    transaction.block_entries.forget_unseen(of.name, state.started)
                kept.keep(transaction, of.name)
            listed, found = listed + len(page.entries), found + news
        if found:
            log.info("block_list.pulled", extra={"list": of.name, "found": found})
        return BlockPullReport(listed=listed, found=found)

    def _put_off(self, of: ConfiguredList, state: PullState, error: ApiError) -> None:
        with self._store.transaction() as transaction:
            state.held_up(error, self._clock(), self._chance).keep(transaction, of.name)
        log.warning("block_list.held_up", extra={"list": of.name, "reason": str(error)})


def take(
    transaction: Transaction, of: ConfiguredList, entries: Iterable[Listed], now: datetime
) -> int:
    """
    Make STOPs of the numbers on a list that nobody knew of; returns how many.

    What is on the list because of us is no news, and neither is an entry that is older than
    the newest START: whoever gave it knew better. Where a gateway tells no time, an entry is
    as old as our first sight of it.
    """
    newest: dict[str, Listed] = {}
    for entry in entries:
        known = newest.get(entry.phone)
        if known is None or (entry.at and known.at and entry.at > known.at):
            newest[entry.phone] = entry
    states = transaction.consents.states(newest)
    seen = _first_seen(transaction, of, newest.values(), now)
    free = {
        phone: entry
        for phone, entry in newest.items()
        if not is_stopped(states.get(phone, {}), of.scope)
    }
    ours = _ours(transaction, of, free.values())
    unknown = {phone: entry for phone, entry in free.items() if phone not in ours}
    ledgers = transaction.consents.ledgers(unknown)
    told = (_event(of, entry, seen.get(phone, now), now) for phone, entry in unknown.items())
    news = [each for each in told if not _is_older(each, ledgers.get(each.phone, ()), of.scope)]
    return len(hear(transaction, [(0, event) for event in news]))


def _first_seen(
    transaction: Transaction, of: ConfiguredList, entries: Iterable[Listed], now: datetime
) -> Mapping[str, datetime]:
    """Remembered by pseudonyms: most of these people we know nothing of."""
    names = {transaction.pseudonym(each.phone): each.phone for each in entries if not each.at}
    found = transaction.block_entries.see(of.name, names, now) if names else {}
    return {names[subject]: at for subject, at in found.items()}


def _ours(
    transaction: Transaction, of: ConfiguredList, entries: Collection[Listed]
) -> frozenset[str]:
    """Those that are listed because of us; of an erased number its name is known."""
    names = {each.phone: (each.phone, transaction.pseudonym(each.phone)) for each in entries}
    known = transaction.block_entries.of(
        of.name, [each for pair in names.values() for each in pair]
    )
    return frozenset(
        each.phone
        for each in entries
        if any(_is_ours(each, known[name]) for name in names[each.phone] if name in known)
    )


def _is_ours(entry: Listed, known: BlockEntry) -> bool:
    """Where nobody knows whether the gateway took it, only the time of an entry tells."""
    if known.told not in {Told.BLOCKED, Told.ASKED} or known.told_at is None:
        return False
    if entry.at is None:
        return known.told is Told.BLOCKED
    return entry.at <= known.told_at + SKEW


def _event(of: ConfiguredList, entry: Listed, seen: datetime, now: datetime) -> ConsentEvent:
    """The same event however often the entry is read: its time is the gateway's, or fixed."""
    return ConsentEvent(
        phone=entry.phone,
        kind=ConsentKind.STOP,
        received_at=now if entry.at else seen,
        occurred_at=min(entry.at, now) if entry.at else None,
        source=ConsentSource.PROVIDER,
        gateway=of.kind.gateway,
        account=of.account,
        scope=of.scope,
        actor=actor_of(of.name),
        reason=LISTED,
    )


def _is_older(event: ConsentEvent, ledger: Iterable[ConsentEvent], scope: str) -> bool:
    """Whether somebody opted in again after this entry was made."""
    settled = {each.about for each in ledger if each.kind is ConsentKind.SETTLED}
    return any(
        each.kind is ConsentKind.START
        and each.scope in {EVERYBODY, scope}
        and each.id not in settled
        and each.at > event.at + CLOCK_SKEW
        for each in ledger
    )


def _page(of: ConfiguredList, state: PullState) -> Page:
    page = of.list.page(state.since, state.token)
    if page.following and page.following == state.token:
        raise RefusedError("gives the same page again and again")
    return page


def _mark(name: str) -> str:
    return f"block_list:{name}:pull"
