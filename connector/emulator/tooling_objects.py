"""Objects of the Tooling API: fields, flows, validation rules and triggers as records."""

from connector.emulator.fields import Field
from connector.emulator.kinds import lookup, text, whole
from connector.emulator.setup_objects import BOTH, VIEW_SETUP, audit, entity, flag, shown


#: Objects that only the Tooling API shows.
TOOLING = ("tooling",)

APEX_TRIGGER = shown(
    "ApexTrigger",
    "01q",
    text("Name", "Name", name_field=True),
    text("NamespacePrefix", "Namespace Prefix", 15),
    text("TableEnumOrId", "Object", 40),
    text("Status", "Status", 40),
    *map(
        flag,
        (
            "IsValid",
            "UsageAfterInsert",
            "UsageAfterUpdate",
            "UsageBeforeInsert",
            "UsageBeforeUpdate",
        ),
    ),
    *audit(),
    apis=BOTH,
    power=VIEW_SETUP,
)


def _metadata() -> tuple[Field, ...]:
    """Fields that the Tooling API gives for a single row only."""
    return (
        text("FullName", "Full Name"),
        Field(name="Metadata", label="Metadata", type="complexvalue"),
    )


VALIDATION_RULE = shown(
    "ValidationRule",
    "03d",
    text("ValidationName", "Validation Name", name_field=True),
    entity(),
    text("ErrorMessage", "Error Message"),
    text("ErrorDisplayField", "Error Display Field"),
    text("Description", "Description"),
    text("NamespacePrefix", "Namespace Prefix", 15),
    text("ManageableState", "Manageable State", 40),
    flag("Active"),
    *_metadata(),
    *audit(),
    apis=TOOLING,
    power=VIEW_SETUP,
)

CUSTOM_FIELD = shown(
    "CustomField",
    "00N",
    text("DeveloperName", "Developer Name", name_field=True),
    text("TableEnumOrId", "Object", 40),
    entity(),
    text("NamespacePrefix", "Namespace Prefix", 15),
    text("InlineHelpText", "Help Text"),
    whole("Length", "Length"),
    whole("Precision", "Precision"),
    whole("Scale", "Scale"),
    *_metadata(),
    *audit(),
    apis=TOOLING,
    power=VIEW_SETUP,
)

CUSTOM_OBJECT = shown(
    "CustomObject",
    "01I",
    text("DeveloperName", "Developer Name", name_field=True),
    text("NamespacePrefix", "Namespace Prefix", 15),
    text("SharingModel", "Sharing Model", 40),
    *audit(),
    apis=TOOLING,
    power=VIEW_SETUP,
)

FLOW_DEFINITION = shown(
    "FlowDefinition",
    "300",
    text("DeveloperName", "Developer Name", name_field=True),
    text("MasterLabel", "Master Label"),
    text("ActiveVersionId", "Active Version ID"),
    text("LatestVersionId", "Latest Version ID"),
    text("NamespacePrefix", "Namespace Prefix", 15),
    *audit(),
    apis=TOOLING,
    power=VIEW_SETUP,
)

FLOW = shown(
    "Flow",
    "301",
    lookup("DefinitionId", "Definition ID", "FlowDefinition"),
    text("MasterLabel", "Master Label", name_field=True),
    text("Status", "Status", 40),
    text("ProcessType", "Process Type", 40),
    whole("VersionNumber", "Version Number"),
    *_metadata(),
    *audit(),
    apis=TOOLING,
    power=VIEW_SETUP,
)

TOOLING_OBJECTS = (
    APEX_TRIGGER,
    CUSTOM_FIELD,
    CUSTOM_OBJECT,
    FLOW,
    FLOW_DEFINITION,
    VALIDATION_RULE,
)
#: Objects that both APIs show.
SHARED = frozenset(
    {
        "FieldPermissions",
        "Group",
        "ObjectPermissions",
        "Organization",
        "PermissionSet",
        "PermissionSetAssignment",
        "Profile",
        "User",
        "UserLicense",
    }
)
