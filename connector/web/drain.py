"""How a web process ends so that no request is cut off: ready no more, then shut, then done."""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import stat
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from connector.web.health import Health
from connector.web.lifetime import end


#: Who was let in last still has so long to send the request.
LAST_SECONDS = 0.5

_OWN_FILES = Path("/proc/self/fd")
_SO_ATTACH_FILTER = 26  # asm-generic/socket.h
#: socket(7), SO_ATTACH_FILTER: classic BPF, which sees a segment from the head of TCP on.
_LOAD_BYTE, _AND, _JUMP_EQUAL, _RETURN = 0x30, 0x54, 0x15, 0x06
_FLAGS_AT, _SYN, _ACK = 13, 0x02, 0x10
_NOTHING, _ALL = 0, 0xFFFFFFFF
_NO_NEW_CONNECTIONS = (
    (_LOAD_BYTE, 0, 0, _FLAGS_AT),
    (_AND, 0, 0, _SYN | _ACK),
    (_JUMP_EQUAL, 0, 1, _SYN),
    (_RETURN, 0, 0, _NOTHING),
    (_RETURN, 0, 0, _ALL),
)


class Drain:
    """
    The end of one web process, begun by SIGTERM; another SIGTERM changes nothing.

    For `seconds` it goes on as before, but says no at /readyz and has its clients hang up
    after each answer: balancers and clients move on. Then it lets nobody in any more, answers
    whoever is in, and has the server end.
    """

    def __init__(self, health: Health, seconds: float) -> None:
        self._health = health
        self._seconds = seconds

    def at_sigterm(self) -> None:
        """To be called on the event loop once the server has set its own signal handlers."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.begin)

    def begin(self) -> None:
        if not self._health.draining:
            self._health.draining = True
            asyncio.get_running_loop().call_later(self._seconds, self._shut)

    def _shut(self) -> None:
        shut_doors()
        asyncio.get_running_loop().call_later(LAST_SECONDS, end)


def shut_doors() -> None:
    """
    Let no new connection in, and lose none that is on its way in (Linux).

    To close a listening socket would reset those that wait to be accepted, with requests that
    were sent whole. So the kernel is first told to pass over new ones: their clients try again
    after a second, and find nobody there.
    """
    if sys.platform != "linux":
        return
    filters = b"".join(struct.pack("HBBI", *each) for each in _NO_NEW_CONNECTIONS)
    memory = ctypes.create_string_buffer(filters)
    program = struct.pack("HL", len(_NO_NEW_CONNECTIONS), ctypes.addressof(memory))
    for door in _doors():
        # A kernel that knows no filters is one that resets a few connections.
        with contextlib.suppress(OSError):
            door.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def _doors() -> Iterator[socket.socket]:
    """The sockets at which this process listens; the server keeps its own to itself."""
    for number in [int(each.name) for each in _OWN_FILES.iterdir()]:
        try:
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            copy = os.dup(number)
        except OSError:  # closed meanwhile
            continue
        with socket.socket(fileno=copy) as found:
            if found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                yield found
