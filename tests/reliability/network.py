"""
A network of machines in one: each has its own processes, name, network and end.

Linux namespaces and a bridge; all of it is in a namespace of its own, so nothing of it is left
when the first process of it ends. Making one takes root and iproute2.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self


ROOT = Path(__file__).parents[2]
_PATH = f"{os.defpath}:/usr/sbin:/sbin"
PROGRAMS = ("ip", "unshare", "nsenter", "mount", "hostname")
SUBNET, BRIDGE = "10.98.0", "br0"
#: Where the database listens, and where the org and the gateways are.
DATABASE, OUTSIDE = f"{SUBNET}.1", f"{SUBNET}.2"
#: How long a server behind the balancer may say nothing to one who waits.
PATIENCE_SECONDS = 3.0
#: The first process of a machine; it has the outside under the name of the emulated org.
_FIRST = """
mount --bind "$1" /etc/hosts && hostname "$2" && ip link set lo up && echo ready &&
exec sleep infinity
"""
#: The first process of a world inherits those whose parents have ended, and is to bury them.
_REAPER = '"$@"; exit "$?"'
_WORLD = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
_MACHINE = (*_WORLD, "--uts", "--ipc")


def lacking() -> str:
    """Why no network can be made here, and what would be needed; empty where one can."""
    missing = [each for each in PROGRAMS if shutil.which(each, path=_PATH) is None]
    if missing:
        return f"machines of one's own take {', '.join(missing)}: apt-get install iproute2"
    if os.geteuid() != 0:
        return "machines of one's own take network namespaces: run this as root"
    done = subprocess.run([*_WORLD, "true"], capture_output=True, text=True, check=False)
    if done.returncode:
        return f"this system makes no namespaces, not even for root: {done.stderr.strip()}"
    return ""


def in_a_world_of_its_own(module: str, *words: str) -> Sequence[str]:
    """The command that runs this module where a network can be made."""
    return [*_WORLD, "sh", "-c", _REAPER, "sh", sys.executable, "-m", module, *words]


def run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, timeout=30, env={"PATH": _PATH})


class Machine:
    """One machine of the network."""

    def __init__(self, name: str, number: int, folder: Path) -> None:
        self.name = name
        self.address = f"{SUBNET}.{10 + number}"
        self._port = f"to-{name}"
        self._hosts = folder / f"{name}.hosts"
        self._hosts.write_text(f"{OUTSIDE} localhost\n")
        self._first: subprocess.Popen[str] | None = None
        self._pid = 0

    def switch_on(self) -> None:
        self._first = subprocess.Popen(
            [*_MACHINE, "sh", "-c", _FIRST, "sh", str(self._hosts), self.name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": _PATH},
        )
        assert self._first.stdout
        if self._first.stdout.readline() != "ready\n":
            raise RuntimeError(f"{self.name} does not start")
        self._pid = child_of(self._first.pid)
        inside = ("nsenter", "--target", str(self._pid), "--net", "ip")
        peer = ("peer", "name", "eth0", "netns", str(self._pid))
        run("ip", "link", "add", self._port, "type", "veth", *peer)
        run(*inside, "addr", "add", f"{self.address}/24", "dev", "eth0")
        run(*inside, "link", "set", "eth0", "up")
        run("ip", "link", "set", self._port, "master", BRIDGE, "up")

    def launcher(self, *words: str) -> Sequence[str]:
        """What a command begins with that shall run on this machine."""
        spaces = ("--mount", "--uts", "--ipc", "--net", "--pid")
        return ("nsenter", "--target", str(self._pid), *spaces, f"--wd={ROOT}", "--", *words)

    def lose_power(self) -> None:
        """Everything ends in the very moment, and nobody is told."""
        self.leave_the_switch()
        os.kill(self._pid, signal.SIGKILL)

    def bury(self) -> None:
        """What is left of it, once whoever started something there has heard of its end."""
        assert self._first
        assert self._first.stdout
        self._first.wait(30)
        self._first.stdout.close()
        with contextlib.suppress(subprocess.CalledProcessError):  # it went with the machine
            run("ip", "link", "del", self._port)

    def leave_the_switch(self) -> None:
        """All that is sent is lost, both ways; nobody notices."""
        run("ip", "link", "set", self._port, "nomaster")

    def come_back(self) -> None:
        run("ip", "link", "set", self._port, "master", BRIDGE)

    def pull_the_cable(self) -> None:
        run("ip", "link", "set", self._port, "down")

    def plug_it_in(self) -> None:
        run("ip", "link", "set", self._port, "up")

    def halt(self) -> None:
        """All of its processes stand still, as those of a virtual machine that is moved."""
        self._signal("STOP")

    def go_on(self) -> None:
        self._signal("CONT")

    def _signal(self, name: str) -> None:
        everything = f"kill -s {name} -- -1"
        run("nsenter", "--target", str(self._pid), "--pid", "--", "sh", "-c", everything)


class Network:
    """The bridge and its machines; everything that listens on this side is relayed to them."""

    def __init__(self, names: Sequence[str], folder: Path) -> None:
        self.machines = [Machine(each, n, folder) for n, each in enumerate(names, start=1)]
        #: How often something came back from each address.
        self.answered: Counter[tuple[str, int]] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        run("ip", "link", "set", "lo", "up")
        # An address of its own: with that of a port it would hear a machine that was cut off.
        run("ip", "link", "add", BRIDGE, "address", "02:00:00:00:00:01", "type", "bridge")
        run("ip", "link", "set", BRIDGE, "up")
        for address in (DATABASE, OUTSIDE):
            run("ip", "addr", "add", f"{address}/24", "dev", BRIDGE)
        for each in self.machines:
            each.switch_on()
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        for each in self.machines:
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                each.lose_power()
                each.bury()

    def relay(self, ways: Mapping[tuple[str, int], tuple[str, int]], seconds: float) -> None:
        """Have what comes to one address go to another, which may be silent so long."""
        for here, there in ways.items():
            listening = _listen(here, there, seconds, self.answered)
            asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)


async def _listen(
    here: tuple[str, int],
    there: tuple[str, int],
    seconds: float,
    answered: Counter[tuple[str, int]],
) -> None:
    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with _closing(writer), contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(seconds):
                other_reader, other_writer = await asyncio.open_connection(*there)
            with _closing(other_writer):
                sending = asyncio.create_task(_send(reader, other_writer))
                try:
                    while True:
                        async with asyncio.timeout(seconds):
                            data = await other_reader.read(65_536)
                        if not data:
                            return
                        answered[there] += 1
                        writer.write(data)
                        await writer.drain()
                finally:
                    sending.cancel()

    await asyncio.start_server(relay, *here)


async def _send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


@contextlib.contextmanager
def _closing(writer: asyncio.StreamWriter) -> Iterator[None]:
    try:
        yield
    finally:
        writer.close()


def child_of(pid: int) -> int:
    """The process that this one waits for."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
