"""What decides over access: licences, profiles, permission sets, and who has them."""

from connector.emulator.fields import Field
from connector.emulator.kinds import (
    checkbox,
    computed,
    fixed,
    lookup,
    picklist,
    record_id,
    required,
    system_fields,
    text,
    whole,
)
from connector.emulator.objects import SObject
from connector.emulator.permissions import OBJECT_RIGHTS


#: The system permissions that the emulator knows, by their names in metadata.
POWERS = (
    "ActivateContract",
    "ApiEnabled",
    "ApiUserOnly",
    "AssignPermissionSets",
    "BulkApiHardDelete",
    "ConvertLeads",
    "CustomizeApplication",
    "EditEvent",
    "EditPublicFilters",
    "EditPublicTemplates",
    "EditReadonlyFields",
    "EditTask",
    "ExportReport",
    "ImportLeads",
    "LightningExperienceUser",
    "ManageAuthProviders",
    "ManageInternalUsers",
    "ManageProfilesPermissionsets",
    "ManageUsers",
    "ModifyAllData",
    "ModifyMetadata",
    "PasswordNeverExpires",
    "ResetPasswords",
    "RunFlow",
    "RunReports",
    "SubscribeToLightningReports",
    "TransferAnyLead",
    "UseAnyApiAuth",
    "ViewAllData",
    "ViewAllUsers",
    "ViewEventLogFiles",
    "ViewRoles",
    "ViewSetup",
)


def _granted(name: str) -> Field:
    return checkbox(f"Permissions{name}", name, permissionable=False)


def _powers() -> tuple[Field, ...]:
    return tuple(_granted(power) for power in POWERS)


USER_LICENSE = SObject(
    name="UserLicense",
    label="User License",
    label_plural="User Licenses",
    key_prefix="100",
    createable=False,
    updateable=False,
    deletable=False,
    searchable=False,
    layoutable=False,
    setup=True,
    fields=(
        record_id("User License ID"),
        text("LicenseDefinitionKey", "License Def. ID", 40),
        text("Name", "Name", 40, name_field=True),
        text("MasterLabel", "Master Label", 765),
        whole("TotalLicenses", "Total Licenses"),
        whole("UsedLicenses", "Used Licenses"),
        text("Status", "Status", 40),
        *system_fields(owner=False, deletable=False),
    ),
)

PROFILE = SObject(
    name="Profile",
    label="Profile",
    label_plural="Profiles",
    key_prefix="00e",
    createable=False,
    deletable=False,
    searchable=False,
    layoutable=False,
    setup=True,
    fields=(
        record_id("Profile ID"),
        required(text("Name", "Name", 255, name_field=True)),
        *_powers(),
        fixed(lookup("UserLicenseId", "User License ID", "UserLicense")),
        text("UserType", "User Type", 40),
        text("Description", "Description", 255),
        *system_fields(owner=False, deletable=False),
    ),
)

PERMISSION_SET = SObject(
    name="PermissionSet",
    label="Permission Set",
    label_plural="Permission Sets",
    key_prefix="0PS",
    searchable=False,
    setup=True,
    fields=(
        record_id("Permission Set ID"),
        required(text("Name", "Permission Set Name", 80, name_field=True)),
        required(text("Label", "Permission Set Label", 80)),
        fixed(lookup("LicenseId", "License ID", "UserLicense", relationship="License")),
        computed(lookup("ProfileId", "Profile ID", "Profile")),
        computed(checkbox("IsOwnedByProfile", "Is Owned By Profile")),
        computed(checkbox("IsCustom", "Custom", default=True)),
        *_powers(),
        text("Description", "Description", 255),
        *system_fields(owner=False, deletable=False),
        computed(text("NamespacePrefix", "Namespace Prefix", 15)),
        checkbox("HasActivationRequired", "Has Activation Required"),
        computed(picklist("Type", "Type", "Regular", "Profile", default="Regular")),
    ),
)

PERMISSION_SET_ASSIGNMENT = SObject(
    name="PermissionSetAssignment",
    label="Permission Set Assignment",
    label_plural="Permission Set Assignments",
    key_prefix="0Pa",
    updateable=False,
    searchable=False,
    layoutable=False,
    setup=True,
    purges=True,
    fields=(
        record_id("PermissionSetAssignment ID"),
        required(fixed(lookup("PermissionSetId", "Permission Set ID", "PermissionSet"))),
        required(fixed(lookup("AssigneeId", "Assignee ID", "User"))),
        *system_fields(owner=False, deletable=False)[-1:],
        computed(checkbox("IsActive", "Is Active", default=True)),
    ),
)


def _of_set() -> Field:
    return required(fixed(lookup("ParentId", "Parent ID", "PermissionSet")))


FIELD_PERMISSIONS = SObject(
    name="FieldPermissions",
    label="Field Permissions",
    label_plural="Field Permissions",
    key_prefix="01k",
    searchable=False,
    layoutable=False,
    setup=True,
    purges=True,
    fields=(
        record_id("Field Permissions ID"),
        _of_set(),
        required(fixed(text("SobjectType", "SObject Type", 40))),
        required(fixed(text("Field", "Field Name", 255))),
        _granted("Edit"),
        _granted("Read"),
        *system_fields(owner=False, deletable=False)[-1:],
    ),
)

OBJECT_PERMISSIONS = SObject(
    name="ObjectPermissions",
    label="Object Permissions",
    label_plural="Object Permissions",
    key_prefix="110",
    searchable=False,
    layoutable=False,
    setup=True,
    purges=True,
    fields=(
        record_id("Object Permissions ID"),
        _of_set(),
        required(fixed(text("SobjectType", "SObject Type", 40))),
        *(_granted(right) for right in OBJECT_RIGHTS),
        *system_fields(owner=False, deletable=False),
    ),
)

USER_LOGIN = SObject(
    name="UserLogin",
    label="User Login",
    label_plural="User Login",
    key_prefix="0Yw",
    createable=False,
    deletable=False,
    searchable=False,
    layoutable=False,
    setup=True,
    fields=(
        record_id("User Login ID"),
        computed(lookup("UserId", "User ID", "User")),
        checkbox("IsFrozen", "Frozen"),
        checkbox("IsPasswordLocked", "Password Locked"),
        *system_fields(owner=False, deletable=False)[2:],
    ),
)

ACCESS_OBJECTS = (
    USER_LICENSE,
    PROFILE,
    PERMISSION_SET,
    PERMISSION_SET_ASSIGNMENT,
    FIELD_PERMISSIONS,
    OBJECT_PERMISSIONS,
    USER_LOGIN,
)
