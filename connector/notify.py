"""
What a process tells whoever started it: that it serves, that it goes on, that it ends.

The words are those of sd_notify(3), so systemd understands them; `connector run` and
`connector web` hear them from their own processes in the same way.
"""

import contextlib
import os
import socket
import struct
import sys
from collections.abc import Iterator
from typing import Self


#: How often a process tells that it goes on, where nobody waits for it sooner.
USUAL_SECONDS = 10.0
#: Within the time after which it counts as hanging it is told so often.
TELLS = 4
LONGEST_MESSAGE = 4_096
_SEND_SECONDS = 1.0
_READY, _ALIVE, _STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"
_CREDENTIALS = struct.Struct("iII")  # process, user, group: unix(7)


class Notifier:
    """Tells it at an address, a path or @ and an abstract name; the empty one is nobody."""

    def __init__(self, address: str = "", watchdog_seconds: float = 0.0) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._watchdog_seconds = watchdog_seconds

    @property
    def is_wanted(self) -> bool:
        return bool(self._address)

    @property
    def seconds(self) -> float:
        """How often to tell that it goes on."""
        if not self._watchdog_seconds:
            return USUAL_SECONDS
        return min(self._watchdog_seconds / TELLS, USUAL_SECONDS)

    def ready(self) -> None:
        self._tell(_READY, _SEND_SECONDS)

    def alive(self) -> None:
        """Said again and again, so it waits for nobody."""
        self._tell(_ALIVE, 0)

    def stopping(self) -> None:
        self._tell(_STOPPING, _SEND_SECONDS)

    def _tell(self, word: str, seconds: float) -> None:
        """Whoever does not listen any more misses nothing that could be mended here."""
        if not self._address:
            return
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mouth,
        ):
            mouth.settimeout(seconds)
            mouth.sendto(word.encode(), self._address)


class Ear:
    """Hears what our own processes tell (Linux, which says for certain who speaks)."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind("")  # a free abstract name
        self.address = f"@{self._socket.getsockname()[1:].decode()}"

    @classmethod
    def if_possible(cls) -> Self | None:
        return cls() if sys.platform == "linux" else None

    def hear(self) -> Iterator[tuple[int, str]]:
        """Who has told what since, by the id of the process; never waits."""
        while True:
            try:
                message, extra, *_ = self._socket.recvmsg(
                    LONGEST_MESSAGE, socket.CMSG_SPACE(_CREDENTIALS.size)
                )
            except BlockingIOError:
                return
            for level, kind, content in extra:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                    pid, user, _ = _CREDENTIALS.unpack(content)
                    if user == os.geteuid():
                        yield pid, message.decode("ascii", "replace")

    def close(self) -> None:
        self._socket.close()


def says_ready(message: str) -> bool:
    return _READY in message.split("\n")


def says_alive(message: str) -> bool:
    return not {_READY, _ALIVE}.isdisjoint(message.split("\n"))
