"""Real processes under strace: what they ask of the kernel, and faults in its answers."""

import contextlib
import dataclasses
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


HOW_TO_GET_ONE = "strace is not installed; on Debian: apt install strace"
#: All that changes files or names, and what goes over sockets: an answer is an acknowledgement.
_FILES = "openat,mkdir,pwrite64,write,ftruncate,fsync,fdatasync,unlink,rename"
_SOCKETS = "recvfrom,writev,sendto"
#: More than any write of the service.
_LONGEST = 4_000_000
_LINE = re.compile(r"(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)")
_RESULT = re.compile(r"\) += (-?\d+|\?)(.*)$")
_PLACE = re.compile(r"<((?:\\x[0-9a-f]{2})*)>(\(deleted\))?")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_UNFINISHED = " <unfinished ...>"


class NoStraceError(RuntimeError):
    """The trial cannot be made on this machine as it is."""


def program() -> str:
    """Where it lies; raises NoStraceError with how to get it."""
    found = shutil.which("strace")
    if found is None:
        raise NoStraceError(HOW_TO_GET_ONE)
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """
    One system call that has ended.

    `place` is the file, folder or socket of its first argument, or the path that it names;
    `texts` are its strings, `numbers` what follows them. `began` is the place in the order of
    all calls at which it was asked for.
    """

    name: str
    place: str
    texts: tuple[bytes, ...]
    rest: str
    result: int
    began: int
    deleted: bool = False

    @property
    def number(self) -> int:
        """The last argument: an offset, or a length."""
        return int(self.rest.rpartition(",")[2])


@contextlib.contextmanager
def traced(
    command: Sequence[str],
    trace: Path,
    *,
    environment: Mapping[str, str],
    log: Path,
    inject: Sequence[str] = (),
    sockets: bool = False,
) -> Iterator[subprocess.Popen[bytes]]:
    """
    A process whose calls are written to `trace`, which is whole once this has ended.

    The process is our own child, not strace's: a signal to it is a signal to the program.
    """
    calls = f"{_FILES},{_SOCKETS}" if sockets else _FILES
    words = [program(), "-D", "-f", "--seccomp-bpf", "-y", "-xx", "-s", str(_LONGEST)]
    words += ["-o", str(trace), "-e", f"trace={calls}"]
    words += [word for each in inject for word in ("-e", f"inject={each}")]
    # The tracer holds it open as long as it writes.
    ending, open_end = os.pipe()
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*words, *command],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            pass_fds=[open_end],
            start_new_session=True,
        )
    os.close(open_end)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9) if process.poll() is None else None
        process.wait()
        os.read(ending, 1)
        os.close(ending)


def calls(trace: Path) -> Iterator[Call]:
    """All calls in the order in which they ended."""
    begun: dict[str, tuple[int, str]] = {}
    with trace.open(encoding="ascii", errors="replace") as lines:
        for number, line in enumerate(lines):
            found = _LINE.match(line)
            if found is None:  # a signal, an exit
                continue
            process, resumed, name, rest = found.groups()
            rest = rest.rstrip("\n")
            began = number
            if resumed:
                began, before = begun.pop(process, (number, ""))
                name, rest = resumed, before + rest
            elif rest.endswith(_UNFINISHED):
                begun[process] = (number, rest.removesuffix(_UNFINISHED))
                continue
            if (call := _read(name, rest, began)) is not None:
                yield call


def _read(name: str, rest: str, began: int) -> Call | None:
    ended = _RESULT.search(rest)
    if ended is None or ended[1] == "?":
        return None
    arguments, result = rest[: ended.start()], int(ended[1])
    if name == "openat":
        # What was opened stands in its result.
        opened = _PLACE.search(ended[2])
        place = _plain(opened[1]).decode() if opened else ""
        return Call(name, place, (), arguments, result, began)
    texts = tuple(_plain(each) for each in _TEXT.findall(arguments))
    at = _PLACE.search(arguments.partition('"')[0])
    if at:
        place, deleted = _plain(at[1]).decode(), bool(at[2])
    else:
        place, deleted = texts[0].decode("utf-8", "replace") if texts else "", False
    return Call(name, place, texts, arguments.rpartition('"')[2], result, began, deleted)


def _plain(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
