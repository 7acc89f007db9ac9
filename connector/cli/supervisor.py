"""Keeps a few processes running: starts them, starts them again, ends them together."""

import ctypes
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.notify import Ear, Notifier, says_alive, says_ready
from connector.settings import supervised


log = logging.getLogger(__name__)

#: How long a process may take to finish after SIGTERM; all of it is over within 25 seconds.
GRACE = timedelta(seconds=24)
#: A process that was heard and then falls silent for so long hangs, and is killed.
SILENCE_SECONDS = 60.0
#: A process that ends by itself starts again at once, then after ever longer waits.
LONGEST_WAIT = timedelta(seconds=30)
#: One that ran this long is sound: its next fall is a first fall.
SOUND_AFTER = timedelta(minutes=1)
_MOST_DOUBLINGS = 16  # beyond, no timedelta would hold the wait
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, prctl(2)


class Child:
    """One `connector …` process, and when it may start again."""

    def __init__(
        self, words: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        self.words = tuple(words)
        self._environment = environment
        #: Whether it has ever served, and when it last said that it goes on (monotonic).
        self.ready = False
        self.heard_at: float | None = None
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
            env=self._environment,
            preexec_fn=_follow_parent,  # noqa: PLW1509 (the supervisor has one thread)
        )
        self._started_at, self.start_at, self.heard_at = now, None, None

    def says(self, message: str, at: float) -> None:
        self.ready = self.ready or says_ready(message)
        if says_alive(message):
            self.heard_at = at

    def kill_if_silent(self, at: float) -> bool:
        """Whether it hangs: what was heard once has to be heard again."""
        if self.process is None or self.heard_at is None:
            return False
        silent = at - self.heard_at > SILENCE_SECONDS
        if silent:
            log.error("process.silent", extra={"words": self.words, "pid": self.process.pid})
            self.process.kill()
            self.heard_at = None
        return silent

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


def supervise(
    commands: Sequence[Sequence[str]], clock: Clock, notifier: Notifier | None = None
) -> int:
    """
    Run these commands until SIGTERM or SIGINT; returns an exit code.

    A command that ends with code 2 as soon as it is first started has told what must be
    changed: then all end. Later it is a fall like any other. One that hangs is killed, and so
    falls.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    ear = Ear.if_possible()
    environment = supervised(ear.address, SILENCE_SECONDS) if ear else None
    children = [Child(words, environment) for words in commands]
    for child in children:
        child.start(clock())
    signs = Signs(children, ear, notifier or Notifier())
    while True:
        received = signal.sigtimedwait(_SIGNALS, 1.0)
        if received and received.si_signo != signal.SIGCHLD:
            signs.stop()
            end(children, clock)
            return 0
        signs.look(time.monotonic())
        for child in children:
            if code := _refused(child):
                end(children, clock)
                return code
            now = clock()
            child.fallen(now)
            if child.start_at and child.start_at <= now:
                child.start(now)


class Signs:
    """What the children say, and what a service manager is told of them."""

    def __init__(self, children: Sequence[Child], ear: Ear | None, notifier: Notifier) -> None:
        self._children = children
        self._ear = ear
        self._notifier = notifier
        self._told_ready = False
        self._told_at = 0.0

    def look(self, at: float) -> None:
        """A child that hangs is dealt with here, so the manager hears that we go on."""
        by_pid = {each.process.pid: each for each in self._children if each.process}
        for pid, message in self._ear.hear() if self._ear else ():
            if pid in by_pid:
                by_pid[pid].says(message, at)
        for each in self._children:
            each.kill_if_silent(at)
        if not self._told_ready and all(each.ready for each in self._children):
            self._told_ready, self._told_at = True, at
            self._notifier.ready()
        elif self._told_ready and at >= self._told_at + self._notifier.seconds:
            self._told_at = at
            self._notifier.alive()

    def stop(self) -> None:
        self._notifier.stopping()


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
