"""Objects and fields as records: EntityDefinition and FieldDefinition."""

from collections.abc import Iterator

from connector.emulator.fields import Field
from connector.emulator.metadata.registry import Registry
from connector.emulator.objects import SObject
from connector.emulator.schema import Schema
from connector.emulator.storage import Row


#: Standard fields that every org has an index on, besides lookups and keys.
_INDEXED = frozenset(
    {"Id", "Name", "Email", "OwnerId", "CreatedDate", "LastModifiedDate", "SystemModstamp"}
)
_DATA_TYPES = {
    "boolean": "Checkbox",
    "currency": "Currency({precision}, {scale})",
    "date": "Date",
    "datetime": "Date/Time",
    "double": "Number({precision}, {scale})",
    "email": "Email",
    "id": "Lookup()",
    "int": "Number({precision}, 0)",
    "multipicklist": "Picklist (Multi-Select)",
    "percent": "Percent({precision}, {scale})",
    "phone": "Phone",
    "picklist": "Picklist",
    "string": "Text({length})",
    "time": "Time",
    "url": "URL({length})",
}


def entity_id(sobject: SObject, registry: Registry) -> str:
    """The durable id: the name of a standard object, the id of a custom one."""
    if not sobject.custom:
        return sobject.name
    entry = registry.get("CustomObject", sobject.name)
    return entry.id[:15] if entry else sobject.name


def entities(schema: Schema, registry: Registry) -> Iterator[Row]:
    for sobject in schema:
        durable = entity_id(sobject, registry)
        yield {
            "Id": durable,
            "DurableId": durable,
            "QualifiedApiName": sobject.name,
            "DeveloperName": sobject.name.removesuffix("__c").removesuffix("__e"),
            "MasterLabel": sobject.label,
            "Label": sobject.label,
            "PluralLabel": sobject.label_plural,
            "KeyPrefix": sobject.key_prefix,
            "PublisherId": "<local>" if sobject.custom else "System",
            "InternalSharingModel": "ReadWrite",
            "IsCustomizable": int(not sobject.setup),
            "IsEverCreatable": int(sobject.createable),
            "IsEverDeletable": int(sobject.deletable),
            "IsEverUpdatable": int(sobject.updateable),
            "IsApexTriggerable": int(not sobject.setup),
            "IsTriggerable": int(not sobject.setup),
            "IsWorkflowEnabled": int(not sobject.setup),
            "IsLayoutable": int(sobject.layoutable),
            "IsQueryable": int(not sobject.event),
            "IsSearchable": int(sobject.searchable),
            "LastModifiedDate": None,
        }


def fields_as_rows(schema: Schema, registry: Registry) -> Iterator[Row]:
    for sobject in schema:
        entity = entity_id(sobject, registry)
        for field in sobject.fields:
            yield _row(sobject, field, entity, registry)


def _row(sobject: SObject, field: Field, entity: str, registry: Registry) -> Row:
    entry = registry.get("CustomField", f"{sobject.name}.{field.name}")
    tree = entry.tree if entry and isinstance(entry.tree, dict) else {}
    durable = f"{entity}.{entry.id[:15] if entry else field.name.removesuffix('Id')}"
    return {
        "Id": durable,
        "DurableId": durable,
        "EntityDefinitionId": entity,
        "QualifiedApiName": field.name,
        "DeveloperName": field.name.removesuffix("__c"),
        "MasterLabel": field.title,
        "Label": field.title,
        "DataType": data_type(field),
        "RelationshipName": field.relationship,
        "ExtraTypeInfo": field.extra_type,
        "PublisherId": "<local>" if field.custom else "System",
        "Length": field.length,
        "Precision": field.precision,
        "Scale": field.scale,
        "IsApiFilterable": int(not field.is_long_text),
        "IsApiGroupable": int(not field.is_long_text),
        "IsApiSortable": int(not field.is_long_text),
        "IsCalculated": int(field.calculated),
        "IsCompound": int(field.type == "address"),
        "IsFieldHistoryTracked": int(tree.get("trackHistory") == ["true"]),
        "IsIndexed": int(_indexed(field)),
        "IsNameField": int(field.name_field),
        "IsNillable": int(field.nillable),
        "IsPolymorphicForeignKey": int(len(field.reference_to) > 1),
        "LastModifiedDate": entry.modified_at if entry else None,
    }


def data_type(field: Field) -> str:
    """The type as Setup words it, such as `Text(40) (External ID)`."""
    if field.calculated:
        return f"Formula ({_DATA_TYPES.get(field.type, 'Text').partition('(')[0]})"
    if field.type == "reference":
        kind = "Master-Detail" if field.cascade_delete and not field.nillable else "Lookup"
        return f"{kind}({','.join(field.reference_to)})"
    if field.type == "textarea":
        return f"Long Text Area({field.length})" if field.is_long_text else "Text Area(255)"
    words = _DATA_TYPES.get(field.type, "Text")
    shown = words.format(
        length=field.length,
        precision=field.precision - field.scale,
        scale=field.scale,
    )
    marks = [
        word
        for word, on in (("External ID", field.external_id), ("Unique", field.unique))
        if on
    ]
    return f"{shown} ({') ('.join(marks)})" if marks else shown


def _indexed(field: Field) -> bool:
    if field.custom:
        return field.external_id or field.unique or field.type == "reference"
    return field.name in _INDEXED or field.type == "reference"
