"""What a flow holds beside its elements: variables, constants, formulas and texts."""

import dataclasses

from connector.footprint.component import Body, Value
from connector.footprint.flows.elements import Operand, ordered, value


_FIRST = ("description", "name")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource by its name; `kind` is its XML element."""

    kind: str
    name: str
    body: Body
    description: str

    def written(self) -> Value:
        return ordered(
            {"name": self.name, **self.body}, description=self.description, first=_FIRST
        )


def takes(name: str, description: str, kind: str = "String") -> Resource:
    """A variable that the caller of the flow fills."""
    return _variable(name, description, kind, is_input=True)


def variable(
    name: str, description: str, kind: str = "String", *, several: bool = False, of: str = ""
) -> Resource:
    """A variable of the flow's own; `of` names the object of a record."""
    return _variable(name, description, kind, several=several, of=of)


def constant(name: str, held: Operand, description: str, kind: str = "String") -> Resource:
    """What an admin may want to change, in one place and with a name."""
    body: Body = {"dataType": kind, "value": value(held)}
    return Resource(kind="constants", name=name, body=body, description=description)


def formula(name: str, expression: str, description: str, kind: str = "Boolean") -> Resource:
    body: Body = {"dataType": kind, "expression": expression}
    return Resource(kind="formulas", name=name, body=body, description=description)


def text(name: str, words: str, description: str) -> Resource:
    """A text template; `{!...}` in it is filled in when the flow runs."""
    body: Body = {"isViewedAsPlainText": True, "text": words}
    return Resource(kind="textTemplates", name=name, body=body, description=description)


def _variable(
    name: str,
    description: str,
    kind: str,
    *,
    several: bool = False,
    of: str = "",
    is_input: bool = False,
) -> Resource:
    body: Body = {
        "dataType": kind,
        "isCollection": several,
        "isInput": is_input,
        "isOutput": False,
        **({"objectType": of} if of else {}),
    }
    return Resource(kind="variables", name=name, body=body, description=description)
