"""Flows as records, those that were deployed and those of the org's rules."""

from collections.abc import Iterator
from typing import Any

from connector.emulator.metadata.as_json import as_json
from connector.emulator.metadata.flows import VERSIONS
from connector.emulator.metadata.registry import Registry
from connector.emulator.metadata.xml import Tree
from connector.emulator.record_heads import Heads, head_of, text_at
from connector.emulator.rules import Rules
from connector.emulator.schema import Schema
from connector.emulator.schema_records import entity_id
from connector.emulator.storage import Row, Storage


class FlowRecords:
    """FlowDefinition and Flow of the Tooling API, and the views of both in the data API."""

    def __init__(
        self, storage: Storage, schema: Schema, rules: Rules, registry: Registry, heads: Heads
    ) -> None:
        self._storage = storage
        self._schema = schema
        self._rules = rules
        self._registry = registry
        self._heads = heads

    def _flows(self) -> Iterator[tuple[Row, Tree, list[dict[str, Any]]]]:
        for entry in self._registry.all("Flow"):
            body: Any = self._storage.document(VERSIONS, entry.name.lower())
            yield {**head_of(entry), "DeveloperName": entry.name}, entry.tree, body["versions"]
        for flow in self._rules.flows:
            name = flow.name.replace(" ", "_")
            head = self._heads.of("Flow", name, "300")
            version = {
                "id": str(self._heads.of("Flow version", name, "301")["Id"]),
                "number": 1,
                "status": "Active" if flow.active else "Draft",
                "changed": head["LastModifiedDate"],
            }
            start: Tree = {
                "object": [flow.object],
                "triggerType": ["RecordAfterSave"],
                "recordTriggerType": ["CreateAndUpdate"],
            }
            tree: Tree = {
                "label": [flow.name],
                "processType": ["AutoLaunchedFlow"],
                "start": [start],
            }
            yield {**head, "DeveloperName": name}, tree, [version]

    def definitions(self) -> Iterator[Row]:
        for head, tree, versions in self._flows():
            yield {
                **head,
                "MasterLabel": text_at(tree, "label"),
                "ActiveVersionId": _active(versions).get("id"),
                "LatestVersionId": versions[-1]["id"],
            }

    def views(self) -> Iterator[Row]:
        for head, tree, versions in self._flows():
            active = _active(versions)
            name = text_at(tree, "start", "object")
            known = bool(name) and self._schema.knows(str(name))
            yield {
                "Id": head["Id"],
                "DurableId": head["Id"],
                "ApiName": head["DeveloperName"],
                "Label": text_at(tree, "label"),
                "Description": text_at(tree, "description"),
                "ProcessType": text_at(tree, "processType"),
                "TriggerType": text_at(tree, "start", "triggerType"),
                "RecordTriggerType": text_at(tree, "start", "recordTriggerType"),
                "TriggerObjectOrEventId": (
                    entity_id(self._schema.sobject(str(name)), self._registry)
                    if known
                    else None
                ),
                "TriggerObjectOrEventLabel": (
                    self._schema.sobject(str(name)).label if known else None
                ),
                "ActiveVersionId": active.get("id"),
                "LatestVersionId": versions[-1]["id"],
                "VersionNumber": versions[-1]["number"],
                "IsActive": int(bool(active)),
                "Builder": "Flow Builder",
                "ManageableState": "unmanaged",
                "LastModifiedDate": head["LastModifiedDate"],
            }

    def _versions(self) -> Iterator[tuple[Row, Tree, dict[str, Any]]]:
        for head, tree, versions in self._flows():
            for version in versions:
                yield head, version.get("tree", tree), version

    def versions(self) -> Iterator[Row]:
        for head, tree, version in self._versions():
            yield {
                "Id": version["id"],
                "DefinitionId": head["Id"],
                "MasterLabel": text_at(tree, "label"),
                "Status": version["status"],
                "ProcessType": text_at(tree, "processType"),
                "VersionNumber": version["number"],
                "FullName": f"{head['DeveloperName']}-{version['number']}",
                "Metadata": as_json("Flow", tree),
                "LastModifiedDate": version["changed"],
            }

    def version_views(self) -> Iterator[Row]:
        for head, tree, version in self._versions():
            yield {
                "Id": version["id"],
                "DurableId": f"{head['Id']}-{version['number']}",
                "FlowDefinitionViewId": head["Id"],
                "Label": text_at(tree, "label"),
                "Status": version["status"],
                "ProcessType": text_at(tree, "processType"),
                "VersionNumber": version["number"],
                "LastModifiedDate": version["changed"],
            }


def _active(versions: list[dict[str, Any]]) -> dict[str, Any]:
    return next((each for each in versions if each["status"] == "Active"), {})
