"""Many requests share one commit, and nobody hears 2xx before their own."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from connector.domain.errors import StoreBrokenError, StoreUnavailableError
from connector.web.group_commit import BATCH_SIZE, GroupCommit
from tests.support.arrivals import arrival
from tests.support.inbox import MemoryInbox


@pytest.fixture
def inbox() -> MemoryInbox:
    return MemoryInbox()


@pytest.fixture
def commit(inbox) -> Iterator[GroupCommit]:
    commit = GroupCommit(inbox.keep)
    yield commit
    inbox.gate.set()
    asyncio.run(commit.close())


async def gathered(commit, *arrivals):
    return await asyncio.gather(*map(commit.keep, arrivals), return_exceptions=True)


async def entered(inbox):
    """Wait until the committer stands at the gate."""
    await asyncio.to_thread(inbox.entered.acquire, timeout=10)


def fail(error):
    def fault(_arrivals):
        raise error

    return fault


class TestKeep:
    def test_returns_after_its_own_commit(self, inbox, commit):
        async def run():
            inbox.gate.clear()
            waiting = asyncio.create_task(commit.keep(arrival(1)))
            await entered(inbox)
            before = waiting.done()
            inbox.gate.set()
            await waiting
            return before

        assert asyncio.run(run()) is False
        assert inbox.kept == [arrival(1)]

    def test_what_gathers_during_a_commit_shares_the_next_one(self, inbox, commit):
        async def run():
            inbox.gate.clear()
            first = asyncio.create_task(commit.keep(arrival(0)))
            await entered(inbox)
            others = [asyncio.create_task(commit.keep(arrival(n))) for n in range(1, 101)]
            await asyncio.sleep(0)
            inbox.gate.set()
            await asyncio.gather(first, *others)

        asyncio.run(run())

        assert [len(batch) for batch in inbox.batches] == [1, 100]
        assert inbox.kept == [arrival(n) for n in range(101)]

    def test_a_commit_does_not_answer_those_of_the_next(self, inbox, commit):
        next_one = threading.Event()

        def fault(arrivals):
            if arrival(2) in arrivals:
                next_one.wait(10)

        inbox.fault = fault

        async def run():
            inbox.gate.clear()
            first = asyncio.create_task(commit.keep(arrival(1)))
            await entered(inbox)
            second = asyncio.create_task(commit.keep(arrival(2)))
            await asyncio.sleep(0)
            inbox.gate.set()
            await first
            before = second.done()
            next_one.set()
            await second
            return before

        assert asyncio.run(run()) is False

    def test_a_batch_is_bounded(self, inbox, commit):
        async def run():
            inbox.gate.clear()
            first = asyncio.create_task(commit.keep(arrival(0)))
            await entered(inbox)
            many = asyncio.gather(*(commit.keep(arrival(n)) for n in range(BATCH_SIZE + 1)))
            await asyncio.sleep(0)
            inbox.gate.set()
            await asyncio.gather(first, many)

        asyncio.run(run())

        assert [len(batch) for batch in inbox.batches] == [1, BATCH_SIZE, 1]

    def test_a_request_that_was_given_up_disturbs_nobody(self, inbox, commit):
        async def run():
            inbox.gate.clear()
            given_up = asyncio.create_task(commit.keep(arrival(1)))
            await entered(inbox)
            given_up.cancel()
            other = asyncio.create_task(commit.keep(arrival(2)))
            await asyncio.sleep(0)
            inbox.gate.set()
            await other

        asyncio.run(run())

        assert inbox.kept == [arrival(1), arrival(2)]


class TestFaults:
    def test_an_unavailable_store_is_told_to_every_waiter_of_the_batch(self, inbox, commit):
        inbox.fault = fail(StoreUnavailableError("locked"))

        told = asyncio.run(gathered(commit, *map(arrival, range(5))))

        assert [str(each) for each in told] == ["locked"] * 5
        assert all(isinstance(each, StoreUnavailableError) for each in told)

    def test_it_takes_callbacks_again_once_the_store_is_back(self, inbox, commit):
        inbox.fault = fail(StoreUnavailableError("locked"))
        asyncio.run(gathered(commit, arrival(1)))
        inbox.fault = None

        assert asyncio.run(gathered(commit, arrival(1))) == [None]
        assert inbox.kept == [arrival(1)]

    def test_one_bad_row_does_not_take_the_others_with_it(self, inbox, commit):
        bad = arrival(3)

        def fault(arrivals):
            if bad in arrivals:
                raise ValueError("no such text")

        inbox.fault = fault

        told = asyncio.run(gathered(commit, *map(arrival, range(8))))

        assert isinstance(told.pop(3), StoreUnavailableError)
        assert told == [None] * 7
        assert inbox.kept == [arrival(n) for n in range(8) if n != 3]

    def test_after_a_failed_sync_nothing_is_acknowledged(self, inbox):
        broken = threading.Event()
        commit = GroupCommit(inbox.keep, on_broken=broken.set)
        inbox.fault = fail(StoreBrokenError("disk I/O error"))
        asyncio.run(gathered(commit, arrival(1)))
        inbox.fault = None

        told = asyncio.run(gathered(commit, arrival(2)))
        asyncio.run(commit.close())

        assert isinstance(told[0], StoreUnavailableError)
        assert inbox.kept == []
        assert broken.is_set()
        assert commit.broken

    def test_a_store_that_does_not_come_back_is_noted(self, inbox):
        commit = GroupCommit(inbox.keep, stuck_after=-1)

        async def run():
            inbox.gate.clear()
            before = commit.is_stuck
            waiting = asyncio.create_task(commit.keep(arrival(1)))
            await entered(inbox)
            meanwhile = commit.is_stuck
            inbox.gate.set()
            await waiting
            await commit.close()
            return before, meanwhile, commit.is_stuck

        assert asyncio.run(run()) == (False, True, False)


class TestOverload:
    @pytest.fixture
    def commit(self, inbox):
        commit = GroupCommit(inbox.keep, most_waiting=2, urgent_reserve=1)
        yield commit
        inbox.gate.set()
        asyncio.run(commit.close())

    def test_delivery_reports_leave_the_reserve_to_opt_outs(self, inbox, commit):
        async def run():
            inbox.gate.clear()
            waiting = [asyncio.create_task(commit.keep(arrival(n))) for n in range(2)]
            await entered(inbox)
            report = await gathered(commit, arrival(3))
            urgent = asyncio.create_task(commit.keep(arrival(4, urgent=True)))
            await asyncio.sleep(0)
            beyond = await gathered(commit, arrival(5, urgent=True))
            inbox.gate.set()
            await asyncio.gather(*waiting, urgent)
            return report + beyond

        refused = asyncio.run(run())

        assert all(isinstance(each, StoreUnavailableError) for each in refused)
        assert inbox.kept == [arrival(0), arrival(1), arrival(4, urgent=True)]

    def test_who_was_served_makes_room(self, commit):
        for number in range(4):
            assert asyncio.run(gathered(commit, arrival(number))) == [None]


class TestNearlyFullDisk:
    def test_what_is_left_is_for_opt_outs(self, inbox):
        commit = GroupCommit(inbox.keep, nearly_full=lambda: True)

        told = asyncio.run(gathered(commit, arrival(1), arrival(2, urgent=True)))
        asyncio.run(commit.close())

        assert isinstance(told[0], StoreUnavailableError)
        assert told[1] is None
        assert inbox.kept == [arrival(2, urgent=True)]


class TestClose:
    def test_what_has_gathered_is_committed(self, inbox):
        commit = GroupCommit(inbox.keep)

        async def run():
            inbox.gate.clear()
            waiting = [asyncio.create_task(commit.keep(arrival(n))) for n in range(3)]
            await entered(inbox)
            closing = asyncio.create_task(commit.close())
            inbox.gate.set()
            await asyncio.gather(*waiting, closing)

        asyncio.run(run())

        assert len(inbox.kept) == 3

    def test_nothing_is_taken_afterwards(self, inbox):
        commit = GroupCommit(inbox.keep)
        asyncio.run(commit.close())
        asyncio.run(commit.close())

        told = asyncio.run(gathered(commit, arrival(1)))

        assert isinstance(told[0], StoreUnavailableError)
        assert inbox.kept == []
