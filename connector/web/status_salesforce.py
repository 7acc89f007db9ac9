"""Salesforce: the calls that are left, what is stopped, refused or waits, and bulk jobs."""

import dataclasses
from datetime import datetime
from typing import Any

import flask

from connector.pipeline.backlog import Backlog, weigh
from connector.pipeline.ledger import REMEMBERED
from connector.salesforce.forecast import Forecast, forecast
from connector.salesforce.usage import ApiUsage
from connector.store import Transaction
from connector.web.pages import Pages, Site


#: As many refused changes and bulk jobs are shown.
SHOWN, JOBS = 50, 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CallsLeft:
    """The org's calls as Salesforce last told, and from where on ordinary writes wait."""

    told_at: datetime
    forecast: Forecast
    stops_at: int
    backlog: Backlog

    @property
    def percent(self) -> float:
        return 100 * self.forecast.usage.ratio

    @property
    def stop_percent(self) -> float:
        return 100 * self.stops_at / max(self.forecast.usage.total, 1)


def install(status: flask.Blueprint, pages: Pages) -> None:
    """Add the page of Salesforce."""

    @status.get("/salesforce")
    @pages.guarded
    def salesforce() -> flask.Response:
        now = pages.clock()
        with pages.store.transaction(reads=True) as transaction:
            waiting = transaction.calls.backlog()
            facts: dict[str, Any] = {
                "calls": calls_left(transaction, pages.site, waiting, now),
                "waiting": waiting,
                "stopped": transaction.writes.stopped_lanes(),
                "refused": transaction.writes.refused(limit=SHOWN),
                "refused_count": transaction.writes.refused_count(),
                "jobs": transaction.bulk_jobs.latest(JOBS),
                "last_written_at": transaction.writes.last_written_at(),
            }
        return pages.show("salesforce.html", **facts)


def calls_left(
    transaction: Transaction, site: Site, waiting: dict[tuple[str, bool], int], now: datetime
) -> CallsLeft | None:
    """None before Salesforce has told of its calls."""
    slots = transaction.calls.slots(now - REMEMBERED)
    told = [slot for slot in slots if slot.told_at and slot.total]
    if not told or told[-1].told_at is None:
        return None
    usage = ApiUsage(told[-1].used, told[-1].total)
    # A small org must not be all reserve.
    reserve = min(site.api_reserve, usage.total // 10)
    return CallsLeft(
        told_at=told[-1].told_at,
        forecast=forecast(slots, usage, told[-1].told_at),
        stops_at=min(usage.total * site.api_share // 100, usage.total - reserve),
        backlog=weigh(waiting, batch_size=site.batch_size, bulk_from=site.bulk_from),
    )
