"""The licences and profiles that an org is born with, and what the profiles grant."""

from collections.abc import Iterable, Iterator

from connector.emulator.access import Caller
from connector.emulator.errors import RefusedRecordError
from connector.emulator.permissions import FOLLOWS, OBJECT_RIGHTS
from connector.emulator.schema import Schema
from connector.emulator.standard_access import POWERS
from connector.emulator.storage import Row
from connector.emulator.writes import Writer


ADMINISTRATOR = "System Administrator"
STANDARD_USER = "Standard User"
API_ONLY = "Minimum Access - API Only Integrations"
MINIMUM = "Minimum Access - Salesforce"

_SALESFORCE, _INTEGRATION = "Salesforce", "Salesforce Integration"
_LICENCES = {_SALESFORCE: "SFDC", _INTEGRATION: "PID_API_ONLY_INTEGRATION_USER"}
_USER_POWERS = (
    "ApiEnabled",
    "ActivateContract",
    "ConvertLeads",
    "EditEvent",
    "EditTask",
    "ExportReport",
    "ImportLeads",
    "LightningExperienceUser",
    "RunFlow",
    "RunReports",
    "SubscribeToLightningReports",
    "ViewRoles",
    "ViewSetup",
)
#: Name, licence, system permissions, rights over every standard object.
_PROFILES: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ADMINISTRATOR,
        _SALESFORCE,
        tuple(power for power in POWERS if power != "ApiUserOnly"),
        OBJECT_RIGHTS,
    ),
    (STANDARD_USER, _SALESFORCE, _USER_POWERS, ("Read", "Create", "Edit", "Delete")),
    ("Read Only", _SALESFORCE, ("ApiEnabled", "RunReports", "ViewSetup"), ("Read",)),
    (MINIMUM, _SALESFORCE, ("LightningExperienceUser",), ()),
    (API_ONLY, _INTEGRATION, ("ApiEnabled", "ApiUserOnly"), ()),
)


def bear(schema: Schema, writer: Writer, caller: Caller) -> None:
    """Guard the standard objects, and make the profiles that grant them."""
    ordinary = [each for each in schema if not each.setup]
    objects = [each.name for each in ordinary if each.name.lower() not in FOLLOWS]
    fields = list(_permissionable(schema))
    schema.permissions.guard(*objects, *fields)

    def make(sobject: str, rows: Iterable[Row]) -> list[str]:
        saved = writer.create(schema.sobject(sobject), list(rows), caller)
        wrong = next((each.error for each in saved if each.error), None)
        if wrong is not None:
            raise RefusedRecordError(wrong)
        return [each.record for each in saved]

    licences = {}
    for name, key in _LICENCES.items():
        row: Row = {"Name": name, "MasterLabel": name, "LicenseDefinitionKey": key}
        row |= {"TotalLicenses": 10, "Status": "Active"}
        licences[name] = make("UserLicense", [row])[0]
    for name, licence, powers, rights in _PROFILES:
        granted: Row = {f"Permissions{power}": True for power in powers}
        profile = {"Name": name, "UserLicenseId": licences[licence], "UserType": "Standard"}
        record = make("Profile", [{**profile, **granted}])[0]
        own = make("PermissionSet", [_owned(record, name, licences[licence], granted)])[0]
        if rights:
            make("ObjectPermissions", (_objects(own, each, rights) for each in objects))
            edit = "Edit" in rights
            make("FieldPermissions", (_field(own, each, edit=edit) for each in fields))


def organization(record: str, name: str, now: str, *, sandbox: bool) -> Row:
    return {
        "Id": record,
        "Name": name,
        "InstanceName": "EMU1",
        "IsSandbox": int(sandbox),
        "OrganizationType": "Enterprise Edition",
        "LanguageLocaleKey": "en_US",
        "CreatedDate": now,
        "SystemModstamp": now,
    }


def _permissionable(schema: Schema) -> Iterator[str]:
    for sobject in schema:
        if not sobject.setup:
            for field in sobject.fields:
                if field.permissionable and not field.custom:
                    yield f"{sobject.name}.{field.name}"


def _owned(profile: str, name: str, licence: str, granted: Row) -> Row:
    return {
        "Name": f"X{profile[:15]}",
        "Label": name,
        "ProfileId": profile,
        "LicenseId": licence,
        "IsOwnedByProfile": True,
        "IsCustom": False,
        "Type": "Profile",
        **granted,
    }


def _objects(parent: str, sobject: str, rights: Iterable[str]) -> Row:
    granted: Row = {f"Permissions{right}": True for right in rights}
    return {"ParentId": parent, "SobjectType": sobject, **granted}


def _field(parent: str, field: str, *, edit: bool) -> Row:
    return {
        "ParentId": parent,
        "SobjectType": field.partition(".")[0],
        "Field": field,
        "PermissionsRead": True,
        "PermissionsEdit": edit,
    }
