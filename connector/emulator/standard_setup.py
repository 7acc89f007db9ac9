"""Users and the organization: what lives in Setup."""

from connector.emulator.fields import Field
from connector.emulator.kinds import (
    checkbox,
    computed,
    fixed,
    lookup,
    moment,
    person_name,
    picklist,
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
        checkbox("IsActive", "Active", default=True, permissionable=False),
        lookup("ProfileId", "Profile ID", "Profile", permissionable=False),
        computed(text("UserType", "User Type", 40, default="Standard")),
        text("FederationIdentifier", "SAML Federation ID", 512),
        checkbox("UserPermissionsMarketingUser", "Marketing User", default=True),
        text("TimeZoneSidKey", "Time Zone", 40, default="Europe/London"),
        text("LanguageLocaleKey", "Language", 40, default="en_US"),
        text("LocaleSidKey", "Locale", 40, default="en_US"),
        text("EmailEncodingKey", "Email Encoding", 40, default="UTF-8"),
        *system_fields(owner=False, deletable=False),
        computed(moment("LastLoginDate", "Last Login")),
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

GROUP = SObject(
    name="Group",
    label="Group",
    label_plural="Groups",
    key_prefix="00G",
    searchable=False,
    layoutable=False,
    setup=True,
    fields=(
        record_id("Group ID"),
        required(text("Name", "Name", 40, name_field=True)),
        text("DeveloperName", "Developer Name", 80),
        lookup("RelatedId", "Related ID", "User"),
        fixed(picklist("Type", "Type", "Regular", "Queue", "Role", default="Regular")),
        Field(name="Email", label="Email", type="email", length=255),
        lookup("OwnerId", "Owner ID", "User", permissionable=False),
        checkbox("DoesSendEmailToMembers", "Send Email to Members"),
        checkbox("DoesIncludeBosses", "Include Bosses"),
        *system_fields(owner=False, deletable=False),
    ),
)
