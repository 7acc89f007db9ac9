"""What is particular in this org: person accounts, record types, who else may write."""

from collections.abc import Iterator

from connector.salesforce import soql
from connector.salesforce.rows import text_of
from connector.setup.doctor.check import Check
from connector.setup.doctor.context import DoctorContext, texts
from connector.setup.doctor.field_troubles import OBJECT_MANAGER
from connector.setup.doctor.finding import Finding, Level, Trouble, fine


RECORD_TYPES = Trouble(
    name="record-types",
    level=Level.WARNING,
    means="The object has record types, and each has its own choice of a picklist's values. A"
    " restricted picklist refuses a value that is not in the record's type, although it is"
    " active.",
    cure="Have each record type take all values of {field}.",
    where=f"{OBJECT_MANAGER} > Record Types > each > Picklists Available for Editing",
)
PERSONS_UNREACHED = Trouble(
    name="person-accounts-unreached",
    level=Level.WARNING,
    means="The org has person accounts, and no mapping is for Contact: their status and"
    " opt-out are written to the Contact behind the account.",
    cure="Add a mapping for Contact (`connector mappings new Contact`), or one for Account with"
    " fields ending in __pc.",
)
WIDELY_EDITABLE = Trouble(
    name="fields-widely-editable",
    level=Level.WARNING,
    means="Others than our user may edit fields that only the service should write: what they"
    " change is overwritten or misleads.",
    cure="Take Edit Access to these fields away from people, and leave them Read Access. The"
    " opt-out may stay editable.",
    where=f"{OBJECT_MANAGER} > Fields & Relationships > {{field}} > Set Field-Level Security",
)

#: What people may tick and fill in themselves.
_FOR_PEOPLE = ("consent", "person")
_NAMED = 3


def _persons(context: DoctorContext) -> Iterator[Finding]:
    """Whether the org has person accounts."""
    account = context.describe("Account")
    if account is None or account.field("IsPersonAccount") is None:
        return
    if not {"Contact", "Account"} & set(context.objects):
        yield PERSONS_UNREACHED.found("person accounts, and no mapping for Contact")
        return
    names = [field.name for field in account.fields.values() if field.type == "phone"]
    yield fine(f"person accounts, reached through their Contact; phones {', '.join(names)}")


def _record_types(context: DoctorContext) -> Iterator[Finding]:
    """Whether record types narrow the picklists."""
    for mapping in context.mappings:
        described = context.described[mapping.object]
        if described is None or not described.record_types:
            continue
        fields = (described.field(rule.field) for rule in mapping.fields)
        closed = [field.name for field in fields if field and field.restricted]
        if closed:
            types = f"{len(described.record_types)} record types"
            text = f"{mapping.object} has {types}; restricted: {', '.join(closed)}"
            yield RECORD_TYPES.found(text, object=mapping.object, field=", ".join(closed))


def _editors(context: DoctorContext) -> Iterator[Finding]:
    """Who else may edit our fields."""
    ours = set(context.footprint.for_connector)
    for mapping in context.mappings:
        fields = [
            f"{mapping.object}.{rule.field}"
            for rule in mapping.fields
            if rule.fact.topic not in _FOR_PEOPLE and rule.field.lower().startswith("sms_")
        ]
        if not fields:
            continue
        rows = context.asker.query(
            "SELECT Field, Parent.Name, Parent.Label FROM FieldPermissions"  # noqa: S608 (SOQL)
            f" WHERE SobjectType = {soql.text(mapping.object)} AND PermissionsEdit = true"
            f" AND Field IN {texts(fields)}"
        )
        others = [row for row in rows if _parent(row, "Name") not in ours]
        if others:
            names = sorted({text_of(row, "Field") for row in others})
            who = sorted({_parent(row, "Label") or _parent(row, "Name") for row in others})
            text = f"{_some(names)} editable by {_some(who)}"
            field = names[0].partition(".")[2]
            yield WIDELY_EDITABLE.found(text, object=mapping.object, field=field)


def _parent(row: object, name: str) -> str:
    parent = row.get("Parent") if isinstance(row, dict) else None
    return text_of(parent, name) if isinstance(parent, dict) else ""


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


_NEEDS = ("api", "mappings", "permissions")

CHECKS = (
    Check(
        name="record types",
        about="Whether record types narrow the picklists that we write to.",
        title="none that narrow picklists",
        parts=(_record_types,),
        troubles=(RECORD_TYPES,),
        needs=_NEEDS,
    ),
    Check(
        name="persons",
        about="Whether the org has person accounts, and they are reached.",
        title="no person accounts",
        parts=(_persons,),
        troubles=(PERSONS_UNREACHED,),
        needs=_NEEDS,
    ),
    Check(
        name="editors",
        about="Whether others may edit fields that only the service should write.",
        title="nobody else writes our fields",
        parts=(_editors,),
        troubles=(WIDELY_EDITABLE,),
        needs=_NEEDS,
    ),
)
