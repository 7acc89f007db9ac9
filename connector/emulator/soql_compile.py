"""A SOQL tree made into one SQLite statement over the objects' tables."""

import dataclasses
from collections.abc import Iterator, Sequence

from connector.emulator.campaign_members import seen_members
from connector.emulator.errors import ApiError, NotEmulatedError
from connector.emulator.fields import Value
from connector.emulator.objects import SObject
from connector.emulator.schema import Schema
from connector.emulator.soql_literals import Literals
from connector.emulator.soql_scope import Column, Names, Scope
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
from connector.emulator.storage import statement


_FIELDS_LIMIT = 200


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
        self,
        text: str,
        schema: Schema,
        literals: Literals,
        user: str,
        *,
        deleted: bool,
        api: str = "data",
    ) -> None:
        self._text = text
        self._schema = schema
        self._literals = literals
        self._user = user
        self._deleted = deleted
        self._names = Names(text, schema, user, api)

    def compile(self, query: Query, *, inner: bool = False) -> Plan:
        """The statement; unless it is an inner one, each row ends with its record's id."""
        scope = Scope(self._names, query)
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

    def _columns(self, query: Query, scope: Scope) -> Iterator[Column]:
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

    def _everything(self, query: Query, scope: Scope, which: str) -> Iterator[Column]:
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

    def _where(self, query: Query, scope: Scope) -> tuple[str, list[Value]]:
        parts: list[str] = []
        values: list[Value] = []
        if not self._deleted and self._schema.field(scope.root.sobject, "IsDeleted"):
            parts.append(f"{scope.root.alias}.IsDeleted = 0")
        if scope.root.sobject.name == "CampaignMember":
            parts += seen_members(scope.root.alias, self._schema, self._user)
        if query.where is not None:
            sql, values = self._condition(query.where, scope)
            parts.append(sql)
        return (statement("WHERE", " AND ".join(parts)) if parts else ""), values

    def _condition(self, condition: Condition, scope: Scope) -> tuple[str, list[Value]]:
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
        return f"({expression} {word} ({plan.sql}))", list(plan.values)

    def _order(self, query: Query, scope: Scope) -> str:
        parts = []
        for order in query.ordered:
            expression, _ = scope.sortable(order.path)
            way = "DESC" if order.descending else "ASC"
            nulls = "LAST" if order.nulls_last else "FIRST"
            parts.append(f"{expression} {way} NULLS {nulls}")
        if not parts and not query.aggregated and not query.counts:
            parts.append(f"{scope.root.alias}.Id")
        return statement("ORDER BY", ", ".join(parts)) if parts else ""


def _all_parents(columns: Sequence[Column]) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Every chain of parents that a column passes through, the short ones first."""
    chains = {
        column.parents[:length]: None
        for column in columns
        for length in range(1, len(column.parents) + 1)
    }
    return tuple(sorted(chains, key=len))
