"""
List views: what needs somebody's eyes, on Contact, Lead and the figures of campaigns.

Standard columns have names of their own, which Salesforce documents nowhere; of those we use
two, seen in the list views of public projects: FULL_NAME and CORE.USERS.ALIAS, the owner.
"""

from collections.abc import Mapping, Sequence

from connector.footprint.campaign_stat import CAMPAIGN_STAT
from connector.footprint.component import Body, Component
from connector.footprint.people import PEOPLE


#: A field, how it is compared, and with what; no value asks for an empty field.
Filter = tuple[str, str, str]

_NAME, _OWNER = "FULL_NAME", "CORE.USERS.ALIAS"
_WHOLE: Filter = ("Split_By__c", "equals", "")
_FIGURES = (
    "NAME",
    "Campaign__c",
    "Health__c",
    "Delivery_Rate__c",
    "Messages__c",
    "Delivered__c",
    "Top_Reason__c",
    "Recommended_Action__c",
)
_NOT_ARRIVED = "Undelivered,Failed,Rejected,Expired"


def list_views() -> tuple[Component, ...]:
    return (*_of_campaigns(), *(view for person in PEOPLE for view in _of_people(person)))


def _of_campaigns() -> tuple[Component, ...]:
    of = CAMPAIGN_STAT.name
    return (
        _view(f"{of}.All", "All", (*_FIGURES, "Period__c", "Period_Start__c", "Split_By__c")),
        _view(
            f"{of}.Critical_Now",
            "Critical now",
            (*_FIGURES, "Health_Changed_At__c", "Alert__c"),
            ("Health__c", "equals", "Critical"),
            ("Period__c", "equals", "Total"),
            _WHOLE,
        ),
        _view(
            f"{of}.Today",
            "Today",
            (*_FIGURES, "Period_Start__c"),
            ("Period__c", "equals", "Day"),
            ("Period_Start__c", "equals", "TODAY"),
            _WHOLE,
        ),
    )


def _of_people(person: str) -> tuple[Component, ...]:
    return (
        _view(
            f"{person}.SMS_Numbers_to_Review",
            "SMS: numbers to review",
            _person("SMS_Review_Reason__c", "SMS_Failure_Reason__c", "SMS_Status_At__c"),
            ("SMS_Needs_Review__c", "equals", "1"),
        ),
        _view(
            f"{person}.SMS_Opted_Out",
            "SMS: opted out",
            _person("SMS_Opt_Out_At__c", "SMS_Opt_Out_Source__c", "SMS_Opt_Out_Keyword__c"),
            ("SMS_Opt_Out__c", "equals", "1"),
        ),
        _view(
            f"{person}.SMS_Undelivered",
            "SMS: undelivered",
            _person(
                "SMS_Delivery_Status__c",
                "SMS_Undelivered_Since__c",
                "SMS_Failure_Reason__c",
                "SMS_Recommended_Action__c",
                "SMS_Retry_After__c",
            ),
            ("SMS_Delivery_Status__c", "equals", _NOT_ARRIVED),
        ),
    )


def _person(*columns: str) -> tuple[str, ...]:
    return (_NAME, "SMS_Phone_E164__c", *columns, _OWNER)


def _view(name: str, label: str, columns: Sequence[str], *filters: Filter) -> Component:
    body: Body = {
        "columns": list(columns),
        "filterScope": "Everything",
        "filters": [_filter(*each) for each in filters],
        "label": label,
    }
    return Component(kind="ListView", name=name, body=body)


def _filter(field: str, operation: str, value: str) -> Mapping[str, str]:
    told = {"field": field, "operation": operation, "value": value}
    return told if value else {"field": field, "operation": operation}
