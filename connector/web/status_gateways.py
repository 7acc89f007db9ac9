"""Gateways: who calls, and how well."""

import flask

from connector.pipeline.gateway_health import gateway_healths
from connector.web import charts
from connector.web.pages import Pages


#: As many callbacks that could not be read are shown.
SHOWN = 20


def install(status: flask.Blueprint, pages: Pages) -> None:
    """Add the page of gateways."""

    @status.get("/gateways")
    @pages.guarded
    def gateways() -> flask.Response:
        with pages.store.transaction(reads=True) as transaction:
            quarantined = transaction.unread.quarantined(SHOWN)
            count = transaction.unread.quarantined_count()
        return pages.show(
            "gateways.html",
            gateways=gateway_healths(pages.store, pages.site.accounts, pages.clock()),
            quarantined=quarantined,
            quarantined_count=count,
            sparkline=charts.sparkline,
        )
