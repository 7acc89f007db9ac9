"""What an admin can configure that stands in the way of a write, or changes what it does."""

import dataclasses
from collections.abc import Callable, Mapping

from connector.emulator.fields import Value
from connector.emulator.storage import Row


#: Says whether a rule concerns this record, as it would be after the write.
Condition = Callable[[Mapping[str, Value]], bool]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRule:
    """Refuses a record for which `fails` holds, with the admin's own words."""

    object: str
    message: str
    fails: Condition
    fields: tuple[str, ...] = ()
    name: str = ""
    active: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ApexTrigger:
    """Code of the customer that runs when records are saved; here it is only there."""

    object: str
    name: str
    active: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BrokenFlow:
    """A record-triggered flow that ends in an error for the records that `fails` names."""

    object: str
    name: str
    fails: Condition
    active: bool = True
    inner: str = "UNHANDLED_FAULT: An unhandled fault has occurred in this flow"

    @property
    def message(self) -> str:
        return (
            f'We can\'t save this record because the "{self.name}" process failed.'
            f" Give your Salesforce admin these details. {self.inner}"
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateRule:
    """Finds another record with the same value in one of `fields`; alerts, or blocks."""

    object: str
    name: str
    fields: tuple[str, ...]
    blocks: bool = False
    message: str = "Use one of these records?"
    active: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentRule:
    """Gives new and changed records of an object another owner, unless the caller says no."""

    object: str
    owner: str
    applies: Condition = lambda _record: True
    name: str = "Assignment"
    active: bool = True


@dataclasses.dataclass(slots=True)
class Rules:
    """All that is configured; empty in a fresh org."""

    validation: list[ValidationRule] = dataclasses.field(default_factory=list)
    flows: list[BrokenFlow] = dataclasses.field(default_factory=list)
    duplicates: list[DuplicateRule] = dataclasses.field(default_factory=list)
    assignment: list[AssignmentRule] = dataclasses.field(default_factory=list)
    triggers: list[ApexTrigger] = dataclasses.field(default_factory=list)
    #: Lead field to Contact field, for conversion.
    lead_fields: dict[str, str] = dataclasses.field(default_factory=dict)
    #: Records in an approval process: every write to them is refused.
    locked: set[str] = dataclasses.field(default_factory=set)
    #: Records that are shared with the running user for reading only.
    readonly: set[str] = dataclasses.field(default_factory=set)
    #: Whether an unknown field refuses the whole collections call or only its record.
    unknown_field_refuses_call: bool = True
    #: No storage left: creating fails, updating goes on.
    storage_full: bool = False

    def assigned_owner(self, sobject: str, record: Row) -> str | None:
        for rule in self.assignment:
            if rule.active and rule.object == sobject and rule.applies(record):
                return rule.owner
        return None
