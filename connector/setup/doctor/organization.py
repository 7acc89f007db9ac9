"""Which org it is, who we are there, and what we were given."""

from collections.abc import Iterator

from connector.domain.records import long_id
from connector.footprint import PermissionSetSpec
from connector.salesforce import soql
from connector.salesforce.rows import Row, text_of
from connector.setup.doctor.check import Check
from connector.setup.doctor.context import DoctorContext, inner_text
from connector.setup.doctor.finding import Finding, Level, Trouble, fine
from connector.setup.doctor.login import USER_FROZEN, USER_INACTIVE
from connector.setup.grants import Granted, granted, lacking


PERMISSION_SETS = "Setup > Permission Sets"

OTHER_ORG = Trouble(
    name="other-org",
    level=Level.BROKEN,
    means="The login leads to another org than the one that this service belongs to. A"
    " refreshed sandbox is another org: it has new ids, and old ones mean other records there.",
    cure="If a sandbox was refreshed, stop the service and call `connector org bind`; with"
    " CONNECTOR_SALESFORCE_ORG_ID set, set the new id too. Else correct the login or the"
    " database.",
    where="Setup > Company Information > Salesforce.com Organization ID",
)
READ_ONLY = Trouble(
    name="org-read-only",
    level=Level.BROKEN,
    means="The org is read-only for the time of a maintenance. Nothing is lost: what is"
    " pending is written afterwards.",
    cure="Wait for the end of the maintenance.",
    where="https://status.salesforce.com: instance {instance}",
)
NOT_THERE = Trouble(
    name="permission-set-missing",
    level=Level.BROKEN,
    means="The org has no permission set {name}, and fields of the mapping are missing or"
    " hidden from our user. New fields are visible to nobody, administrators included.",
    cure="Call `connector setup plan`, then `connector setup apply`: it makes the fields and"
    " the permission set, and assigns it.",
    where=f"{PERMISSION_SETS}: {{name}}",
)
NOT_ASSIGNED = Trouble(
    name="permission-set-not-assigned",
    level=Level.BROKEN,
    means="Our user does not have the permission set {name}, and fields of the mapping are"
    " hidden from it.",
    cure="Assign the permission set to {user}; `connector setup apply` does it.",
    where=f"{PERMISSION_SETS} > {{name}} > Manage Assignments > Add Assignments",
)
OUTDATED = Trouble(
    name="permission-set-outdated",
    level=Level.WARNING,
    means="The permission set {name} grants less than this version of the service may need:"
    " somebody took rights out, or it is of an older version.",
    cure="Call `connector setup plan`, then `connector setup apply`: it adds what is missing"
    " and takes nothing away.",
    where=f"{PERMISSION_SETS} > {{name}}",
)
#: Defaults of sharing that let everybody write; a child's are those of its parent.
_OPEN = ("", "ReadWrite", "ReadWriteTransfer", "FullAccess", "ControlledByParent")
NARROW = Trouble(
    name="sharing-narrow",
    level=Level.WARNING,
    means="The object's records are not shared with everybody for writing, and our user may"
    " not modify all of them: records of others are refused or not found.",
    cure="Call `connector setup apply --parts sharing` and assign SMS Connector All Records, or"
    " make a sharing rule for the records that are texted.",
    where=f"{PERMISSION_SETS} > SMS Connector > Object Settings > {{object}} > Modify All;"
    " or Setup > Sharing Settings > {object}",
)


def _organization(context: DoctorContext) -> Iterator[Finding]:
    """Which org it is."""
    row, found = context.organization, context.signed_in.organization_id
    for source, bound in (
        ("CONNECTOR_SALESFORCE_ORG_ID", context.settings.salesforce_org_id),
        ("the database", context.bound_org),
    ):
        if bound and found and long_id(bound) != found:
            yield OTHER_ORG.found(f"this is org {found}; {source} says {long_id(bound)}")
    if row.get("IsReadOnly"):
        instance = text_of(row, "InstanceName")
        yield READ_ONLY.found("the org is read-only now", instance=instance)
    sort = "a sandbox" if row.get("IsSandbox") else "production"
    name, edition = text_of(row, "Name"), text_of(row, "OrganizationType")
    yield fine(", ".join(filter(None, (name, sort if row else "", edition, found))))


def _user(context: DoctorContext) -> Iterator[Finding]:
    """Our user."""
    row = context.user
    name = text_of(row, "Username") or context.signed_in.user_id
    if row.get("IsActive") is False:
        yield USER_INACTIVE.found(f"{name} is not active")
    parts = (
        inner_text(row, "Profile", "UserLicense", "Name"),
        inner_text(row, "Profile", "Name"),
    )
    yield fine(", ".join((name, *filter(None, parts))))


