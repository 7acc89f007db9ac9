"""What describe must show of a field of ours: for the plan and the doctor to compare."""

import dataclasses
import re

from connector.footprint.fields import FieldKind, FieldSpec


#: The words of describe (Object Reference, "Field Types").
_TYPES = {
    FieldKind.TEXT: "string",
    FieldKind.TEXT_AREA: "textarea",
    FieldKind.LONG_TEXT: "textarea",
    FieldKind.CHECKBOX: "boolean",
    FieldKind.PICKLIST: "picklist",
    FieldKind.DATETIME: "datetime",
    FieldKind.NUMBER: "double",
    FieldKind.PERCENT: "percent",
    FieldKind.CURRENCY: "currency",
    FieldKind.LOOKUP: "reference",
    FieldKind.PHONE: "phone",
}
#: The lengths that Salesforce gives a kind, whatever was asked for.
_LENGTHS = {
    FieldKind.TEXT_AREA: 255,
    FieldKind.PICKLIST: 255,
    FieldKind.LOOKUP: 18,
    FieldKind.PHONE: 40,
}
#: A formula that gives text; nothing may be said about it.
_FORMULA_LENGTH = 1300
_FORMULA_PRECISION = 18
_QUOTED = re.compile(r'("(?:[^"\\]|\\.)*")')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """
    What describe shows of a field that is as we deployed it.

    `type` is describe's word. `length` is 0 where describe gives none, `precision` and `scale`
    where the field holds no number. `writable` is what our user needs; a formula is not.
    """

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    values: tuple[str, ...] = ()
    restricted: bool = False
    external_id: bool = False
    unique: bool = False
    nillable: bool = True
    writable: bool = True
    calculated: bool = False
    formula: str = ""
    references: tuple[str, ...] = ()
    help: str = ""


def expected(spec: FieldSpec) -> Expected:
    computed = bool(spec.formula)
    is_picklist = spec.kind is FieldKind.PICKLIST
    return Expected(
        name=spec.name,
        label=spec.label,
        type=_TYPES[spec.kind],
        length=_length(spec),
        precision=_FORMULA_PRECISION if computed and spec.precision else spec.precision,
        scale=spec.scale,
        values=spec.values,
        restricted=is_picklist and spec.restricted,
        external_id=spec.external_id,
        unique=spec.unique,
        nillable=not spec.required and spec.kind is not FieldKind.CHECKBOX,
        writable=spec.is_written,
        calculated=computed,
        formula=spec.formula,
        references=(spec.reference_to,) if spec.reference_to else (),
        help=spec.help,
    )


def same_formula(one: str, other: str) -> bool:
    """Whether two formulas differ in spacing at most; an org may space one its own way."""
    return _pieces(one) == _pieces(other)


def _pieces(formula: str) -> list[str]:
    """The quoted texts as they are, and what stands between them without its white space."""
    return [
        piece if piece.startswith('"') else "".join(piece.split())
        for piece in _QUOTED.split(formula)
    ]


def _length(spec: FieldSpec) -> int:
    if spec.formula:
        return _FORMULA_LENGTH if spec.kind is FieldKind.TEXT else 0
    return _LENGTHS.get(spec.kind, spec.length)
