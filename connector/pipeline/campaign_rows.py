"""The rows that Salesforce gets of campaigns' figures."""

from collections.abc import Iterable, Mapping, Sequence

from connector.domain.alerts import CampaignHealth
from connector.domain.delivery import DeliveryStatus, Reason
from connector.domain.figures import Cell, Figures, Period, Reaction
from connector.domain.records import FieldValue, RecordRef
from connector.footprint.campaign_stat import CAMPAIGN_STAT
from connector.mapping.fact import org_time
from connector.store import Transaction
from connector.store.outbox import Queued
from connector.store.times import moment


OBJECT = CAMPAIGN_STAT.name
KEY = "Key__c"
TOPIC = "campaign"
#: How a split is called that a message has no value for.
NOTHING = "(none)"
#: What a number field of ours holds at most, with four digits behind the point.
_MICROS, _COST_DIGITS = 1_000_000, 4


def row_of(key: str) -> RecordRef:
    """The record of the row with this external id."""
    return RecordRef.keyed(OBJECT, KEY, key)


def is_row(record: RecordRef) -> bool:
    return record.object == OBJECT


def changes_of_rows(transaction: Transaction, records: Sequence[RecordRef]) -> Iterable[Queued]:
    """What these rows shall show."""
    by_key = transaction.figures.by_key(key for record in records if (key := _key(record)))
    whole = {cell.campaign for cell, _ in by_key.values() if _is_whole(cell)}
    health = transaction.alerts.health_of(whole) if whole else {}
    for record in records:
        if found := by_key.get(_key(record)):
            cell, figures = found
            fields = dict(fields_of(cell, figures))
            if _is_whole(cell) and (told := health.get(cell.campaign)):
                fields |= _health(told)
            yield Queued(
                record=record,
                topic=TOPIC,
                fields=fields,
                urgent=False,
                parent=cell.campaign,
            )


def _key(record: RecordRef) -> str:
    return record.key[1] if record.key else ""


def _is_whole(cell: Cell) -> bool:
    """Whether its row counts everything of a campaign: the one that tells of its health."""
    return bool(cell.campaign) and cell.period is Period.TOTAL and not cell.split


def _health(told: CampaignHealth) -> dict[str, FieldValue]:
    return {
        "Health__c": told.health.value if told.health else None,
        "Health_Changed_At__c": org_time(told.since),
        "Alert__c": told.alert_text or None,
        "Alert_At__c": org_time(told.alert_at),
    }


def fields_of(cell: Cell, figures: Figures) -> Mapping[str, FieldValue]:
    """Every field of a row, always all of them: the numbers are absolute."""
    return {
        "Campaign__c": cell.campaign or None,
        "Period__c": cell.period.value,
        "Period_Start__c": org_time(moment(cell.start)) if cell.start else None,
        "Split_By__c": cell.split.value or None,
        "Split_Value__c": (cell.value or NOTHING) if cell.split else None,
        **_counts(figures),
        **_rates(figures),
        **_cost(figures),
        "Top_Reason__c": figures.top_reason.value if figures.top_reason else None,
    }


def _counts(figures: Figures) -> dict[str, FieldValue]:
    reasons = figures.reasons
    return {
        "Messages__c": figures.messages,
        **{f"{status.value}__c": figures.of(status) for status in DeliveryStatus},
        "Opt_Outs__c": figures.reactions(Reaction.OPT_OUT),
        "Clicks__c": figures.reactions(Reaction.CLICK),
        "Replies__c": figures.reactions(Reaction.REPLY),
        "Segments__c": figures.segments,
        **{f"Reason_{reason.value.title()}__c": reasons.get(reason, 0) for reason in Reason},
    }


def _rates(figures: Figures) -> dict[str, FieldValue]:
    return {
        "Delivery_Rate__c": figures.delivery_rate,
        "Click_Rate__c": figures.share(figures.reactions(Reaction.CLICK)),
        "Reply_Rate__c": figures.share(figures.reactions(Reaction.REPLY)),
        "No_Report_Share__c": figures.no_report_share,
        "Median_Delivery_Seconds__c": figures.percentile_seconds(50),
        "P95_Delivery_Seconds__c": figures.percentile_seconds(95),
    }


def _cost(figures: Figures) -> dict[str, FieldValue]:
    """Of one currency only: two cannot be added up."""
    costs = figures.costs
    if len(costs) != 1:
        return {"Cost__c": None, "Cost_Currency__c": None}
    ((currency, micros),) = costs.items()
    return {
        "Cost__c": round(micros / _MICROS, _COST_DIGITS),
        "Cost_Currency__c": currency or None,
    }


def is_wanted(cell: Cell, periods: Iterable[Period]) -> bool:
    """Whether Salesforce shall have a row of it."""
    return cell.is_shown and cell.period in periods


#: Which periods get rows, by the setting.
PERIODS: Mapping[str, tuple[Period, ...]] = {
    "none": (),
    "total": (Period.TOTAL,),
    "days": (Period.TOTAL, Period.DAY),
    "hours": (Period.TOTAL, Period.DAY, Period.HOUR),
}
