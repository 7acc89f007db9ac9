"""A SOQL tree made into one SQLite statement over the objects' tables."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from connector.emulator.errors import ApiError, NotEmulatedError
from connector.emulator.fields import Field, Value
from connector.emulator.objects import SObject
from connector.emulator.schema import Schema
from connector.emulator.soql_literals import Literals
from connector.emulator.soql_tokens import malformed
from connector.emulator.soql_tree import (
    Aggregate,
    Comparison,
    Condition,
    Everything,
    Junction,
    Membership,
    Negation,
    Path,
    Query,
)
from connector.emulator.storage import quoted, statement


_MOST_PARENTS = 5
_FIELDS_LIMIT = 200


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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A statement with its values, and what its columns mean."""

    sql: str
    values: tuple[Value, ...]
    columns: tuple[Column, ...]
    sobject: SObject
    #: The parents that columns come from; after the record's own id, rows carry theirs.
    parents: tuple[tuple[tuple[str, str], ...], ...] = ()


class Compiler:
    """Compiles one query for one user; `deleted` shows the recycle bin too."""

    def __init__(
        self, text: str, schema: Schema, literals: Literals, user: str, *, deleted: bool
    ) -> None:
        self._text = text
        self._schema = schema
        self._literals = literals
        self._user = user
        self._deleted = deleted
        self._aliases = 0

    def compile(self, query: Query, *, inner: bool = False) -> Plan:
        """The statement; unless it is an inner one, each row ends with its record's id."""
        scope = _Scope(self, query)
        columns = tuple(self._columns(query, scope))
        where, values = self._where(query, scope)
        order = self._order(query, scope)
        selected = [scope.selected(column) for column in columns] or ["COUNT(*)"]
        parents: tuple[tuple[tuple[str, str], ...], ...] = ()
        if not (query.aggregated or query.counts or inner):
            parents = _all_parents(columns)
            selected += [scope.identity(chain) for chain in ((), *parents)]
        group = [scope.reach(path)[0] for path in query.grouped]
        limit = -1 if query.limit is None else query.limit
        sql = statement(
            "SELECT",
            ", ".join(selected),
            "FROM",
            scope.tables(),
            where,
            statement("GROUP BY", ", ".join(group)) if group else "",
            order,
            "" if query.counts else f"LIMIT {limit} OFFSET {query.offset}",
        )
        return Plan(
            sql=sql,
            values=tuple(values),
            columns=columns,
            sobject=scope.root.sobject,
            parents=parents,
        )

    def _columns(self, query: Query, scope: "_Scope") -> Iterator[Column]:
        seen: set[str] = set()
        for item in query.items:
            match item:
                case Everything(which):
                    yield from self._everything(query, scope, which)
                case Aggregate(function, path, alias):
                    yield Column((), f"{function}:{path.text}", None, alias)
                case Path():
                    column = scope.column(item, aggregated=query.aggregated)
                    key = item.text.lower()
                    if key in seen:
                        message = f"duplicate field selected: {item.text}"
                        raise malformed(self._text, item.at, message)
                    seen.add(key)
                    yield column
        if query.aggregated:
            self._check_grouped(query)

    def _everything(self, query: Query, scope: "_Scope", which: str) -> Iterator[Column]:
        if which != "STANDARD" and (query.limit is None or query.limit > _FIELDS_LIMIT):
            message = (
                "The SOQL FIELDS function must have a LIMIT of at most 200"
                if which == "ALL"
                else "The SOQL FIELDS function is not supported without LIMIT"
            )
            raise ApiError(400, "MALFORMED_QUERY", message)
        for field in self._schema.visible_fields(scope.root.sobject, self._user):
            if which == "ALL" or field.custom == (which == "CUSTOM"):
                yield Column((), field.name, field)

    def _check_grouped(self, query: Query) -> None:
        grouped = {path.text.lower() for path in query.grouped}
        for item in query.items:
            if isinstance(item, Path) and item.text.lower() not in grouped:
                message = f"Field must be grouped or aggregated: {item.text}"
                raise malformed(self._text, item.at, message)

    def _where(self, query: Query, scope: "_Scope") -> tuple[str, list[Value]]:
        parts, values = [], []
        if not self._deleted and self._schema.field(scope.root.sobject, "IsDeleted"):
            parts.append(f"{scope.root.alias}.IsDeleted = 0")
        if query.where is not None:
            sql, values = self._condition(query.where, scope)
            parts.append(sql)
        return (statement("WHERE", " AND ".join(parts)) if parts else ""), values

    def _condition(self, condition: Condition, scope: "_Scope") -> tuple[str, list[Value]]:
        match condition:
            case Junction(word, conditions):
                parts = [self._condition(each, scope) for each in conditions]
                joined = f" {word} ".join(sql for sql, _ in parts)
                return f"({joined})", [value for _, values in parts for value in values]
            case Negation(inner):
                sql, values = self._condition(inner, scope)
                # What SQL does not know (NULL) counts as false before it is turned round.
                return f"(NOT COALESCE(({sql}), 0))", values
            case Comparison(path, operator, value):
                expression, field = scope.filterable(path)
                return self._literals.compare(expression, field, operator, value)
            case Membership(path, negated, literals, query):
                expression, field = scope.filterable(path)
                if query is not None:
                    return self._semi_join(expression, query, negated=negated)
                return self._literals.within(expression, field, literals, negated=negated)

    def _semi_join(
        self, expression: str, query: Query, *, negated: bool
    ) -> tuple[str, list[Value]]:
        plan = self.compile(query, inner=True)
        if len(plan.columns) != 1 or query.ordered or query.limit is not None:
            raise NotEmulatedError("this kind of semi-join")
        word = "NOT IN" if negated else "IN"
        return f"({expression} {word} (SELECT * FROM ({plan.sql})))", list(plan.values)

    def _order(self, query: Query, scope: "_Scope") -> str:
        parts = []
        for order in query.ordered:
            expression, _ = scope.sortable(order.path)
            way = "DESC" if order.descending else "ASC"
            nulls = "LAST" if order.nulls_last else "FIRST"
            parts.append(f"{expression} {way} NULLS {nulls}")
        if not parts and not query.aggregated and not query.counts:
            parts.append(f"{scope.root.alias}.Id")
        return statement("ORDER BY", ", ".join(parts)) if parts else ""

    # What the scope asks of its compiler.

    def alias(self) -> str:
        self._aliases += 1
        return f"t{self._aliases}"

    def sobject(self, query: Query) -> SObject:
        known = self._schema.knows(query.sobject)
        sobject = self._schema.object(query.sobject) if known else None
        if sobject is None or not self._schema.sees_object(sobject, self._user):
            message = (
                f"sObject type '{query.sobject}' is not supported. If you are attempting to use"
                " a custom object, be sure to append the '__c' after the entity name. Please"
                " reference your WSDL or the describe call for the appropriate names."
            )
            raise malformed(self._text, query.sobject_at, message, "INVALID_TYPE")
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
        return field, self._schema.object(field.reference_to[0])

    def refuse(self, path: Path, message: str) -> ApiError:
        return malformed(self._text, path.at, message, "INVALID_FIELD")


