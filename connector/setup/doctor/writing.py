"""Writing to one record what stands in it already: the surest test of all."""

from collections.abc import Iterator, Mapping

from connector.domain.records import FieldValue, Outcome, RecordChange, RecordRef, is_record_id
from connector.mapping import Mapping as FieldMapping
from connector.salesforce.describe import ObjectDescription
from connector.setup.doctor.check import Check
from connector.setup.doctor.context import DoctorContext
from connector.setup.doctor.finding import Finding, Level, Trouble, fine


REFUSED_BY_FLOW = Trouble(
    name="write-refused-by-automation",
    level=Level.BROKEN,
    means="A flow or an Apex trigger failed when we wrote, so that Salesforce refused the"
    " record. What it was is in the paused and failed flow interviews and the debug log.",
    cure="Mend the flow or trigger that Salesforce names, or have it leave early when only SMS"
    " fields changed.",
    where="Setup > Flows > the flow; Setup > Paused and Failed Flow Interviews; Setup > Apex"
    " Triggers",
)
REFUSED_BY_RULE = Trouble(
    name="write-refused-by-validation-rule",
    level=Level.BROKEN,
    means="A validation rule refuses this record as it is, hence each status and opt-out too.",
    cure="Let the rule pass our user, or correct the record.",
    where="Setup > Object Manager > {object} > Validation Rules",
)
REFUSED_AS_DUPLICATE = Trouble(
    name="write-refused-as-duplicate",
    level=Level.BROKEN,
    means="A blocking duplicate rule refuses this record, because another is like it.",
    cure="Set the rule's Action On Edit to Allow, except our user, or merge the two.",
    where="Setup > Duplicate Rules",
)
REFUSED_OTHERWISE = Trouble(
    name="write-refused",
    level=Level.BROKEN,
    means="Salesforce does not take the write; its own code says why.",
    cure="Look the code up in the SOAP API Developer Guide under StatusCode. Access, a lock or"
    " a required field is the usual cause.",
    where="Setup > Object Manager > {object}",
)
NO_RECORD = Trouble(
    name="write-test-no-record",
    level=Level.WARNING,
    means="The record for the write test is not one of a mapped object, or our user does not"
    " see it.",
    cure="Give the id of a Contact, Lead or other mapped record that our user may see.",
)

_REFUSALS = {
    "CANNOT_EXECUTE_FLOW_TRIGGER": REFUSED_BY_FLOW,
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": REFUSED_BY_FLOW,
    "APEX_ERROR": REFUSED_BY_FLOW,
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": REFUSED_BY_RULE,
    "DUPLICATES_DETECTED": REFUSED_AS_DUPLICATE,
}


def _write(context: DoctorContext) -> Iterator[Finding]:
    """The write test."""
    if not context.write_test:
        yield fine("not asked for (--write-test RECORD-ID)")
        return
    for mapping in context.mappings if is_record_id(context.write_test) else ():
        described = context.described[mapping.object]
        present = _present(context, mapping, described) if described else None
        if present:
            yield _wrote(context, mapping.object, present)
            return
    yield NO_RECORD.found(f"{context.write_test} is no record of a mapped object")


def _present(
    context: DoctorContext, mapping: FieldMapping, described: ObjectDescription
) -> Mapping[str, FieldValue] | None:
    """What stands in the mapped fields of the record; None where it is not of this object."""
    fields = [
        field.name
        for rule in mapping.fields
        if (field := described.field(rule.field)) and field.updateable
    ]
    if not fields:
        return None
    [row] = context.org.records(mapping.object, [context.write_test], fields)
    if row is None:
        return None
    return {name: _value(row.get(name)) for name in fields}


def _value(value: object) -> FieldValue:
    return value if isinstance(value, str | int | float | bool) else None


def _wrote(context: DoctorContext, name: str, fields: Mapping[str, FieldValue]) -> Finding:
    record = RecordRef(object=name, id=context.write_test)
    change = RecordChange(record=record, fields=fields, change_ids=frozenset())
    [outcome] = context.org.update([change])
    if outcome.written:
        return fine(f"{name} {context.write_test} took back what it holds")
    return _refused(name, outcome)


def _refused(name: str, outcome: Outcome) -> Finding:
    trouble = _REFUSALS.get(outcome.error_code, REFUSED_OTHERWISE)
    text = f"{name}: {outcome.error_code}: {' '.join(outcome.message.split())}"
    return trouble.found(text, object=name)


CHECKS = (
    Check(
        name="write",
        about=(
            "With `--write-test RECORD-ID`: one record is written the values that it has. "
            "Flows and triggers start as at any write, which is the point."
        ),
        title="works",
        parts=(_write,),
        troubles=(
            REFUSED_BY_FLOW,
            REFUSED_BY_RULE,
            REFUSED_AS_DUPLICATE,
            REFUSED_OTHERWISE,
            NO_RECORD,
        ),
        needs=("api", "mappings", "permissions", "fields"),
    ),
)
