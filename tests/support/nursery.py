"""
Processes that start in a fraction of a second: `python -m tests.support.nursery MODULE`.

The nursery has imported all that they need and forks one for each line of its standard input;
each calls `main(arguments)` of the first module, in a group of its own, with an environment
and a log of its own. It tells which process each line became and when one has ended, and kills
all that are left when its standard input closes.
"""

import contextlib
import dataclasses
import gc
import importlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self


PATIENCE_SECONDS = 60


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a process is to be."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: str


class Nursery:
    """The nursery as seen by who orders processes there."""

    def __init__(self, module: str, *more: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, module, *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._told = threading.Condition()
        self._born: list[int] = []
        self._ended: dict[int, int] = {}
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_SECONDS)
        self._listener.join(PATIENCE_SECONDS)
        self._process.stdout.close()

    def start(self, request: Request) -> int:
        """The id of the process; one at a time is ordered."""
        assert self._process.stdin is not None
        with self._told:
            before = len(self._born)
            self._process.stdin.write(json.dumps(dataclasses.asdict(request)) + "\n")
            self._process.stdin.flush()
            done = self._told.wait_for(lambda: len(self._born) > before, PATIENCE_SECONDS)
            assert done, "the nursery does not answer"
            return self._born[-1]

    def code(self, pid: int) -> int | None:
        """How a process ended; None while it runs."""
        with self._told:
            return self._ended.get(pid)

    def wait(self, pid: int, seconds: float = PATIENCE_SECONDS) -> int:
        """How a process ended, once it has."""
        with self._told:
            done = self._told.wait_for(lambda: pid in self._ended, seconds)
            assert done, f"process {pid} does not end"
            return self._ended[pid]

    def end(self, pid: int) -> int:
        """SIGTERM, as a service manager would; how it ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        return self.wait(pid)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            pid, code = json.loads(line)
            with self._told:
                if code is None:
                    self._born.append(pid)
                else:
                    self._ended[pid] = code
                self._told.notify_all()


def _become(request: Request, module: str) -> None:
    """In the forked process, for good."""
    with open(os.devnull, "rb") as nothing, Path(request.log).open("ab") as log:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.environ.clear()
    os.environ.update(request.environment)
    code = 1
    try:
        importlib.import_module(module).main(request.arguments)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 (the process ends here)
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


class _Keeper:
    """The nursery itself: one thread, which forks and buries."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._alive: set[int] = set()
        self._heard = b""
        self._wake, self._woken = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._woken, False)

    def run(self) -> None:
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._woken)
        selector = selectors.DefaultSelector()
        selector.register(0, selectors.EVENT_READ)
        selector.register(self._wake, selectors.EVENT_READ)
        orders = True
        while orders:
            ready = {key.fd for key, _ in selector.select()}
            if self._wake in ready:
                os.read(self._wake, 4096)
                self._bury()
            if 0 in ready:
                orders = self._obey()
        for pid in self._alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def _obey(self) -> bool:
        more = os.read(0, 65_536)
        self._heard += more
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            self._fork(Request(**json.loads(line)))
        return bool(more)

    def _fork(self, request: Request) -> None:
        pid = os.fork()
        if not pid:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (self._wake, self._woken):
                os.close(each)
            _become(request, self._module)
        os.setpgid(pid, pid)  # before anybody hears of it, and kills the group
        self._alive.add(pid)
        self._tell(pid, None)

    def _bury(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = found
                self._alive.discard(pid)
                self._tell(pid, os.waitstatus_to_exitcode(status))

    @staticmethod
    def _tell(pid: int, code: int | None) -> None:
        sys.stdout.write(json.dumps([pid, code]) + "\n")
        sys.stdout.flush()


def main() -> None:
    for name in sys.argv[1:]:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    _Keeper(sys.argv[1]).run()


if __name__ == "__main__":
    main()
