"""The objects and fields of the mappings, and those of our own objects."""

from collections.abc import Iterator

from connector.mapping import Mapping
from connector.salesforce.describe import FieldDescription, ObjectDescription
from connector.setup.doctor import field_troubles as troubles
from connector.setup.doctor.check import Check
from connector.setup.doctor.context import DoctorContext
from connector.setup.doctor.finding import Finding, Level, fine
from connector.setup.existence import existing_fields
from connector.setup.mapping_check import Finding as Difference
from connector.setup.mapping_check import Mismatch, compare, unseen


_OF_OBJECT = (Mismatch.OBJECT_READ_ONLY, Mismatch.NO_CREATE)
_OF_PHONES = (Mismatch.PHONE_UNSEEN, Mismatch.PHONE_TYPE)
_E164 = "person.phone"


def _objects(context: DoctorContext) -> Iterator[Finding]:
    """The objects of the mappings."""
    for mapping, described in _pairs(context):
        name = mapping.object
        if described is None:
            yield troubles.OBJECT_HIDDEN.found(f"{name} is not there, or hidden", object=name)
            continue
        found = [each for each in compare(mapping, described) if each.kind in _OF_OBJECT]
        for difference in found:
            yield troubles.OBJECT_READ_ONLY.found(f"{name}: {difference.text}", object=name)
        if not found:
            yield fine(f"{name} may be changed")


def _own_objects(context: DoctorContext) -> Iterator[Finding]:
    """Our own objects."""
    for spec in context.footprint.objects:
        if spec.is_event:
            continue
        described = context.describe(spec.name)
        if described is None:
            yield troubles.OWN_OBJECT_MISSING.found(f"{spec.name} is not there, or hidden")
        elif not (described.createable and described.updateable):
            text = f"{spec.name}: the integration user may not make or change rows"
            yield troubles.OWN_OBJECT_CLOSED.found(text, object=spec.name)
        else:
            yield from _unfilled(described, context)


def _unfilled(described: ObjectDescription, context: DoctorContext) -> Iterator[Finding]:
    ours = {spec.name.lower() for spec in context.footprint.fields_of(described.name)}
    for field in described.fields.values():
        if _must_be_filled(field) and field.name.lower() not in ours:
            text = f"{described.name}.{field.name} is required, and nobody fills it"
            names = {"object": described.name, "field": field.name}
            yield troubles.REQUIRED_UNFILLED.found(text, **names)


def _must_be_filled(field: FieldDescription) -> bool:
    return (
        field.custom
        and field.createable
        and not (field.nillable or field.defaulted or field.type == "boolean")
    )


def _fields(context: DoctorContext) -> Iterator[Finding]:
    """The fields of the mappings."""
    for mapping, described in _pairs(context):
        if described is None:
            continue
        found = [
            each
            for each in _differences(context, mapping, described)
            if each.kind not in (*_OF_OBJECT, *_OF_PHONES)
        ]
        yield from (_told(mapping, each) for each in found)
        if not found:
            yield fine(f"{mapping.object}: all {len(mapping.fields)} fit")


def _phones(context: DoctorContext) -> Iterator[Finding]:
    """The phone fields of the mappings."""
    for mapping, described in _pairs(context):
        if described is None or not mapping.phones:
            continue
        if seen := described.known(*mapping.phones):
            found = _differences(context, mapping, described)
            yield from (_told(mapping, each) for each in found if each.kind in _OF_PHONES)
            yield fine(f"{mapping.object}: {', '.join(seen)}")
        else:
            phones = ", ".join(mapping.phones)
            text = f"{mapping.object}: no phone field is visible"
            yield troubles.NO_PHONES.found(text, object=mapping.object, phones=phones)
        yield from _index(mapping, described)


def _index(mapping: Mapping, described: ObjectDescription) -> Iterator[Finding]:
    for rule in mapping.fields:
        field = described.field(rule.field) if rule.fact.name == _E164 else None
        if field and not (field.external_id or field.unique):
            text = f"{mapping.object}.{field.name} is no external id"
            names = {"object": mapping.object, "field": field.name}
            yield troubles.NOT_INDEXED.found(text, **names)


def _differences(
    context: DoctorContext, mapping: Mapping, described: ObjectDescription
) -> list[Difference]:
    hidden = unseen(mapping, described)
    existing = existing_fields(context.asker, mapping.object, hidden) if hidden else None
    return compare(mapping, described, existing)


def _told(mapping: Mapping, difference: Difference) -> Finding:
    trouble = troubles.BY_MISMATCH[difference.kind]
    if not difference.refused and trouble.level is Level.BROKEN:
        trouble = trouble.milder()
    text = f"{mapping.object}.{difference.name}: {difference.text}"
    return trouble.found(text, object=mapping.object, field=difference.name)


def _pairs(context: DoctorContext) -> Iterator[tuple[Mapping, ObjectDescription | None]]:
    for mapping in context.mappings:
        yield mapping, context.described[mapping.object]


CHECKS = (
    Check(
        name="objects",
        about=(
            "Whether the objects of the mappings, and our own, are there and may be "
            "changed; whether new rows of ours need what nobody fills."
        ),
        title="there",
        parts=(_objects, _own_objects),
        troubles=(
            troubles.OBJECT_HIDDEN,
            troubles.OBJECT_READ_ONLY,
            troubles.OWN_OBJECT_MISSING,
            troubles.OWN_OBJECT_CLOSED,
            troubles.REQUIRED_UNFILLED,
        ),
        needs=("api", "mappings", "permissions"),
    ),
    Check(
        name="fields",
        about=(
            "Every field of the mappings beside what the integration user sees: there, "
            "visible, writable, of a type that fits, long enough, with the values that we "
            "write."
        ),
        title="fit",
        parts=(_fields,),
        troubles=(
            troubles.FIELD_MISSING,
            troubles.FIELD_HIDDEN,
            troubles.FIELD_UNSEEN,
            troubles.FIELD_READ_ONLY,
            troubles.FIELD_TYPE,
            troubles.FIELD_SHORT,
            troubles.VALUE_MISSING,
            troubles.PICKLIST_CLOSED,
            troubles.KEY_UNFIT,
        ),
        needs=("api", "mappings", "permissions"),
    ),
    Check(
        name="phones",
        about=(
            "Whether the phone fields of the mappings are visible, and the one for the "
            "number in E.164 is indexed."
        ),
        title="visible",
        parts=(_phones,),
        troubles=(
            troubles.PHONE_MISSING,
            troubles.PHONE_TYPE,
            troubles.NO_PHONES,
            troubles.NOT_INDEXED,
        ),
        needs=("api", "mappings", "permissions"),
    ),
)
