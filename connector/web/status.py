"""The status page: what came in, what waits, what went wrong."""

from datetime import datetime

import flask

from connector.clock import Clock
from connector.pipeline.overview import overview
from connector.store import Store
from connector.web import keys


SCOPE = "status:read"
#: The page reloads itself; it has no script.
RELOAD_SECONDS = 10


def blueprint(store: Store, clock: Clock) -> flask.Blueprint:
    status = flask.Blueprint(
        "status",
        __name__,
        url_prefix="/status",
        template_folder="templates",
        static_folder="static",
    )

    @status.get("")
    @keys.requires(store, SCOPE, browser=True)
    def show() -> flask.Response:
        now = clock()
        found = overview(store)
        page = flask.render_template(
            "status.html",
            overview=found,
            alarm=found.late.alarm(now),
            now=now,
            ago=lambda at: ago(at, now),
        )
        response = flask.make_response(page)
        response.headers["Refresh"] = str(RELOAD_SECONDS)
        return response

    return status


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago that was, as people say it."""
    if at is None:
        return "never"
    seconds = max(int((now - at).total_seconds()), 0)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"
