"""What people open: tabs and layouts of our own objects, and an app that has them together."""

from collections.abc import Iterable, Iterator

from connector.footprint.component import Component, Value
from connector.footprint.fields import FieldSpec
from connector.footprint.objects import ObjectSpec


APPLICATION = "SMS_Delivery"
_ICON = "Custom53: Bell"
_TABS = (
    "standard-home",
    "SMS_Campaign_Stat__c",
    "standard-Campaign",
    "standard-Contact",
    "standard-Lead",
    "standard-report",
)


def application() -> Component:
    return Component(
        kind="CustomApplication",
        name=APPLICATION,
        body={
            "brand": {"headerColor": "#0070D2", "shouldOverrideOrgTheme": False},
            "description": "What became of text messages: figures of campaigns, people and "
            "reports.",
            "formFactors": ["Small", "Large"],
            "isNavAutoTempTabsDisabled": False,
            "isNavPersonalizationDisabled": False,
            "label": "SMS Delivery",
            "navType": "Standard",
            "tabs": list(_TABS),
            "uiType": "Lightning",
        },
    )


def tab(spec: ObjectSpec) -> Component:
    return Component(
        kind="CustomTab",
        name=spec.name,
        body={"customObject": True, "motif": _ICON},
        part=spec.part,
    )


def layout(spec: ObjectSpec, fields: Iterable[FieldSpec]) -> Component:
    """
    All fields of an object, in two columns, read only but for what the layout must let edit.

    The name is that of the layout which Salesforce makes with the object, so that this one
    takes its place and is everybody's.
    """
    shown = [_item("Name", "Required"), *map(_shown, fields)]
    half = (len(shown) + 1) // 2
    columns: list[Value] = [{"layoutItems": shown[:half]}, {"layoutItems": shown[half:]}]
    return Component(
        kind="Layout",
        name=f"{spec.name}-{spec.label} Layout",
        body={
            "layoutSections": list(_sections(columns)),
            "showEmailCheckbox": False,
            "showHighlightsPanel": False,
            "showInteractionLogPanel": False,
            "showRunAssignmentRulesCheckbox": False,
            "showSubmitAndAttachButton": False,
        },
        part=spec.part,
    )


def _sections(columns: list[Value]) -> Iterator[Value]:
    yield {
        "customLabel": True,
        "detailHeading": True,
        "editHeading": True,
        "label": "Details",
        "layoutColumns": columns,
        "style": "TwoColumnsTopToBottom",
    }
    system: list[Value] = [
        {"layoutItems": [_item("CreatedById", "Readonly")]},
        {"layoutItems": [_item("LastModifiedById", "Readonly")]},
    ]
    yield {
        "customLabel": False,
        "detailHeading": True,
        "editHeading": True,
        "label": "System Information",
        "layoutColumns": system,
        "style": "TwoColumnsTopToBottom",
    }


def _shown(spec: FieldSpec) -> Value:
    # A layout must have the required fields, and must not let them be left empty.
    return _item(spec.name, "Required" if spec.required else "Readonly")


def _item(field: str, behavior: str) -> Value:
    return {"behavior": behavior, "field": field}
