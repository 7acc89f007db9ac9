"""
Who may do what: permission sets for the connector's user and for people.

A part that may be left out has permission sets of its own, for a set that names an object which
the org does not have cannot be deployed.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from connector.footprint.apps import APPLICATION
from connector.footprint.component import CORE, Component, Value
from connector.footprint.fields import FieldSpec
from connector.footprint.objects import ObjectSpec


#: For the integration user.
CONNECTOR = "SMS_Connector"
#: For everybody who should see what became of messages; administrators need it too.
VIEWER = "SMS_Viewer"
#: For the integration user of an org in which Contacts or Leads are not open to all to edit.
ALL_RECORDS = "SMS_Connector_All_Records"
SHARING = "sharing"

#: What people may write, besides reading everything: they are told of opt-outs as well.
PEOPLE_WRITE = frozenset({"SMS_Opt_Out__c"})

#: The verbs of an object permission.
READ = frozenset({"allowRead"})
VIEW_ALL = READ | {"viewAllRecords"}
EDIT_ALL_VISIBLE = VIEW_ALL | {"allowEdit"}
PUBLISH = READ | {"allowCreate"}
# Modify All depends on Delete ("Permission Modify All X depends on permission(s): Delete X").
EVERYTHING = EDIT_ALL_VISIBLE | {"allowCreate", "allowDelete", "modifyAllRecords"}
_VERBS = (
    "allowCreate",
    "allowDelete",
    "allowEdit",
    "allowRead",
    "modifyAllRecords",
    "viewAllRecords",
)

#: What the connector does with objects that are not ours.
_STANDARD_OBJECTS = {
    "Account": VIEW_ALL,  # reading Contacts depends on it
    "Campaign": EDIT_ALL_VISIBLE,  # members can be edited by whoever may edit their campaign
    "Contact": EDIT_ALL_VISIBLE,
    "Lead": EDIT_ALL_VISIBLE,
}
#: Where numbers stand, whose record it is, when a campaign runs: a profile of minimum access
#: shows none of it.
STANDARD_FIELDS = (
    "Campaign.EndDate",
    "Campaign.IsActive",
    "Campaign.StartDate",
    "Contact.AccountId",
    "Contact.HomePhone",
    "Contact.MobilePhone",
    "Contact.OtherPhone",
    "Contact.Phone",
    "Lead.MobilePhone",
    "Lead.Phone",
)
#: A set that names fields of an object lets the object be read.
_READ_BY_PEOPLE = {"Account": READ, "Contact": READ, "Lead": READ}
#: To call the API at all; to ask for the org's limits, which depends on seeing roles.
_USER_PERMISSIONS = ("ApiEnabled", "ViewRoles", "ViewSetup")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PermissionSetSpec:
    """
    One permission set of ours; `fields` says which may be read, and whether written too.

    `for_connector` tells those of the integration user from those of people. `always` says
    that whoever it is for needs it wherever its part is deployed.
    """

    name: str
    label: str
    description: str
    objects: Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)
    fields: Mapping[str, bool] = dataclasses.field(default_factory=dict)
    tabs: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    user_permissions: tuple[str, ...] = ()
    for_connector: bool = False
    always: bool = True
    part: str = CORE

    def component(self) -> Component:
        body: dict[str, Value] = {
            "applicationVisibilities": [
                {"application": name, "visible": True} for name in self.applications
            ],
            "description": self.description,
            "fieldPermissions": [
                {"editable": editable, "field": field, "readable": True}
                for field, editable in sorted(self.fields.items())
            ],
            "hasActivationRequired": False,
            "label": self.label,
            "objectPermissions": [
                _object_permission(name, verbs) for name, verbs in sorted(self.objects.items())
            ],
            "tabSettings": [{"tab": tab, "visibility": "Visible"} for tab in self.tabs],
            "userPermissions": [
                {"enabled": True, "name": name} for name in self.user_permissions
            ],
        }
        return Component(kind="PermissionSet", name=self.name, body=body, part=self.part)


def _object_permission(name: str, verbs: frozenset[str]) -> Value:
    told: dict[str, Value] = {"object": name, **{verb: verb in verbs for verb in _VERBS}}
    return dict(sorted(told.items()))


def permission_sets(
    objects: Iterable[ObjectSpec], fields: Iterable[FieldSpec]
) -> tuple[PermissionSetSpec, ...]:
    """Those of the core, then those of each part that has objects."""
    objects, fields = tuple(objects), tuple(fields)
    parts = dict.fromkeys(each.part for each in objects)
    ours = (
        each
        for part in parts
        for each in _of_part(
            part,
            [spec for spec in objects if spec.part == part],
            [spec for spec in fields if spec.part == part],
        )
    )
    return (*ours, _all_records())


def _of_part(
    part: str, objects: list[ObjectSpec], fields: list[FieldSpec]
) -> Iterator[PermissionSetSpec]:
    suffix, title = ("", "") if part == CORE else (f"_{part.title()}", f" {part.title()}")
    stored = [each for each in objects if not each.is_event]
    tabs = tuple(each.name for each in stored)
    granted = [each for each in fields if has_field_security(each)]
    yield PermissionSetSpec(
        name=f"{CONNECTOR}{suffix}",
        label=f"SMS Connector{title}",
        description=f"For the user that the SMS connector logs in as{_about(part)}.",
        objects={
            **(_STANDARD_OBJECTS if part == CORE else {}),
            **{each.name: PUBLISH if each.is_event else EVERYTHING for each in objects},
        },
        fields={
            **dict.fromkeys(STANDARD_FIELDS if part == CORE else (), False),
            **{each.full_name: each.is_written for each in granted},
        },
        user_permissions=_USER_PERMISSIONS if part == CORE else (),
        for_connector=True,
        part=part,
    )
    if stored:
        yield PermissionSetSpec(
            name=f"{VIEWER}{suffix}",
            label=f"SMS Viewer{title}",
            description=f"For people who should see what became of text messages{_about(part)}."
            f" They may change {'the opt-out, and ' if part == CORE else ''}nothing else.",
            objects={
                **(_READ_BY_PEOPLE if part == CORE else {}),
                **{each.name: READ for each in stored},
            },
            fields={each.full_name: each.name in PEOPLE_WRITE for each in granted},
            tabs=tabs,
            applications=(APPLICATION,) if part == CORE else (),
            part=part,
        )


def _about(part: str) -> str:
    return "" if part == CORE else f": the part {part}"


def _all_records() -> PermissionSetSpec:
    return PermissionSetSpec(
        name=ALL_RECORDS,
        label="SMS Connector All Records",
        description="For the user that the SMS connector logs in as, where sharing settings "
        "keep it from editing everybody's Contacts and Leads. Salesforce gives Modify All "
        "only together with Delete; the connector deletes nothing.",
        # Accounts too: a Contact is often controlled by its Account.
        objects={
            "Account": VIEW_ALL,
            "Contact": EVERYTHING - {"allowCreate"},
            "Lead": EVERYTHING - {"allowCreate"},
        },
        for_connector=True,
        always=False,
        part=SHARING,
    )


def has_field_security(spec: FieldSpec) -> bool:
    """Required fields are everybody's, and events have no field-level security at all."""
    return not spec.required and not spec.object.endswith("__e")
