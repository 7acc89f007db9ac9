"""A plan as people read it: by object, the changes in words, at most 80 columns."""

import collections
import itertools
from collections.abc import Iterable, Iterator

from connector.cli.asking import paragraph
from connector.setup.plan import Action, Plan, Step


_MARKS = {
    Action.CREATE: "+",
    Action.CHANGE: "~",
    Action.KEEP: "=",
    Action.CONFLICT: "!",
}
_WORDS = {
    "CustomObject": ("object", "objects"),
    "CustomField": ("field", "fields"),
    "ListView": ("list view", "list views"),
    "Layout": ("page layout", "page layouts"),
    "CustomTab": ("tab", "tabs"),
    "CustomApplication": ("app", "apps"),
    "PermissionSet": ("permission set", "permission sets"),
    "PermissionSetAssignment": ("assignment", "assignments"),
    "Flow": ("flow, as a draft", "flows, as drafts"),
    "Report": ("report", "reports"),
    "ReportFolder": ("report folder", "report folders"),
    "ReportType": ("report type", "report types"),
}
#: Kinds whose names are shown below the object, or the folder, that they belong to.
_WITHIN = {"CustomField": ".", "ListView": ".", "Report": "/"}
_MOST_CHANGES = 6


def plan_lines(plan: Plan, *, every: bool) -> Iterator[str]:
    """Everything that is to be done, and with `every` what stays as well."""
    for action in (Action.CREATE, Action.CHANGE, Action.CONFLICT, Action.KEEP):
        steps = [step for step in plan.steps if step.action is action]
        if action in {Action.CHANGE, Action.CONFLICT}:
            yield from itertools.chain.from_iterable(map(_one, steps))
        elif action is Action.CREATE or every:
            yield from _grouped(action, steps)
    yield from _notes(plan.steps)
    yield summary(plan)


def summary(plan: Plan) -> str:
    told = (
        f"{plan.count(Action.CREATE)} to create, {plan.count(Action.CHANGE)} to change,"
        f" {plan.count(Action.KEEP)} to keep"
    )
    conflicts = len(plan.conflicts)
    if conflicts:
        told += f", {conflicts} in conflict"
    return f"Plan: {told}."


def _one(step: Step) -> Iterator[str]:
    kind = _WORDS[step.kind][0]
    yield f"{_MARKS[step.action]} {step.name} ({kind})"
    for change in step.changes[:_MOST_CHANGES]:
        yield paragraph(change, label="    ")
    if len(step.changes) > _MOST_CHANGES:
        yield f"    and {len(step.changes) - _MOST_CHANGES} more"
    if step.cure:
        yield paragraph(f"{step.cure}.", label="    ")
    yield ""


def _grouped(action: Action, steps: Iterable[Step]) -> Iterator[str]:
    """Components of one kind and object together: a line, and their names."""
    groups: dict[tuple[str, str], list[str]] = {}
    for step in steps:
        separator = _WITHIN.get(step.kind, "")
        parent, _, name = step.name.rpartition(separator) if separator else ("", "", step.name)
        groups.setdefault((parent, step.kind), []).append(name)
    for (parent, kind), names in groups.items():
        yield f"{_MARKS[action]} {_title(parent, kind, len(names))}"
        yield paragraph(", ".join(names), label="    ")
        yield ""


def _title(parent: str, kind: str, count: int) -> str:
    one, several = _WORDS[kind]
    told = f"1 {one}" if count == 1 else f"{count} {several}"
    return f"{parent}: {told}" if parent else told


def _notes(steps: Iterable[Step]) -> Iterator[str]:
    """What is to be said of several fields is said once, with how many each object has."""
    noted: dict[str, collections.Counter[str]] = {}
    for step in steps:
        if step.note:
            noted.setdefault(step.note, collections.Counter())[step.name.partition(".")[0]] += 1
    for note, objects in noted.items():
        one, several = _WORDS["CustomField"]
        count = objects.total()
        yield f"= {count} {one if count == 1 else several}, not compared"
        yield paragraph(note, label="    ")
        yield paragraph(
            ", ".join(f"{name} {count}" for name, count in objects.items()), label="    "
        )
        yield ""
