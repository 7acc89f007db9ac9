"""How a web process begins and ends."""

import asyncio
import contextlib
import ctypes
import gc
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable


_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, prctl(2)


def end() -> None:
    """Have the server finish its requests and end this process; for any thread."""
    os.kill(os.getpid(), signal.SIGINT)


def leave_at_sigterm() -> None:
    """Until the server has handlers of its own: nothing was accepted yet, so just go."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def end_with_parent() -> None:
    """
    Have the kernel kill this process when the one that started it is gone (Linux).

    Left behind it would keep the address, and the server that is started anew could not
    listen. Nothing is lost by it: what was acknowledged is durable.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        parent = multiprocessing.parent_process()
        if parent is not None and not parent.is_alive():  # gone before we asked
            os.kill(os.getpid(), signal.SIGKILL)


def raise_file_limit() -> None:
    """Allow as many connections as the system does; the usual soft limit is 1,024 files."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Repeated:
    """A step that is done again and again on the event loop, as long as the process lives."""

    def __init__(self, step: Callable[[], object], seconds: float) -> None:
        self._step = step
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._repeat())

    def stop(self) -> None:
        if self._task:
            self._task.cancel()

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            self._step()


def settle_memory() -> None:
    """Spare the collector what lives as long as the process, and have it look more rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
