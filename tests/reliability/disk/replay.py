"""Goes through a trace call by call: what the disk holds, and what was promised by then."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.reliability.disk.files import Disk, Image
from tests.reliability.disk.strace import Call, calls


#: What was acknowledged, such as `callback:17`: see promises.py.
Promise = str
_TOKEN = re.compile(rb"\r\ni-twilio-idempotency-token: *(\S+)", re.IGNORECASE)
_GOOD = re.compile(rb"HTTP/1\.1 2\d\d ")
_SOCKET = "socket:"


class Ear:
    """Hears what a process promises: into a file, its voice, or by 2xx to a request."""

    def __init__(self, voice: str | None) -> None:
        self._voice = voice
        self._asked: dict[str, bytes] = {}

    def hear(self, call: Call) -> list[Promise]:
        if call.name == "write" and call.place == self._voice:
            return call.texts[0].decode().split()
        if not call.place.startswith(_SOCKET):
            return []
        if call.name == "recvfrom":
            text = b"".join(call.texts)[: max(call.result, 0)]
            self._asked[call.place] = self._asked.get(call.place, b"") + text if text else b""
            return []
        if call.name in {"writev", "sendto"} and call.texts[0].startswith(b"HTTP/1.1 "):
            asked = self._asked.pop(call.place, b"")
            token = _TOKEN.search(asked)
            if token and _GOOD.match(call.texts[0]):
                return [token[1].decode()]
        return []


class Replay:
    """`disk` and `promised` are as of the call that was read last."""

    def __init__(
        self, trace: Path, root: Path, voice: Path | None, before: Image | None = None
    ) -> None:
        self._trace = trace
        self._ear = Ear(str(voice) if voice else None)
        self.root = root
        self.disk = Disk(str(root), before)
        self.promised: set[Promise] = set()
        self.failed_syncs = 0

    def steps(self) -> Iterator[int]:
        """After each call that matters: how many promises it made."""
        for call in calls(self._trace):
            made = self._ear.hear(call)
            self.promised.update(made)
            if made or (self.disk.has(call.place) and self._apply(call)):
                yield len(made)

    def _apply(self, call: Call) -> bool:
        """Whether it may have changed anything."""
        change = getattr(self, f"_{call.name}")
        if call.result < 0 and call.name not in {"fsync", "fdatasync"}:
            return False
        if not call.deleted:
            change(call)
        return True

    def _openat(self, call: Call) -> None:
        if "O_CREAT" in call.rest:
            self.disk.create(call.began, call.place)
        if "O_TRUNC" in call.rest:
            self.disk.resize(call.began, call.place, 0)

    def _mkdir(self, call: Call) -> None:
        self.disk.create(call.began, call.place, folder=True)

    def _pwrite64(self, call: Call) -> None:
        data = call.texts[0][: call.result]
        self.disk.write(call.began, call.place, call.number, data)

    def _write(self, call: Call) -> None:
        self.disk.append(call.began, call.place, call.texts[0][: call.result])

    def _ftruncate(self, call: Call) -> None:
        self.disk.resize(call.began, call.place, call.number)

    def _unlink(self, call: Call) -> None:
        self.disk.remove(call.began, call.place)

    def _rename(self, call: Call) -> None:
        self.disk.rename(call.began, call.place, call.texts[1].decode())

    def _fsync(self, call: Call) -> None:
        if call.result < 0:
            self.failed_syncs += 1
            self.disk.fail(call.began, call.place)
        else:
            self.disk.sync(call.began, call.place)

    _fdatasync = _fsync
