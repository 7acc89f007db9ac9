"""How figures of campaigns are printed, in 80 columns."""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import tzinfo

import click

from connector.cli.moments import shown as shown_at
from connector.cli.printing import print_table
from connector.domain.alerts import CampaignHealth
from connector.domain.delivery import DeliveryStatus
from connector.domain.figures import Figures, Reaction, Split
from connector.footprint.choices import ACTIONS
from connector.pipeline.campaign_check import CheckReport
from connector.pipeline.campaign_view import NO_CAMPAIGN, CampaignView, Stretch


_MOST_DIFFERENCES = 20
_MICROS = 1_000_000
#: Until so many messages are settled, a rate says little.
_UNJUDGED = "-"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One campaign in the list; the id is empty for messages without one."""

    campaign: str
    name: str
    figures: Figures
    health: CampaignHealth


def print_campaigns(rows: Sequence[Listed]) -> None:
    if not rows:
        click.echo("nothing was counted yet: figures are rolled up every few minutes")
        return
    print_table(
        ["campaign", "name", "messages", "delivered", "health", "top reason"],
        (
            (
                each.campaign or NO_CAMPAIGN,
                each.name,
                each.figures.messages,
                _percent(each.figures.delivery_rate),
                each.health.health.value if each.health.health else _UNJUDGED,
                each.figures.top_reason or "",
            )
            for each in rows
        ),
    )


def print_campaign(found: CampaignView, by: str, zone: tzinfo) -> None:
    figures, health = found.figures, found.health
    rows = [
        ("campaign", found.campaign or NO_CAMPAIGN),
        *([("name", found.name)] if found.name else []),
        ("health", _health(health)),
        ("messages", figures.messages),
        *((f"  {each.value.lower()}", figures.of(each)) for each in DeliveryStatus),
        ("delivery rate", _percent(figures.delivery_rate)),
        ("time to delivery", _times(figures)),
        ("clicks, replies", _reactions(figures)),
        ("opt-outs", figures.reactions(Reaction.OPT_OUT)),
        ("segments, cost", _cost(figures)),
        ("no report", _percent(figures.no_report_share)),
    ]
    for reason, count in figures.reasons.items():
        rows.append((reason.value.replace("_", " "), f"{count}: {ACTIONS[reason]}"))
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"{name:<{width}}  {value}")
    click.echo()
    print_table(
        [by, "messages", "delivered", "pending", "failed", "rate"], _divided(found, by, zone)
    )


def print_differences(report: CheckReport, *, mended: bool) -> None:
    click.echo(f"{report.messages} messages counted, in {report.cells} cells")
    if report.waiting:
        click.echo(
            f"{report.waiting} messages wait to be counted by a worker: what differs may be"
            " no more than that, so check again when they are"
        )
    if not report.differences:
        click.echo("every figure is what it should be")
        return
    print_table(
        ["campaign", "period", "split", "value", "count", "is", "should be"],
        (
            (
                each.cell.campaign or NO_CAMPAIGN,
                each.cell.period.value,
                each.cell.split.value,
                each.cell.value,
                each.count,
                each.found,
                each.expected,
            )
            for each in report.differences[:_MOST_DIFFERENCES]
        ),
    )
    if len(report.differences) > _MOST_DIFFERENCES:
        click.echo(f"and {len(report.differences) - _MOST_DIFFERENCES} more: see --json")
    if mended and not report.waiting:
        click.echo("the next roll-up puts them right")
    elif mended:
        click.echo("nothing was changed while messages wait")


def _divided(
    found: CampaignView, by: str, zone: tzinfo
) -> Iterable[tuple[object, int, int, int, int, str]]:
    if by in {"day", "hour"}:
        stretches: Sequence[Stretch] = found.days if by == "day" else found.hours
        form = "%Y-%m-%d" if by == "day" else "%Y-%m-%d %H:%M"
        return [
            _line(format(each.start.astimezone(zone), form), each.figures) for each in stretches
        ]
    parts = found.splits[Split(by.capitalize())]
    return [_line(value or "(none)", figures) for value, figures in parts.items()]


def _line(name: str, figures: Figures) -> tuple[object, int, int, int, int, str]:
    pending = figures.of(DeliveryStatus.PENDING)
    return (
        name,
        figures.messages,
        figures.delivered,
        pending,
        figures.messages - figures.delivered - pending,
        _percent(figures.delivery_rate),
    )


def _health(health: CampaignHealth) -> str:
    told = health.health.value if health.health else "not judged yet"
    if health.since:
        told += f" since {shown_at(health.since)}"
    return f"{told}: {health.alert_text}" if health.alert_text else told


def _times(figures: Figures) -> str:
    median, late = figures.percentile_seconds(50), figures.percentile_seconds(95)
    if median is None:
        return "not known"
    return f"{median} s for half of them, {late} s for 95 %"


def _reactions(figures: Figures) -> str:
    clicks, replies = figures.reactions(Reaction.CLICK), figures.reactions(Reaction.REPLY)
    return (
        f"{clicks} ({_percent(figures.share(clicks))}), "
        f"{replies} ({_percent(figures.share(replies))})"
    )


def _cost(figures: Figures) -> str:
    costs = ", ".join(
        f"{micros / _MICROS:.2f} {currency}" for currency, micros in figures.costs.items()
    )
    return f"{figures.segments}, {costs or 'not told'}"


def _percent(share: float | None) -> str:
    return _UNJUDGED if share is None else f"{share:.1f} %"
