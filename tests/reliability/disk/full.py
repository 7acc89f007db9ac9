"""A real web process on a disk that fills up, and under a limit on the size of its files."""

import contextlib
import os
import resource
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from connector.web.assembly import RESERVE_BYTES, URGENT_BYTES
from tests.end_to_end.service import family
from tests.reliability.trial import Tally
from tests.support.serving import TOKEN, Serving, serving


#: A little more than what a process wants that is ready.
SIZE = RESERVE_BYTES + 24 * 2**20
EACH = 8


class Door:
    """Tells the process of reports and texts, and remembers what was answered 2xx."""

    def __init__(self, server: Serving, tally: Tally, what: str) -> None:
        self._server = server
        self._tally = tally
        self._what = what
        self._told: list[str] = []
        self._count = 0

    def tell(self, when: str, *, wanted: int, urgent: bool) -> None:
        """Some of a kind, which are all to be answered like this."""
        for _ in range(EACH):
            self._count += 1
            name = f"full-{self._count}"
            target = f"/callbacks/kannel?token={TOKEN}&id={name}"
            target += "&from=%2B12015550101&text=STOP" if urgent else "&type=1"
            status, headers, _ = self._server.ask("GET", target)
            self._tally.counts["requests on a full disk"] += 1
            if status == wanted:
                self._tally.counts[f"answered {status} {when}"] += 1
            else:
                kind = "a text" if urgent else "a report"
                self._tally.faults.append(f"{self._what}, {when}: {kind}: {status}")
            if 200 <= status < 300:
                self._told.append(name)
            elif "retry-after" not in {each.lower() for each in headers}:
                self._tally.faults.append(f"{self._what}, {when}: {status}, no Retry-After")

    def ready(self, when: str, *, wanted: bool) -> None:
        if (self._server.ask("GET", "/readyz")[0] == 200) != wanted:
            self._tally.faults.append(f"{self._what}, {when}: ready is not {wanted}")

    def judge(self) -> None:
        """After a kill: all that was answered 2xx is there."""
        self._server.kill()
        store = self._server.store()
        try:
            kept = {
                each.callback.query["id"]
                for urgent in (True, False)
                for each in store.inbox.after(0, urgent=urgent, limit=10_000)
            }
        finally:
            store.close()
        lost = [each for each in self._told if each not in kept]
        self._tally.faults += [f"{self._what}: acknowledged and lost: {each}" for each in lost]


@contextlib.contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """A file system in memory of its own; only root can mount one."""
    folder = place / "data"
    folder.mkdir(mode=0o700)
    options = f"size={SIZE},mode=0700"
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", "-l", folder], check=True)


def fill_up(tally: Tally, place: Path) -> None:
    with small_disk(place) as folder, serving(place) as server:
        door, ballast = Door(server, tally, "full disk"), folder / "ballast"
        door.tell("with room", wanted=200, urgent=False)
        _grow(ballast, SIZE - URGENT_BYTES)
        _pause()
        door.tell("with the reserve alone", wanted=503, urgent=False)
        door.tell("with the reserve alone", wanted=200, urgent=True)
        door.ready("with the reserve alone", wanted=False)
        _grow(ballast, SIZE)
        door.tell("with nothing left", wanted=503, urgent=True)
        door.ready("with nothing left", wanted=False)
        ballast.unlink()
        _pause()
        door.tell("with room again", wanted=200, urgent=False)
        door.tell("with room again", wanted=200, urgent=True)
        door.ready("with room again", wanted=True)
        door.judge()


def limit(tally: Tally, place: Path) -> None:
    """As a quota does: every write beyond a size fails, and is no fault of the disk."""
    with serving(place) as server:
        door = Door(server, tally, "file size limit")
        door.tell("before a limit", wanted=200, urgent=False)
        _limit(server, 4_096)
        door.tell("under a limit of the file's size", wanted=503, urgent=False)
        _limit(server, resource.RLIM_INFINITY)
        door.tell("after the limit", wanted=200, urgent=False)
        door.judge()


def _limit(server: Serving, size: int) -> None:
    for pid in family(server.pid):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def _grow(path: Path, size: int) -> None:
    """Up to this size, or until the disk is full."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        with contextlib.suppress(OSError):
            for begin in range(0, size, 65_536):
                os.posix_fallocate(descriptor, begin, 65_536)
    finally:
        os.close(descriptor)


def _pause() -> None:
    """Until the process looks at its disk again."""
    threading.Event().wait(1.2)
