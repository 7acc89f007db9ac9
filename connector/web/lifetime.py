"""How a web process begins and ends."""

import asyncio
import gc
import os
import signal
import sys

from connector.web.health import Health


#: How long /readyz says no before no more connections are taken: balancers look every second.
DRAIN_SECONDS = 1.0


def end() -> None:
    """Have the server finish its requests and end this process; for any thread."""
    os.kill(os.getpid(), signal.SIGINT)


def drain_at_sigterm(health: Health) -> None:
    """
    On SIGTERM stop being ready, and a little later end.

    To be called on the event loop once the server has set its own signal handlers.
    """
    loop = asyncio.get_running_loop()

    def drain() -> None:
        health.draining = True
        loop.call_later(DRAIN_SECONDS, end)

    loop.add_signal_handler(signal.SIGTERM, drain)


def tune() -> None:
    """Settings of the interpreter; docs/decisions/0001-door.md has the figures."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(0.02)
