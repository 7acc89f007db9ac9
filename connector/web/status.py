"""The status pages: what came in, what waits, what went wrong, and what somebody has to do."""

import flask

from connector.clock import Clock
from connector.pipeline.overview import overview
from connector.store import Store
from connector.web import (
    charts,
    login,
    status_alerts,
    status_campaigns,
    status_consent,
    status_gateways,
    status_salesforce,
)
from connector.web.pages import RELOAD_SECONDS, Pages, Site, show_errors


_PARTS = (
    status_campaigns,
    status_gateways,
    status_salesforce,
    status_consent,
    status_alerts,
)


def blueprint(store: Store, clock: Clock, site: Site | None = None) -> flask.Blueprint:
    status = flask.Blueprint(
        "status",
        __name__,
        url_prefix="/status",
        template_folder="templates",
        static_folder="static",
    )
    pages = Pages(store, clock, site or Site())
    show_errors(status, pages)
    login.install(status, pages)
    for each in _PARTS:
        each.install(status, pages)

    @status.get("")
    @pages.guarded
    def show() -> flask.Response:
        now = clock()
        found = overview(store, now)
        response = pages.show(
            "status.html",
            overview=found,
            alarm=found.late.alarm(now),
            sparkline=charts.sparkline,
        )
        response.headers["Refresh"] = str(RELOAD_SECONDS)
        return response

    @status.after_request
    def referrer(response: flask.Response) -> flask.Response:
        # With no-referrer browsers hide where a form comes from (Fetch standard, section 3.1).
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    return status
