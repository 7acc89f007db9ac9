"""The records of what is set up: made anew from rules, schema and components when asked for."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from connector.emulator.access import Caller
from connector.emulator.errors import ApiError
from connector.emulator.flow_records import FlowRecords
from connector.emulator.metadata.as_json import as_json
from connector.emulator.metadata.registry import Registry
from connector.emulator.record_heads import Heads, head_of, text_at
from connector.emulator.rules import Rules
from connector.emulator.schema import Schema
from connector.emulator.schema_records import entities, entity_id, fields_as_rows
from connector.emulator.setup_objects import SETUP_OBJECTS
from connector.emulator.soql_tree import Comparison, Condition, Junction, Membership, Query
from connector.emulator.storage import Row, Storage, quoted, statement
from connector.emulator.tooling_objects import TOOLING_OBJECTS
from connector.emulator.writes import Writer


_NAMES = {sobject.name: sobject for sobject in (*SETUP_OBJECTS, *TOOLING_OBJECTS)}
#: What their relationships lead to.
_ALWAYS = ("EntityDefinition", "FlowDefinition")

#: What a query on FieldDefinition has to filter by, one or the other.
_REIFIED = frozenset({"entitydefinitionid", "durableid"})


class SetupRecords:
    """Fills the tables of the objects that nobody writes; `refresh` comes before a query."""

    def __init__(
        self,
        storage: Storage,
        schema: Schema,
        writer: Writer,
        rules: Rules,
        caller: Callable[[str], Caller],
    ) -> None:
        self._storage = storage
        self._schema = schema
        self._rules = rules
        self._registry = Registry(storage, writer)
        self._heads = Heads(storage, writer, caller)
        flows = FlowRecords(storage, schema, rules, self._registry, self._heads)
        self._makers: Mapping[str, Callable[[], Iterable[Row]]] = {
            "ApexTrigger": self._triggers,
            "AssignmentRule": self._assignment_rules,
            "CustomField": self._custom_fields,
            "CustomObject": self._custom_objects,
            "DuplicateRule": self._duplicate_rules,
            "EntityDefinition": lambda: entities(self._schema, self._registry),
            "FieldDefinition": lambda: fields_as_rows(self._schema, self._registry),
            "Flow": flows.versions,
            "FlowDefinition": flows.definitions,
            "FlowDefinitionView": flows.views,
            "FlowVersionView": flows.version_views,
            "Folder": self._folders,
            "ListView": self._list_views,
            "RecordType": self._record_types,
            "Report": self._reports,
            "ValidationRule": self._validation_rules,
        }

    def refresh(self, name: str) -> None:
        """Bring the records of this object up to date, where it is one of these."""
        known = next((each for each in _NAMES if each.lower() == name.lower()), None)
        if known is None:
            return
        with self._storage.transaction():
            for each in dict.fromkeys((*_ALWAYS, known)):
                self._storage.fetch(statement("DELETE FROM", quoted(each)))
                self._storage.insert(each, list(self._makers[each]()))

    # Rules that were configured in Python.

    def _validation_rules(self) -> Iterator[Row]:
        for number, rule in enumerate(self._rules.validation, 1):
            name = rule.name or f"Rule_{number}"
            yield {
                **self._head("ValidationRule", f"{rule.object}.{name}"),
                "ValidationName": name,
                "EntityDefinitionId": self._entity(rule.object),
                "ErrorMessage": rule.message,
                "ErrorDisplayField": next(iter(rule.fields), None),
                "Active": int(rule.active),
                "FullName": f"{rule.object}.{name}",
                "Metadata": json.dumps(
                    {"active": rule.active, "errorMessage": rule.message, "urls": None}
                ),
                "ManageableState": "unmanaged",
            }
        for entry in self._registry.all("ValidationRule"):
            parent, _, name = entry.name.partition(".")
            yield {
                **head_of(entry),
                "ValidationName": name,
                "EntityDefinitionId": self._entity(parent),
                "ErrorMessage": text_at(entry.tree, "errorMessage"),
                "ErrorDisplayField": text_at(entry.tree, "errorDisplayField"),
                "Active": int(text_at(entry.tree, "active") == "true"),
                "FullName": entry.name,
                "Metadata": as_json("ValidationRule", entry.tree),
                "ManageableState": "unmanaged",
            }

    def _duplicate_rules(self) -> Iterator[Row]:
        for rule in self._rules.duplicates:
            yield {
                **self._head("DuplicateRule", f"{rule.object}.{rule.name}"),
                "SobjectType": rule.object,
                "DeveloperName": rule.name.replace(" ", "_"),
                "MasterLabel": rule.name,
                "Language": "en_US",
                "IsActive": int(rule.active),
            }

    def _assignment_rules(self) -> Iterator[Row]:
        for rule in self._rules.assignment:
            yield {
                **self._head("AssignmentRule", f"{rule.object}.{rule.name}"),
                "Name": rule.name,
                "SobjectType": rule.object,
                "Active": int(rule.active),
            }

    def _triggers(self) -> Iterator[Row]:
        for trigger in self._rules.triggers:
            yield {
                **self._head("ApexTrigger", trigger.name),
                "Name": trigger.name,
                "TableEnumOrId": self._entity(trigger.object),
                "Status": "Active" if trigger.active else "Inactive",
                "IsValid": 1,
                "UsageBeforeUpdate": 1,
            }

    # Components that were deployed.

    def _record_types(self) -> Iterator[Row]:
        for entry in self._registry.all("RecordType"):
            parent, _, name = entry.name.partition(".")
            yield {
                **head_of(entry),
                "Name": text_at(entry.tree, "label"),
                "DeveloperName": name,
                "SobjectType": parent,
                "IsActive": int(text_at(entry.tree, "active") == "true"),
            }

        if self._schema.has_people:
            yield {
                **self._head("RecordType", "Account.PersonAccount"),
                "Name": "Person Account",
                "DeveloperName": "PersonAccount",
                "SobjectType": "Account",
                "IsActive": 1,
                "IsPersonType": 1,
            }

    def _list_views(self) -> Iterator[Row]:
        for entry in self._registry.all("ListView"):
            parent, _, name = entry.name.partition(".")
            yield {
                **head_of(entry),
                "Name": text_at(entry.tree, "label"),
                "DeveloperName": name,
                "SobjectType": parent,
                "IsSoqlCompatible": 1,
            }

    def _folders(self) -> Iterator[Row]:
        for entry in self._registry.all("ReportFolder"):
            yield {
                **head_of(entry),
                "Name": text_at(entry.tree, "name"),
                "DeveloperName": entry.name,
                "AccessType": text_at(entry.tree, "accessType"),
                "Type": "Report",
            }

    def _reports(self) -> Iterator[Row]:
        folders = {each.name: each for each in self._registry.all("ReportFolder")}
        for entry in self._registry.all("Report"):
            folder, _, name = entry.name.rpartition("/")
            known = folders.get(folder)
            yield {
                **head_of(entry),
                "Name": text_at(entry.tree, "name"),
                "DeveloperName": name,
                "FolderName": text_at(known.tree, "name") if known else folder,
                "Description": text_at(entry.tree, "description"),
                "Format": text_at(entry.tree, "format"),
                "OwnerId": known.id if known else None,
            }

    def _custom_objects(self) -> Iterator[Row]:
        for entry in self._registry.all("CustomObject"):
            yield {
                **head_of(entry),
                "DeveloperName": entry.name.removesuffix("__c"),
                "SharingModel": text_at(entry.tree, "sharingModel"),
            }

    def _custom_fields(self) -> Iterator[Row]:
        for sobject in self._schema:
            for field in sobject.fields:
                if not field.deployable:
                    continue
                full_name = f"{sobject.name}.{field.name}"
                entry = self._registry.get("CustomField", full_name)
                yield {
                    **(head_of(entry) if entry else self._head("CustomField", full_name)),
                    "DeveloperName": field.name.removesuffix("__c"),
                    "TableEnumOrId": self._entity(sobject.name),
                    "EntityDefinitionId": self._entity(sobject.name),
                    "InlineHelpText": field.help,
                    "Length": field.length or None,
                    "FullName": full_name,
                    "Metadata": as_json("CustomField", entry.tree) if entry else None,
                }

    def _entity(self, name: str) -> str:
        return entity_id(self._schema.sobject(name), self._registry)

    def _head(self, kind: str, name: str) -> Row:
        return self._heads.of(kind, name, _NAMES[kind].key_prefix)


def check_query(query: Query) -> None:
    """FieldDefinition is answered for one object at a time."""
    if query.sobject.lower() != "fielddefinition":
        return
    paths = {path.lower() for path in _paths(query.where)} if query.where else set()
    if not any(path in _REIFIED or path.startswith("entitydefinition.") for path in paths):
        message = "A filter on a reified column is required [EntityDefinitionId,DurableId]"
        raise ApiError(400, "MALFORMED_QUERY", message)


def _paths(condition: Condition) -> list[str]:
    match condition:
        case Junction("AND", conditions):
            return [path for each in conditions for path in _paths(each)]
        case Comparison(path, "=", _):
            return [path.text]
        case Membership(path, False, _, _):
            return [path.text]
        case _:
            return []
