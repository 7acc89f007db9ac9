"""A record on its way into the org: what it was, what shall change, why it may not."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping

from connector.emulator.access import Caller
from connector.emulator.errors import RecordError, RefusedRecordError, refused
from connector.emulator.fields import Field, Value
from connector.emulator.ids import parse_id
from connector.emulator.objects import SObject
from connector.emulator.schema import Schema
from connector.emulator.storage import Row, Storage
from connector.emulator.values import coerce


#: Reference fields whose targets a write does not lock.
_UNLOCKED = frozenset({"OwnerId", "CreatedById", "LastModifiedById", "MasterRecordId"})


@dataclasses.dataclass(slots=True, kw_only=True)
class Draft:
    """One record of a call; `old` is None for a new one, `error` is set once it is refused."""

    sobject: SObject
    record: str = ""
    old: Row | None = None
    changes: Row = dataclasses.field(default_factory=dict)
    error: RecordError | None = None

    @property
    def new(self) -> Row:
        """The record as it would be after the write."""
        return {**(self.old or {}), **self.changes}

    def value(self, field: str) -> Value:
        if field in self.changes:
            return self.changes[field]
        return self.old.get(field) if self.old else None

    def changed(self, field: str) -> bool:
        before = self.old.get(field) if self.old else None
        return field in self.changes and self.changes[field] != before

    def parents(self) -> Iterator[str]:
        for field in self.sobject.fields:
            if field.type == "reference" and field.name not in _UNLOCKED:
                target = self.value(field.name)
                if isinstance(target, str):
                    yield target

    def attempt(self, step: Callable[..., None], *arguments: object) -> None:
        """Take one more step, unless the record is refused already."""
        if self.error is None:
            try:
                step(self, *arguments)
            except RefusedRecordError as refusal:
                self.error = refusal.error


def prepare(
    draft: Draft, body: Mapping[str, object], schema: Schema, storage: Storage, caller: Caller
) -> None:
    """Read the values of a record's body; raises ApiError for what no record may contain."""
    for name, value in body.items():
        if name.lower() in {"attributes", "id"}:
            continue
        if isinstance(value, Mapping):
            field, target = _by_relationship(draft, name, value, schema, storage)
            draft.changes[field.name] = target
            continue
        known = schema.field(draft.sobject, name) if caller.system else None
        field = known or schema.seen_field(draft.sobject, name, caller.user)
        if not caller.system:
            _check_writable(draft, field, schema, caller)
        draft.changes[field.name] = coerce(field, value)


def _check_writable(draft: Draft, field: Field, schema: Schema, caller: Caller) -> None:
    allowed = field.updateable if draft.old is not None else field.createable
    if not allowed or not schema.writable(draft.sobject, field, caller.user):
        raise refused(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {field.name}. Please check the security settings"
            " of this field and verify that it is read/write for your profile or permission"
            " set.",
            field.name,
        )


def _by_relationship(
    draft: Draft, name: str, value: Mapping[str, object], schema: Schema, storage: Storage
) -> tuple[Field, str]:
    """`{"Campaign__r": {"Key__c": "x"}}`: a parent named by its external id."""
    field = schema.relationship(draft.sobject, name)
    if field is None:
        message = f"No such column '{name}' on sobject of type {draft.sobject.name}"
        raise refused("INVALID_FIELD", message)
    target = schema.sobject(field.reference_to[0])
    keys = [(k, v) for k, v in value.items() if k.lower() not in {"attributes", "type"}]
    key = schema.field(target, keys[0][0]) if len(keys) == 1 else None
    if key is None or not (key.finds_records or key.name == "Id"):
        raise refused("INVALID_FIELD", f"More than 1 or no external id specified for {name}")
    wanted = parse_id(keys[0][1]) if key.name == "Id" else str(keys[0][1])
    found = storage.rows_where(target.name, key.name, [wanted])
    if len(found) != 1:
        raise refused(
            "INVALID_FIELD",
            f"Foreign key external ID: {keys[0][1]} not found for field {key.name}"
            f" in entity {target.name}",
        )
    return field, str(found[0]["Id"])