def _frozen(context: DoctorContext) -> Iterator[Finding]:
    """Whether the user is frozen."""
    if context.open_asker is None:
        return  # our user may not ask, and has just logged in, which a frozen one cannot
    user = soql.record_id(context.signed_in.user_id)
    asked = soql.select(("IsFrozen",), "UserLogin", f"WHERE UserId = {user}")
    if any(row.get("IsFrozen") for row in context.asker.query(asked)):
        yield USER_FROZEN.found("the integration user is frozen")


def _permission_set(context: DoctorContext) -> Iterator[Finding]:
    """Whether our user has the permission sets."""
    unwritable = list(_unwritable(context))
    user = text_of(context.user, "Username") or "the integration user"
    wanted = (each for each in context.footprint.permission_sets if each.for_connector)
    for spec in (each for each in wanted if each.always):
        found = granted(context.asker, spec)
        if found and _is_assigned(context, found):
            yield _assigned(spec, found)
            continue
        state = "not assigned" if found else "not there"
        if not unwritable:
            yield fine(f"{spec.name} is {state}; what is needed comes from elsewhere")
        else:
            trouble = NOT_ASSIGNED if found else NOT_THERE
            text = f"{spec.name} is {state}, and {_some(unwritable)} cannot be written"
            yield trouble.found(text, name=spec.name, user=user)


def _is_assigned(context: DoctorContext, found: Granted) -> bool:
    user, ours = map(soql.record_id, (context.signed_in.user_id, found.id))
    where = f"WHERE AssigneeId = {user} AND PermissionSetId = {ours}"
    return bool(context.asker.query(soql.select(("Id",), "PermissionSetAssignment", where)))


def _assigned(spec: PermissionSetSpec, found: Granted) -> Finding:
    if missing := lacking(spec, found):
        text = f"{spec.name} does not grant: {_some(list(missing))}"
        return OUTDATED.found(text, name=spec.name)
    return fine(f"{spec.name} is assigned")


def _unwritable(context: DoctorContext) -> Iterator[str]:
    """Fields that the permission set would open, and that our user cannot write."""
    ours = {spec.full_name.lower() for spec in context.footprint.fields}
    for mapping in context.mappings:
        described = context.described[mapping.object]
        for rule in mapping.fields:
            field = described.field(rule.field) if described else None
            name = f"{mapping.object}.{rule.field}"
            if name.lower() in ours and (field is None or not field.updateable):
                yield name


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _sharing(context: DoctorContext) -> Iterator[Finding]:
    """Whether our user may write records of others."""
    models = {
        name: text_of(entity, "InternalSharingModel")
        for name, entity in context.entities.items()
    }
    narrow = {name: model for name, model in models.items() if model not in _OPEN}
    if not narrow or _modifies_all(_rights(context)):
        return
    rights = _object_rights(context)
    for name, model in narrow.items():
        if name not in rights:
            yield NARROW.found(f"{name}: the org's default is {model}", object=name)


def _rights(context: DoctorContext) -> list[Row]:
    user = soql.record_id(context.signed_in.user_id)
    asked = (
        "SELECT PermissionSet.PermissionsModifyAllData"  # noqa: S608 (SOQL)
        " FROM PermissionSetAssignment"
        f" WHERE AssigneeId = {user}"
    )
    return context.asker.query(asked)


def _modifies_all(rows: list[Row]) -> bool:
    name = "PermissionsModifyAllData"
    sets = (row.get("PermissionSet") for row in rows)
    return any(isinstance(each, dict) and each.get(name) for each in sets)


def _object_rights(context: DoctorContext) -> set[str]:
    """The objects of which our user may modify all records."""
    user = soql.record_id(context.signed_in.user_id)
    asked = (
        "SELECT SobjectType FROM ObjectPermissions"  # noqa: S608 (SOQL)
        " WHERE PermissionsModifyAllRecords = true AND ParentId IN"
        f" (SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = {user})"
    )
    return {text_of(row, "SobjectType") for row in context.asker.query(asked)}


CHECKS = (
    Check(
        name="organization",
        about=(
            "Whether it is the org that this service belongs to, production or sandbox, "
            "open for changes."
        ),
        title="the right one",
        parts=(_organization,),
        troubles=(OTHER_ORG, READ_ONLY),
        needs=("api",),
    ),
    Check(
        name="user",
        about=(
            "Whether the integration user is active and not frozen; its licence and profile."
        ),
        title="active",
        parts=(_user, _frozen),
        troubles=(USER_INACTIVE, USER_FROZEN),
        needs=("api",),
    ),
    Check(
        name="permissions",
        about=(
            "Whether the integration user has the permission sets of the set-up, and may "
            "write records of others."
        ),
        title="assigned",
        parts=(_permission_set, _sharing),
        troubles=(NOT_THERE, NOT_ASSIGNED, OUTDATED, NARROW),
        needs=("api", "mappings"),
    ),
)
