"""What objects and fields the org has, and which of them a user may see and write."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from connector.emulator.errors import ApiError, not_found
from connector.emulator.fields import Field
from connector.emulator.objects import SObject, child_relationship
from connector.emulator.permissions import Permissions
from connector.emulator.person_fields import account_fields, contact_fields
from connector.emulator.storage import Storage


#: Stands for every user in the permission lists.
EVERYBODY = "*"


class Schema:
    """The objects by their names, case aside; kept in the storage, so it survives a restart."""

    def __init__(self, storage: Storage, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._clock = clock
        self._changed: dict[str, datetime] = {}
        self._objects: dict[str, SObject] = {}
        self._fields: dict[str, dict[str, Field]] = {}
        self._relationships: dict[str, dict[str, Field]] = {}
        self._hidden: dict[str, set[str]] = {}
        self._fixed: dict[str, set[str]] = {}
        self.permissions = Permissions(storage, clock)
        self.reload()

    def reload(self) -> None:
        """Read everything again, as after a transaction that was undone."""
        documents = self._storage.documents
        self._hidden = {n: set(_names(body)) for n, body in documents("hidden").items()}
        self._fixed = {n: set(_names(body)) for n, body in documents("fixed").items()}
        known = [_object_from(body) for body in documents("object").values()]
        names = {sobject.name.lower() for sobject in known}
        for name in [name for name in self._objects if name not in names]:
            del self._objects[name]
        for sobject in known:
            if self._objects.get(sobject.name.lower()) != sobject:
                self._know(sobject)
        self.permissions.reload()

    def __iter__(self) -> Iterator[SObject]:
        return iter(sorted(self._objects.values(), key=lambda sobject: sobject.name))

    def add_object(self, sobject: SObject) -> None:
        self._storage.make_table(sobject)
        self._storage.keep_document("object", sobject.name, _object_to(sobject))
        self._know(sobject)

    def add_fields(self, sobject: str, *fields: Field) -> None:
        """Add these fields, or put them in the place of their namesakes."""
        self.add_object(self.sobject(sobject).with_fields(fields))
        if sobject.lower() == "contact" and self.has_people:
            self.add_people()

    @property
    def has_people(self) -> bool:
        """Whether person accounts are switched on."""
        return self.field(self.sobject("Account"), "IsPersonAccount") is not None

    def add_people(self) -> None:
        """Switch person accounts on, or bring Account up to date with the fields of Contact."""
        account, contact = self.sobject("Account"), self.sobject("Contact")
        self.add_object(account.with_fields(account_fields(account, contact)))
        if self.field(contact, "IsPersonAccount") is None:
            self.add_object(contact.with_fields(contact_fields()))

    def complete(self, sobject: SObject) -> None:
        """Add a standard object, or those of its fields that an older file has not got."""
        if not self.knows(sobject.name):
            self.add_object(sobject)
            return
        known = self.sobject(sobject.name)
        missing = [f for f in sobject.fields if self.field(known, f.name) is None]
        grown = dataclasses.replace(
            sobject, fields=(*known.fields, *missing), label=known.label
        )
        if grown != known:
            self.add_object(grown)

    def knows(self, name: str) -> bool:
        return name.lower() in self._objects

    def sobject(self, name: str) -> SObject:
        """Raises for a name that no object has, as the object's URL does."""
        found = self._objects.get(name.lower())
        if found is None:
            raise not_found()
        return found

    def of_id(self, record_id: str) -> SObject | None:
        """Which object an id belongs to, by its key prefix."""
        return next(
            (o for o in self._objects.values() if record_id.startswith(o.key_prefix)), None
        )

    def field(self, sobject: SObject, name: str) -> Field | None:
        return self._fields[sobject.name.lower()].get(name.lower())

    def relationship(self, sobject: SObject, name: str) -> Field | None:
        """The reference field behind `Account` or `Campaign__r`."""
        return self._relationships[sobject.name.lower()].get(name.lower())

    def children_of(self, name: str) -> Iterator[tuple[SObject, Field]]:
        """Every reference field that may point at this object."""
        for sobject in self:
            for field in sobject.fields:
                if name in field.reference_to:
                    yield sobject, field

    def child_relationships(self, name: str) -> list[dict[str, object]]:
        return [child_relationship(child, field) for child, field in self.children_of(name)]

    # What a user may see: what is not hidden here, and granted where it asks for a grant.

    def hide(self, sobject: str, field: str = "", *, user: str = EVERYBODY) -> None:
        """Take a field, or without one the whole object, out of a user's sight."""
        self._note("hidden", self._hidden, sobject, field, user, on=True)

    def show(self, sobject: str, field: str = "", *, user: str = EVERYBODY) -> None:
        self._note("hidden", self._hidden, sobject, field, user, on=False)

    def protect(self, sobject: str, field: str, *, user: str = EVERYBODY) -> None:
        """Let a user read a field and not write it."""
        self._note("fixed", self._fixed, sobject, field, user, on=True)

    def visible(self, sobject: SObject, field: Field, user: str) -> bool:
        return not self._listed(
            self._hidden, sobject.name, field.name, user
        ) and self.permissions.reads(user, sobject.name, field.name)

    def sees_object(self, sobject: SObject, user: str) -> bool:
        if self._listed(self._hidden, sobject.name, "", user):
            return False
        if sobject.power and not self.permissions.has(user, sobject.power):
            return False
        return self.allows(sobject, "Read", user)

    def allows(self, sobject: SObject, right: str, user: str) -> bool:
        """Whether the user has this right over the object, as permission sets name it."""
        return self.permissions.may(user, sobject.name, right)

    def writable(self, sobject: SObject, field: Field, user: str) -> bool:
        return not self._listed(
            self._fixed, sobject.name, field.name, user
        ) and self.permissions.edits(user, sobject.name, field.name)

    def shown_to(self, sobject: SObject, user: str) -> SObject:
        """The object with what this user may do to its records."""
        return dataclasses.replace(
            sobject,
            createable=sobject.createable and self.allows(sobject, "Create", user),
            updateable=sobject.updateable and self.allows(sobject, "Edit", user),
            deletable=sobject.deletable and self.allows(sobject, "Delete", user),
        )

    def visible_fields(self, sobject: SObject, user: str) -> list[Field]:
        return [
            dataclasses.replace(f, createable=False, updateable=False)
            if not self.writable(sobject, f, user)
            else f
            for f in sobject.fields
            if self.visible(sobject, f, user)
        ]

    def seen_object(self, name: str, user: str, api: str = "data") -> SObject:
        """The object of a URL; hidden and missing look the same."""
        sobject = self.sobject(name)
        if api not in sobject.apis or not self.sees_object(sobject, user):
            raise not_found()
        return sobject

    def seen_field(self, sobject: SObject, name: str, user: str) -> Field:
        """The field of a record's body; hidden and missing look the same."""
        field = self.field(sobject, name)
        if field is None or not self.visible(sobject, field, user):
            message = f"No such column '{name}' on sobject of type {sobject.name}"
            raise ApiError(400, "INVALID_FIELD", message)
        return field

    def changed_at(self, name: str) -> datetime:
        """When the object's description last changed, as far as this process knows."""
        return self.permissions.changed_at(self._changed[name.lower()])

    def _know(self, sobject: SObject) -> None:
        key = sobject.name.lower()
        self._objects[key] = sobject
        self._touch(key)
        self._fields[key] = {field.name.lower(): field for field in sobject.fields}
        self._relationships[key] = {
            field.relationship.lower(): field for field in sobject.fields if field.relationship
        }

    def _note(
        self,
        kind: str,
        lists: dict[str, set[str]],
        sobject: str,
        field: str,
        user: str,
        *,
        on: bool,
    ) -> None:
        known = lists.setdefault(user, set())
        entry = f"{sobject}.{field}".lower()
        (known.add if on else known.discard)(entry)
        self._storage.keep_document(kind, user, {"names": sorted(known)})
        self._touch(sobject.lower())

    def _touch(self, key: str) -> None:
        """Each change gets a later second than the one before, so that no client misses it."""
        now, before = self._clock().replace(microsecond=0), self._changed.get(key)
        self._changed[key] = now if before is None else max(now, before + timedelta(seconds=1))

    @staticmethod
    def _listed(lists: dict[str, set[str]], sobject: str, field: str, user: str) -> bool:
        if not lists:
            return False
        entry = f"{sobject}.{field}".lower()
        return any(entry in lists.get(each, ()) for each in (EVERYBODY, user))


def _names(body: dict[str, Any]) -> list[str]:
    return list(body["names"])


def _object_to(sobject: SObject) -> dict[str, object]:
    fields = [_shallow(field) for field in sobject.fields]
    return {**_shallow(sobject), "fields": fields}


def _shallow(value: SObject | Field) -> dict[str, object]:
    return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}


def _object_from(body: dict[str, Any]) -> SObject:
    fields = []
    for each in body.pop("fields"):
        lists = {
            key: tuple(each[key]) for key in ("values", "labels", "reference_to") if key in each
        }
        cases = tuple((value, text) for value, text in each["cases"])
        fields.append(Field(**{**each, **lists, "cases": cases}))
    apis = tuple(body.pop("apis", ("data",)))
    return SObject(**body, apis=apis, fields=tuple(fields))
