"""What else happens in the org when we write: rules, flows, triggers."""

from collections.abc import Iterator, Mapping, Sequence

from connector.salesforce import soql
from connector.salesforce.rows import Row, text_of
from connector.setup.doctor.check import Check
from connector.setup.doctor.context import DoctorContext, inner, inner_text, texts
from connector.setup.doctor.field_troubles import OBJECT_MANAGER
from connector.setup.doctor.finding import Finding, Level, Trouble, fine


RULE_ON_OUR_FIELDS = Trouble(
    name="validation-rule-on-our-fields",
    level=Level.WARNING,
    means="An active validation rule mentions fields that we write. Where it holds, Salesforce"
    " refuses the whole record, opt-outs included.",
    cure="Let the rule pass our user: add `$User.Username <> '{user}' &&` to its condition.",
    where=f"{OBJECT_MANAGER} > Validation Rules > {{rule}}",
)
RULES = Trouble(
    name="validation-rules",
    level=Level.WARNING,
    means="Active validation rules judge the whole record at each write, also what stands in"
    " it since long. A record that breaks one takes no status and no opt-out of ours:"
    " `connector refused list` shows them.",
    cure="Read the rules; let those pass our user that old records may break, or try one with"
    " `connector setup doctor --write-test RECORD-ID`.",
    where=f"{OBJECT_MANAGER} > Validation Rules",
)
FLOWS = Trouble(
    name="flows",
    level=Level.WARNING,
    means="Active flows start when we write. One that fails has the record refused, and a slow"
    " one makes 200 records at once too many.",
    cure="Let each leave early when only SMS fields changed. If calls take long, set"
    " CONNECTOR_SALESFORCE_BATCH_SIZE to 50.",
    where="Setup > Flows; Setup > Process Automation > Flow Trigger Explorer > {object}",
)
TRIGGERS = Trouble(
    name="apex-triggers",
    level=Level.WARNING,
    means="Active Apex triggers run when we write. One that fails has the record refused.",
    cure="Have them take 200 records at once. If calls take long, set"
    " CONNECTOR_SALESFORCE_BATCH_SIZE to 50.",
    where=f"{OBJECT_MANAGER} > Triggers",
)
DUPLICATES = Trouble(
    name="duplicate-rules",
    level=Level.WARNING,
    means="Active duplicate rules judge our writes too. We pass those that alert; one whose"
    " action on edit is Block refuses every record that has a duplicate.",
    cure="Set its Action On Edit to Allow, or add the condition that Current User: Username is"
    " not {user}.",
    where="Setup > Duplicate Rules > {rule}",
)

#: Formulas are told one by one; so many are read for each object.
_MOST_FORMULAS = 25
_NAMED = 3


def _validation(context: DoctorContext) -> Iterator[Finding]:
    """Which validation rules are active."""
    for name, fields in _written(context).items():
        rows = context.asker.tooling(
            "SELECT Id, ValidationName FROM ValidationRule"  # noqa: S608 (SOQL)
            f" WHERE EntityDefinition.QualifiedApiName = {soql.text(name)} AND Active = true"
        )
        rules = {text_of(row, "Id"): text_of(row, "ValidationName") for row in rows}
        others = dict(rules)
        for rule_id in list(rules)[:_MOST_FORMULAS]:
            if mentioned := _mentioned(_formula(context, rule_id), fields):
                yield _on_our_fields(context, name, others.pop(rule_id), mentioned)
        if others:
            text = f"{name}: {_listed('active validation rule', list(others.values()))}"
            yield RULES.found(text, object=name)


def _on_our_fields(
    context: DoctorContext, name: str, rule: str, mentioned: Sequence[str]
) -> Finding:
    user = text_of(context.user, "Username") or "the integration user"
    text = f"{name}: validation rule {rule} mentions {', '.join(mentioned)}"
    return RULE_ON_OUR_FIELDS.found(text, object=name, rule=rule, user=user)


def _formula(context: DoctorContext, rule_id: str) -> str:
    # Salesforce gives the metadata of one row a query only (Tooling API, "ValidationRule").
    where = f"WHERE Id = {soql.record_id(rule_id)}"
    rows = context.asker.tooling(soql.select(("Metadata",), "ValidationRule", where))
    return inner_text(rows[0], "Metadata", "errorConditionFormula") if rows else ""


def _mentioned(formula: str, fields: Sequence[str]) -> list[str]:
    plain = formula.lower()
    return [field for field in fields if field.lower() in plain]


