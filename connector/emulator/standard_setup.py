"""Users, the organization, permission sets: what lives in Setup."""

from connector.emulator.fields import Field
from connector.emulator.kinds import (
    checkbox,
    computed,
    moment,
    person_name,
    record_id,
    required,
    system_fields,
    text,
)
from connector.emulator.objects import SObject


USER = SObject(
    name="User",
    label="User",
    label_plural="Users",
    key_prefix="005",
    deletable=False,
    setup=True,
    fields=(
        record_id("User ID"),
        required(text("Username", "Username", 80, id_lookup=True)),
        *person_name(),
        required(Field(name="Email", label="Email", type="email", length=128, id_lookup=True)),
        required(text("Alias", "Alias", 8)),
        checkbox("IsActive", "Active", default=True),
        text("TimeZoneSidKey", "Time Zone", 40, default="Europe/London"),
        text("LanguageLocaleKey", "Language", 40, default="en_US"),
        *system_fields(owner=False, deletable=False),
    ),
)

ORGANIZATION = SObject(
    name="Organization",
    label="Organization",
    label_plural="Organizations",
    key_prefix="00D",
    createable=False,
    deletable=False,
    searchable=False,
    setup=True,
    fields=(
        record_id("Organization ID"),
        text("Name", "Name", 80, nillable=False, name_field=True),
        computed(text("InstanceName", "Instance Name", 5)),
        computed(checkbox("IsSandbox", "Is Sandbox")),
        computed(moment("TrialExpirationDate", "Trial Expiration Date")),
        computed(text("NamespacePrefix", "Namespace Prefix", 15)),
        computed(text("OrganizationType", "Edition", 40)),
        text("LanguageLocaleKey", "Language", 40),
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
        text("Description", "Description", 255),
        *system_fields(owner=False, deletable=False),
    ),
)
