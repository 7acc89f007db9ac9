"""Creating, changing and deleting records: one chunk of one object at a time."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from connector.emulator.access import Caller
from connector.emulator.campaign_members import complete_members
from connector.emulator.checks import Checks, check_required
from connector.emulator.drafts import Draft, prepare
from connector.emulator.errors import ApiError, RecordError, refused
from connector.emulator.fields import Field, Value
from connector.emulator.follow_ups import follow
from connector.emulator.grant_checks import check_grants
from connector.emulator.ids import make_id, parse_id
from connector.emulator.objects import SObject
from connector.emulator.person_accounts import PersonAccounts
from connector.emulator.rules import Rules
from connector.emulator.schema import Schema
from connector.emulator.storage import Row, Storage
from connector.emulator.traces import automatic_name, complete_name, entry, history, stamp
from connector.emulator.write_checks import (
    check_deletable,
    check_open,
    check_right,
    key_error,
    refuse_repeated,
)


Body = Mapping[str, object]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of one record; without an error it was written."""

    record: str = ""
    error: RecordError | None = None
    created: bool = False
    #: What is said of a record that was taken nevertheless.
    remark: RecordError | None = None


def _refuse_events(drafts: Sequence[Draft], _caller: Caller) -> list[Saved]:
    unavailable = "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE"
    return [Saved(error=RecordError(code=unavailable, message="No bus")) for _ in drafts]


def _nobody_asks(_drafts: Sequence[Draft]) -> None:
    """No outbound message is switched on."""


