"""The tables and columns behind the paths of one SELECT."""

import dataclasses
from collections.abc import Callable

from connector.emulator.errors import ApiError
from connector.emulator.fields import Field
from connector.emulator.objects import SObject
from connector.emulator.schema import Schema
from connector.emulator.soql_tokens import malformed
from connector.emulator.soql_tree import Path, Query
from connector.emulator.storage import quoted


_MOST_PARENTS = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """One selected value: the field and the relationship names that lead to it."""

    parents: tuple[tuple[str, str], ...]  # relationship name, object that it leads to
    name: str
    field: Field | None
    alias: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """One table of the statement: the object and the alias that its columns go by."""

    sobject: SObject
    alias: str


class Names:
    """What the names in one query mean to one user, and how unknown ones are refused."""

    def __init__(self, text: str, schema: Schema, user: str, api: str = "data") -> None:
        self._api = api
        self._text = text
        self._schema = schema
        self._user = user
        self._aliases = 0

    def alias(self) -> str:
        self._aliases += 1
        return f"t{self._aliases}"

    def sobject(self, query: Query) -> SObject:
        known = self._schema.knows(query.sobject)
        sobject = self._schema.sobject(query.sobject) if known else None
        seen = sobject is not None and (
            self._api in sobject.apis and self._schema.sees_object(sobject, self._user)
        )
        if sobject is None or not seen:
            message = (
                f"sObject type '{query.sobject}' is not supported. If you are attempting to use"
                " a custom object, be sure to append the '__c' after the entity name. Please"
                " reference your WSDL or the describe call for the appropriate names."
            )
            raise malformed(self._text, query.sobject_at, message, "INVALID_TYPE")
        if sobject.event:
            message = f"entity type {sobject.name} does not support query"
            raise ApiError(400, "INVALID_TYPE_FOR_OPERATION", message)
        return sobject

    def field(self, sobject: SObject, name: str, at: int) -> Field:
        field = self._schema.field(sobject, name)
        if field is None or not self._schema.visible(sobject, field, self._user):
            message = (
                f"No such column '{name}' on entity '{sobject.name}'. If you are attempting to"
                " use a custom field, be sure to append the '__c' after the custom field name."
                " Please reference your WSDL or the describe call for the appropriate names."
            )
            raise malformed(self._text, at, message, "INVALID_FIELD")
        return field

    def parent(self, sobject: SObject, name: str, path: Path) -> tuple[Field, SObject]:
        field = self._schema.relationship(sobject, name)
        if field is None or not self._schema.visible(sobject, field, self._user):
            message = (
                f"Didn't understand relationship '{name}' in field path. If you are attempting"
                " to use a custom relationship, be sure to append the '__r' after the custom"
                " relationship name. Please reference your WSDL or the describe call for the"
                " appropriate names."
            )
            raise malformed(self._text, path.at, message, "INVALID_FIELD")
        return field, self._schema.sobject(field.reference_to[0])

    def refuse(self, path: Path, message: str) -> ApiError:
        return malformed(self._text, path.at, message, "INVALID_FIELD")


class Scope:
    """The tables of one SELECT, joined as its paths need them."""

    def __init__(self, names: Names, query: Query) -> None:
        self._resolver = names
        self.root = Source(names.sobject(query), names.alias())
        self._names = {name.lower() for name in (query.alias, query.sobject) if name}
        self._joined: dict[tuple[str, ...], tuple[Source, str]] = {}

    def tables(self) -> str:
        start = f"{quoted(self.root.sobject.name)} AS {self.root.alias}"
        joins = (
            f"LEFT JOIN {quoted(source.sobject.name)} AS {source.alias} ON {on}"
            for source, on in self._joined.values()
        )
        return " ".join([start, *joins])

    def column(self, path: Path, *, aggregated: bool) -> Column:
        parents: list[tuple[str, str]] = []
        _, field = self.reach(path, lambda name, target: parents.append((name, target)))
        alias = field.name if aggregated else ""
        return Column(tuple(parents), path.text if aggregated else field.name, field, alias)

    def selected(self, column: Column) -> str:
        if column.field is None:
            function, _, text = column.name.partition(":")
            expression, _ = self.reach(Path(tuple(text.split(".")), 0))
            if function == "COUNT_DISTINCT":
                return f"COUNT(DISTINCT {expression})"
            return f"{function}({expression})"
        if column.alias:
            return self.reach(Path(tuple(column.name.split(".")), 0))[0]
        names = [name for name, _ in column.parents]
        return self.reach(Path((*names, column.name), 0))[0]

    def identity(self, chain: tuple[tuple[str, str], ...]) -> str:
        """The id of the record itself, or of the parent at the end of the chain."""
        return self.reach(Path((*(name for name, _ in chain), "Id"), 0))[0]

    def filterable(self, path: Path) -> tuple[str, Field]:
        expression, field = self.reach(path)
        if field.is_long_text or field.type == "address":
            message = f"field '{field.name}' can not be filtered in a query call"
            raise self._resolver.refuse(path, message)
        return expression, field

    def sortable(self, path: Path) -> tuple[str, Field]:
        expression, field = self.reach(path)
        if field.is_long_text or field.type == "address":
            message = f"field '{field.name}' can not be sorted in a query call"
            raise self._resolver.refuse(path, message)
        return expression, field

    def reach(
        self, path: Path, note: Callable[[str, str], None] | None = None
    ) -> tuple[str, Field]:
        """The SQL for a path; every parent on the way is joined once and told to `note`."""
        parts = list(path.parts)
        if len(parts) > 1 and parts[0].lower() in self._names:
            parts = parts[1:]
        if len(parts) > _MOST_PARENTS + 1:
            message = f"SOQL relationship path has more than {_MOST_PARENTS} levels"
            raise self._resolver.refuse(path, message)
        source = self.root
        walked: tuple[str, ...] = ()
        for name in parts[:-1]:
            walked = (*walked, name.lower())
            field, target = self._resolver.parent(source.sobject, name, path)
            if note is not None:
                note(str(field.relationship), target.name)
            source = self._join(walked, source, field, target)
        field = self._resolver.field(source.sobject, parts[-1], path.at)
        return _expression(source, field), field

    def _join(
        self, walked: tuple[str, ...], source: Source, field: Field, target: SObject
    ) -> Source:
        if walked not in self._joined:
            joined = Source(target, self._resolver.alias())
            on = f"{source.alias}.{quoted(field.name)} = {joined.alias}.Id"
            self._joined[walked] = (joined, on)
        return self._joined[walked][0]


def _expression(source: Source, field: Field) -> str:
    if not field.calculated:
        return f"{source.alias}.{quoted(field.name)}"
    if not field.case_of:
        return "NULL"
    pairs = " ".join(f"WHEN {_sql(value)} THEN {_sql(text)}" for value, text in field.cases)
    otherwise = _sql(field.case_else) if field.case_else else "NULL"
    return f"(CASE {source.alias}.{quoted(field.case_of)} {pairs} ELSE {otherwise} END)"


def _sql(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
