"""
What a flow must be to be taken: connected, with a trigger that may do what it asks for.

Error codes of the Metadata API's StatusCode enumeration stand in front where there is one
(FLOW_SCHEDULED_PATH_REQUIRES_DEFAULT_WORKFLOW_USER and its like).
"""

import re

from connector.emulator.metadata.context import Context
from connector.emulator.metadata.flow_parts import Parts, wrong
from connector.emulator.metadata.xml import Node, Problem


_NUMBERS = re.compile(r"\d+")
_LOGIC = re.compile(r"(?:\d+|AND|OR|NOT|[()\s])+", re.IGNORECASE)
_PRIOR = re.compile(r"\$Record__Prior|ISCHANGED\s*\(", re.IGNORECASE)
_RECORD_TRIGGERS = frozenset({"RecordAfterSave", "RecordBeforeSave", "RecordBeforeDelete"})
_ON_UPDATE = frozenset({"Update", "CreateAndUpdate"})
_LARGEST_BATCH = 200


def check_flow(context: Context, parts: Parts) -> None:
    """The shape of the flow; raises Problem."""
    flow = parts.flow
    for tag in ("processType", "status"):
        if not flow.get(tag):
            raise Problem(f"Required field is missing: {tag}", flow)
    _check_connectors(parts)
    _check_start(parts)
    _check_trigger(context, parts)
    for path in parts.start.all("scheduledPaths"):
        _check_path(context, parts, path)
    _check_paths(context, parts)
    for node in (parts.start, *parts.elements.values()):
        _check_logic(node)


def _check_connectors(parts: Parts) -> None:
    for node in parts.flow.walk():
        target = node.get("targetReference")
        if node.has("targetReference") and target.lower() not in parts.elements:
            raise wrong(f"The connector's target \"{target}\" doesn't exist in the flow.", node)


def _check_start(parts: Parts) -> None:
    first = parts.flow.get("startElementReference") or parts.start.get(
        "connector", "targetReference"
    )
    paths = parts.start.all("scheduledPaths")
    if not first and not any(path.get("connector", "targetReference") for path in paths):
        raise wrong(
            "The flow can't run because nothing is connected to the Start element.", parts.flow
        )


def _check_trigger(context: Context, parts: Parts) -> None:
    start, trigger = parts.start, parts.start.get("triggerType")
    if trigger in _RECORD_TRIGGERS:
        sobject = context.sobject(parts.object)
        if sobject is None or sobject.event or sobject.setup:
            raise wrong(f'The object "{parts.object}" can\'t start a flow.', start)
        if not start.get("recordTriggerType"):
            raise Problem("Required field is missing: recordTriggerType", start)
    elif trigger == "PlatformEvent":
        sobject = context.sobject(parts.object)
        if sobject is None or not sobject.event:
            raise wrong(f'The platform event "{parts.object}" doesn\'t exist.', start)
        if parts.active and not context.settings.default_workflow_user:
            raise Problem(
                "PLATFORM_EVENT_TRIGGERED_FLOW_REQUIRES_DEFAULT_WORKFLOW_USER: Before you"
                " activate this flow, specify a default workflow user in Process Automation"
                " Settings.",
                start,
            )
    elif not trigger and (start.get("recordTriggerType") or start.all("scheduledPaths")):
        raise wrong("The Start element has record settings but no trigger type.", start)


def _check_path(context: Context, parts: Parts, path: Node) -> None:
    timing = ("offsetNumber", "offsetUnit", "recordField", "timeSource")
    if path.get("pathType") == "AsyncAfterCommit":
        timed = next((tag for tag in timing if path.has(tag)), None)
        if timed is not None:
            raise wrong(f"An asynchronous path can't have {timed}.", path)
        return
    needed = ("name", "label", "offsetNumber", "offsetUnit", "timeSource")
    missing = next((tag for tag in needed if not path.get(tag)), None)
    if missing is not None:
        raise Problem(f"Required field is missing: {missing}", path)
    if int(path.get("maxBatchSize") or 1) not in range(1, _LARGEST_BATCH + 1):
        raise wrong(f"The batch size must be between 1 and {_LARGEST_BATCH}.", path)
    _check_source(context, parts, path)


def _check_source(context: Context, parts: Parts, path: Node) -> None:
    name = path.get("recordField")
    if path.get("timeSource") == "RecordTriggerEvent" and name:
        raise wrong("A path that counts from the trigger can't have a recordField.", path)
    if path.get("timeSource") == "RecordField":
        field = context.field(parts.object, name)
        if field is None or field.type not in {"date", "datetime"}:
            raise wrong(
                f'The scheduled path "{path.get("name")}" needs a date or date/time field of'
                f' the object "{parts.object}", not "{name}".',
                path,
            )


def _check_paths(context: Context, parts: Parts) -> None:
    start, paths = parts.start, parts.start.all("scheduledPaths")
    if not paths:
        return
    if start.get("triggerType") != "RecordAfterSave":
        raise wrong("Scheduled paths need a flow that runs after a record is saved.", start)
    if sum(path.get("pathType") == "AsyncAfterCommit" for path in paths) > 1:
        raise wrong("A flow can have only one asynchronous path.", start)
    timed = [path for path in paths if path.get("pathType") != "AsyncAfterCommit"]
    if timed and start.get("recordTriggerType") in _ON_UPDATE:
        _check_criteria(parts)
    if timed and parts.active and not context.settings.default_workflow_user:
        raise Problem(
            "FLOW_SCHEDULED_PATH_REQUIRES_DEFAULT_WORKFLOW_USER: Before you activate this flow,"
            " specify a default workflow user in Process Automation Settings.",
            start,
        )


def _check_criteria(parts: Parts) -> None:
    """A path that waits is dropped when the record no longer meets the criteria."""
    start = parts.start
    if not start.flag("doesRequireRecordChangedToMeetCriteria"):
        raise wrong(
            "Flows with scheduled paths that run when a record is updated must run only when"
            " the record is updated to meet the condition requirements.",
            start,
        )
    if not start.has("filters") and not start.get("filterFormula"):
        raise wrong("Flows with scheduled paths need condition requirements.", start)
    for node in start.walk():
        if _PRIOR.search(node.text):
            raise wrong(
                "Flows with scheduled paths can't use ISCHANGED or $Record__Prior in their"
                " condition requirements.",
                node,
            )


def _check_logic(node: Node) -> None:
    """`1 AND (2 OR 3)` names conditions that are there, each of them."""
    for holder in node.walk():
        for tag, listed in (("filterLogic", "filters"), ("conditionLogic", "conditions")):
            logic, count = holder.get(tag), len(holder.all(listed))
            if not logic or logic in {"and", "or", "no_conditions"}:
                continue
            numbers = {int(number) for number in _NUMBERS.findall(logic)}
            if logic == "formula_evaluates_to_true" and holder.get("filterFormula"):
                continue
            if not _LOGIC.fullmatch(logic) or numbers != set(range(1, count + 1)):
                raise wrong(f'The condition logic "{logic}" is invalid.', holder)
