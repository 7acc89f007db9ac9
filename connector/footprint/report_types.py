"""
Report types of our own: in these, reports name columns by API names.

The standard types name standard columns in a way that Salesforce documents nowhere. In a custom
one a column is `Object$Field`, as the reports of public projects show, such as Contacts_Only
in SalesforceFoundation/NPSP. A standard lookup is named without its Id.
"""

from collections.abc import Iterable, Mapping

from connector.footprint.campaign_stat import CAMPAIGN_STAT, campaign_stat_fields
from connector.footprint.component import Body, Component
from connector.footprint.parts import REPORTS
from connector.footprint.people import PEOPLE, person_fields


FIGURES = "SMS_Campaign_Figures"

#: What a report on people may show besides our fields.
STANDARD_COLUMNS: Mapping[str, tuple[str, ...]] = {
    CAMPAIGN_STAT.name: ("Name",),
    "Contact": ("FirstName", "LastName", "Account", "Owner"),
    "Lead": ("FirstName", "LastName", "Company", "Owner", "IsConverted"),
}
#: Where Salesforce offers the type when somebody makes a report.
_CATEGORIES = {"Contact": "accounts", "Lead": "leads"}


def people(person: str) -> str:
    """The report type of Contact or Lead."""
    return f"SMS_{person}s"


def report_types() -> tuple[Component, ...]:
    return (
        _type(
            FIGURES,
            "SMS Campaign Figures",
            "Figures of campaigns' text messages, by period and split.",
            CAMPAIGN_STAT.name,
            (each.name for each in campaign_stat_fields()),
        ),
        *(_type_of(person) for person in PEOPLE),
    )


def _type_of(person: str) -> Component:
    return _type(
        people(person),
        f"SMS {person}s",
        f"{person}s with what became of their text messages.",
        person,
        (each.name for each in person_fields() if each.object == person),
    )


def _type(name: str, label: str, description: str, of: str, fields: Iterable[str]) -> Component:
    columns = [_column(of, field) for field in (*STANDARD_COLUMNS[of], *fields)]
    body: Body = {
        "baseObject": of,
        "category": _CATEGORIES.get(of, "campaigns"),
        "deployed": True,
        "description": description,
        "label": label,
        "sections": [{"columns": columns, "masterLabel": label}],
    }
    return Component(kind="ReportType", name=name, body=body, part=REPORTS)


def _column(of: str, field: str) -> Body:
    return {"checkedByDefault": False, "field": field, "table": of}
