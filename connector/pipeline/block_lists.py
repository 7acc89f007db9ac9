"""Sends opt-outs to the gateways' own block lists, and reads back what they took."""

import dataclasses
import logging
import random
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from connector.block_lists.base import ConfiguredList, Outcome
from connector.clock import Clock
from connector.pipeline.api_mood import Hold, Pace, release, wait_after
from connector.pipeline.block_calls import BlockPushReport, find, tell
from connector.pipeline.block_queue import configure, is_stopped
from connector.rest.errors import ApiError
from connector.store import Store, Transaction
from connector.store.block_entries import BlockEntry, EntryState, Told
from connector.store.house import Lease


log = logging.getLogger(__name__)

#: Longer than the longest call, so that two never tell one list different things.
LEASE = timedelta(minutes=10)
#: Calls to one list in one round.
CALLS = 20
#: After as many refusals a number is left to a person.
TRIES = 5
#: Numbers of one reading of the ledger, and readings in one round.
CATCH_UP, CATCH_UPS = 1_000, 100
#: Troubles of one kind of work do not stop the other.
SENDING, READING = "send", "read"
NOT_THERE = "not on the list when it was read back"


class BlockPusher:
    """
    Tells each list what it should hold, opt-outs first.

    What is told is worked out from the ledger in the moment before the call; nothing is ever
    taken off a list on the strength of what was queued.
    """

    def __init__(
        self,
        store: Store,
        lists: Sequence[ConfiguredList],
        clock: Clock,
        *,
        holder: str,
        unblock: bool = False,
        catch_up_every: timedelta = timedelta(hours=1),
    ) -> None:
        self._store = store
        self._lists = [each for each in lists if each.kind.adds]
        self._clock = clock
        self._holder = holder
        self._unblock = unblock
        self._every = catch_up_every
        self._paces = {
            each.name: Pace(each.list.rate, max(each.list.batch, each.list.look_up))
            for each in self._lists
        }
        self._chance = random.Random(holder)  # noqa: S311 (spreads retries, keeps no secret)
        self._caught_up: dict[str, datetime] = {}

    def prepare(self) -> None:
        """
        To be called once at the start: from now on opt-outs are queued for these lists.

        What went wrong before may be mended, so it is tried at once.
        """
        configure(self._store, {each.name: each.scope for each in self._lists})
        with self._store.transaction() as transaction:
            for each in self._lists:
                for work in (SENDING, READING):
                    release(transaction, each.name, work)
                if self._unblock and each.kind.removes:
                    entries = transaction.block_entries
                    entries.requeue(each.name, EntryState.KEPT, self._clock())

    def push(self) -> BlockPushReport:
        """One round: a few calls to each list that has something to hear."""
        report = BlockPushReport()
        for each in self._lists:
            self._catch_up(each)
            report += self._push(each)
        return report

    def _catch_up(self, of: ConfiguredList) -> None:
        """Queue whoever was opted out before the list was set up."""
        now, after = self._clock(), ""
        last = self._caught_up.get(of.name)
        if last and now < last + self._every:
            return
        for _ in range(CATCH_UPS):
            with self._store.transaction() as transaction:
                entries = transaction.block_entries
                found = entries.lacking(of.name, of.scope, after=after, limit=CATCH_UP)
                entries.queue(((of.name, *each) for each in found), now, blocked=True)
            if not found:
                self._caught_up[of.name] = now
                return
            after = found[-1][0]

    def _push(self, of: ConfiguredList) -> BlockPushReport:
        with self._store.transaction(reads=True) as transaction:
            if not transaction.block_entries.any_due(of.name, self._clock()):
                return BlockPushReport()
        with self._store.transaction() as transaction:
            lease = self._take(transaction, of)
            transaction.block_entries.rest_erased(of.name)
        if lease is None:
            return BlockPushReport()
        report = BlockPushReport()
        for _ in range(CALLS):
            done = self._send(of) or self._read_back(of)
            if done is None:
                break
            report += done
        with self._store.transaction() as transaction:
            transaction.leases.give_back(lease)
        if report != BlockPushReport():
            log.info("block_list.pushed", extra={"list": of.name, **dataclasses.asdict(report)})
        return report

    def _take(self, transaction: Transaction, of: ConfiguredList) -> Lease | None:
        return transaction.leases.take(
            f"block list:{of.name}", self._holder, self._clock(), LEASE
        )

    def _send(self, of: ConfiguredList) -> BlockPushReport | None:
        """One call with what waits the longest; None where nothing may be sent now."""
        now, pace = self._clock(), self._paces[of.name]
        limit = of.list.batch
        with self._store.transaction() as transaction:
            hold = Hold.of(transaction, of.name, SENDING)
            if not pace.allows(limit, now) or (hold and hold.until > now):
                return None
            if not self._take(transaction, of):
                return None
            entries = transaction.block_entries.due(of.name, EntryState.WAITING, now, limit)
            if not entries:
                return None
            wanted = self._wanted(transaction, of, entries)
            kept = [each for each in entries if not self._may_tell(of, wanted[each.phone])]
            for each in kept:
                transaction.block_entries.settle(each, EntryState.KEPT, now)
            blocking = [each for each in entries if wanted[each.phone]]
            # Taking off is rare, and each is looked at by itself right before the call.
            telling = blocking or [each for each in entries if each not in kept][:1]
            # Kept before the call: whoever dies in it leaves word of whose the entry is.
            transaction.block_entries.tell(
                of.name, [each.phone for each in blocking], now, Told.ASKED
            )
        if not telling:
            return BlockPushReport(kept=len(kept))
        blocked = bool(wanted[telling[0].phone])
        pace.spend(limit)
        outcome = tell(of, [each.phone for each in telling], blocked=blocked)
        report = self._settle(of, telling, outcome, hold, blocked=blocked)
        return report + BlockPushReport(kept=len(kept))

    def _may_tell(self, of: ConfiguredList, wanted: bool | None) -> bool:  # noqa: FBT001
        return bool(wanted) or (wanted is False and self._unblock and of.kind.removes)

    @staticmethod
    def _wanted(
        transaction: Transaction, of: ConfiguredList, entries: Collection[BlockEntry]
    ) -> Mapping[str, bool | None]:
        states = transaction.consents.states({each.phone for each in entries})
        return {
            each.phone: is_stopped(states.get(each.phone, {}), of.scope) for each in entries
        }

    def _settle(
        self,
        of: ConfiguredList,
        entries: Sequence[BlockEntry],
        outcome: Outcome,
        hold: Hold | None,
        *,
        blocked: bool,
    ) -> BlockPushReport:
        now = self._clock()
        taken = [each for each in entries if each.phone in outcome.taken]
        with self._store.transaction() as transaction:
            transaction.block_entries.lock(of.name, [each.phone for each in entries])
            told = Told.BLOCKED if blocked else Told.FREED
            transaction.block_entries.tell(of.name, [each.phone for each in taken], now, told)
            for each in entries:
                entry = dataclasses.replace(each, blocked=blocked)
                if each.phone in outcome.refused:
                    transaction.block_entries.untell(each)
                    cause = outcome.refused[each.phone]
                    self._put_off(transaction, entry, cause, now)
                elif each.phone in outcome.taken:
                    read_back = blocked and of.kind.verifies
                    state = EntryState.SENT if read_back else EntryState.DONE
                    later = now + of.kind.settles if read_back else now
                    transaction.block_entries.settle(
                        entry, state, now, not_before=later, attempts=each.attempts
                    )
            if not blocked:
                self._block_again(transaction, of, entries, now)
            self._note(transaction, of, SENDING, outcome.trouble, hold)
        return BlockPushReport(
            **{"blocked" if blocked else "freed": len(taken)}, refused=len(outcome.refused)
        )

    def _block_again(
        self,
        transaction: Transaction,
        of: ConfiguredList,
        entries: Collection[BlockEntry],
        now: datetime,
    ) -> None:
        """
        If a STOP came while a number was being taken off, it goes on again, whatever else.

        One that is committed later than this is queued by whoever hears of it.
        """
        states = transaction.consents.states({each.phone for each in entries})
        again = [
            (of.name, phone, max(state.version for state in scopes.values()))
            for phone, scopes in states.items()
            if is_stopped(scopes, of.scope)
        ]
        transaction.block_entries.queue(again, now, blocked=True)

    def _read_back(self, of: ConfiguredList) -> BlockPushReport | None:
        """Whether the list has what it took; None where nothing is to be read now."""
        now, pace = self._clock(), self._paces[of.name]
        limit = of.list.look_up
        with self._store.transaction() as transaction:
            hold = Hold.of(transaction, of.name, READING)
            if not pace.allows(limit, now) or (hold and hold.until > now):
                return None
            if not self._take(transaction, of):
                return None
            entries = transaction.block_entries.due(of.name, EntryState.SENT, now, limit)
        if not entries:
            return None
        pace.spend(limit)
        found, trouble = find(of, [each.phone for each in entries])
        with self._store.transaction() as transaction:
            transaction.block_entries.lock(of.name, [each.phone for each in entries])
            for each in entries if trouble is None else ():
                if each.phone in found:
                    transaction.block_entries.settle(each, EntryState.DONE, now)
                else:
                    self._put_off(transaction, each, NOT_THERE, now)
            self._note(transaction, of, READING, trouble, hold)
        missing = 0 if trouble else len(entries) - len(found)
        return BlockPushReport(verified=len(found), refused=missing)

    def _put_off(
        self, transaction: Transaction, entry: BlockEntry, cause: str, now: datetime
    ) -> None:
        attempts = entry.attempts + 1
        transaction.block_entries.settle(
            entry,
            EntryState.WAITING if attempts < TRIES else EntryState.REFUSED,
            now,
            not_before=now + wait_after(attempts, self._chance),
            attempts=attempts,
            error=cause,
        )

    def _note(
        self,
        transaction: Transaction,
        of: ConfiguredList,
        work: str,
        trouble: ApiError | None,
        hold: Hold | None,
    ) -> None:
        if trouble is not None:
            Hold.after(trouble, hold, self._clock(), self._chance).keep(
                transaction, of.name, work
            )
            log.warning("block_list.held_up", extra={"list": of.name, "reason": str(trouble)})
        elif hold:
            release(transaction, of.name, work)
