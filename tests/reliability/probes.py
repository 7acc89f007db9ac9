"""Those who ask all the time: is it ready, and may these numbers be texted."""

import contextlib
import dataclasses
import http.client
import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence


PAUSE_SECONDS = 0.05
#: What an answer may take; a store whose locks are held holds it up.
PATIENCE_SECONDS = 20.0
OK, BUSY = 200, 503
#: Numbers that are asked about at once.
AT_ONCE = 40


@dataclasses.dataclass(frozen=True, slots=True)
class Heard:
    """An answer; status 0 is none."""

    status: int
    body: bytes = b""
    says_when: bool = False


def ask(port: int, method: str, path: str, body: object = None, key: str = "") -> Heard:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    sent = None if body is None else json.dumps(body)
    try:
        with contextlib.closing(connection):
            connection.request(method, path, sent, headers)
            answer = connection.getresponse()
            says_when = answer.getheader("Retry-After") is not None
            return Heard(answer.status, answer.read(), says_when)
    except (OSError, http.client.HTTPException):
        return Heard(0)


@contextlib.contextmanager
def repeated(*steps: Callable[[], None]) -> Iterator[None]:
    """Each in a thread of its own, again and again; what one raises is raised at the end."""
    ended = threading.Event()
    raised: list[Exception] = []

    def repeat(step: Callable[[], None]) -> None:
        while not ended.wait(PAUSE_SECONDS):
            try:
                step()
            except Exception as error:  # noqa: BLE001 (told by the thread that waits)
                raised.append(error)
                return

    threads = [threading.Thread(target=repeat, args=(each,)) for each in steps]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    if raised:
        raise raised[0]


class Readiness:
    """What /readyz of each process says."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._heard = dict.fromkeys(ports, 0)
        self.counts: Counter[int] = Counter()
        self.faults: list[str] = []

    def look(self) -> None:
        for port in self._heard:
            heard = ask(port, "GET", "/readyz")
            if heard.status not in {0, OK, BUSY}:
                self.faults.append(f"/readyz answers {heard.status}: {heard.body[:200]!r}")
            self.counts[heard.status] += 1
            self._heard[port] = heard.status

    def until(self, status: int, seconds: float = 60.0) -> None:
        """Wait until all say so; that they do not in all that time is a fault."""
        waiting = threading.Event()
        for _ in range(round(seconds / PAUSE_SECONDS)):
            if set(self._heard.values()) == {status}:
                return
            waiting.wait(PAUSE_SECONDS)
        self.faults.append(f"/readyz is not {status} after {seconds:.0f} s: {self._heard}")


class Suppression:
    """Asks about numbers that said STOP; `stopped` are those whose gateway was thanked."""

    def __init__(
        self, ports: Sequence[int], key: str, stopped: Callable[[], Sequence[str]]
    ) -> None:
        self._ports = itertools.cycle(ports)
        self._key = key
        self._stopped = stopped
        self._from = 0
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []

    def look(self) -> None:
        known = self._stopped()
        if not known:
            return
        self._from = (self._from + AT_ONCE) % len(known)
        numbers = [*known[self._from :], *known][:AT_ONCE]
        port = next(self._ports)
        heard = ask(port, "POST", "/api/suppression/check", {"numbers": numbers}, self._key)
        self._judge(heard, numbers)

    def _judge(self, heard: Heard, numbers: Sequence[str]) -> None:
        if heard.status == OK:
            answers = json.loads(heard.body)["results"]
            self.counts["numbers checked"] += len(answers)
            free = [each["number"] for each in answers if each["sendable"]]
            if free or len(answers) != len(numbers):
                self.faults.append(
                    f"{len(free)} numbers of {len(numbers)} that said STOP may be texted"
                )
        elif heard.status == BUSY:
            self.counts["checks refused"] += 1
            if not heard.says_when:
                self.faults.append("a check was refused without Retry-After")
        elif heard.status:
            self.faults.append(f"a check is answered {heard.status}: {heard.body[:200]!r}")
