"""SMS_Campaign_Stat__c: the figures of a campaign, a row a period and split."""

from collections.abc import Iterator
from functools import partial

from connector.footprint.choices import HEALTH, PERIODS, REASONS, SPLITS, STATUSES, action_for
from connector.footprint.fields import FieldKind, FieldSpec, Sections
from connector.footprint.objects import ObjectSpec


CAMPAIGN_STAT = ObjectSpec(
    name="SMS_Campaign_Stat__c",
    label="SMS Campaign Stat",
    plural="SMS Campaign Stats",
    description="Figures of a campaign's text messages: one row for the whole, one a day and "
    "one an hour, and the same split by gateway, country, sender and object. Written by the "
    "SMS connector; whatever is changed by hand is overwritten.",
)

_field = partial(FieldSpec, object=CAMPAIGN_STAT.name)
_count = partial(_field, kind=FieldKind.NUMBER, precision=18)
_share = partial(_field, kind=FieldKind.PERCENT, precision=5, scale=2)

#: Besides the six statuses and the reasons.
_COUNTS = {
    "Messages": "How many messages were sent.",
    "Opt_Outs": "How many people opted out after a message of this campaign.",
    "Clicks": "How many messages had a link of theirs opened.",
    "Replies": "How many messages were answered, opt-outs aside.",
    "Segments": "How many parts the messages were sent in: what gateways charge for.",
}


def campaign_stat_sections() -> Sections:
    return {
        "Campaign": tuple(_what()),
        "Health": tuple(_health()),
        "Rates": (*_rates(), *_times()),
        "Messages": tuple(_counts()),
        "Reasons": tuple(_reasons()),
    }


def campaign_stat_fields() -> tuple[FieldSpec, ...]:
    return tuple(spec for each in campaign_stat_sections().values() for spec in each)


def _what() -> Iterator[FieldSpec]:
    """What the row is about."""
    yield _field(
        name="Key__c",
        label="Key",
        kind=FieldKind.TEXT,
        length=255,
        external_id=True,
        unique=True,
        required=True,
        help="Campaign, period and split: what the connector finds the row by. Do not change.",
    )
    yield _field(
        name="Campaign__c",
        label="Campaign",
        kind=FieldKind.LOOKUP,
        reference_to="Campaign",
        children="SMS_Campaign_Stats",
        children_label="SMS Campaign Stats",
        help="The campaign that the messages were sent for.",
    )
    yield _field(
        name="Period__c",
        label="Period",
        kind=FieldKind.PICKLIST,
        choices=PERIODS,
        help="Whether the row counts the whole campaign, one day or one hour.",
    )
    yield _field(
        name="Period_Start__c",
        label="Period Start",
        kind=FieldKind.DATETIME,
        help="When the day or hour began. Empty on the row of the whole campaign.",
    )
    yield _field(
        name="Split_By__c",
        label="Split By",
        kind=FieldKind.PICKLIST,
        choices=SPLITS,
        help="What the messages are divided by. Empty on a row that counts all of them.",
    )
    yield _field(
        name="Split_Value__c",
        label="Split Value",
        kind=FieldKind.TEXT,
        length=80,
        help="The gateway, country, sender or object that the row counts.",
    )


def _counts() -> Iterator[FieldSpec]:
    for name, text in _COUNTS.items():
        yield _count(name=f"{name}__c", label=name.replace("_", " "), help=text)
    for status in STATUSES:
        yield _count(
            name=f"{status.value}__c",
            label=status.label,
            help=f"How many messages stand at {status.label}.",
        )
    yield _field(
        name="Cost__c",
        label="Cost",
        kind=FieldKind.NUMBER,
        precision=16,
        scale=4,
        help="What the messages cost, where the gateway tells, in the currency beside it.",
    )
    yield _field(
        name="Cost_Currency__c",
        label="Cost Currency",
        kind=FieldKind.TEXT,
        length=3,
        help="The currency of the cost, such as USD.",
    )


def _reasons() -> Iterator[FieldSpec]:
    for reason in REASONS:
        yield _count(
            name=f"Reason_{reason.value.title()}__c",
            label=f"Reason: {reason.label}",
            help=f"How many messages did not arrive for the reason: {reason.label}.",
        )


def _rates() -> Iterator[FieldSpec]:
    yield _share(
        name="Delivery_Rate__c",
        label="Delivery Rate",
        help="Delivered messages in a hundred.",
    )
    yield _share(
        name="Click_Rate__c",
        label="Click Rate",
        help="Messages with an opened link, in a hundred delivered ones.",
    )
    yield _share(
        name="Reply_Rate__c",
        label="Reply Rate",
        help="Answered messages, in a hundred delivered ones.",
    )
    yield _share(
        name="No_Report_Share__c",
        label="No Report Share",
        help="Messages that the gateway never reported on, in a hundred.",
    )


def _times() -> Iterator[FieldSpec]:
    yield _count(
        name="Median_Delivery_Seconds__c",
        label="Median Seconds to Delivery",
        help="Half of the delivered messages took no longer than this.",
    )
    yield _count(
        name="P95_Delivery_Seconds__c",
        label="P95 Seconds to Delivery",
        help="Ninety-five in a hundred delivered messages took no longer than this.",
    )


def _health() -> Iterator[FieldSpec]:
    yield _field(
        name="Health__c",
        label="Health",
        kind=FieldKind.PICKLIST,
        choices=HEALTH,
        help="Healthy from a delivery rate of 95, Watch from 90, Critical below.",
        description="Judged on settled messages, from a minimum number of them on, and with "
        "some slack, so that a flow on a change to Critical starts once. Written by the SMS "
        "connector.",
    )
    yield _field(
        name="Health_Changed_At__c",
        label="Health Changed At",
        kind=FieldKind.DATETIME,
        help="Since when the health is what it is.",
    )
    yield _field(
        name="Alert__c",
        label="Alert",
        kind=FieldKind.TEXT,
        length=255,
        help="What is wrong with the campaign now: its health, and reasons for which messages "
        "suddenly fail. Empty when nothing is.",
    )
    yield _field(
        name="Alert_At__c",
        label="Alert At",
        kind=FieldKind.DATETIME,
        help="Since when the alert tells what it does. Empty with it.",
    )
    yield _field(
        name="Top_Reason__c",
        label="Top Reason",
        kind=FieldKind.PICKLIST,
        choices=REASONS,
        help="The most frequent reason among the messages that did not arrive.",
    )
    yield _field(
        name="Recommended_Action__c",
        label="Recommended Action",
        kind=FieldKind.TEXT,
        formula=action_for("Top_Reason__c"),
        help="What helps against the top reason.",
    )
