"""Answers to queries: rows made into records, page by page."""

import collections
import dataclasses
import itertools
import json
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

from connector.emulator.errors import ApiError
from connector.emulator.fields import Field, Value
from connector.emulator.ids import make_id
from connector.emulator.schema import Schema
from connector.emulator.soql_compile import Compiler, Plan
from connector.emulator.soql_literals import Literals
from connector.emulator.soql_parse import parse
from connector.emulator.soql_scope import Column
from connector.emulator.soql_tree import Query
from connector.emulator.storage import Storage


_LOCATOR_PREFIX = "01g"
#: Open cursors; an older one is forgotten and its locator refused (a real org keeps 10 a user).
_MOST_CURSORS = 20
#: What Sforce-Query-Options may ask for (REST guide, "Query Options Header").
_SMALLEST_PAGE, _LARGEST_PAGE = 200, 2_000

Rows = Sequence[Sequence[Value]]


@dataclasses.dataclass(frozen=True, slots=True)
class _Cursor:
    plan: Plan
    rows: Rows
    size: int


class Queries:
    """Runs SOQL for one org and remembers what is still to be fetched."""

    def __init__(
        self,
        storage: Storage,
        schema: Schema,
        clock: Callable[[], datetime],
        *,
        api: str = "data",
        before: Callable[[Query], None] = lambda _query: None,
    ) -> None:
        self._api = api
        self._before = before
        self._storage = storage
        self._schema = schema
        self._clock = clock
        self._cursors: collections.OrderedDict[str, _Cursor] = collections.OrderedDict()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        #: Rows in a page; None lets the caller's header choose, as in a real org.
        self.page_size: int | None = None

    def run(
        self,
        text: str,
        *,
        user: str,
        base: str,
        deleted: bool = False,
        asked: int | None = None,
    ) -> dict[str, object]:
        """The first page of a query's answer."""
        query = parse(text)
        plan = self.plan(text, query, user=user, deleted=deleted)
        rows = [tuple(row) for row in self._storage.fetch(plan.sql, plan.values)]
        if query.counts:
            return {"totalSize": rows[0][0], "done": True, "records": []}
        wanted = min(max(asked or _LARGEST_PAGE, _SMALLEST_PAGE), _LARGEST_PAGE)
        cursor = _Cursor(plan, rows, self.page_size or wanted)
        if query.aggregated and len(rows) > cursor.size:
            message = (
                "Aggregate query does not support queryMore(),"
                " use LIMIT to restrict the results to a single batch"
            )
            raise ApiError(400, "EXCEEDED_ID_LIMIT", message)
        return self._page(cursor, 0, base, None)

    def more(self, locator: str, *, base: str) -> dict[str, object]:
        """The page that a `nextRecordsUrl` names."""
        name, _, start = locator.rpartition("-")
        with self._lock:
            cursor = self._cursors.get(name)
        if cursor is None or not start.isdigit():
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(cursor, int(start), base, name)

    def records(
        self, text: str, query: Query, *, user: str, base: str
    ) -> list[dict[str, object]]:
        """All records of a query that was parsed already."""
        plan = self.plan(text, query, user=user, deleted=False)
        rows = self._storage.fetch(plan.sql, plan.values)
        return [render(plan, tuple(row), base) for row in rows]

    def plan(self, text: str, query: Query, *, user: str, deleted: bool) -> Plan:
        self._before(query)
        literals = Literals(text, self._clock().date())
        compiler = Compiler(text, self._schema, literals, user, deleted=deleted, api=self._api)
        return compiler.compile(query)

    def columns(self, text: str, *, user: str) -> dict[str, object]:
        """What `&columns=true` tells about a query instead of running it."""
        query = parse(text)
        plan = self.plan(text, query, user=user, deleted=False)
        return {
            "columnMetadata": _columns_metadata(plan.columns),
            "entityName": plan.sobject.name,
            "groupBy": bool(query.grouped),
            "idSelected": any(c.name == "Id" and not c.parents for c in plan.columns),
            "keyPrefix": plan.sobject.key_prefix,
        }

    def _page(
        self, cursor: _Cursor, start: int, base: str, name: str | None
    ) -> dict[str, object]:
        end = start + cursor.size
        page: dict[str, object] = {
            "totalSize": len(cursor.rows),
            "done": end >= len(cursor.rows),
            "records": [render(cursor.plan, row, base) for row in cursor.rows[start:end]],
        }
        if end < len(cursor.rows):
            name = name or self._remember(cursor)
            page["nextRecordsUrl"] = f"{base}/query/{name}-{end}"
        return page

    def _remember(self, cursor: _Cursor) -> str:
        with self._lock:
            name = make_id(_LOCATOR_PREFIX, next(self._numbers))
            self._cursors[name] = cursor
            while len(self._cursors) > _MOST_CURSORS:
                self._cursors.popitem(last=False)
        return name


