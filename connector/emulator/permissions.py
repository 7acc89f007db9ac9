"""
What users may do: the sum of their profile and the permission sets assigned to them.

The rows are those of the real objects (Object Reference: PermissionSet, FieldPermissions,
ObjectPermissions, PermissionSetAssignment); a profile counts through the permission set that
it owns. Only what is guarded asks for a permission: standard objects and their fields, and
whatever was deployed. What a test adds in Python is open to all.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta

from connector.emulator.errors import ApiError
from connector.emulator.storage import Storage


#: What ObjectPermissions can grant, by the word that stands behind `Permissions`.
OBJECT_RIGHTS = ("Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
#: Objects whose access is that of another one.
FOLLOWS = {"campaignmember": "campaign", "campaignmemberstatus": "campaign"}
#: What a right over the campaign allows with them: who reads it may add members.
_MEANS: dict[str, dict[str, tuple[str, ...]]] = {
    "campaignmember": {"Read": ("Read", "Create", "Edit"), "Edit": ("Delete",)},
    "campaignmemberstatus": {"Read": ("Read",), "Edit": ("Create", "Edit", "Delete")},
}
_EVERYTHING = frozenset(OBJECT_RIGHTS)
_NOTHING: frozenset[str] = frozenset()
_SETS = (
    "SELECT p.* FROM PermissionSet p JOIN PermissionSetAssignment a"
    " ON a.PermissionSetId = p.Id WHERE a.AssigneeId = ?"
)
_OF_SETS = (
    "SELECT x.* FROM {} x JOIN PermissionSetAssignment a ON a.PermissionSetId = x.ParentId"
    " WHERE a.AssigneeId = ?"
)
_WATCHED = ("PermissionSet", "PermissionSetAssignment", "FieldPermissions", "ObjectPermissions")


@dataclasses.dataclass(frozen=True, slots=True)
class Rights:
    """Everything one user was granted."""

    powers: frozenset[str]
    objects: dict[str, frozenset[str]]
    fields: dict[str, bool]  # whether the field may be edited, by `object.field`

    def over(self, sobject: str) -> frozenset[str]:
        """The rights over all records of an object."""
        if "ModifyAllData" in self.powers:
            return _EVERYTHING
        own = self.objects.get(FOLLOWS.get(sobject, sobject), _NOTHING)
        own = own | {"Read"} if "ViewAllData" in self.powers else own
        if sobject not in FOLLOWS:
            return own
        return frozenset().union(*(_MEANS[sobject].get(right, ()) for right in own))


class Permissions:
    """The grants of one org, read from its rows and kept until they change."""

    def __init__(self, storage: Storage, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._clock = clock
        self._changed = self._told = clock().replace(microsecond=0)
        self._guarded = set(storage.documents("guarded"))
        self._rights: dict[str, Rights] = {}
        self._stamp: object = None

    def watch(self) -> None:
        """Once the tables are there: note every change of theirs."""
        self._storage.watch("permissions", _WATCHED)

    def guard(self, *names: str) -> None:
        """Let these objects and `object.field`s be seen by nobody without a grant."""
        for name in map(str.lower, names):
            if name not in self._guarded:
                self._guarded.add(name)
                self._storage.keep_document("guarded", name, {})

    def reload(self) -> None:
        """Forget what a rolled back transaction brought."""
        self._guarded = set(self._storage.documents("guarded"))
        self._rights.clear()

    def may(self, user: str, sobject: str, right: str) -> bool:
        name = sobject.lower()
        if FOLLOWS.get(name, name) not in self._guarded:
            return True
        return right in self.rights(user).over(name)

    def reads(self, user: str, sobject: str, field: str) -> bool:
        name, other = f"{sobject}.{field}".lower(), _of_contact(sobject, field)
        if name in self.rights(user).fields:
            return True
        return self.reads(user, "Contact", other) if other else name not in self._guarded

    def edits(self, user: str, sobject: str, field: str) -> bool:
        name, other = f"{sobject}.{field}".lower(), _of_contact(sobject, field)
        if self.rights(user).fields.get(name, False):
            return True
        return self.edits(user, "Contact", other) if other else name not in self._guarded

    def has(self, user: str, *powers: str) -> bool:
        """Whether the user has one of these system permissions."""
        return not self.rights(user).powers.isdisjoint(powers)

    def demand(self, user: str, *powers: str, message: str) -> None:
        """Raises unless the user has one of these system permissions."""
        if not self.has(user, *powers):
            raise ApiError(403, "INSUFFICIENT_ACCESS", message)

    def changed_at(self, other: datetime) -> datetime:
        """When a grant or this other thing last changed: later than what was told before."""
        self._look()
        self._told = max(self._told, self._changed, other)
        return max(self._changed, other)

    def _look(self) -> None:
        stamp = self._storage.watched("permissions")
        if stamp != self._stamp:
            now = self._clock().replace(microsecond=0)
            if self._stamp is not None:
                self._changed = max(now, self._told + timedelta(seconds=1))
            self._rights.clear()
            self._stamp = stamp

    def rights(self, user: str) -> Rights:
        self._look()
        if user not in self._rights:
            self._rights[user] = self._read(user)
        return self._rights[user]

    def _read(self, user: str) -> Rights:
        powers: set[str] = set()
        for row in self._storage.fetch(_SETS, (user,)):
            powers |= {
                key.removeprefix("Permissions")
                for key in row.keys()  # noqa: SIM118 - a row of SQLite iterates over values
                if key.startswith("Permissions") and row[key]
            }
        objects: dict[str, frozenset[str]] = {}
        for row in self._storage.fetch(_OF_SETS.format("ObjectPermissions"), (user,)):
            name = str(row["SobjectType"]).lower()
            granted = {right for right in OBJECT_RIGHTS if row[f"Permissions{right}"]}
            objects[name] = objects.get(name, _NOTHING) | granted
        fields: dict[str, bool] = {}
        for row in self._storage.fetch(_OF_SETS.format("FieldPermissions"), (user,)):
            name = str(row["Field"]).lower()
            if row["PermissionsRead"]:
                fields[name] = fields.get(name, False) or bool(row["PermissionsEdit"])
        return Rights(frozenset(powers), objects, fields)


def _of_contact(sobject: str, field: str) -> str:
    """The field of Contact whose security `Account.X__pc` shares; it may have its own too."""
    own = sobject == "Account" and field.endswith("__pc")
    return f"{field[: -len('__pc')]}__c" if own else ""
