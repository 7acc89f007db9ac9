"""Campaigns: how each does, and one of them in full, with charts."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from urllib.parse import quote

import flask

from connector.domain.alerts import CampaignHealth
from connector.domain.delivery import DeliveryStatus
from connector.domain.figures import Figures, Period, Reaction
from connector.domain.health import Health
from connector.domain.records import is_record_id, long_id
from connector.footprint.choices import ACTIONS
from connector.pipeline.campaign_view import NO_CAMPAIGN, CampaignView, Stretch, view, wholes
from connector.store import Transaction
from connector.web.charts import Chart, Column, chart
from connector.web.pages import Pages
from connector.web.problems import ProblemError


#: Campaigns on one page; the days and hours that a chart shows.
PAGE, DAYS, HOURS = 50, 31, 48
#: How many of the last alerts are looked through for those of one campaign.
ALERTS = 500
_MICROS = 1_000_000
_WORST_FIRST = {Health.CRITICAL: 0, Health.WATCH: 1, Health.HEALTHY: 2, None: 3}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One campaign in the list; the id is empty for messages without one."""

    campaign: str
    name: str
    health: CampaignHealth
    figures: Figures

    @property
    def path(self) -> str:
        return self.campaign or NO_CAMPAIGN


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart, and the same in words for who does not see it."""

    title: str
    chart: Chart
    columns: Sequence[Column]


def install(status: flask.Blueprint, pages: Pages) -> None:
    """Add the pages of campaigns."""

    @status.get("/campaigns")
    @pages.guarded
    def campaigns() -> flask.Response:
        after = flask.request.args.get("after", "")
        with pages.store.transaction(reads=True) as transaction:
            found = transaction.figures.campaigns(PAGE + 1, after)
            shown = found[:PAGE]
            lines = _lines(transaction, shown if after else ["", *shown])
        more = quote(shown[-1]) if len(found) > PAGE else ""
        return pages.show("campaigns.html", lines=lines, more=more, actions=ACTIONS)

    @status.get("/campaigns/<campaign>")
    @pages.guarded
    def campaign(campaign: str) -> flask.Response:
        if campaign != NO_CAMPAIGN and not is_record_id(campaign):
            raise ProblemError(404, "This is no id of a campaign.")
        name = "" if campaign == NO_CAMPAIGN else long_id(campaign)
        found = view(pages.store, name)
        if found is None:
            raise ProblemError(404, "Nothing was ever counted of this campaign.")
        with pages.store.transaction(reads=True) as transaction:
            recent = transaction.alerts.recent(ALERTS)
        return pages.show(
            "campaign.html",
            found=found,
            line=Line(
                campaign=name, name=found.name, health=found.health, figures=found.figures
            ),
            pictures=_pictures(found, pages.site.time_zone),
            alerts=[each for each in recent if each.trouble.subject == name],
            names={name: found.name} if found.name else {},
            actions=ACTIONS,
            statuses=list(DeliveryStatus),
            reactions=Reaction,
            costs={name: micros / _MICROS for name, micros in found.figures.costs.items()},
            zone=str(pages.site.time_zone),
        )


def _lines(transaction: Transaction, campaigns: Sequence[str]) -> list[Line]:
    """The worst first, then those with the most messages."""
    figures, health = wholes(transaction, campaigns), transaction.alerts.health_of(campaigns)
    names = transaction.campaign_names.of(campaigns)
    lines = [
        Line(
            campaign=each, name=names.get(each, ""), health=health[each], figures=figures[each]
        )
        for each in campaigns
        if each in figures and figures[each].messages
    ]
    return sorted(
        lines, key=lambda each: (_WORST_FIRST[each.health.health], -each.figures.messages)
    )


def _pictures(found: CampaignView, zone: tzinfo) -> list[Picture]:
    hours = _filled(found.hours, timedelta(hours=1), HOURS)
    wanted = {Period.DAY: ("%d %b", found.days[-DAYS:]), Period.HOUR: ("%d %b %H:%M", hours)}
    return [
        Picture(title=period.value, chart=chart(columns), columns=columns)
        for period, (form, stretches) in wanted.items()
        if (columns := [_column(each, form, zone) for each in stretches])
    ]


def _filled(stretches: Sequence[Stretch], step: timedelta, most: int) -> list[Stretch]:
    """The last of them, with the hours between that nothing was sent in."""
    if not stretches:
        return []
    known = {each.start: each.figures for each in stretches}
    last = stretches[-1].start
    first = max(stretches[0].start, last - step * (most - 1))
    count = (last - first) // step + 1
    starts = [last - step * back for back in reversed(range(count))]
    return [Stretch(start=each, figures=known.get(each, Figures())) for each in starts]


def _column(stretch: Stretch, form: str, zone: tzinfo) -> Column:
    figures = stretch.figures
    local: datetime = stretch.start.astimezone(zone)
    return Column(
        label=local.strftime(form),
        parts={
            "delivered": figures.delivered,
            "failed": figures.settled - figures.delivered,
            "open": figures.messages - figures.settled,
        },
    )
