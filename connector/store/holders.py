"""
Who holds a lease, and whether that process is gone.

A process that was killed gives nothing back. Where its end is certain (this machine, this
container, Linux) nobody has to wait until its leases run out; elsewhere they do.
"""

import contextlib
import os
import secrets
import socket
from pathlib import Path


_PROC = Path("/proc")
#: Where state and start of a process stand in /proc/<pid>/stat, behind its name: proc(5).
_STATE, _START = 0, 19
_DEAD = frozenset("ZXx")


def own_name() -> str:
    """A name that nobody else has: where we run, who we are, since when, and a mark."""
    parts = (socket.gethostname(), str(os.getpid()), _since(), _space(), secrets.token_hex(4))
    return " ".join(parts)


def is_gone(name: str) -> bool:
    """Whether the process that called itself so has certainly ended."""
    _, pid, since, space = (*name.split(" "), "", "", "")[:4]
    if not pid.isdecimal() or space != _space() or space == "":
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    fields = _fields(int(pid))
    return bool(fields) and (fields[_STATE] in _DEAD or fields[_START] != since)


def _since() -> str:
    fields = _fields(os.getpid())
    return fields[_START] if fields else ""


def _space() -> str:
    """The boot and the container in which process ids mean the same; empty where unknown."""
    with contextlib.suppress(OSError):
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').readlink()}"
    return ""


def _fields(pid: int) -> list[str]:
    """What Linux tells of a process behind its name; nothing where it cannot be seen."""
    with contextlib.suppress(OSError):
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return []
