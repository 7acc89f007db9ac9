"""Public documents of the gateways, such as certificates: fetched when one is first needed."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.errors import ConnectorError
from connector.gateways.base import Lacking, Secrets


log = logging.getLogger(__name__)

Fetch = Callable[[str], bytes]

#: As many are kept; a gateway has one or two at a time.
MOST_KEPT = 16
#: As many are fetched at once, and nobody waits for more.
MOST_COMING = 4
#: An address that did not answer is left alone for so long.
PAUSE = timedelta(seconds=10)


class NotToBeHadError(ConnectorError):
    """The document cannot be had now."""

    retryable = True


class Papers:
    """
    Fetches each document once, for all requests that wait for it, and keeps it in memory.

    `fetch` blocks, and runs in threads; it raises a ConnectorError where there is no answer.
    The rest runs on one event loop. Which hosts are asked is for the gateway to say.
    """

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._threads = ThreadPoolExecutor(MOST_COMING, "papers")
        self._kept: dict[str, str] = {}
        self._coming: dict[str, asyncio.Future[bytes]] = {}
        self._failed: dict[str, datetime] = {}

    async def completed(self, lacking: Lacking, secrets: Secrets) -> Secrets:
        """The secrets with the document in its place; raises NotToBeHadError."""
        found: Mapping[str, Sequence[str]] = {lacking.key: (await self._text(lacking.address),)}
        return {**secrets, **found}

    async def _text(self, address: str) -> str:
        if address in self._kept:
            return self._kept[address]
        coming = self._coming.get(address) or self._begin(address)
        try:
            text = (await asyncio.shield(coming)).decode("utf-8", "replace")
        except ConnectorError as error:
            raise NotToBeHadError(str(error)) from error
        self._kept[address] = text
        while len(self._kept) > MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        return text

    def _begin(self, address: str) -> asyncio.Future[bytes]:
        now = self._clock()
        self._failed = {each: at for each, at in self._failed.items() if now < at + PAUSE}
        if address in self._failed or len(self._coming) >= MOST_COMING:
            raise NotToBeHadError("asked for a moment ago")
        loop = asyncio.get_running_loop()
        coming = loop.run_in_executor(self._threads, self._fetch, address)
        self._coming[address] = coming
        coming.add_done_callback(lambda done: self._end(address, done))
        return coming

    def _end(self, address: str, done: asyncio.Future[bytes]) -> None:
        self._coming.pop(address, None)
        if done.cancelled() or (error := done.exception()) is None:
            return
        self._failed[address] = self._clock()
        log.warning("door.document.missing", extra={"reason": str(error)})

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
