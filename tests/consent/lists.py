"""A gateway's block list in memory, and those who tell it of opt-outs and read it."""

from collections.abc import Sequence
from datetime import timedelta

from connector.block_lists.base import ConfiguredList, Outcome
from connector.pipeline.block_lists import BlockPusher
from connector.pipeline.block_pull import BlockPuller
from tests.consent.watch import Watch
from tests.consent.world import World
from tests.pipeline.block_lists import MemoryList, kind


class WatchedList(MemoryList):
    """The list, where others may come between a call and its answer."""

    def __init__(self, world: World, watch: Watch) -> None:
        super().__init__(world.clock)
        self._point = world.scheduler.point
        self._watch = watch

    def add(self, phones: Sequence[str]) -> Outcome:
        outcome: Outcome = super().add(phones)
        self._point("answer of add")
        return outcome

    def remove(self, phones: Sequence[str]) -> Outcome:
        self._watch.unblocking(phones)
        self._point("remove")
        outcome: Outcome = super().remove(phones)
        self._point("answer of remove")
        return outcome


class Lists:
    """One list that is pushed to, read back and pulled."""

    def __init__(self, world: World, watch: Watch) -> None:
        self._world = world
        self._watch = watch
        self.begin()

    def begin(self) -> None:
        self.used = False
        self.list = WatchedList(self._world, self._watch)

    def push(self, holder: str) -> None:
        """Opt-outs go there; who opted in again comes off."""
        self.used = True
        pusher = BlockPusher(
            self._world.store,
            [self._configured],
            self._world.clock,
            holder=holder,
            unblock=True,
        )
        pusher.prepare()
        pusher.push()

    def pull(self, holder: str) -> None:
        puller = BlockPuller(
            self._world.store,
            [self._configured],
            self._world.clock,
            holder=holder,
            every=timedelta(minutes=1),
        )
        puller.pull()

    def enter(self, phone: str) -> None:
        """Somebody puts a number on it in the gateway's console."""
        self._world.scheduler.point("enters a number")
        self._world.oracle.listed.add(phone)
        self.list.entries[phone] = self._world.clock()

    def rest(self, number: int) -> None:
        """All that is left to tell."""
        if self.used:
            self.push(f"rest {number}")
            self.pull(f"rest {number}")

    @property
    def _configured(self) -> ConfiguredList:
        return ConfiguredList(name="memory", account="", scope="", kind=kind(), list=self.list)
