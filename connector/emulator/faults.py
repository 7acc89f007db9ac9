"""Trouble on demand: what goes wrong, for which calls, how often, before or after commit."""

import dataclasses
import itertools
import random
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any


Clock = Callable[[], datetime]

#: The kinds that lose the connection; the rest answer.
BREAKING = frozenset({"drop", "timeout", "truncate"})
KINDS = frozenset({*BREAKING, "answer", "latency", "cut_body", "lock"})


class BrokenConnectionError(ConnectionError):
    """The answer never arrives, or not whole; the doors turn this into a broken socket."""

    def __init__(
        self, kind: str, status: int = 200, head: bytes = b"", length: int = 0
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.status = status
        self.head = head
        self.length = length


@dataclasses.dataclass(slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong; the counters say how often it was looked at and struck."""

    number: int
    kind: str
    method: str = ""
    path: str = ""
    skip: int = 0  # let so many matching calls pass first
    times: int | None = 1  # strike so often; None is without end
    probability: float = 1.0
    seed: int = 0
    until: datetime | None = None
    after_commit: bool = False
    seconds: float = 0.0
    status: int = 503
    body: object = None
    content_type: str = "application/json;charset=UTF-8"
    records: frozenset[str] = frozenset()
    share: float = 0.0
    when: Callable[[str, str], bool] | None = None
    seen: int = 0
    struck: int = 0
    dice: random.Random = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault {self.kind!r}: one of {sorted(KINDS)}")
        self.dice = random.Random(self.seed)  # noqa: S311 - repeatable, not secret

    def strikes(self, method: str, path: str, now: datetime) -> bool:
        """Whether this call is hit; asking counts."""
        if not self._concerns(method, path) or self._is_over(now):
            return False
        self.seen += 1
        if self.seen <= self.skip or self.dice.random() >= self.probability:
            return False
        self.struck += 1
        return True

    def hits_record(self, record: str, parents: Iterable[str]) -> str | None:
        """Which record is locked, when this one is to be written: itself or a parent."""
        for each in (record, *parents):
            if each in self.records:
                return each
        return record if self.share and self.dice.random() < self.share else None

    def as_json(self) -> dict[str, object]:
        skipped = {"dice", "when", "body"}
        shown = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        shown["until"] = self.until.isoformat() if self.until else None
        shown["records"] = sorted(self.records)
        return {name: value for name, value in shown.items() if name not in skipped}

    def _concerns(self, method: str, path: str) -> bool:
        if self.method and self.method.upper() != method:
            return False
        if self.kind == "lock" and (method == "GET" or _asks_about_job(method, path)):
            return False
        if self.path and not re.search(self.path, path):
            return False
        return self.when is None or self.when(method, path)

    def _is_over(self, now: datetime) -> bool:
        spent = self.times is not None and self.struck >= self.times
        return spent or (self.until is not None and now >= self.until)


def _asks_about_job(method: str, path: str) -> bool:
    """Calls about a job write nothing themselves; its own work comes as method BULK."""
    return method != "BULK" and "/jobs/" in path


class Faults:
    """
    The faults of one org, in the order in which they were added.

    Every method takes the same ways of aiming: `method`, `path` (a regular expression),
    `skip` and `times` (the n-th calls), `probability` with `seed`, `lasting` (seconds by the
    org's clock), `when` (a function of method and path, in process only). A fault strikes once
    unless told otherwise; `times=None` is until cleared.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._faults))

    def add(self, kind: str, *, lasting: float | None = None, **settings: Any) -> Fault:  # noqa: ANN401
        if lasting is not None:
            settings.setdefault("times", None)
            settings["until"] = self._clock() + timedelta(seconds=lasting)
        settings["records"] = frozenset(settings.get("records", ()))
        fault = Fault(number=next(self._numbers), kind=kind, **settings)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self, number: int | None = None) -> None:
        with self._lock:
            self._faults = [f for f in self._faults if number not in (None, f.number)]

    def striking(self, method: str, path: str) -> list[Fault]:
        """The faults that hit this call."""
        now = self._clock()
        with self._lock:
            return [fault for fault in self._faults if fault.strikes(method, path, now)]

    def locking(self, method: str, path: str) -> list[Fault]:
        """The lock faults that hit work which no call waits for, such as a bulk job's."""
        now = self._clock()
        with self._lock:
            return [
                f for f in self._faults if f.kind == "lock" and f.strikes(method, path, now)
            ]

    def refuse(self, status: int, code: str, message: str, **aim: Any) -> Fault:  # noqa: ANN401
        """Answer with the usual list of one error."""
        body = [{"message": message, "errorCode": code}]
        return self.add("answer", status=status, body=body, **aim)

    def session_expired(self, **aim: Any) -> Fault:  # noqa: ANN401
        return self.refuse(401, "INVALID_SESSION_ID", "Session expired or invalid", **aim)

    def session_refused(self, **aim: Any) -> Fault:  # noqa: ANN401
        """The 401 that a new login does not mend."""
        message = "This session is not valid for use with the REST API"
        return self.refuse(401, "INVALID_SESSION_ID", message, **aim)

    def daily_limit(self, **aim: Any) -> Fault:  # noqa: ANN401
        return self.refuse(
            403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", **aim
        )

    def concurrent_limit(self, **aim: Any) -> Fault:  # noqa: ANN401
        message = "ConcurrentPerOrgLongTxn Limit exceeded."
        return self.refuse(403, "REQUEST_LIMIT_EXCEEDED", message, **aim)

    def unavailable(self, **aim: Any) -> Fault:  # noqa: ANN401
        """503 as an HTML page of the edge, not as JSON."""
        page = "<html><head><title>Down for Maintenance</title></head><body>Sorry</body></html>"
        kind = "text/html;charset=UTF-8"
        return self.add("answer", status=503, body=page, content_type=kind, **aim)

    def server_unavailable(self, **aim: Any) -> Fault:  # noqa: ANN401
        message = "Too many requests are waiting for connections"
        return self.refuse(503, "SERVER_UNAVAILABLE", message, **aim)

    def maintenance_page(self, **aim: Any) -> Fault:  # noqa: ANN401
        """200 with HTML where JSON was promised."""
        page = "<html><body>Scheduled maintenance</body></html>"
        kind = "text/html;charset=UTF-8"
        return self.add("answer", status=200, body=page, content_type=kind, **aim)

    def maintenance(self, **aim: Any) -> Fault:  # noqa: ANN401
        code = "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE"
        return self.refuse(400, code, "Updates are not allowed during maintenance", **aim)

    def query_timeout(self, **aim: Any) -> Fault:  # noqa: ANN401
        message = "Your query request was running for too long."
        return self.refuse(400, "QUERY_TIMEOUT", message, **{"path": "/query", **aim})

    def several_choices(self, urls: Iterable[str] = (), **aim: Any) -> Fault:  # noqa: ANN401
        return self.add("answer", status=300, body=list(urls), **aim)

    def unknown_error(self, **aim: Any) -> Fault:  # noqa: ANN401
        message = "An unexpected error occurred. ErrorId: 1234567890-1 (-123456789)"
        return self.refuse(500, "UNKNOWN_EXCEPTION", message, **aim)

    def drop(self, *, after_commit: bool = False, **aim: Any) -> Fault:  # noqa: ANN401
        """The connection breaks before the call is read, or after it was committed."""
        return self.add("drop", after_commit=after_commit, **aim)

    def timeout(self, *, after_commit: bool = False, seconds: float = 0.0, **aim: Any) -> Fault:  # noqa: ANN401
        """No answer: over a socket after so many seconds it closes, in process at once."""
        return self.add("timeout", after_commit=after_commit, seconds=seconds, **aim)

    def latency(self, seconds: float, **aim: Any) -> Fault:  # noqa: ANN401
        return self.add("latency", seconds=seconds, **{"times": None, **aim})

    def truncated(self, **aim: Any) -> Fault:  # noqa: ANN401
        """Committed; half the body arrives, then the connection breaks."""
        return self.add("truncate", after_commit=True, **aim)

    def cut_body(self, **aim: Any) -> Fault:  # noqa: ANN401
        """Committed; half the JSON arrives as if it were all."""
        return self.add("cut_body", after_commit=True, **aim)

    def lock(self, *records: str, share: float = 0.0, **aim: Any) -> Fault:  # noqa: ANN401
        """UNABLE_TO_LOCK_ROW for these records, their children, or a share of all."""
        return self.add("lock", records=records, share=share, **{"times": None, **aim})
