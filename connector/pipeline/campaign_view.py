"""The figures of one campaign as people and programs read them."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime

from connector.domain.alerts import CampaignHealth
from connector.domain.delivery import DeliveryStatus
from connector.domain.figures import Cell, Figures, Period, Reaction, Split
from connector.footprint.choices import ACTIONS
from connector.store import Store, Transaction
from connector.store.times import moment


#: As programs name the messages that no campaign is known of.
NO_CAMPAIGN = "none"
#: The splits that are kept of a campaign as a whole.
SPLITS = (Split.GATEWAY, Split.COUNTRY, Split.SENDER, Split.OBJECT)
_MICROS = 1_000_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The figures of a day or an hour, and when it began."""

    start: datetime
    figures: Figures


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CampaignView:
    """
    Everything that is counted of a campaign; the id is empty for messages without one.

    `name` is Salesforce's, empty as long as it was not read.
    """

    campaign: str
    name: str
    health: CampaignHealth
    figures: Figures
    days: Sequence[Stretch]
    hours: Sequence[Stretch]
    splits: Mapping[Split, Mapping[str, Figures]]


def view(store: Store, campaign: str) -> CampaignView | None:
    """The figures of a campaign, None where nothing was ever counted of it."""
    with store.transaction(reads=True, snapshot=True) as transaction:
        cells = transaction.figures.of(campaign)
        health = transaction.alerts.health_of([campaign])
        names = transaction.campaign_names.of([campaign])
    if not cells:
        return None
    whole = Cell(campaign=campaign, period=Period.TOTAL, start=0, split=Split.NONE, value="")
    return CampaignView(
        campaign=campaign,
        name=names.get(campaign, ""),
        health=health[campaign],
        figures=cells.get(whole, Figures()),
        days=_stretches(cells, Period.DAY),
        hours=_stretches(cells, Period.HOUR),
        splits={
            split: {
                cell.value: figures
                for cell, figures in cells.items()
                if cell.period is Period.TOTAL and cell.split is split and figures.messages
            }
            for split in SPLITS
        },
    )


def wholes(transaction: Transaction, campaigns: Sequence[str]) -> Mapping[str, Figures]:
    """Of each of these campaigns what it has come to as a whole."""
    cells = [
        Cell(campaign=each, period=Period.TOTAL, start=0, split=Split.NONE, value="")
        for each in campaigns
    ]
    return {cell.campaign: found for cell, found in transaction.figures.get(cells).items()}


def shown(figures: Figures) -> dict[str, object]:
    """Figures as JSON may hold them; shares are in a hundred, what is not known is null."""
    top = figures.top_reason
    return {
        "messages": figures.messages,
        "statuses": {each.value: figures.of(each) for each in DeliveryStatus},
        "delivery_rate": figures.delivery_rate,
        "settled": figures.settled,
        "settled_rate": figures.settled_rate,
        "reasons": [
            {"reason": reason.value, "messages": count}
            for reason, count in figures.reasons.items()
        ],
        "top_reason": top.value if top else None,
        "recommended_action": ACTIONS[top] if top else None,
        "opt_outs": figures.reactions(Reaction.OPT_OUT),
        "clicks": figures.reactions(Reaction.CLICK),
        "click_rate": figures.share(figures.reactions(Reaction.CLICK)),
        "replies": figures.reactions(Reaction.REPLY),
        "reply_rate": figures.share(figures.reactions(Reaction.REPLY)),
        "segments": figures.segments,
        "costs": [
            {"currency": currency, "amount": micros / _MICROS}
            for currency, micros in figures.costs.items()
        ],
        "no_report_share": figures.no_report_share,
        "median_seconds": figures.percentile_seconds(50),
        "p95_seconds": figures.percentile_seconds(95),
    }


def document(found: CampaignView) -> dict[str, object]:
    """All of it as JSON may hold it."""
    health = found.health
    return {
        "campaign": found.campaign or NO_CAMPAIGN,
        "name": found.name or None,
        "health": health.health.value if health.health else None,
        "health_since": health.since.isoformat() if health.since else None,
        "alert": health.alert_text or None,
        "alert_since": health.alert_at.isoformat() if health.alert_at else None,
        **shown(found.figures),
        "days": [_shown(stretch) for stretch in found.days],
        "hours": [_shown(stretch) for stretch in found.hours],
        "splits": {
            split.value.lower(): [
                {"value": value or None, **shown(figures)} for value, figures in parts.items()
            ]
            for split, parts in found.splits.items()
        },
    }


def _shown(stretch: Stretch) -> dict[str, object]:
    return {"start": stretch.start.isoformat(), **shown(stretch.figures)}


def _stretches(cells: Mapping[Cell, Figures], period: Period) -> list[Stretch]:
    return [
        Stretch(start=moment(cell.start), figures=figures)
        for cell, figures in cells.items()
        if cell.period is period and not cell.split and figures.messages
    ]
