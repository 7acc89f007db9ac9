"""A service manager as far as it listens: a real datagram socket, as sd_notify(3) has it."""

import contextlib
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path


PATIENCE_SECONDS = 60


class Manager:
    """Hears what a process tells; `settings` are the variables that make it tell."""

    def __init__(self, listening: socket.socket, name: str, watchdog_seconds: float) -> None:
        self._listening = listening
        self.settings: Mapping[str, str] = {
            "NOTIFY_SOCKET": name,
            "WATCHDOG_USEC": str(int(watchdog_seconds * 1e6)),
        }

    def next(self) -> str:
        return self._listening.recv(4_096).decode()

    def until(self, word: str) -> list[str]:
        """All that was told until this word was; fails where it never comes."""
        heard = [self.next()]
        while heard[-1] != word:
            heard.append(self.next())
        return heard

    def forget(self) -> None:
        """What was told by now."""
        self._listening.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.next()
        self._listening.settimeout(PATIENCE_SECONDS)


@contextlib.contextmanager
def listening(
    folder: Path, *, abstract: bool = False, watchdog_seconds: float = 2
) -> Iterator[Manager]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as found:
        found.settimeout(PATIENCE_SECONDS)
        found.bind("" if abstract else str(folder / "notify"))
        name = found.getsockname()
        yield Manager(found, f"@{name[1:].decode()}" if abstract else name, watchdog_seconds)
