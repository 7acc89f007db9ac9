"""What there is: the types that can be deployed, and the components of each."""

from collections.abc import Iterable, Iterator
from typing import Any

from connector.emulator.metadata.kinds import CHILDREN, FOLDER, KINDS
from connector.emulator.metadata.registry import Entry
from connector.emulator.metadata.synthesis import object_tree, tree_of
from connector.emulator.org import EmulatedOrg


_FOLDERS = {kind.name: (kind.folder, kind.suffix) for kind in KINDS}
_IN_OBJECTS = {child.name for child in CHILDREN}


def describe() -> dict[str, object]:
    """DescribeMetadataResult: the types that the emulated org can take."""
    objects = [
        {
            "childXmlNames": list(kind.children),
            "directoryName": kind.folder,
            "inFolder": kind.in_folder,
            "metaFile": False,
            "suffix": kind.suffix,
            "xmlName": kind.name,
        }
        for kind in KINDS
    ]
    return {
        "metadataObjects": objects,
        "organizationNamespace": "",
        "partialSaveAllowed": True,
        "testRequired": False,
    }


def listed(org: EmulatedOrg, kind: str, folder: str) -> list[dict[str, object]]:
    """FileProperties of every component of a type, deployed or born with the org."""
    found: dict[str, Entry | None] = dict.fromkeys(_born(org, kind))
    for entry in org.deployments.registry.all(kind):
        if kind != "Report" or entry.name.startswith(f"{folder}/"):
            found[entry.name] = entry
    return [_properties(org, kind, name, entry) for name, entry in sorted(found.items())]


def read_components(org: EmulatedOrg, kind: str, names: Iterable[str]) -> dict[str, object]:
    """ReadResult: the components of these names, null in the place of missing ones."""
    return {"records": [_component(org, kind, name) for name in names]}


def _component(org: EmulatedOrg, kind: str, name: str) -> dict[str, Any]:
    entry = org.deployments.registry.get(kind, name)
    tree = entry.tree if entry else tree_of(org, kind, name)
    if kind == "CustomObject":
        tree = object_tree(org, name, tree)
    if not isinstance(tree, dict):
        return {"@type": kind}
    content = {key: value for key, value in tree.items() if key != "fullName"}
    return {"@type": kind, "fullName": name, **content}


def _born(org: EmulatedOrg, kind: str) -> Iterator[str]:
    """The names of components that no deployment brought."""
    if kind == "CustomObject":
        yield from (each.name for each in org.schema if "data" in each.apis)
    elif kind == "CustomField":
        for sobject in org.schema:
            yield from (f"{sobject.name}.{f.name}" for f in sobject.fields if f.deployable)
    elif kind == "Profile":
        yield from (str(row["Name"]) for row in org.storage.all_rows("Profile"))
    elif kind == "PermissionSet":
        rows = org.storage.all_rows("PermissionSet")
        yield from (str(row["Name"]) for row in rows if not row["IsOwnedByProfile"])


def _properties(
    org: EmulatedOrg, kind: str, name: str, entry: Entry | None
) -> dict[str, object]:
    organization = org.storage.all_rows("Organization")[0]
    admin = org.caller("list").user
    by = entry.created_by if entry else admin
    changed_by = entry.modified_by if entry else admin
    people = org.storage.rows("User", {by, changed_by})
    return {
        "createdById": by,
        "createdByName": people[by]["Name"],
        "createdDate": entry.created_at if entry else organization["CreatedDate"],
        "fileName": _file(kind, name),
        "fullName": name,
        "id": entry.id if entry else "",
        "lastModifiedById": changed_by,
        "lastModifiedByName": people[changed_by]["Name"],
        "lastModifiedDate": entry.modified_at if entry else organization["CreatedDate"],
        "manageableState": "unmanaged",
        "type": kind,
    }


def _file(kind: str, name: str) -> str:
    if kind in _IN_OBJECTS:
        return f"objects/{name.partition('.')[0]}.object"
    if kind == FOLDER:
        return f"reports/{name}"
    folder, suffix = _FOLDERS.get(kind, (f"{kind.lower()}s", kind.lower()))
    return f"{folder}/{name}.{suffix}"
