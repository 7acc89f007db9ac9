"""What Setup shows of itself: rules, record types, flows, reports, the schema as records."""

from connector.emulator.fields import Field
from connector.emulator.kinds import (
    checkbox,
    computed,
    lookup,
    moment,
    record_id,
    text,
    whole,
)
from connector.emulator.objects import SObject


DATA = ("data",)
BOTH = ("data", "tooling")
VIEW_SETUP = "ViewSetup"


def shown(
    name: str,
    prefix: str,
    *fields: Field,
    apis: tuple[str, ...] = DATA,
    power: str = "",
    label: str = "",
) -> SObject:
    """An object whose records tell how the org is set up; nobody writes them here."""
    title = label or "".join(f" {c}" if c.isupper() else c for c in name).strip()
    return SObject(
        name=name,
        label=title,
        label_plural=f"{title}s",
        key_prefix=prefix,
        createable=False,
        updateable=False,
        deletable=False,
        searchable=False,
        layoutable=False,
        setup=True,
        apis=apis,
        power=power,
        fields=(record_id(f"{title} ID"), *map(computed, fields)),
    )


def audit() -> tuple[Field, ...]:
    return (
        moment("CreatedDate", "Created Date"),
        moment("LastModifiedDate", "Last Modified Date"),
        lookup("LastModifiedById", "Last Modified By ID", "User"),
        moment("SystemModstamp", "System Modstamp"),
    )


def entity(name: str = "EntityDefinitionId") -> Field:
    """The object that a record is about, by its durable id, which need not look like an id."""
    return Field(
        name=name,
        label="Entity Definition ID",
        length=255,
        reference_to=("EntityDefinition",),
        relationship=name.removesuffix("Id"),
    )


def flag(name: str) -> Field:
    return checkbox(name, name)


ENTITY_DEFINITION = shown(
    "EntityDefinition",
    "4ie",
    text("DurableId", "Durable ID"),
    text("QualifiedApiName", "Qualified API Name", name_field=True),
    text("DeveloperName", "Developer Name"),
    text("NamespacePrefix", "Namespace Prefix", 15),
    text("MasterLabel", "Master Label"),
    text("Label", "Label"),
    text("PluralLabel", "Plural Label"),
    text("KeyPrefix", "Key Prefix", 3),
    text("PublisherId", "Publisher ID"),
    text("InternalSharingModel", "Internal Sharing Model", 40),
    *map(
        flag,
        (
            "IsApexTriggerable",
            "IsCustomizable",
            "IsCustomSetting",
            "IsDeprecatedAndHidden",
            "IsEverCreatable",
            "IsEverDeletable",
            "IsEverUpdatable",
            "IsLayoutable",
            "IsQueryable",
            "IsReplicateable",
            "IsRetrieveable",
            "IsSearchable",
            "IsTriggerable",
            "IsWorkflowEnabled",
        ),
    ),
    moment("LastModifiedDate", "Last Modified Date"),
    apis=BOTH,
)

FIELD_DEFINITION = shown(
    "FieldDefinition",
    "4fe",
    text("DurableId", "Durable ID"),
    entity(),
    text("QualifiedApiName", "Qualified API Name", name_field=True),
    text("DeveloperName", "Developer Name"),
    text("NamespacePrefix", "Namespace Prefix", 15),
    text("MasterLabel", "Master Label"),
    text("Label", "Label"),
    text("DataType", "Data Type"),
    text("RelationshipName", "Relationship Name"),
    text("ExtraTypeInfo", "Extra Type Info"),
    text("PublisherId", "Publisher ID"),
    whole("Length", "Length"),
    whole("Precision", "Precision"),
    whole("Scale", "Scale"),
    *map(
        flag,
        (
            "IsApiFilterable",
            "IsApiGroupable",
            "IsApiSortable",
            "IsCalculated",
            "IsCompound",
            "IsFieldHistoryTracked",
            "IsIndexed",
            "IsNameField",
            "IsNillable",
            "IsPolymorphicForeignKey",
        ),
    ),
    moment("LastModifiedDate", "Last Modified Date"),
    apis=BOTH,
)

