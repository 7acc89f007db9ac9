"""
A component of the org with what we need besides: a deployment replaces, so all goes along.

Picklist values that a deployment does not name are deactivated (Metadata API Developer Guide,
"CustomValue"), and what it does not say of history, help or labels is reset.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connector.footprint import Component, FieldSpec
from connector.footprint.component import Body, Value


#: By what a row of a permission set is known among its like.
_KEYS = {
    "applicationVisibilities": "application",
    "fieldPermissions": "field",
    "objectPermissions": "object",
    "tabSettings": "tab",
    "userPermissions": "name",
}
_TRUE = "true"


def shared_values(found: Body) -> str:
    """The global value set that a picklist has its values from; empty for values of its own."""
    value_set = found.get("valueSet")
    return str(value_set.get("valueSetName") or "") if isinstance(value_set, Mapping) else ""


def field(spec: FieldSpec, found: Body) -> Component:
    """The org's field, as long, as precise and with as many values as ours."""
    component = spec.component()
    scale = max(spec.scale, _number(found, "scale"))
    before = max(
        spec.precision - spec.scale, _number(found, "precision") - _number(found, "scale")
    )
    body: dict[str, Value] = {**found}
    if "length" in component.body:
        body["length"] = max(spec.length, _number(found, "length"))
    if "precision" in component.body:
        body |= {"precision": before + scale, "scale": scale}
    body |= {name: True for name in ("externalId", "unique") if component.body.get(name)}
    if spec.choices:
        body["valueSet"] = _value_set(spec, found)
    return Component(
        kind=component.kind,
        name=component.name,
        part=component.part,
        body=dict(sorted(body.items())),
    )


def _value_set(spec: FieldSpec, found: Body) -> Value:
    """The org's values in its order, ours made active; then those of ours that it lacks."""
    value_set = _body(found.get("valueSet"))
    definition = _body(value_set.get("valueSetDefinition"))
    ours = {value.casefold() for value in spec.values}
    theirs = [_body(each) for each in _several(definition.get("value"))]
    known = {str(each.get("fullName")).casefold() for each in theirs}
    values: list[Value] = [
        _without(each, "isActive") if str(each.get("fullName")).casefold() in ours else each
        for each in theirs
    ]
    values += [
        {"fullName": choice.value, "default": False, "label": choice.label}
        for choice in spec.choices
        if choice.value.casefold() not in known
    ]
    return {**value_set, "valueSetDefinition": {**definition, "value": values}}


def permission_set(component: Component, found: Body) -> Component:
    """The org's permission set with our grants added; none of its own is taken away."""
    body: dict[str, Value] = {**found}
    for name, key in _KEYS.items():
        theirs = [_body(each) for each in _several(found.get(name))]
        ours = [_body(each) for each in _several(component.body.get(name))]
        body[name] = list(_united(theirs, ours, key))
    return Component(
        kind=component.kind,
        name=component.name,
        part=component.part,
        body=dict(sorted(body.items())),
    )


def _united(theirs: Iterable[Body], ours: Iterable[Body], key: str) -> Iterator[Value]:
    """Rows by their key; what either grants is granted."""
    rows = {str(each.get(key)): each for each in theirs}
    for each in ours:
        name = str(each.get(key))
        before = rows.get(name, {})
        granted = {flag: value for flag, value in before.items() if value == _TRUE}
        rows[name] = {**before, **each, **granted}
    yield from (dict(sorted(row.items())) for row in rows.values())


def _several(value: "Value | None") -> Sequence[Value]:
    """One value or several; none where there is nothing."""
    if value is None:
        return ()
    return value if isinstance(value, list | tuple) else (value,)


def _body(value: "Value | None") -> Body:
    return value if isinstance(value, Mapping) else {}


def _without(body: Body, name: str) -> Body:
    return {key: value for key, value in body.items() if key != name}


def _number(found: Body, name: str) -> int:
    text = str(found.get(name) or "0")
    return int(text) if text.isdigit() else 0
