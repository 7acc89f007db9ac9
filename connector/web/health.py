"""Whether this process lives, and whether it should be given work."""

import asyncio
import concurrent.futures
import contextlib
import json
import math
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from connector.domain.errors import ConnectorError, StoreUnavailableError
from connector.web.answers import Answer


#: Raises ConnectorError when no callback could be kept now.
Check = Callable[[], None]

#: How long a verdict is good: whoever asks in a loop does not load the store.
FRESH_SECONDS = 1.0


def disk_reserve(folder: Path, least_bytes: int) -> Check:
    """For the embedded database: a full disk must not come as a surprise."""

    def check() -> None:
        if shutil.disk_usage(folder).free < least_bytes:
            raise StoreUnavailableError(
                f"less than {least_bytes // 2**20} MiB of disk space left"
            )

    return check


def nearly_full(
    folder: Path, least_bytes: int, time: Callable[[], float] = time.monotonic
) -> Callable[[], bool]:
    """Whether so little is left that only opt-outs may take it; looked up once a second."""
    full, looked_at = False, -math.inf

    def look() -> bool:
        nonlocal full, looked_at
        if (now := time()) >= looked_at + FRESH_SECONDS:
            looked_at = now
            with contextlib.suppress(OSError):  # then the store will say no
                full = shutil.disk_usage(folder).free < least_bytes
        return full

    return look


class Health:
    """
    Answers /livez and /readyz.

    Live means that the process answers. Ready means that a callback would be kept now; whether
    Salesforce answers has no part in it, or an outage there would lose callbacks here.
    """

    def __init__(self, checks: Sequence[Check]) -> None:
        self._checks = checks
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "health")
        self._verdict: asyncio.Task[str] | None = None
        self._fresh_until = 0.0
        self.draining = False

    def live(self) -> Answer:
        return _answer(200, {"live": True})

    async def ready(self) -> Answer:
        cause = "shutting down" if self.draining else await self._cause()
        if cause:
            return _answer(503, {"ready": False, "cause": cause})
        return _answer(200, {"ready": True})

    def close(self) -> None:
        self._thread.shutdown()

    async def _cause(self) -> str:
        """What is in the way, or nothing; everyone who asks meanwhile shares one look."""
        loop = asyncio.get_running_loop()
        if self._verdict is None or (self._verdict.done() and loop.time() >= self._fresh_until):
            self._verdict = loop.create_task(self._look())
        return await asyncio.shield(self._verdict)

    async def _look(self) -> str:
        loop = asyncio.get_running_loop()
        cause = await loop.run_in_executor(self._thread, _first_cause, self._checks)
        self._fresh_until = loop.time() + FRESH_SECONDS
        return cause


def _first_cause(checks: Sequence[Check]) -> str:
    for check in checks:
        try:
            check()
        except (ConnectorError, OSError) as error:
            return str(error)
    return ""


def _answer(status: int, told: dict[str, object]) -> Answer:
    body = json.dumps(told).encode()
    return Answer(
        status,
        (
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ),
        body,
    )
