"""The folder SMS and its reports: delivery, reasons of failure, numbers to review, opt-outs."""

import dataclasses
from collections.abc import Iterator
from functools import partial

from connector.footprint.campaign_stat import CAMPAIGN_STAT
from connector.footprint.choices import REASONS
from connector.footprint.component import Body, Component
from connector.footprint.parts import REPORTS
from connector.footprint.people import PEOPLE
from connector.footprint.report_types import FIGURES, people


FOLDER = "SMS"

#: A column, how it is compared, and with what; an empty value asks for an empty column.
Filter = tuple[str, str, str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """
    One summary report on an object, through its report type; fields stand by their API names.

    `sums` are columns that are added up as well. `since` is the date or time that the people
    who read it may narrow it by, `interval` the stretch that it shows to begin with.
    """

    name: str
    label: str
    description: str
    object: str
    report_type: str
    group_by: tuple[str, ...]
    columns: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    since: str
    interval: str = "INTERVAL_CUSTOM"  # without dates: all time

    def component(self) -> Component:
        columns: list[Body] = [
            *({"field": self._column(field)} for field in self.columns),
            *({"aggregateTypes": "Sum", "field": self._column(field)} for field in self.sums),
        ]
        groupings = [
            # The granularity is asked for whatever the field is; it counts for times alone.
            {"dateGranularity": "Day", "field": self._column(field), "sortOrder": "Asc"}
            for field in self.group_by
        ]
        body: Body = {
            "columns": columns,
            "description": self.description,
            "filter": {"criteriaItems": [self._criterion(*each) for each in self.filters]},
            "format": "Summary",
            "groupingsDown": groupings,
            "name": self.label,
            "reportType": f"{self.report_type}__c",
            "scope": "organization",
            "showDetails": True,
            "showGrandTotal": True,
            "showSubTotals": True,
            "timeFrameFilter": {
                "dateColumn": self._column(self.since),
                "interval": self.interval,
            },
        }
        return Component(kind="Report", name=f"{FOLDER}/{self.name}", body=body, part=REPORTS)

    def _column(self, field: str) -> str:
        return f"{self.object}${field}"

    def _criterion(self, field: str, operator: str, value: str) -> Body:
        return {
            "column": self._column(field),
            "isUnlocked": True,
            "operator": operator,
            "value": value,
        }


def reports() -> tuple[Component, ...]:
    """The folder, then what is in it."""
    made = (*_of_campaigns(), *(report for person in PEOPLE for report in _of_people(person)))
    return (_folder(), *(report.component() for report in made))


def _folder() -> Component:
    body: Body = {
        "accessType": "Public",
        "name": FOLDER,
        "publicFolderAccess": "ReadOnly",
    }
    return Component(kind="ReportFolder", name=FOLDER, body=body, part=REPORTS)


def _of_campaigns() -> Iterator[_Report]:
    yield _Report(
        name="Delivery_by_Campaign_and_Day",
        label="Delivery by Campaign and Day",
        description="What became of each campaign's text messages, day by day.",
        object=CAMPAIGN_STAT.name,
        report_type=FIGURES,
        group_by=("Campaign__c", "Period_Start__c"),
        columns=("Delivery_Rate__c", "Health__c", "Top_Reason__c"),
        sums=(
            "Messages__c",
            "Delivered__c",
            "Undelivered__c",
            "Failed__c",
            "Rejected__c",
            "Expired__c",
            "Pending__c",
            "Opt_Outs__c",
        ),
        filters=(("Period__c", "equals", "Day"), ("Split_By__c", "equals", "")),
        since="Period_Start__c",
        interval="INTERVAL_LAST30",
    )
    yield _Report(
        name="Failures_by_Reason_Campaigns",
        label="Failures by Reason: Campaigns",
        description="Why messages of each campaign did not arrive.",
        object=CAMPAIGN_STAT.name,
        report_type=FIGURES,
        group_by=("Campaign__c",),
        columns=("Top_Reason__c", "Recommended_Action__c"),
        sums=("Messages__c", *(f"Reason_{each.value.title()}__c" for each in REASONS)),
        filters=(("Period__c", "equals", "Total"), ("Split_By__c", "equals", "")),
        since="Health_Changed_At__c",
    )


def _of_people(person: str) -> Iterator[_Report]:
    report = partial(_Report, object=person, report_type=people(person))
    who = ("FirstName", "LastName", "SMS_Phone_E164__c")
    # A converted Lead is no one to call any more; its Contact is.
    alive: tuple[Filter, ...] = (("IsConverted", "equals", "0"),) if person == "Lead" else ()
    yield report(
        name=f"Failures_by_Reason_{person}s",
        label=f"Failures by Reason: {person}s",
        description=f"{person}s whose latest text message did not arrive, by the reason.",
        group_by=("SMS_Failure_Reason__c",),
        columns=(
            *who,
            "SMS_Delivery_Status__c",
            "SMS_Status_At__c",
            "SMS_Recommended_Action__c",
            "SMS_Last_Campaign__c",
            "SMS_Gateway__c",
            "SMS_Error_Code__c",
            "Owner",
        ),
        filters=(("SMS_Failure_Reason__c", "notEqual", ""), *alive),
        since="SMS_Status_At__c",
    )
    yield report(
        name=f"Numbers_to_Review_{person}s",
        label=f"Numbers to Review: {person}s",
        description=f"{person}s whose number may be wrong, by what speaks against it.",
        group_by=("SMS_Review_Reason__c",),
        columns=(
            *who,
            "SMS_Consecutive_Failures__c",
            "SMS_Last_Delivered_At__c",
            "SMS_Failure_Reason__c",
            "Owner",
        ),
        filters=(("SMS_Needs_Review__c", "equals", "1"), *alive),
        since="SMS_Status_At__c",
    )
    yield report(
        name=f"Opt_Outs_by_Source_{person}s",
        label=f"Opt-Outs by Source: {person}s",
        description=f"{person}s who opted out of text messages, by how we learned of it.",
        group_by=("SMS_Opt_Out_Source__c",),
        columns=(*who, "SMS_Opt_Out_At__c", "SMS_Opt_Out_Keyword__c", "SMS_Last_Campaign__c"),
        filters=(("SMS_Opt_Out__c", "equals", "1"), *alive),
        since="SMS_Opt_Out_At__c",
    )
