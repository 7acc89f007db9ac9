"""What people open: tabs and layouts of our own objects, and an app that has them together."""

from connector.footprint.component import Component, Value
from connector.footprint.fields import FieldSpec, Sections
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


def layout(spec: ObjectSpec, sections: Sections) -> Component:
    """
    All fields of an object under their headings, for reading: the connector writes them.

    The name is that of the layout which Salesforce makes with the object, so that this one
    takes its place and is everybody's.
    """
    name = _item("Name", "Readonly" if spec.number_format else "Required")
    (first, fields), *others = sections.items()
    return Component(
        kind="Layout",
        name=f"{spec.name}-{spec.label} Layout",
        body={
            "layoutSections": [
                _section(first, [name, *map(_shown, fields)]),
                *(_section(heading, list(map(_shown, fields))) for heading, fields in others),
                _SYSTEM,
            ],
            "showEmailCheckbox": False,
            "showHighlightsPanel": False,
            "showInteractionLogPanel": False,
            "showRunAssignmentRulesCheckbox": False,
            "showSubmitAndAttachButton": False,
        },
        part=spec.part,
    )


def _section(heading: str, items: list[Value], *, ours: bool = True) -> Value:
    """Two columns, to be read down the first and then down the second."""
    half = (len(items) + 1) // 2
    return {
        "customLabel": ours,
        "detailHeading": True,
        "editHeading": True,
        "label": heading,
        "layoutColumns": [{"layoutItems": items[:half]}, {"layoutItems": items[half:]}],
        "style": "TwoColumnsTopToBottom",
    }


def _shown(spec: FieldSpec) -> Value:
    # A layout must have the required fields, and must not let them be left empty.
    return _item(spec.name, "Required" if spec.required else "Readonly")


def _item(field: str, behavior: str) -> Value:
    return {"behavior": behavior, "field": field}


_SYSTEM = _section(
    "System Information",
    [_item("CreatedById", "Readonly"), _item("LastModifiedById", "Readonly")],
    ours=False,
)