def _flows(context: DoctorContext) -> Iterator[Finding]:
    """Which flows are active."""
    names = list(_written(context))
    if not names:
        return
    rows = context.asker.query(
        "SELECT ApiName, TriggerObjectOrEvent.QualifiedApiName"  # noqa: S608 (SOQL)
        " FROM FlowDefinitionView WHERE IsActive = true"
        f" AND TriggerObjectOrEvent.QualifiedApiName IN {texts(names)}"
    )
    ours = _templates(context)
    by_object: dict[str, list[str]] = {}
    for row in rows:
        name = text_of(row, "ApiName")
        if name not in ours:
            of = text_of(inner(row, "TriggerObjectOrEvent"), "QualifiedApiName")
            by_object.setdefault(of, []).append(name)
    for name, flows in by_object.items():
        yield FLOWS.found(f"{name}: {_listed('active flow', flows)}", object=name)


def _triggers(context: DoctorContext) -> Iterator[Finding]:
    """Which Apex triggers are active."""
    for name, entity in context.entities.items():
        # A custom object goes by its id here.
        of = soql.text(text_of(entity, "DurableId"))
        where = f"WHERE TableEnumOrId = {of} AND Status = 'Active'"
        rows = context.asker.tooling(soql.select(("Name",), "ApexTrigger", where))
        if names := [text_of(row, "Name") for row in rows]:
            text = f"{name}: {_listed('active Apex trigger', names)}"
            yield TRIGGERS.found(text, object=name)


def _duplicate_rules(context: DoctorContext) -> Iterator[Finding]:
    """Which duplicate rules are active."""
    user = text_of(context.user, "Username") or "the integration user"
    for row in _active(context, "DuplicateRule", "MasterLabel", "IsActive"):
        name, rule = text_of(row, "SobjectType"), text_of(row, "MasterLabel")
        text = f"{name}: duplicate rule {rule} is active"
        yield DUPLICATES.found(text, rule=rule, user=user)


def _assignment_rules(context: DoctorContext) -> Iterator[Finding]:
    """Which assignment rules are active."""
    for row in _active(context, "AssignmentRule", "Name", "Active"):
        name, rule = text_of(row, "SobjectType"), text_of(row, "Name")
        yield fine(f"{name}: our writes do not start the assignment rule {rule}")


def _active(context: DoctorContext, source: str, label: str, flag: str) -> list[Row]:
    names = list(_written(context))
    if not names:
        return []
    where = f"WHERE {flag} = true AND SobjectType IN {texts(names)}"
    return context.asker.query(soql.select((label, "SobjectType"), source, where))


def _our_flows(context: DoctorContext) -> Iterator[Finding]:
    """Which of our flow templates are active."""
    names = sorted(_templates(context))
    if not names:
        return
    rows = context.asker.query(
        soql.select(
            ("ApiName", "IsActive"), "FlowDefinitionView", f"WHERE ApiName IN {texts(names)}"
        )
    )
    active = [text_of(row, "ApiName") for row in rows if row.get("IsActive")]
    if active:
        yield fine(f"active: {', '.join(active)}")
    else:
        yield fine(f"{len(rows)} there, none active; activating them is your decision")


def _templates(context: DoctorContext) -> set[str]:
    return {each.name for each in context.footprint.components() if each.kind == "Flow"}


def _written(context: DoctorContext) -> Mapping[str, Sequence[str]]:
    """The objects that we see and write to, each with the fields."""
    return {
        mapping.object: [rule.field for rule in mapping.fields]
        for mapping in context.mappings
        if context.described[mapping.object] is not None
    }


def _listed(what: str, names: Sequence[str]) -> str:
    plural = what if len(names) == 1 else f"{what}s"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)} {plural}: {', '.join(names[:_NAMED])}{more}"


_NEEDS = ("api", "mappings", "permissions")

CHECKS = (
    Check(
        name="validation",
        about=(
            "Which validation rules are active on the objects of the mappings, and which of "
            "them mention our fields."
        ),
        title="no active validation rules",
        parts=(_validation,),
        troubles=(RULE_ON_OUR_FIELDS, RULES),
        needs=_NEEDS,
    ),
    Check(
        name="automation",
        about=(
            "Which flows and Apex triggers start when we write; our own Flow templates aside."
        ),
        title="no other active flows or triggers",
        parts=(_flows, _triggers),
        troubles=(FLOWS, TRIGGERS),
        needs=_NEEDS,
    ),
    Check(
        name="duplicates",
        about="Which duplicate rules judge our writes.",
        title="no active duplicate rules",
        parts=(_duplicate_rules,),
        troubles=(DUPLICATES,),
        needs=_NEEDS,
    ),
    Check(
        name="assignment",
        about=(
            "Which assignment rules are active. Our writes tell Salesforce not to run them "
            "(`Sforce-Auto-Assign: FALSE`), so that no owner changes."
        ),
        title="no active assignment rules",
        parts=(_assignment_rules,),
        needs=_NEEDS,
    ),
    Check(
        name="flows",
        about=(
            "Which of our Flow templates are there, and which are active. One with a "
            "scheduled path needs a Default Workflow User: Setup > Process Automation "
            "Settings."
        ),
        title="none of our flows is there",
        parts=(_our_flows,),
        needs=_NEEDS,
    ),
)
