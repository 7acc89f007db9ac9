"""Many requests share one durable commit, and each waits for its own."""

import asyncio
import concurrent.futures
import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence

from connector.domain.callback import Arrival
from connector.domain.errors import StoreUnavailableError


log = logging.getLogger(__name__)

Commit = Callable[[Sequence[Arrival]], None]
_Waiter = asyncio.Future[None] | concurrent.futures.Future[None]
_Entry = tuple[Arrival, _Waiter]

#: The most callbacks of one transaction: the worker waits for its lock meanwhile.
BATCH_SIZE = 1_000
#: How long the committer lets requests gather; docs/decisions/0001-door.md has the figures.
LINGER_SECONDS = 0.0005
#: Callbacks that may wait at once; beyond it only urgent ones are taken, up to the reserve.
MOST_WAITING = 4_000
URGENT_RESERVE = 1_000


def heals(_error: Exception) -> bool:
    return False


def ignore() -> None:
    pass


class GroupCommit:
    """
    One thread that commits what has gathered, also while the last commit ran.

    `keep` and `keep_and_wait` return once their own arrival is durable, and raise
    StoreUnavailableError when it is not. A batch that is refused for one bad row is halved
    until that row stands alone. `lasts` tells an error after which no commit can be trusted
    (a failed sync: the kernel may have dropped the pages): from then on nothing is
    acknowledged, and `on_broken` is called, once.
    """

    def __init__(
        self,
        commit: Commit,
        *,
        linger_seconds: float = LINGER_SECONDS,
        most_waiting: int = MOST_WAITING,
        urgent_reserve: int = URGENT_RESERVE,
        lasts: Callable[[Exception], bool] = heals,
        on_broken: Callable[[], None] = ignore,
    ) -> None:
        self._commit = commit
        self._linger_seconds = linger_seconds
        self._limits = {False: most_waiting, True: most_waiting + urgent_reserve}
        self._lasts = lasts
        self._on_broken = on_broken
        self._gathered: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._waiting = 0
        self.broken = False
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    async def keep(self, arrival: Arrival) -> None:
        """Return once this is durable. All callers must share one event loop."""
        waiter = asyncio.get_running_loop().create_future()
        self._gather(arrival, waiter)
        await waiter

    def keep_and_wait(self, arrival: Arrival) -> None:
        """The same for a thread that has no event loop."""
        waiter: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._gather(arrival, waiter)
        waiter.result()

    def check(self) -> None:
        """Raise StoreUnavailableError when nothing is taken any more."""
        if self.broken or self._closed.is_set():
            raise StoreUnavailableError("the store takes no more callbacks")

    def close(self) -> None:
        """Commit what has gathered and take no more."""
        with self._lock:
            if not self._closed.is_set():
                self._closed.set()
                self._gathered.put(None)
        self._thread.join()

    def _gather(self, arrival: Arrival, waiter: _Waiter) -> None:
        with self._lock:
            self.check()
            if self._waiting >= self._limits[arrival.urgent]:
                raise StoreUnavailableError("too many callbacks wait for the store")
            self._waiting += 1
            self._gathered.put((arrival, waiter))

    def _run(self) -> None:
        while (first := self._gathered.get()) is not None:
            self._closed.wait(self._linger_seconds)
            batch = [first, *self._more()]
            for entries, error in self._verdicts(batch):
                with self._lock:
                    self._waiting -= len(entries)
                self._release(entries, error)

    def _more(self) -> Iterator[_Entry]:
        with contextlib.suppress(queue.Empty):
            for _ in range(BATCH_SIZE - 1):
                entry = self._gathered.get_nowait()
                if entry is None:
                    self._gathered.put(None)  # for the next round, which is the last
                    return
                yield entry

    def _verdicts(
        self, entries: list[_Entry]
    ) -> Iterator[tuple[list[_Entry], StoreUnavailableError | None]]:
        try:
            self._store(entries)
        except StoreUnavailableError as error:
            self._judge(error, len(entries))
            yield entries, error
        except Exception as error:
            if len(entries) > 1:
                middle = len(entries) // 2
                yield from self._verdicts(entries[:middle])
                yield from self._verdicts(entries[middle:])
                return
            log.exception("callback cannot be stored")
            yield entries, StoreUnavailableError(f"not stored: {type(error).__name__}")
        else:
            yield entries, None

    def _store(self, entries: list[_Entry]) -> None:
        if self.broken:
            raise StoreUnavailableError("the store takes no more callbacks")
        self._commit([arrival for arrival, _ in entries])

    def _judge(self, error: StoreUnavailableError, waiting: int) -> None:
        log.warning("store unavailable", extra={"error": str(error), "callbacks": waiting})
        if self._lasts(error) and not self.broken:
            self.broken = True
            log.error("store broken, nothing is acknowledged any more")
            self._on_broken()

    def _release(self, entries: list[_Entry], error: StoreUnavailableError | None) -> None:
        """Wake all of these; those of an event loop by one call into it."""
        tasks = []
        for _, waiter in entries:
            if isinstance(waiter, asyncio.Future):
                tasks.append(waiter)
            else:
                _settle(waiter, error)
        if tasks:
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits
                tasks[0].get_loop().call_soon_threadsafe(_settle_all, tasks, error)


def _settle_all(
    waiters: Sequence[asyncio.Future[None]], error: StoreUnavailableError | None
) -> None:
    for waiter in waiters:
        _settle(waiter, error)


def _settle(waiter: _Waiter, error: StoreUnavailableError | None) -> None:
    if waiter.done():  # its request was given up meanwhile
        return
    if error is None:
        waiter.set_result(None)
    else:
        waiter.set_exception(StoreUnavailableError(str(error)))
