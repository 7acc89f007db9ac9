"""Keeps a few processes running: starts them, starts them again, ends them together."""

import ctypes
import logging
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.clock import Clock


log = logging.getLogger(__name__)

#: How long a process may take to finish after SIGTERM; all of it is over within 25 seconds.
GRACE = timedelta(seconds=24)
#: A process that ends by itself starts again at once, then after ever longer waits.
LONGEST_WAIT = timedelta(seconds=30)
#: One that ran this long is sound: its next fall is a first fall.
SOUND_AFTER = timedelta(minutes=1)
_MOST_DOUBLINGS = 16  # beyond, no timedelta would hold the wait
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, prctl(2)


class Child:
    """One `connector …` process, and when it may start again."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self.process: subprocess.Popen[bytes] | None = None
        self.start_at: datetime | None = None
        self._started_at: datetime | None = None
        self._falls = 0

    @property
    def is_new(self) -> bool:
        """Whether it has not fallen yet."""
        return self._falls == 0

    def start(self, now: datetime) -> None:
        self.process = subprocess.Popen(  # noqa: S603 (our own program)
            # -P: what lies in the current folder is no part of the program.
            [sys.executable, "-P", "-m", "connector", *self.words],
            stdin=subprocess.DEVNULL,
            preexec_fn=_follow_parent,  # noqa: PLW1509 (the supervisor has one thread)
        )
        self._started_at, self.start_at = now, None

    def fallen(self, now: datetime) -> bool:
        """Whether it has just ended by itself; it then starts again after a wait."""
        if self.process is None or self.process.poll() is None:
            return False
        if self._started_at and now - self._started_at >= SOUND_AFTER:
            self._falls = 0
        log.error("process.ended", extra={"words": self.words, "code": self.process.returncode})
        self.process = None
        wait = timedelta(seconds=2 ** min(self._falls, _MOST_DOUBLINGS) - 1)
        self.start_at = now + min(wait, LONGEST_WAIT)
        self._falls += 1
        return True


def supervise(commands: Sequence[Sequence[str]], clock: Clock) -> int:
    """
    Run these commands until SIGTERM or SIGINT; returns an exit code.

    A command that ends with code 2 as soon as it is first started has told what must be
    changed: then all end. Later it is a fall like any other.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    children = [Child(words) for words in commands]
    for child in children:
        child.start(clock())
    while True:
        received = signal.sigtimedwait(_SIGNALS, 1.0)
        if received and received.si_signo != signal.SIGCHLD:
            end(children, clock)
            return 0
        for child in children:
            if code := _refused(child):
                end(children, clock)
                return code
            now = clock()
            child.fallen(now)
            if child.start_at and child.start_at <= now:
                child.start(now)


def _refused(child: Child) -> int:
    code = child.process.poll() if child.process and child.is_new else None
    return code if code == 2 else 0  # noqa: PLR2004 (the exit code for "change something")


def end(children: Sequence[Child], clock: Clock) -> None:
    """Ask all to finish, then wait; who takes too long is killed."""
    running = [child.process for child in children if child.process]
    for process in running:
        process.terminate()
    deadline = clock() + GRACE
    for process in running:
        try:
            process.wait(max((deadline - clock()).total_seconds(), 0.1))
        except subprocess.TimeoutExpired:
            log.warning("process.killed", extra={"pid": process.pid})
            process.kill()
            process.wait()


def _follow_parent() -> None:
    """In the child: hear signals again, and finish when the supervisor is gone (Linux)."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM)
