"""
The versioned API's front door: faults, sessions, limits, then the call itself.

Commit happens before the answer leaves, so a fault can strike before the call is read or after
its work is done: the two kinds of silence that a client cannot tell apart.
"""

import dataclasses
import gzip
import itertools
import json
import re
import threading
import zlib
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, unquote

from connector.emulator import bulk_ingest, bulk_query, composite, tooling
from connector.emulator.calls import Call, Reply
from connector.emulator.dispatch import endpoint, simple_routes, worded
from connector.emulator.errors import ApiError, not_found, parser_error
from connector.emulator.faults import BREAKING, BrokenConnectionError, Fault
from connector.emulator.metadata import rest as metadata
from connector.emulator.org import EmulatedOrg
from connector.emulator.resources import versions


JSON = "application/json;charset=UTF-8"
_PATH = re.compile(r"/services/data/v(\d{2,3}\.\d)(/.*)?")
_OLDEST_KNOWN, _OLDEST_ALIVE = 21.0, 31.0
_LONGEST_ADDRESS = 16_384
#: Bodies below this are not worth packing.
_PACKED_FROM = 2_048


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request as it came; `address` is path and query, still quoted."""

    method: str
    address: str
    headers: Mapping[str, str]
    body: bytes
    origin: str  # scheme and host


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer ready to be sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Door:
    """Serves one org's versioned API."""

    def __init__(self, org: EmulatedOrg) -> None:
        self._org = org
        self._numbers = itertools.count(1)
        bulk = [*bulk_ingest.ROUTES, *bulk_query.ROUTES]
        self._routes = [
            *composite.ROUTES,
            *bulk,
            *metadata.ROUTES,
            *tooling.ROUTES,
            *simple_routes(),
        ]

    def serve(self, request: Request) -> Answer:
        """Raises BrokenConnectionError where a fault breaks the connection."""
        return self.guarded(request)

    def guarded(self, request: Request, own: Callable[[], Reply] | None = None) -> Answer:
        """The answer of the API, or of `own`, with the faults that strike this request."""
        path = unquote(request.address.partition("?")[0])
        striking = self._org.faults.striking(request.method, request.address)
        _wait(striking)
        _break(striking, after_commit=False)
        reply = _spoken(striking, after_commit=False)
        if reply is None:
            reply = own() if own else self._reply(request, path, striking)
            _break(striking, after_commit=True, reply=reply)
            reply = _spoken(striking, after_commit=True) or reply
        answer = self._packed(request, reply, path)
        if any(fault.kind == "cut_body" for fault in striking):
            return dataclasses.replace(answer, body=answer.body[: len(answer.body) // 2])
        return answer

    def _reply(self, request: Request, path: str, striking: list[Fault]) -> Reply:
        if path.rstrip("/") == "/services/data":
            return Reply(body=versions(self._org.latest_version))
        try:
            call = self._admitted(request, path, striking)
        except ApiError as error:
            return Reply(status=error.status, body=error.body)
        self._org.settle()
        return worded(call, self._routes)

    def _admitted(self, request: Request, path: str, striking: list[Fault]) -> Call:
        """The call of a user who is logged in and has calls left; raises ApiError."""
        _check_length(request)
        match = _PATH.fullmatch(path)
        version = float(match[1]) if match else 0.0
        self._check_version(version)
        token = request.headers.get("Authorization", "").partition(" ")[2].strip()
        session = self._org.auth.session(token)
        if session is None or not self._org.may_log_in(session.user):
            raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if not self._org.schema.permissions.has(session.user, "ApiEnabled"):
            raise ApiError(403, "API_DISABLED_FOR_ORG", "API is disabled for this User")
        if self._org.usage.exhausted:
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        query = request.address.partition("?")[2]
        call = Call(
            org=self._org,
            method=request.method,
            path=(match[2] if match else None) or "/",
            query=dict(parse_qsl(query, keep_blank_values=True)),
            headers=request.headers,
            body=b"",
            version=version,
            user=session.user,
            number=next(self._numbers),
            locks=tuple(fault for fault in striking if fault.kind == "lock"),
            instance_url=request.origin,
        )
        self._org.usage.count(endpoint(call, self._routes))
        return dataclasses.replace(call, body=_unpacked(request))

    def _check_version(self, version: float) -> None:
        if _OLDEST_KNOWN <= version < _OLDEST_ALIVE:
            message = f"API version {version} is retired; the oldest one is {_OLDEST_ALIVE}"
            raise ApiError(410, "GONE", message)
        if not _OLDEST_ALIVE <= version <= self._org.latest_version:
            raise not_found()

    def _packed(self, request: Request, reply: Reply, path: str) -> Answer:
        headers = {"Content-Type": JSON, **reply.headers}
        if _PATH.fullmatch(path):
            headers["Sforce-Limit-Info"] = self._org.usage.header
        body = b""
        if isinstance(reply.body, bytes):
            body = reply.body
        elif reply.body is not None:
            indent = 2 if request.headers.get("X-PrettyPrint") == "1" else None
            body = json.dumps(reply.body, indent=indent).encode()
        else:
            headers.pop("Content-Type")
        if len(body) >= _PACKED_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, compresslevel=1)
            headers["Content-Encoding"] = "gzip"
        return Answer(status=reply.status, headers=headers, body=body)


def _check_length(request: Request) -> None:
    if len(request.address) > _LONGEST_ADDRESS:
        raise ApiError(
            414, "URI_TOO_LONG", f"The address is longer than {_LONGEST_ADDRESS} bytes"
        )
    headers = sum(len(name) + len(value) + 4 for name, value in request.headers.items())
    if len(request.address) + headers > _LONGEST_ADDRESS:
        message = f"Address and headers are longer than {_LONGEST_ADDRESS} bytes"
        raise ApiError(431, "REQUEST_HEADER_FIELDS_TOO_LARGE", message)


def _unpacked(request: Request) -> bytes:
    if request.headers.get("Content-Encoding", "").lower() != "gzip":
        return request.body
    try:
        return gzip.decompress(request.body)
    except (OSError, EOFError, zlib.error) as error:
        raise parser_error(f"The body is not gzip: {error}") from error


def _wait(striking: list[Fault]) -> None:
    """Slow answers take real time, whatever the org's clock says."""
    for fault in striking:
        if fault.kind == "latency" and fault.seconds > 0:
            threading.Event().wait(fault.seconds)


def _break(striking: list[Fault], *, after_commit: bool, reply: Reply | None = None) -> None:
    for fault in striking:
        if fault.kind not in BREAKING or fault.after_commit != after_commit:
            continue
        if fault.kind == "timeout" and fault.seconds > 0:
            threading.Event().wait(fault.seconds)
        body = _sent(reply) if reply and fault.kind == "truncate" else b""
        status = reply.status if reply else 200
        raise BrokenConnectionError(fault.kind, status, body[: len(body) // 2], len(body))


def _sent(reply: Reply) -> bytes:
    return reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()


def _spoken(striking: list[Fault], *, after_commit: bool) -> Reply | None:
    """The answer that a fault gives in place of the real one."""
    for fault in striking:
        if fault.kind == "answer" and fault.after_commit == after_commit:
            body = fault.body.encode() if isinstance(fault.body, str) else fault.body
            return Reply(
                status=fault.status, body=body, headers={"Content-Type": fault.content_type}
            )
    return None
