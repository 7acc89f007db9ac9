"""What a SOQL query says, as a tree."""

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Path:
    """A field, or one reached through parents: `Account.Owner.Name`."""

    parts: tuple[str, ...]
    at: int

    @property
    def text(self) -> str:
        return ".".join(self.parts)


@dataclasses.dataclass(frozen=True, slots=True)
class Aggregate:
    """COUNT, SUM and their kin over a field."""

    function: str
    path: Path
    alias: str


@dataclasses.dataclass(frozen=True, slots=True)
class Everything:
    """FIELDS(ALL), FIELDS(STANDARD) or FIELDS(CUSTOM)."""

    which: str


@dataclasses.dataclass(frozen=True, slots=True)
class Literal:
    """A value as written: kind is string, number, boolean, null, date, datetime or span."""

    kind: str
    value: object
    at: int


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """One field held against one value."""

    path: Path
    operator: str
    value: Literal


@dataclasses.dataclass(frozen=True, slots=True)
class Membership:
    """`IN` or `NOT IN` a list, or another query."""

    path: Path
    negated: bool
    values: tuple[Literal, ...] = ()
    query: "Query | None" = None


@dataclasses.dataclass(frozen=True, slots=True)
class Negation:
    """NOT."""

    condition: "Condition"


@dataclasses.dataclass(frozen=True, slots=True)
class Junction:
    """Conditions joined by AND or by OR."""

    word: str
    conditions: tuple["Condition", ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """One part of ORDER BY; empty values come first unless told otherwise."""

    path: Path
    descending: bool
    nulls_last: bool


Condition = Comparison | Membership | Negation | Junction
Item = Path | Aggregate | Everything


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One SELECT; `counts` is a bare COUNT()."""

    items: tuple[Item, ...]
    sobject: str
    sobject_at: int
    alias: str = ""
    counts: bool = False
    where: Condition | None = None
    grouped: tuple[Path, ...] = ()
    ordered: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0

    @property
    def aggregated(self) -> bool:
        return bool(self.grouped) or any(isinstance(item, Aggregate) for item in self.items)
