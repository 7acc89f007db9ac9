"""The org's daily calls: who uses them, how it will go on, and what our backlog needs."""

import dataclasses
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import click

from connector.cli.opening import has_store, opened
from connector.cli.printing import json_option, print_json, print_table
from connector.clock import system_clock
from connector.domain.errors import OrgUnavailableError
from connector.pipeline.backlog import Backlog, look
from connector.pipeline.ledger import StoreLedger
from connector.salesforce.facts import Limit
from connector.salesforce.forecast import Forecast, forecast
from connector.salesforce.usage import ApiUsage
from connector.settings import Settings
from connector.wiring.org import open_org


DAILY_CALLS = "DailyApiRequests"
_UNKNOWN = "not known before the service ran for ten minutes"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CallsReport:
    """
    The org's daily calls, by whomever, and how far we go.

    What is None is not known: without a database nobody counted ours, and nothing is foretold
    before there are figures of ten minutes.
    """

    used: int
    used_by_us: int | None
    used_by_others: int | None
    total: int
    left: int
    share_percent: int
    stops_at: int
    reserve: int
    ordinary_writes: bool
    growth_an_hour: float | None
    full_at: datetime | None
    percent_in_a_day: float | None
    backlog: Backlog | None
    limits: Mapping[str, Limit]


@click.command()
@json_option
def limits(*, as_json: bool) -> None:
    r"""
    Show the org's calls of the last 24 hours, who made them, our share and the reserve.

    Tells too when they will be used up if it goes on so, and how many calls it takes to write
    what waits. Exit code 1: ordinary writes are held back.

    \b
    Example:
      connector org limits
    """
    settings = Settings.from_environment()
    settings.require_salesforce()
    with open_org(settings) as found:
        known = found.limits()
        usage = found.usage
    if daily := known.get(DAILY_CALLS):
        usage = ApiUsage(daily.total - daily.left, daily.total)
    if usage is None:
        raise OrgUnavailableError("Salesforce did not tell how many calls are left")
    told, backlog = _remembered(settings, usage)
    report = _report(settings, usage, known, told, backlog)
    if as_json:
        print_json(report)
    else:
        print_table(["calls in 24 hours", ""], _rows(report))
    if not report.ordinary_writes:
        sys.exit(1)


def _remembered(settings: Settings, usage: ApiUsage) -> tuple[Forecast | None, Backlog | None]:
    """What the service counted; nothing where it never ran."""
    if not has_store(settings):
        return None, None
    now = system_clock()
    with opened(settings) as store:
        backlog = look(
            store,
            batch_size=settings.salesforce_batch_size,
            bulk_from=settings.salesforce_bulk_from,
        )
        return forecast(StoreLedger(store).slots(now), usage, now), backlog


def _report(
    settings: Settings,
    usage: ApiUsage,
    known: Mapping[str, Limit],
    told: Forecast | None,
    backlog: Backlog | None,
) -> CallsReport:
    share = settings.salesforce_api_share
    # A small org must not be all reserve.
    reserve = min(settings.salesforce_api_reserve, usage.total // 10)
    stops_at = min(usage.total * share // 100, usage.total - reserve)
    later = told.ratio_in_a_day if told else None
    return CallsReport(
        used=usage.used,
        used_by_us=told.ours if told else None,
        used_by_others=told.others if told else None,
        total=usage.total,
        left=usage.left,
        share_percent=share,
        stops_at=stops_at,
        reserve=reserve,
        ordinary_writes=usage.used < stops_at,
        growth_an_hour=told.growth if told else None,
        full_at=told.full_at if told else None,
        percent_in_a_day=None if later is None else round(later * 100, 1),
        backlog=backlog,
        limits=known,
    )


def _rows(report: CallsReport) -> Iterator[tuple[str, str]]:
    yield "used by whomever", f"{report.used:,} of {report.total:,}"
    if report.used_by_us is not None:
        yield "of these by us", f"{report.used_by_us:,}"
        yield "by others", f"{report.used_by_others:,}"
    yield "left", f"{report.left:,}"
    yield "our share", f"{report.share_percent} %: we stop at {report.stops_at:,}"
    yield "kept for opt-outs", f"{report.reserve:,}"
    yield "if it goes on so", _outlook(report)
    if report.backlog:
        yield "what waits", _waiting(report.backlog)
    going = "go on" if report.ordinary_writes else "are held back: only opt-outs go"
    yield "ordinary writes", going


def _outlook(report: CallsReport) -> str:
    if report.full_at:
        return f"all are used up at {report.full_at.astimezone(UTC):%H:%M} UTC"
    if report.percent_in_a_day is None:
        return _UNKNOWN
    return f"{report.percent_in_a_day:g} % are used this time tomorrow"


def _waiting(backlog: Backlog) -> str:
    records = backlog.records + backlog.opt_outs
    if not records:
        return "nothing"
    told = f"{records:,} records, {backlog.calls:,} calls"
    if backlog.jobs:
        jobs = "a bulk job" if backlog.jobs == 1 else f"{backlog.jobs} bulk jobs"
        told += f" with {jobs}, {backlog.calls_without_jobs:,} without"
    return told
