"""What stands between a draft and the table: the platform's checks, then the admin's rules."""

from collections.abc import Sequence

from connector.emulator.access import Caller
from connector.emulator.drafts import Draft
from connector.emulator.errors import RecordError, refused
from connector.emulator.fields import Field, Value
from connector.emulator.ids import parse_id
from connector.emulator.person_accounts import PersonAccounts
from connector.emulator.rules import DuplicateRule, Rules
from connector.emulator.schema import Schema
from connector.emulator.storage import Row, Storage


_SHORT_ID = 15


class Checks:
    """The checks of one org, each over all drafts of a chunk so that it costs one query."""

    def __init__(self, storage: Storage, schema: Schema, rules: Rules) -> None:
        self._storage = storage
        self._schema = schema
        self._rules = rules
        self._people = PersonAccounts(storage, schema)

    def run(self, drafts: Sequence[Draft], caller: Caller) -> None:
        """Refuse the drafts that may not be written; the rest stay without an error."""
        for draft in drafts:
            draft.attempt(check_required)
        self._check_references(drafts)
        self._check_unique(drafts)
        if caller.system:
            return
        self._check_locks(drafts, caller)
        for draft in drafts:
            draft.attempt(self._check_flows)
            draft.attempt(self._check_validation)
        for rule in self._rules.duplicates:
            self._check_duplicates(rule, drafts, caller)

    def _check_references(self, drafts: Sequence[Draft]) -> None:
        wanted: dict[str, set[str]] = {}
        asked: list[tuple[Draft, Field, str]] = []
        for draft in drafts:
            for name, value in draft.changes.items():
                field = self._schema.field(draft.sobject, name)
                if field and field.type == "reference" and isinstance(value, str):
                    asked.append((draft, field, value))
                    for target in field.reference_to:
                        wanted.setdefault(target, set()).add(value)
        known = {
            target: self._storage.rows(target, ids)
            for target, ids in wanted.items()
            if self._schema.knows(target)
        }
        for draft, field, value in asked:
            rows = [known[t][value] for t in field.reference_to if value in known.get(t, {})]
            draft.attempt(self._check_reference, field, value, rows)

    def _check_reference(
        self, _draft: Draft, field: Field, value: str, rows: Sequence[Row]
    ) -> None:
        prefixes = [
            self._schema.sobject(t).key_prefix
            for t in field.reference_to
            if self._schema.knows(t)
        ]
        if prefixes and value[:3] not in prefixes:
            raise refused(
                "FIELD_INTEGRITY_EXCEPTION",
                f"{field.title}: id value of incorrect type: {value}",
                field.name,
            )
        if not rows:
            raise refused(
                "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
                f"insufficient access rights on cross-reference id: {value[:_SHORT_ID]}",
            )
        if rows[0].get("IsDeleted"):
            raise refused("ENTITY_IS_DELETED", "entity is deleted")
        if field.name == "OwnerId" and not rows[0].get("IsActive", 1):
            raise refused(
                "INACTIVE_OWNER_OR_USER",
                "operation performed with inactive user",
                field.name,
            )

    def _check_unique(self, drafts: Sequence[Draft]) -> None:
        for field in drafts[0].sobject.fields if drafts else ():
            if field.unique:
                self._check_unique_field(field, drafts)

    def _check_unique_field(self, field: Field, drafts: Sequence[Draft]) -> None:
        changing = [d for d in drafts if not d.error and d.changed(field.name)]
        values = {d.changes[field.name] for d in changing} - {None}
        if not values:
            return
        owners: dict[str, str] = {
            _folded(row[field.name]): str(row["Id"])
            for row in self._storage.rows_where(drafts[0].sobject.name, field.name, values)
            if not row.get("IsDeleted")
        }
        for draft in changing:
            value = draft.changes[field.name]
            if value is None:
                continue
            owner = owners.setdefault(_folded(value), draft.record)
            if owner != draft.record:
                draft.error = RecordError(
                    code="DUPLICATE_VALUE",
                    message=f"duplicate value found: {field.name} duplicates value on record"
                    f" with id: {owner[:_SHORT_ID] or '<unknown>'}",
                )

    def _check_locks(self, drafts: Sequence[Draft], caller: Caller) -> None:
        for fault in caller.locks:
            for draft in drafts:
                locked = fault.hits_record(draft.record, draft.parents())
                if locked and draft.error is None:
                    draft.error = RecordError(
                        code="UNABLE_TO_LOCK_ROW",
                        message="unable to obtain exclusive access to this record or 1 records:"
                        f" {locked}",
                    )

    def _check_flows(self, draft: Draft) -> None:
        name, row = self._people.judged(draft) if self._rules.flows else ("", {})
        for flow in self._rules.flows:
            if flow.active and flow.object == name and flow.fails(row):
                raise refused("CANNOT_EXECUTE_FLOW_TRIGGER", flow.message)

    def _check_validation(self, draft: Draft) -> None:
        name, row = self._people.judged(draft) if self._rules.validation else ("", {})
        for rule in self._rules.validation:
            if rule.active and rule.object == name and rule.fails(row):
                raise refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, *rule.fields)

    def _check_duplicates(
        self, rule: DuplicateRule, drafts: Sequence[Draft], caller: Caller
    ) -> None:
        if not rule.active or (caller.save_duplicates and not rule.blocks):
            return
        for draft in drafts:
            name, record = self._people.judged(draft)
            if name == rule.object and draft.error is None:
                matches = self._matches(rule, record)
                if matches:
                    draft.error = _duplicates_detected(rule, matches)

    def _matches(self, rule: DuplicateRule, record: Row) -> list[str]:
        found: dict[str, None] = {}
        for field in rule.fields:
            value = record.get(field)
            if value is not None:
                for row in self._storage.rows_where(rule.object, field, [value]):
                    if row["Id"] != record.get("Id") and not row.get("IsDeleted"):
                        found[str(row["Id"])] = None
        return list(found)


def _folded(value: Value) -> str:
    return str(value).casefold()


def check_required(draft: Draft) -> None:
    """Refuses a draft that lacks a field which must not be empty."""
    missing = [
        field.name
        for field in draft.sobject.fields
        if not field.nillable
        and field.createable
        and field.type != "boolean"
        and draft.value(field.name) is None
    ]
    if missing:
        message = f"Required fields are missing: [{', '.join(missing)}]"
        raise refused("REQUIRED_FIELD_MISSING", message, *missing)


def _duplicates_detected(rule: DuplicateRule, matches: Sequence[str]) -> RecordError:
    records = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {
                "attributes": {
                    "type": rule.object,
                    "url": f"/services/data/v66.0/sobjects/{rule.object}/{match}",
                },
                "Id": match,
            },
        }
        for match in matches
        if parse_id(match)
    ]
    result: dict[str, object] = {
        "allowSave": not rule.blocks,
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": rule.object,
        "errorMessage": rule.message,
        "matchResults": [
            {
                "entityType": rule.object,
                "errors": [],
                "matchEngine": "ExactMatchEngine",
                "matchRecords": records,
                "rule": f"{rule.name}_Match",
                "size": len(records),
                "success": True,
            }
        ],
    }
    return RecordError(code="DUPLICATES_DETECTED", message=rule.message, duplicate=result)
