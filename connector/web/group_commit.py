"""Many requests share one durable commit, and each waits for its own."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from connector.domain.callback import Arrival
from connector.domain.errors import StoreBrokenError, StoreUnavailableError


log = logging.getLogger(__name__)

Commit = Callable[[Sequence[Arrival]], None]
#: What became of a batch: for each of its parts its size, and the error if it was not stored.
Verdict = tuple[int, StoreUnavailableError | None]

#: The most callbacks of one transaction: the worker waits for its lock meanwhile.
BATCH_SIZE = 1_000
#: Callbacks that may wait at once; beyond it only urgent ones are taken, up to the reserve.
MOST_WAITING = 4_000
URGENT_RESERVE = 1_000
#: Far longer than a store waits for a lock or a server for its network.
STUCK_SECONDS = 120.0


def never() -> bool:
    return False


def ignore() -> None:
    pass


class GroupCommit:
    """
    Commits what has gathered, again and again, while more gathers.

    `keep` returns once its own arrival is durable, and raises StoreUnavailableError when it is
    not. A batch that is refused for one bad row is halved until that row stands alone. Once the
    store is broken no commit can be trusted: from then on nothing is acknowledged, and
    `on_broken` is called, once.

    Everything but the commit itself runs on one event loop: the thread that commits is woken
    once a batch, not once a request, and no lock is needed.
    """

    def __init__(
        self,
        commit: Commit,
        *,
        most_waiting: int = MOST_WAITING,
        urgent_reserve: int = URGENT_RESERVE,
        on_broken: Callable[[], None] = ignore,
        nearly_full: Callable[[], bool] = never,
        stuck_after: float = STUCK_SECONDS,
    ) -> None:
        self._commit = commit
        self._limits = {False: most_waiting, True: most_waiting + urgent_reserve}
        self._on_broken = on_broken
        self._nearly_full = nearly_full
        self._thread = ThreadPoolExecutor(1, "group-commit")
        self._gathered: list[tuple[Arrival, asyncio.Future[None]]] = []
        self._waiting = 0
        self._rounds: asyncio.Task[None] | None = None
        self._closed = False
        self._stuck_after = stuck_after
        self._committing_since: float | None = None
        self.broken = False

    async def keep(self, arrival: Arrival) -> None:
        """Return once this is durable. All callers share one event loop."""
        self.check()
        if self._waiting >= self._limits[arrival.urgent]:
            raise StoreUnavailableError("too many callbacks wait for the store")
        if not arrival.urgent and self._nearly_full():
            raise StoreUnavailableError("what is left of the disk is kept for opt-outs")
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._gathered.append((arrival, waiter))
        self._waiting += 1
        if self._rounds is None:
            self._rounds = loop.create_task(self._commit_all())
        await waiter

    def check(self) -> None:
        """Raise StoreUnavailableError when nothing is taken any more."""
        if self.broken or self._closed:
            raise StoreUnavailableError("the store takes no more callbacks")

    @property
    def is_stuck(self) -> bool:
        """Whether a commit takes so long that no store comes back from it."""
        since = self._committing_since
        now = asyncio.get_running_loop().time()
        return since is not None and now > since + self._stuck_after

    async def close(self) -> None:
        """Take no more, and return when what has gathered is committed."""
        self._closed = True
        if self._rounds:
            await self._rounds
        self._thread.shutdown()

    async def _commit_all(self) -> None:
        try:
            while self._gathered:
                await asyncio.sleep(0)  # whoever comes in the same turn of the loop comes along
                await self._commit_batch()
        finally:
            self._rounds = None

    async def _commit_batch(self) -> None:
        batch, self._gathered = self._gathered[:BATCH_SIZE], self._gathered[BATCH_SIZE:]
        arrivals = [arrival for arrival, _ in batch]
        loop = asyncio.get_running_loop()
        self._committing_since = loop.time()
        verdicts = await loop.run_in_executor(self._thread, self._try, arrivals)
        self._committing_since = None
        self._waiting -= len(batch)
        waiters = (waiter for _, waiter in batch)
        for size, error in verdicts:
            for waiter in itertools.islice(waiters, size):
                _settle(waiter, error)

    def _try(self, arrivals: Sequence[Arrival]) -> list[Verdict]:
        """Commit, in the thread; tells of each part what became of it, and never raises."""
        try:
            self._store(arrivals)
        except StoreUnavailableError as error:
            self._judge(error, len(arrivals))
            return [(len(arrivals), error)]
        except Exception as error:
            if len(arrivals) > 1:
                middle = len(arrivals) // 2
                return [*self._try(arrivals[:middle]), *self._try(arrivals[middle:])]
            log.exception("door.cannot_store")
            return [(1, StoreUnavailableError(f"not stored: {type(error).__name__}"))]
        return [(len(arrivals), None)]

    def _store(self, arrivals: Sequence[Arrival]) -> None:
        if self.broken:
            raise StoreUnavailableError("the store takes no more callbacks")
        self._commit(arrivals)

    def _judge(self, error: StoreUnavailableError, waiting: int) -> None:
        log.warning("store.unavailable", extra={"error": str(error), "callbacks": waiting})
        if isinstance(error, StoreBrokenError):
            self.give_up()

    def give_up(self) -> None:
        """Take nothing any more: the disk has failed, here or elsewhere; for any thread."""
        if not self.broken:
            self.broken = True
            log.error("store.broken")
            self._on_broken()


def _settle(waiter: asyncio.Future[None], error: StoreUnavailableError | None) -> None:
    if waiter.done():  # its request was given up meanwhile
        return
    if error is None:
        waiter.set_result(None)
    else:
        waiter.set_exception(StoreUnavailableError(str(error)))