class _Scope:
    """The tables of one SELECT, joined as its paths need them."""

    def __init__(self, compiler: Compiler, query: Query) -> None:
        self._compiler = compiler
        self.root = Source(compiler.sobject(query), compiler.alias())
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
            raise self._compiler.refuse(path, message)
        return expression, field

    def sortable(self, path: Path) -> tuple[str, Field]:
        expression, field = self.reach(path)
        if field.is_long_text or field.type == "address":
            message = f"field '{field.name}' can not be sorted in a query call"
            raise self._compiler.refuse(path, message)
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
            raise self._compiler.refuse(path, message)
        source, walked = self.root, ()
        for name in parts[:-1]:
            walked = (*walked, name.lower())
            field, target = self._compiler.parent(source.sobject, name, path)
            if note is not None:
                note(str(field.relationship), target.name)
            source = self._join(walked, source, field, target)
        field = self._compiler.field(source.sobject, parts[-1], path.at)
        return _expression(source, field), field

    def _join(
        self, walked: tuple[str, ...], source: Source, field: Field, target: SObject
    ) -> Source:
        if walked not in self._joined:
            joined = Source(target, self._compiler.alias())
            on = f"{source.alias}.{quoted(field.name)} = {joined.alias}.Id"
            self._joined[walked] = (joined, on)
        return self._joined[walked][0]


def _all_parents(columns: Sequence[Column]) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Every chain of parents that a column passes through, the short ones first."""
    chains = {
        column.parents[:length]: None
        for column in columns
        for length in range(1, len(column.parents) + 1)
    }
    return tuple(sorted(chains, key=len))


def _expression(source: Source, field: Field) -> str:
    if not field.calculated:
        return f"{source.alias}.{quoted(field.name)}"
    pairs = " ".join(f"WHEN {_sql(value)} THEN {_sql(text)}" for value, text in field.cases)
    otherwise = _sql(field.case_else) if field.case_else else "NULL"
    return f"(CASE {source.alias}.{quoted(field.case_of)} {pairs} ELSE {otherwise} END)"


def _sql(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
