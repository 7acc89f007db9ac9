"""Our fields, as values: from them come the metadata, the plan, the checks and the pages."""

import dataclasses
import enum
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from connector.footprint.component import CORE, Component, Value


class FieldKind(enum.StrEnum):
    """The kinds of field that we use, by the names of the Metadata API."""

    TEXT = "Text"
    TEXT_AREA = "TextArea"
    LONG_TEXT = "LongTextArea"
    CHECKBOX = "Checkbox"
    PICKLIST = "Picklist"
    DATETIME = "DateTime"
    NUMBER = "Number"
    PERCENT = "Percent"
    CURRENCY = "Currency"
    LOOKUP = "Lookup"
    PHONE = "Phone"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value of a picklist: what programs write, and what people read."""

    value: str
    label: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """
    One field of ours.

    `help` is what people see in the org beside the field, `description` what its admin reads
    in Setup. A field with a `formula` is computed by the org and written by nobody; `kind` is
    then what it gives. `required` fields are visible to all who may read the object, so no
    permission set may name them. `children` names the relationship from the other side of a
    lookup, unique among all lookups to the same object.
    """

    object: str
    name: str
    label: str
    kind: FieldKind
    help: str
    description: str = ""
    length: int = 0
    precision: int = 0
    scale: int = 0
    choices: tuple[Choice, ...] = ()
    restricted: bool = True
    external_id: bool = False
    unique: bool = False
    required: bool = False
    reference_to: str = ""
    children: str = ""
    children_label: str = ""
    formula: str = ""
    part: str = CORE

    @property
    def full_name(self) -> str:
        return f"{self.object}.{self.name}"

    @property
    def values(self) -> tuple[str, ...]:
        """The values of a picklist, as the API writes them."""
        return tuple(choice.value for choice in self.choices)

    @property
    def is_written(self) -> bool:
        """Whether the service may write it: a formula is the org's."""
        return not self.formula

    def component(self) -> Component:
        return Component(
            kind="CustomField", name=self.full_name, body=dict(_body(self)), part=self.part
        )


#: The fields of an object by the heading under which its page shows them.
Sections: TypeAlias = Mapping[str, tuple[FieldSpec, ...]]


def _body(spec: FieldSpec) -> Iterator[tuple[str, Value]]:
    """The elements in the order of the WSDL, those of the kind among those of every field."""
    elements: dict[str, Value] = {
        "description": spec.description or spec.help,
        "inlineHelpText": spec.help,
        "label": spec.label,
        "type": spec.kind.value,
        **dict(_of_kind(spec)),
    }
    if spec.object.endswith("__e"):
        # People never see an event, so its fields take no help.
        del elements["inlineHelpText"]
    yield from sorted(elements.items())


def _of_kind(spec: FieldSpec) -> Iterator[tuple[str, Value]]:
    if spec.formula:
        yield "formula", spec.formula
        yield "formulaTreatBlanksAs", "BlankAsBlank"
    else:
        yield from _stored(spec)
    if spec.kind in {FieldKind.NUMBER, FieldKind.PERCENT, FieldKind.CURRENCY}:
        yield "precision", spec.precision
        yield "scale", spec.scale


def _stored(spec: FieldSpec) -> Iterator[tuple[str, Value]]:
    match spec.kind:
        case FieldKind.CHECKBOX:
            yield "defaultValue", False
        case FieldKind.TEXT:
            yield "length", spec.length
            yield from _key(spec)
        case FieldKind.LONG_TEXT:
            yield "length", spec.length
            yield "visibleLines", 3
        case FieldKind.PICKLIST:
            yield "valueSet", _value_set(spec)
        case FieldKind.LOOKUP:
            yield "deleteConstraint", "SetNull"
            yield "referenceTo", spec.reference_to
            yield "relationshipLabel", spec.children_label
            yield "relationshipName", spec.children
        case _:
            pass
    if spec.required:
        yield "required", True


def _key(spec: FieldSpec) -> Iterator[tuple[str, Value]]:
    if spec.external_id:
        yield "externalId", True
    if spec.unique:
        # Gateways' ids differ in case alone.
        yield "caseSensitive", True
        yield "unique", True


def _value_set(spec: FieldSpec) -> Value:
    values: list[Value] = [
        {"fullName": choice.value, "default": False, "label": choice.label}
        for choice in spec.choices
    ]
    return {
        "restricted": spec.restricted,
        "valueSetDefinition": {"sorted": False, "value": values},
    }