def present(field: Field | None, value: Value) -> Value:
    """A kept value as JSON shows it."""
    if field is not None and field.type == "complexvalue":
        return json.loads(str(value or "null"))  # type: ignore[no-any-return]
    return bool(value) if field is not None and field.type == "boolean" else value


def attributes(sobject: str, record: Value, base: str) -> dict[str, object]:
    return {"type": sobject, "url": f"{base}/sobjects/{sobject}/{record}"}


def render(plan: Plan, row: Sequence[Value], base: str) -> dict[str, object]:
    """One row as a record; the parents of its paths become records inside it."""
    if any(column.alias for column in plan.columns):
        head: dict[str, object] = {"attributes": {"type": "AggregateResult"}}
        pairs = zip(plan.columns, row, strict=True)
        return {**head, **{column.alias: present(column.field, v) for column, v in pairs}}
    shown, hidden = row[: len(plan.columns)], row[len(plan.columns) :]
    record: dict[str, object] = {"attributes": attributes(plan.sobject.name, hidden[0], base)}
    for chain, identity in zip(plan.parents, hidden[1:], strict=True):
        above = _inside(record, chain[:-1])
        if above is not None:
            name, sobject = chain[-1]
            head = {"attributes": attributes(sobject, identity, base)}
            above.setdefault(name, head if identity is not None else None)
    for column, value in zip(plan.columns, shown, strict=True):
        target = _inside(record, column.parents)
        if target is not None:
            target[column.name] = present(column.field, value)
    return record


def _inside(
    record: dict[str, object], chain: Sequence[tuple[str, str]]
) -> dict[str, object] | None:
    """The record at the end of a chain of parents; None where one is empty."""
    target: dict[str, object] = record
    for name, _ in chain:
        parent = target.get(name)
        if not isinstance(parent, dict):
            return None
        target = parent
    return target


def _columns_metadata(columns: Sequence[Column]) -> list[dict[str, object]]:
    """The columns as asked for; those of a parent stand inside one column with its name."""
    found: list[dict[str, object]] = []
    for column in columns:
        level = found
        for name, _ in column.parents:
            parent = next((each for each in level if each["columnName"] == name), None)
            if parent is None:
                parent = _column_metadata(Column((), name, None))
                parent |= {"aggregate": False, "apexType": None, "foreignKeyName": name}
                level.append(parent)
            level = cast("list[dict[str, object]]", parent["joinColumns"])
        level.append(_column_metadata(column))
    return found


def _column_metadata(column: Column) -> dict[str, object]:
    field = column.field
    return {
        "aggregate": field is None,
        "apexType": "Id" if field and field.type in {"id", "reference"} else "String",
        "booleanType": bool(field and field.type == "boolean"),
        "columnName": column.alias or column.name,
        "custom": bool(field and field.custom),
        "displayName": column.alias or column.name,
        "foreignKeyName": None,
        "insertable": bool(field and field.createable),
        "joinColumns": [],
        "numberType": bool(field and field.type in {"int", "double", "currency", "percent"}),
        "textType": bool(field and field.is_text),
        "updatable": bool(field and field.updateable),
    }
