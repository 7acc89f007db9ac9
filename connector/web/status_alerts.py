"""Alerts and jobs: what somebody was told of, and what is done by the clock."""

import flask

from connector.pipeline.jobs import jobs
from connector.web.pages import Pages


#: As many of the last alerts are shown.
SHOWN = 100


def install(status: flask.Blueprint, pages: Pages) -> None:
    """Add the pages of alerts and of jobs."""

    @status.get("/alerts")
    @pages.guarded
    def alerts() -> flask.Response:
        with pages.store.transaction(reads=True) as transaction:
            opened = transaction.alerts.open()
            ended = [each for each in transaction.alerts.recent(SHOWN) if not each.is_open]
            subjects = {each.trouble.subject for each in (*opened, *ended)}
            names = transaction.campaign_names.of(subjects)
        return pages.show("alerts.html", open_alerts=opened, ended=ended, names=names)

    @status.get("/jobs")
    @pages.guarded
    def show_jobs() -> flask.Response:
        return pages.show("jobs.html", jobs=jobs(pages.store, pages.clock()))
