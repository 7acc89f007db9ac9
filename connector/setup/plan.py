"""
What is to be done so that an org has our footprint: created, changed, or in each other's way.

Nothing is ever deleted. What is there stays as the org's admin made it: list views, reports,
layouts and flows are only made where they are missing, and of a field or a permission set only
what we cannot do without is changed.
"""

import dataclasses
import enum
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.footprint import Component, FieldSpec, Footprint, PermissionSetSpec
from connector.footprint.component import Body
from connector.salesforce.errors import OrgRefusedError
from connector.salesforce.org import Org
from connector.setup import field_changes, grants, widening
from connector.setup.assignments import Assignment, assignments


class Action(enum.StrEnum):
    """What is to be done with one component."""

    CREATE = "create"
    CHANGE = "change"
    KEEP = "keep"
    CONFLICT = "conflict"  # somebody has to decide first


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One component of the footprint: `changes` in words, `cure` where it is in conflict."""

    action: Action
    kind: str
    name: str
    part: str
    changes: tuple[str, ...] = ()
    note: str = ""
    cure: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All steps, and what is deployed by them; `assignments` are those still to be made."""

    parts: tuple[str, ...]
    steps: tuple[Step, ...]
    components: tuple[Component, ...]
    assignments: tuple[Assignment, ...]

    def count(self, action: Action) -> int:
        return sum(step.action is action for step in self.steps)

    @property
    def conflicts(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.action is Action.CONFLICT)

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to do, and nothing in the way."""
        return self.count(Action.KEEP) == len(self.steps)


#: How the Metadata API lists them; reports lie in folders and are asked for apart.
_KINDS = (
    "CustomObject",
    "CustomField",
    "ListView",
    "Layout",
    "CustomTab",
    "CustomApplication",
    "Flow",
    "ReportType",
    "ReportFolder",
)
_MAY_NOT = frozenset({"INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY"})


def make_plan(org: Org, footprint: Footprint, *, assignee: str, user: str) -> Plan:
    """
    Compare the org with the footprint; nothing is changed.

    `assignee` is the user that the connector logs in as, `user` the one who we are: both need
    a permission set to see the fields.
    """
    has = _Inventory(org, footprint)
    fields = {spec.full_name: spec for spec in footprint.fields}
    sets = {spec.name: spec for spec in footprint.permission_sets}
    steps: list[Step] = []
    for component in footprint.components():
        if component.kind == "PermissionSet":
            steps.append(_permission_set(org, component, sets[component.name]))
        elif component.kind == "CustomField":
            steps.append(_field(org, component, fields[component.name], has, user))
        else:
            action = Action.KEEP if has.has(component) else Action.CREATE
            steps.append(_step(action, component))
    originals = _originals(org, steps)
    steps = [_finished(step, originals.get((step.kind, step.name))) for step in steps]
    by_name = {(step.kind, step.name): step.action for step in steps}
    wanted = assignments(org, footprint, connector=assignee, admin=user)
    return Plan(
        parts=footprint.parts,
        steps=(*steps, *(_assignment(each) for each in wanted)),
        components=tuple(
            _deployed(component, fields, originals)
            for component in footprint.components()
            if by_name[component.kind, component.name] in {Action.CREATE, Action.CHANGE}
        ),
        assignments=tuple(each for each in wanted if not each.made),
    )


_Originals = Mapping[tuple[str, str], Body]


def _originals(org: Org, steps: Iterable[Step]) -> _Originals:
    """What is to be changed, as the org has it now."""
    names: dict[str, list[str]] = {}
    for step in steps:
        if step.action is Action.CHANGE:
            names.setdefault(step.kind, []).append(step.name)
    return {
        (kind, name): body
        for kind, some in names.items()
        for name, body in org.read_metadata(kind, some).items()
    }


def _finished(step: Step, original: Body | None) -> Step:
    """A picklist of a global value set gets its values there, by somebody who knows it."""
    if step.action is not Action.CHANGE:
        return step
    if original is None:
        raise OrgUnavailableError(f"Salesforce did not tell what {step.name} looks like")
    if not (shared := widening.shared_values(original)):
        return step
    cure = f"Add the values to the global value set: Setup > Picklist Value Sets > {shared}"
    return dataclasses.replace(step, action=Action.CONFLICT, cure=cure)


def _deployed(
    component: Component, fields: Mapping[str, FieldSpec], originals: _Originals
) -> Component:
    original = originals.get((component.kind, component.name))
    if original is None:
        return component
    if component.kind == "CustomField":
        return widening.field(fields[component.name], original)
    return widening.permission_set(component, original)


class _Inventory:
    """What the org has, hidden or not; names are compared without case."""

    def __init__(self, org: Org, footprint: Footprint) -> None:
        wanted = {component.kind for component in footprint.components()}
        try:
            found = dict(org.components(*(kind for kind in _KINDS if kind in wanted)))
            folders = _folders(footprint.components(), found.get("ReportFolder", ()))
            found |= org.components(*(("Report", folder) for folder in folders))
        except OrgRefusedError as refusal:
            if refusal.code not in _MAY_NOT:
                raise
            raise ConfigurationError(may_not_set_up(refusal.code)) from None
        self._names: Mapping[str, frozenset[str]] = {
            # Names of layouts come as in an address, with %28 for a bracket.
            kind: frozenset(unquote(name).lower() for name in names)
            for kind, names in found.items()
        }

    def has(self, component: Component) -> bool:
        names = self._names.get(component.kind, frozenset())
        name = component.name.lower()
        # The name of a report type may be told with the ending of an object's.
        return name in names or (component.kind == "ReportType" and f"{name}__c" in names)


def may_not_set_up(code: str) -> str:
    """What to say to a user who may not change the org."""
    return (
        f"Salesforce: {code}: this user may not look into or change the org's set-up. It needs"
        " the permissions Modify Metadata Through Metadata API Functions and Customize"
        " Application, which administrators have: log in as one (`connector org login"
        " --username ADMIN --save-as admin.env`) and say --env salesforce/admin.env"
    )


def _folders(components: Iterable[Component], there: Iterable[str]) -> list[str]:
    """The folders of our reports as far as the org has them: asking in others is an error."""
    ours = {component.parent.lower() for component in components if component.kind == "Report"}
    return sorted(name for name in there if name.lower() in ours)


def _field(org: Org, component: Component, spec: FieldSpec, has: _Inventory, user: str) -> Step:
    if not has.has(component):
        return _step(Action.CREATE, component)
    try:
        found = org.describe(spec.object).field(spec.name)
    except ConfigurationError:  # the whole object is hidden
        found = None
    if found is None:
        note = f"hidden from {user}: a permission set shows it, once assigned"
        return _step(Action.KEEP, component, note=note)
    if text := field_changes.conflict(spec, found):
        cure = (
            "Rename that field's API name, or delete it if nobody needs it, and plan again; or"
            f" leave it, and map {spec.name.removesuffix('__c')} to another field"
        )
        return _step(Action.CONFLICT, component, changes=(text,), cure=cure)
    if told := field_changes.changes(spec, found):
        return _step(Action.CHANGE, component, changes=told)
    return _step(Action.KEEP, component)


def _permission_set(org: Org, component: Component, spec: PermissionSetSpec) -> Step:
    found = grants.granted(org, spec)
    if found is None:
        return _step(Action.CREATE, component)
    if told := grants.lacking(spec, found):
        return _step(Action.CHANGE, component, changes=told)
    return _step(Action.KEEP, component)


def _assignment(assignment: Assignment) -> Step:
    return Step(
        action=Action.KEEP if assignment.made else Action.CREATE,
        kind="PermissionSetAssignment",
        name=f"{assignment.permission_set} to {assignment.username}",
        part="core",
    )


def _step(
    action: Action,
    component: Component,
    *,
    changes: tuple[str, ...] = (),
    note: str = "",
    cure: str = "",
) -> Step:
    return Step(
        action=action,
        kind=component.kind,
        name=component.name,
        part=component.part,
        changes=changes,
        note=note,
        cure=cure,
    )
