"""A flow from its start, elements and resources: ordered, laid out and shipped as Draft."""

from collections.abc import Mapping, Sequence

from connector.footprint.component import Body, Component, Value
from connector.footprint.flows.elements import Element, Operand, Ref, ordered, subflow, targets
from connector.footprint.flows.resources import Resource
from connector.footprint.flows.starts import Start
from connector.footprint.parts import FLOWS


#: As a number, unlike that of the whole footprint; a flow runs by the rules of its version.
API_VERSION = 66.0

#: The element where fault paths end, and the flow that it calls.
FAULT = "Report_Failure"
REPORT_FAILURE = "SMS_Report_Failure"

_WIDTH, _HEIGHT = 264, 120


def flow(
    name: str,
    label: str,
    description: str,
    *,
    start: Start,
    elements: Sequence[Element],
    resources: Sequence[Resource] = (),
    part: str = FLOWS,
) -> Component:
    """The component; the elements may stand in any order, and something leads to each."""
    places = layout(start, elements)
    if lost := {each.name for each in elements} - places.keys():
        raise ValueError(f"{name}: nothing leads to {', '.join(sorted(lost))}")
    body: Body = {
        "apiVersion": API_VERSION,
        "description": description,
        "environments": "Default",
        "interviewLabel": f"{label} {{!$Flow.CurrentDateTime}}",
        "label": label,
        "processMetadataValues": _builder(),
        "processType": "AutoLaunchedFlow",
        **({} if start.is_triggered else {"runInMode": "DefaultMode"}),
        "start": start.placed(*places[""]),
        "status": "Draft",
        **_grouped(
            [(each.kind, each.placed(*places[each.name])) for each in elements]
            + [(each.kind, each.written()) for each in resources]
        ),
    }
    return Component(kind="Flow", name=name, body=ordered(body, first=()), part=part)


def layout(start: Start, elements: Sequence[Element]) -> Mapping[str, tuple[int, int]]:
    """
    Where each element stands on the canvas; the start is the one without a name.

    A row is as many elements away from the start as it can be reached in; what goes on
    straight stays in the column, what branches off opens a new one to the right.
    """
    leads_to = {element.name: element.targets() for element in elements}
    column, row = {"": 0}, {"": 0}
    waiting, columns = [("", tuple(targets(start.body)))], 1
    while waiting:
        name, following = waiting.pop(0)
        for number, target in enumerate(each for each in following if each not in column):
            row[target] = row[name] + 1
            column[target] = columns if number else column[name]
            columns += bool(number)
            waiting.append((target, leads_to[target]))
    return {name: (50 + column[name] * _WIDTH, row[name] * _HEIGHT) for name in column}


def report_failure(flow_name: str, record: Operand) -> Element:
    """Where fault paths lead: an e-mail to the admin; what started the flow is saved anyway."""
    return subflow(
        FAULT,
        "Report the failure",
        REPORT_FAILURE,
        values={
            "flowName": flow_name,
            "recordId": record,
            "failure": Ref("$Flow.FaultMessage"),
        },
    )


def _grouped(parts: Sequence[tuple[str, Value]]) -> Body:
    """Those of one kind together, as the WSDL wants them."""
    kinds = dict.fromkeys(kind for kind, _ in parts)
    return {name: [part for kind, part in parts if kind == name] for name in kinds}


def _builder() -> list[Body]:
    """What Flow Builder wants to know: opened in it, it arranges the elements itself."""
    told = {
        "BuilderType": "LightningFlowBuilder",
        "CanvasMode": "AUTO_LAYOUT_CANVAS",
        "OriginBuilderType": "LightningFlowBuilder",
    }
    return [{"name": name, "value": {"stringValue": held}} for name, held in told.items()]
