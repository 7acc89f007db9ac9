"""One of our permission sets beside the org's: which grants it lacks."""

import dataclasses
from collections.abc import Iterator, Mapping

from connector.footprint import PermissionSetSpec
from connector.salesforce import soql
from connector.salesforce.org import Org
from connector.salesforce.rows import id_of, text_of


#: What the columns of ObjectPermissions are called in metadata.
_VERBS = {
    "PermissionsCreate": "allowCreate",
    "PermissionsDelete": "allowDelete",
    "PermissionsEdit": "allowEdit",
    "PermissionsRead": "allowRead",
    "PermissionsModifyAllRecords": "modifyAllRecords",
    "PermissionsViewAllRecords": "viewAllRecords",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a permission set of the org grants; `fields` says which may be edited too."""

    id: str
    fields: Mapping[str, bool]
    objects: Mapping[str, frozenset[str]]
    user_permissions: frozenset[str] = frozenset()


def granted(org: Org, spec: PermissionSetSpec) -> Granted | None:
    """What the org's permission set of this name grants; None where there is none."""
    names = [f"Permissions{each}" for each in spec.user_permissions]
    where = f"WHERE Name = {soql.text(spec.name)} AND NamespacePrefix = NULL"
    rows = org.query(soql.select(["Id", *names], "PermissionSet", where))
    if not rows:
        return None
    found = id_of(rows[0])
    of_it = f"WHERE ParentId = {soql.record_id(found)}"
    fields = org.query(soql.select(["Field", "PermissionsEdit"], "FieldPermissions", of_it))
    objects = org.query(soql.select(["SobjectType", *_VERBS], "ObjectPermissions", of_it))
    return Granted(
        id=found,
        fields={text_of(row, "Field"): bool(row.get("PermissionsEdit")) for row in fields},
        objects={
            text_of(row, "SobjectType"): frozenset(
                verb for column, verb in _VERBS.items() if row.get(column)
            )
            for row in objects
        },
        user_permissions=frozenset(
            each for each in spec.user_permissions if rows[0].get(f"Permissions{each}")
        ),
    )


def lacking(spec: PermissionSetSpec, found: Granted) -> tuple[str, ...]:
    """The grants that are not there, in words."""
    return tuple(_lacking(spec, found))


def _lacking(spec: PermissionSetSpec, found: Granted) -> Iterator[str]:
    fields = {name.lower(): edit for name, edit in found.fields.items()}
    for name, edit in sorted(spec.fields.items()):
        if name.lower() not in fields:
            yield f"{name} may be {'edited' if edit else 'read'}"
        elif edit and not fields[name.lower()]:
            yield f"{name} may be edited, not only read"
    for name, verbs in sorted(spec.objects.items()):
        for verb in sorted(verbs - found.objects.get(name, frozenset())):
            yield f"{name}: {verb}"
    for name in sorted(set(spec.user_permissions) - found.user_permissions):
        yield f"the permission {name}"
