"""One REST call and its answer, apart from any web framework: composite makes them too."""

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from connector.emulator.access import Caller, saves_duplicates
from connector.emulator.errors import ApiError, not_found, parser_error
from connector.emulator.faults import Fault
from connector.emulator.org import EmulatedOrg
from connector.emulator.times import stamp


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to the versioned API, by a user who is logged in."""

    org: EmulatedOrg
    method: str
    path: str  # behind /services/data/vXX.X
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    version: float
    user: str
    number: int
    locks: tuple[Fault, ...] = ()
    instance_url: str = ""

    @property
    def base(self) -> str:
        return f"/services/data/v{self.version}"

    def json(self) -> Any:  # noqa: ANN401 - whatever the client sent
        """The body; refuses other media types and what is not JSON."""
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind and kind != "application/json":
            message = f"Content-Type '{kind}' is not supported. Use application/json."
            raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", message)
        if not self.body:
            message = "The HTTP entity body is required, but this request has no entity body."
            raise parser_error(message)
        try:
            return json.loads(self.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise parser_error(f"Unexpected input: {error} at [line:1, column:1]") from error

    def fields(self) -> dict[str, object]:
        """The body of a single record."""
        body = self.json()
        if not isinstance(body, dict):
            message = (
                "Can not deserialize SObject out of START_ARRAY token at [line:1, column:1]"
            )
            raise parser_error(message)
        return body

    def caller(self) -> Caller:
        return Caller(
            user=self.user,
            call=f"{self.method} {self.path} #{self.number}",
            now=stamp(self.org.clock()),
            auto_assign=self.headers.get("Sforce-Auto-Assign", "TRUE"),
            save_duplicates=saves_duplicates(self.headers),
            locks=self.locks,
        )


def _refuse_constant(name: str) -> object:
    """NaN and Infinity are Python's idea of JSON."""
    raise ValueError(f"{name} is no number")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer; `body` goes out as JSON, None as nothing."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


Serve = Callable[..., Reply]


@dataclasses.dataclass(frozen=True, slots=True)
class Route:
    """A method and a path such as `/sobjects/{object}/{id}`."""

    method: str
    path: str
    serve: Serve
    pattern: re.Pattern[str]


def route(method: str, path: str, serve: Serve) -> Route:
    """A path part in braces takes one segment, in double braces all that is left."""
    expression = re.sub(r"\{\{(\w+)\}\}", r"(?P<\1>.+)", path)
    expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", expression)
    return Route(method, path, serve, re.compile(expression + "/?"))


def find_route(routes: list[Route], method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The first route that takes the path with this method; 404 or 405 where none does."""
    allowed: dict[str, None] = {}
    for each in routes:
        match = each.pattern.fullmatch(path)
        if match is None:
            continue
        if each.method in {method, "GET" if method == "HEAD" else method}:
            return each, match.groupdict()
        allowed[each.method] = None
    if allowed:
        message = f"HTTP Method '{method}' not allowed. Allowed are {','.join(sorted(allowed))}"
        raise ApiError(405, "METHOD_NOT_ALLOWED", message)
    raise not_found()
