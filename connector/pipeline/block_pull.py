"""Brings opt-outs home that were made at a gateway: in its console, or by its own rules."""

import dataclasses
import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self

import orjson

from connector.block_lists.base import ConfiguredList, Page
from connector.clock import Clock
from connector.pipeline.api_mood import wait_after
from connector.pipeline.block_news import take
from connector.rest.errors import ApiError, BusyError, RefusedError
from connector.store import Store, Transaction


log = logging.getLogger(__name__)

#: Longer than the longest call, so that one list is read by one worker.
LEASE = timedelta(minutes=5)
#: Pages of one list in one round.
PAGES = 4
#: What came late, or while the last reading went on, is read once more.
OVERLAP = timedelta(minutes=15)
#: A list that can be asked for what is new is read whole as often as this, all the same.
WHOLE_EVERY = timedelta(days=1)


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
                    transaction.block_listings.forget_unseen(of.name, state.started)
                kept.keep(transaction, of.name)
            listed, found = listed + len(page.entries), found + news
        if found:
            log.info("block_list.pulled", extra={"list": of.name, "found": found})
        return BlockPullReport(listed=listed, found=found)

    def _put_off(self, of: ConfiguredList, state: PullState, error: ApiError) -> None:
        with self._store.transaction() as transaction:
            state.held_up(error, self._clock(), self._chance).keep(transaction, of.name)
        log.warning("block_list.held_up", extra={"list": of.name, "reason": str(error)})


def _page(of: ConfiguredList, state: PullState) -> Page:
    page = of.list.page(state.since, state.token)
    if page.following and page.following == state.token:
        raise RefusedError("gives the same page again and again")
    return page


def _mark(name: str) -> str:
    return f"block_list:{name}:pull"
