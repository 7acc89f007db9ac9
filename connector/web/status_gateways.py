"""Gateways: who calls, and how well."""

from datetime import timedelta

import flask

from connector.pipeline.gateway_health import gateway_healths
from connector.pipeline.throughput import place
from connector.web import charts
from connector.web.pages import Pages


#: As many callbacks that could not be read are shown.
SHOWN = 20
#: What was lost on the way is told of so many days.
LOST_SINCE = timedelta(days=7)


def install(status: flask.Blueprint, pages: Pages) -> None:
    """Add the page of gateways."""

    @status.get("/gateways")
    @pages.guarded
    def gateways() -> flask.Response:
        now = pages.clock()
        with pages.store.transaction(reads=True) as transaction:
            lost = transaction.reconciliations.lost(now - LOST_SINCE)
            quarantined = transaction.unread.quarantined(SHOWN)
            count = transaction.unread.quarantined_count()
        return pages.show(
            "gateways.html",
            gateways=gateway_healths(pages.store, pages.site.accounts, now),
            quarantined=quarantined,
            quarantined_count=count,
            lost=lost,
            place=place,
            sparkline=charts.sparkline,
        )
