"""Goes through a trace call by call: what the disk holds, and what was promised by then."""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.reliability.disk.files import Disk, Image
from tests.reliability.disk.strace import Call, calls


#: What was acknowledged, such as `callback:17`: see promises.py.
Promise = str
_TOKEN = re.compile(rb"\r\ni-twilio-idempotency-token: *(\S+)", re.IGNORECASE)
BUSY = 503
_SOCKET = "socket:"


class Ear:
    """Hears what a process promises: into a file, its voice, or by 2xx to a request."""

    def __init__(self, voice: str | None) -> None:
        self._voice = voice
        self._asked: dict[str, bytes] = {}
        #: How often which status was answered, and what must not be answered.
        self.answers: Counter[int] = Counter()
        self.faults: list[str] = []

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
            token = _TOKEN.search(self._asked.pop(call.place, b""))
            return [token[1].decode()] if token and self._is_good(b"".join(call.texts)) else []
        return []

    def _is_good(self, answer: bytes) -> bool:
        status = int(answer[9:12])
        self.answers[status] += 1
        if 400 <= status < 500 or status in {500, 502, 504}:
            self.faults.append(f"answered with {status}: {answer[:200]!r}")
        if status == BUSY and b"\r\nretry-after:" not in answer.lower():
            self.faults.append("answered with 503 and no Retry-After")
        return 200 <= status < 300


class Replay:
    """`disk` and `promised` are as of the call that was read last."""

    def __init__(
        self,
        traces: Sequence[Path],
        root: Path,
        *,
        voice: Path | None = None,
        before: Image | None = None,
    ) -> None:
        self._traces = traces
        self.ear = Ear(str(voice) if voice else None)
        self.root = root
        self.disk = Disk(str(root), before)
        self.promised: set[Promise] = set()
        self.failed_syncs = 0

    def steps(self) -> Iterator[int]:
        """After each call that matters: how many promises it made."""
        for call in self._calls():
            made = self.ear.hear(call)
            self.promised.update(made)
            if made or (self.disk.has(call.place) and self._apply(call)):
                yield len(made)

    def _calls(self) -> Iterator[Call]:
        """Those of one process after the other; each counts from where the last one ended."""
        begin = last = 0
        for trace in self._traces:
            for call in calls(trace):
                last = max(last, begin + call.began)
                yield dataclasses.replace(call, began=begin + call.began)
            begin = last + 1

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
