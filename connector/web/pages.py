"""What every status page has: somebody who may see it, one layout, errors that people read."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import ParamSpec
from urllib.parse import urlencode

import flask

from connector.clock import Clock
from connector.logs import Redactor
from connector.settings import Networks
from connector.store import Store
from connector.web import problems
from connector.web.problems import ProblemError
from connector.web.sessions import Sessions, Visitor


P = ParamSpec("P")

#: The pages use no script; the first one reloads itself.
RELOAD_SECONDS = 10
_UNAUTHORIZED = 401
#: Takes numbers out of what Salesforce or a gateway says.
_HIDDEN = Redactor()
#: Below so many seconds their tenths are told.
_TENTHS = 10


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the pages have to know of the settings."""

    public_url: str = ""
    proxies: Networks = dataclasses.field(default_factory=Networks)
    #: The gateway accounts that are set up, by name and account.
    accounts: Sequence[tuple[str, str]] = ()
    api_share: int = 80
    api_reserve: int = 500
    batch_size: int = 200
    bulk_from: int = 0
    time_zone: tzinfo = UTC


class Pages:
    """Shows templates to people who may see them."""

    def __init__(self, store: Store, clock: Clock, site: Site) -> None:
        self.store = store
        self.clock = clock
        self.site = site
        self.sessions = Sessions(store, clock, site.public_url)

    def guarded(self, view: Callable[P, flask.Response]) -> Callable[P, flask.Response]:
        """Let only those see this page who may; others are asked to log in."""

        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> flask.Response:
            try:
                flask.g.visitor = self.sessions.visitor()
            except ProblemError as problem:
                given = flask.request.authorization is not None
                if problem.status != _UNAUTHORIZED or given or not wants_html():
                    raise
                return self._ask_to_log_in()
            return view(*args, **kwargs)

        return guarded

    def show(self, template: str, *, status: int = 200, **facts: object) -> flask.Response:
        """A page with these facts, and what each of them has."""
        now = self.clock()
        text = flask.render_template(
            template,
            **facts,
            now=now,
            visitor=flask.g.get("visitor"),
            ago=lambda at: ago(at, now),
            moment=moment,
            lasted=lasted,
            hidden=_HIDDEN.text,
        )
        return flask.make_response(text, status)

    def _ask_to_log_in(self) -> flask.Response:
        query = urlencode({"next": flask.request.path})
        return flask.make_response("", 303, {"Location": f"/status/login?{query}"})


def show_errors(status: flask.Blueprint, pages: Pages) -> None:
    """Tell people in a page, and programs as ever, why there is none."""

    @status.errorhandler(ProblemError)
    def told(error: ProblemError) -> flask.Response:
        if not wants_html():
            return problems.response(error.status, error.detail, error.headers, **error.more)
        response = pages.show("trouble.html", status=error.status, detail=error.detail)
        response.headers.update(error.headers)
        return response


def visitor() -> Visitor:
    """Who sees this page."""
    found = flask.g.visitor
    assert isinstance(found, Visitor)  # noqa: S101 (guarded says who it is)
    return found


def wants_html() -> bool:
    return "text/html" in flask.request.headers.get("Accept", "")


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago that was, as people say it."""
    if at is None:
        return "never"
    return f"{lasted(int(max((now - at).total_seconds(), 0)))} ago"


def lasted(seconds: float | None) -> str:
    """So many seconds, as people say it."""
    if seconds is None:
        return "-"
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {unit}"
    whole = isinstance(seconds, int) or seconds >= _TENTHS
    return f"{int(seconds)} s" if whole else f"{seconds:.1f} s"


def moment(at: datetime | None) -> str:
    """A moment to the minute, in UTC."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
