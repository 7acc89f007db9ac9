"""The processes of one deployment, to be killed again and again."""

import contextlib
import dataclasses
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tests.end_to_end.service import Service
from tests.support.nursery import Nursery, Request


#: All that the processes import before they serve, but what must know their own settings.
IMPORTED = (
    "tests.reliability.faulty",
    *("connector.cli.web", "connector.cli.worker"),
    *("connector.web.app", "connector.web.door", "connector.web.front", "uvloop"),
)
#: A web server whose process falls twice within 5.5 seconds ends, for whoever supervises it
#: (granian/server/common.py, "crash loop").
CRASH_LOOP_SECONDS = 6.0
PATIENCE_SECONDS = 40


@dataclasses.dataclass(slots=True, kw_only=True)
class Member:
    """One process that somebody would supervise, and its children."""

    words: Sequence[str]
    log: Path
    listen: str = ""
    pid: int = 0
    #: When its child was last killed.
    bereft_at: float = 0.0

    @property
    def role(self) -> str:
        return self.words[0]


class Deployment:
    """Web servers and workers of a service; who is killed is started again at once."""

    def __init__(self, service: Service, nursery: Nursery, plants: Sequence[str] = ()) -> None:
        self._nursery = nursery
        self._settings = service.settings
        self._plants = [*plants, "--"]
        self._folder = Path(self._settings["CONNECTOR_DATA_FOLDER"]).parent
        self.kills: Counter[str] = Counter()
        #: What ended although nobody had killed it.
        self.fallen: list[str] = []
        many = "CONNECTOR_DATABASE_URL" in self._settings
        webs = [
            Member(words=["web"], log=self._log(f"web-{port}"), listen=f"127.0.0.1:{port}")
            for port in service.ports
        ]
        workers = [
            Member(words=["worker"], log=self._log(f"worker-{number}"))
            for number in range(2 if many else 1)
        ]
        self._members = [*webs, *workers]

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def of(self, role: str) -> list[Member]:
        return [each for each in self._members if each.role == role]

    def start(self) -> None:
        for each in self._members:
            self._start(each)

    def _start(self, member: Member) -> None:
        listen = {"CONNECTOR_LISTEN": member.listen} if member.listen else {}
        member.pid = self._nursery.start(
            Request(
                arguments=[*self._plants, *member.words],
                environment={**self._settings, **listen},
                log=str(member.log),
            )
        )

    def kill(self, *members: Member) -> None:
        """`kill -9` of these and of all below them, in the very moment."""
        for each in members:
            self._look(each)
        families = [family(each.pid) for each in members]
        for each in members:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(each.pid, signal.SIGKILL)
        for each, pids in zip(members, families, strict=True):
            self._nursery.wait(each.pid, PATIENCE_SECONDS)
            _until(lambda pids=pids: not any(map(_is_alive, pids)))  # type: ignore[misc]
            self._start(each)

    def kill_all(self) -> None:
        self.kill(*self._members)

    def kill_child(self, member: Member) -> bool:
        """The process that serves, not the one that started it; whether it may be killed."""
        children = family(member.pid)[1:]
        if not children or time.monotonic() < member.bereft_at + CRASH_LOOP_SECONDS:
            return False
        member.bereft_at = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.kill(children[0], signal.SIGKILL)
        return True

    def _look(self, member: Member) -> None:
        code = self._nursery.code(member.pid)
        if code is not None:
            self.fallen.append(f"{member.role} ended by itself with {code}: {_tail(member)}")

    def end(self) -> None:
        """SIGTERM, as a service manager would; who does not end well is noted."""
        for each in self._members:
            self._look(each)
            with contextlib.suppress(ProcessLookupError):
                os.kill(each.pid, signal.SIGTERM)
        for each in self._members:
            try:
                code = self._nursery.wait(each.pid, PATIENCE_SECONDS)
            except AssertionError:
                code = -1
            if code:
                self.fallen.append(f"{each.role} ended with {code}: {_tail(each)}")

    def log_lines(self) -> Iterable[str]:
        for each in self._members:
            yield from each.log.read_text("utf-8", "replace").splitlines()


def family(pid: int) -> list[int]:
    """A process and all below it, from what Linux tells."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text().split():
                found += family(int(child))
    return found


def _is_alive(pid: int) -> bool:
    """Whether it holds anything yet: a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _until(condition: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_SECONDS * 500):
        if condition():
            return
        threading.Event().wait(0.002)
    raise AssertionError("what was killed does not end")


def _tail(member: Member) -> str:
    return member.log.read_text("utf-8", "replace")[-600:]