FLOW_DEFINITION_VIEW = shown(
    "FlowDefinitionView",
    "3dd",
    text("DurableId", "Durable ID"),
    text("ApiName", "API Name", name_field=True),
    text("Label", "Label"),
    text("Description", "Description"),
    text("NamespacePrefix", "Namespace Prefix", 15),
    text("ProcessType", "Process Type", 40),
    text("TriggerType", "Trigger Type", 40),
    text("RecordTriggerType", "Record Trigger Type", 40),
    text("TriggerObjectOrEventLabel", "Trigger Object or Event Label"),
    entity("TriggerObjectOrEventId"),
    text("ActiveVersionId", "Active Version ID"),
    text("LatestVersionId", "Latest Version ID"),
    text("LastModifiedBy", "Last Modified By"),
    text("Builder", "Builder", 40),
    text("ManageableState", "Manageable State", 40),
    whole("VersionNumber", "Version Number"),
    flag("IsActive"),
    flag("IsOutOfDate"),
    flag("IsTemplate"),
    flag("HasAsyncAfterCommitPath"),
    moment("LastModifiedDate", "Last Modified Date"),
    power=VIEW_SETUP,
)

FLOW_VERSION_VIEW = shown(
    "FlowVersionView",
    "3vd",
    text("DurableId", "Durable ID"),
    text("FlowDefinitionViewId", "Flow Definition View ID"),
    text("Label", "Label"),
    text("Description", "Description"),
    text("Status", "Status", 40),
    text("ProcessType", "Process Type", 40),
    text("RunInMode", "Run in Mode", 40),
    whole("VersionNumber", "Version Number"),
    whole("ApiVersionRuntime", "API Version"),
    flag("IsTemplate"),
    moment("LastModifiedDate", "Last Modified Date"),
    power=VIEW_SETUP,
)

DUPLICATE_RULE = shown(
    "DuplicateRule",
    "0Bm",
    text("SobjectType", "Object", 40),
    text("SobjectSubtype", "Subtype", 40),
    text("DeveloperName", "Developer Name", 80, name_field=True),
    text("MasterLabel", "Rule Name", 80),
    text("Language", "Language", 40),
    text("NamespacePrefix", "Namespace Prefix", 15),
    flag("IsActive"),
    *audit(),
)

ASSIGNMENT_RULE = shown(
    "AssignmentRule",
    "01Q",
    text("Name", "Name", 120, name_field=True),
    text("SobjectType", "Object", 40),
    flag("Active"),
    *audit(),
)

RECORD_TYPE = shown(
    "RecordType",
    "012",
    text("Name", "Name", 80, name_field=True),
    text("DeveloperName", "Developer Name", 80),
    text("NamespacePrefix", "Namespace Prefix", 15),
    text("Description", "Description"),
    text("SobjectType", "Object", 40),
    flag("IsActive"),
    flag("IsPersonType"),
    *audit(),
    apis=BOTH,
)

REPORT = shown(
    "Report",
    "00O",
    text("Name", "Report Name", 80, name_field=True),
    text("DeveloperName", "Report Unique Name", 80),
    text("FolderName", "Folder Name", 256),
    text("Description", "Description"),
    text("Format", "Format", 40),
    text("OwnerId", "Folder ID", 18),
    *audit(),
)

LIST_VIEW = shown(
    "ListView",
    "00B",
    text("Name", "View Name", 80, name_field=True),
    text("DeveloperName", "API Name", 80),
    text("NamespacePrefix", "Namespace Prefix", 15),
    text("SobjectType", "Object", 40),
    flag("IsSoqlCompatible"),
    *audit(),
)

FOLDER = shown(
    "Folder",
    "00l",
    text("Name", "Name", 80, name_field=True),
    text("DeveloperName", "Folder Unique Name", 80),
    text("AccessType", "Access Type", 40),
    text("Type", "Type", 40),
    flag("IsReadonly"),
    *audit(),
)

SETUP_OBJECTS = (
    ASSIGNMENT_RULE,
    DUPLICATE_RULE,
    ENTITY_DEFINITION,
    FIELD_DEFINITION,
    FLOW_DEFINITION_VIEW,
    FLOW_VERSION_VIEW,
    FOLDER,
    LIST_VIEW,
    RECORD_TYPE,
    REPORT,
)