class Writer:
    """The write path of one org; each method is to run inside a storage transaction."""

    def __init__(self, storage: Storage, schema: Schema, rules: Rules) -> None:
        self._storage = storage
        self._schema = schema
        self._rules = rules
        self._checks = Checks(storage, schema, rules)
        self._people = PersonAccounts(storage, schema)
        #: What becomes of platform events.
        self.publish: Callable[[Sequence[Draft], Caller], list[Saved]] = _refuse_events
        #: Who is told of what was written.
        self.wrote: Callable[[Sequence[Draft]], None] = _nobody_asks
        self._counters = {
            prefix: int(str(body["last"]))
            for prefix, body in storage.documents("counter").items()
        }

    def create(self, sobject: SObject, bodies: Sequence[Body], caller: Caller) -> list[Saved]:
        if not sobject.createable and not caller.system:
            raise ApiError(
                400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be inserted"
            )
        drafts = []
        for body in bodies:
            draft = Draft(sobject=sobject)
            self._read(draft, body, caller)
            draft.attempt(check_right, "Create", self._schema, caller)
            draft.attempt(self._start, body, caller)
            drafts.append(draft)
        if sobject.event:
            for draft in drafts:
                draft.attempt(check_required)
            return self.publish(drafts, caller)
        return self._save(drafts, caller)

    def update(
        self, sobject: SObject, bodies: Sequence[tuple[object, Body]], caller: Caller
    ) -> list[Saved]:
        """Change the records with these ids; the ids are checked here too."""
        if not sobject.updateable and not caller.system:
            raise ApiError(
                400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "entity type cannot be updated"
            )
        ids = [parse_id(given) for given, _ in bodies]
        rows = self._storage.rows(sobject.name, {each for each in ids if each})
        drafts = []
        for (given, body), record in zip(bodies, ids, strict=True):
            draft = Draft(sobject=sobject, record=record or "", old=rows.get(record or "", {}))
            draft.attempt(self._check_target, given, caller)
            draft.attempt(check_right, "Edit", self._schema, caller)
            self._read(draft, body, caller)
            drafts.append(draft)
        refuse_repeated(drafts)
        return self._save(drafts, caller)

    def upsert(
        self, sobject: SObject, key: Field, bodies: Sequence[tuple[Value, Body]], caller: Caller
    ) -> list[Saved]:
        """Create or change by external id; doubled keys of a call are refused together."""
        found: dict[str, list[Row]] = {}
        for row in self._storage.rows_where(sobject.name, key.name, {v for v, _ in bodies}):
            if not row.get("IsDeleted"):
                found.setdefault(str(row[key.name]).casefold(), []).append(row)
        saved: dict[int, Saved] = {}
        new: list[int] = []
        changed: list[int] = []
        keys = [str(value).casefold() for value, _ in bodies]
        for at, (value, _) in enumerate(bodies):
            matches = found.get(keys[at], [])
            error = key_error(key, value, matches, keys.count(keys[at]))
            if error is not None:
                saved[at] = Saved(error=error)
            else:
                known = bool(matches) or (key.type == "id" and value is not None)
                (changed if known else new).append(at)
        self._upsert_new(sobject, key, bodies, new, saved, caller)
        pairs = [
            (found[keys[at]][0]["Id"] if keys[at] in found else bodies[at][0], bodies[at][1])
            for at in changed
        ]
        saved.update(zip(changed, self.update(sobject, pairs, caller), strict=True))
        return [saved[at] for at in range(len(bodies))]

    def delete(self, sobject: SObject, ids: Sequence[object], caller: Caller) -> list[Saved]:
        saved = []
        for given in ids:
            record = parse_id(given) or ""
            row = self._storage.rows(sobject.name, [record]).get(record, {})
            draft = Draft(sobject=sobject, record=record, old=row)
            draft.attempt(self._check_target, given, caller)
            draft.attempt(check_deletable)
            draft.attempt(self._people.check_deletable)
            draft.attempt(check_right, "Delete", self._schema, caller)
            if draft.error is None:
                self.bury(sobject, record, caller)
            saved.append(Saved(record=record, error=draft.error))
        return saved

    def bury(
        self, sobject: SObject, record: str, caller: Caller, master: str | None = None
    ) -> None:
        """Move a record, and what hangs on it by cascade, to the recycle bin."""
        for child, field in self._schema.children_of(sobject.name):
            if field.cascade_delete:
                for row in self._storage.rows_where(child.name, field.name, [record]):
                    if not row.get("IsDeleted"):
                        self.bury(child, str(row["Id"]), caller)
        if sobject.purges:
            self._storage.remove(sobject.name, record)
            return
        row = {"Id": record, "IsDeleted": 1, "SystemModstamp": caller.now}
        if master is not None:
            row["MasterRecordId"] = master
        self._storage.update(sobject.name, [{**row, "LastModifiedDate": caller.now}])
        self._storage.keep_history([entry(sobject, record, "IsDeleted", caller, old=0, new=1)])

    # The steps.

    def _read(self, draft: Draft, body: Body, caller: Caller) -> None:
        try:
            draft.attempt(prepare, body, self._schema, self._storage, caller)
        except ApiError as error:
            if error.code != "INVALID_FIELD" or self._rules.unknown_field_refuses_call:
                raise
            draft.error = RecordError(code=error.code, message=error.message)

    def _start(self, draft: Draft, body: Body, caller: Caller) -> None:
        if any(name.lower() == "id" and value for name, value in body.items()):
            raise refused(
                "INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", "Id"
            )
        if self._rules.storage_full and not caller.system:
            raise refused("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded")
        for field in draft.sobject.fields:
            if field.type == "boolean":
                draft.changes.setdefault(field.name, int(bool(field.default)))
            elif field.default is not None and draft.changes.get(field.name) is None:
                draft.changes[field.name] = field.default
            elif field.name == "OwnerId" and draft.changes.get("OwnerId") is None:
                draft.changes["OwnerId"] = caller.user

    def _check_target(self, draft: Draft, given: object, caller: Caller) -> None:
        sobject, row = draft.sobject, draft.old or {}
        if not given:
            raise refused("MISSING_ARGUMENT", "Id not specified in an update call")
        if not draft.record or not draft.record.startswith(sobject.key_prefix):
            raise refused(
                "MALFORMED_ID", f"{sobject.label} ID: id value of incorrect type: {given}", "Id"
            )
        if not row:
            raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row.get("IsDeleted"):
            raise refused("ENTITY_IS_DELETED", "entity is deleted")
        if not caller.system:
            check_open(draft, self._rules)

    def _upsert_new(
        self,
        sobject: SObject,
        key: Field,
        bodies: Sequence[tuple[Value, Body]],
        new: Sequence[int],
        saved: dict[int, Saved],
        caller: Caller,
    ) -> None:
        keyed = [
            {**bodies[at][1], **({} if key.type == "id" else {key.name: bodies[at][0]})}
            for at in new
        ]
        for at, result in zip(new, self.create(sobject, keyed, caller), strict=True):
            saved[at] = dataclasses.replace(result, created=result.error is None)

    def _save(self, drafts: Sequence[Draft], caller: Caller) -> list[Saved]:
        alive = [draft for draft in drafts if draft.error is None]
        if alive and alive[0].sobject.name == "CampaignMember":
            complete_members(alive, self._storage)
        check_grants(alive, self._schema, self._storage, caller)
        self._people.complete(alive)
        alive = [draft for draft in alive if draft.error is None]
        for draft in alive:
            complete_name(draft)
            self._assign(draft, caller)
        self._checks.run(alive, caller)
        alive = [draft for draft in alive if draft.error is None]
        if alive:
            self._write([d for d in alive if d.old is None], caller, new=True)
            self._write([d for d in alive if d.old is not None], caller, new=False)
            self._people.mirror(alive, caller, self.new_id)
        return [Saved(record=draft.record, error=draft.error) for draft in drafts]

    def _assign(self, draft: Draft, caller: Caller) -> None:
        if caller.system or not caller.assigns:
            return
        owner = self._rules.assigned_owner(draft.sobject.name, draft.new)
        if owner is not None:
            draft.changes["OwnerId"] = owner

    def _write(self, drafts: Sequence[Draft], caller: Caller, *, new: bool) -> None:
        if not drafts:
            return
        sobject = drafts[0].sobject
        for draft in drafts:
            stamp(draft, caller, new=new)
            if new:
                draft.record = self._next_id(sobject.key_prefix)
                if draft.changes.get("Name") is None and self._schema.field(sobject, "Name"):
                    number = self._counters[sobject.key_prefix]
                    draft.changes["Name"] = automatic_name(sobject, number) or draft.record
        rows = [{"Id": draft.record, **draft.changes} for draft in drafts]
        entries = [each for draft in drafts for each in history(draft, caller)]
        if new:
            self._storage.insert(sobject.name, rows)
            last: dict[str, object] = {"last": self._counters[sobject.key_prefix]}
            self._storage.keep_document("counter", sobject.key_prefix, last)
        else:
            self._storage.update(sobject.name, rows)
        as_system = dataclasses.replace(caller, system=True)
        follow(
            drafts,
            self._storage,
            lambda name, more: self.create(self._schema.sobject(name), more, as_system),
        )
        self._storage.keep_history(entries)
        self.wrote(drafts)

    def reload(self) -> None:
        """Count on from what is kept, as after a transaction that was undone."""
        for prefix, body in self._storage.documents("counter").items():
            self._counters[prefix] = int(str(body["last"]))

    def new_id(self, prefix: str) -> str:
        """The next id of things that are not records."""
        made = self._next_id(prefix)
        self._storage.keep_document("counter", prefix, {"last": self._counters[prefix]})
        return made

    def _next_id(self, prefix: str) -> str:
        self._counters[prefix] = self._counters.get(prefix, 0) + 1
        return make_id(prefix, self._counters[prefix])
