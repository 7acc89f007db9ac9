"""Comparing a field with a literal, with the type rules of SOQL."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from connector.emulator.errors import ApiError
from connector.emulator.fields import Field, Value
from connector.emulator.ids import parse_id
from connector.emulator.soql_dates import span
from connector.emulator.soql_tokens import malformed
from connector.emulator.soql_tree import Literal
from connector.emulator.times import parse_date, parse_datetime, stamp


_NUMBERS = frozenset({"int", "double", "currency", "percent"})
_SQL_OPERATORS = frozenset({"=", "<", "<=", ">", ">="})


class Literals:
    """The literals of one query, read on one day."""

    def __init__(self, text: str, today: date) -> None:
        self._text = text
        self._today = today

    def compare(
        self, expression: str, field: Field, operator: str, literal: Literal
    ) -> tuple[str, list[Value]]:
        if literal.kind == "null":
            return self._compare_null(expression, field, operator, literal)
        if operator == "LIKE":
            return self._like(expression, field, literal)
        if literal.kind == "span":
            return self._compare_span(expression, field, operator, literal)
        value = self.value(field, literal)
        if operator == "!=":
            return f"({expression} IS NULL OR {expression} <> ?)", [value]
        if operator not in _SQL_OPERATORS or (field.type == "boolean" and operator != "="):
            raise self._operator_error(field, literal)
        return f"({expression} {operator} ?)", [value]

    def within(
        self, expression: str, field: Field, literals: Sequence[Literal], *, negated: bool
    ) -> tuple[str, list[Value]]:
        values = [self.value(field, each) for each in literals if each.kind != "null"]
        marks = ", ".join("?" * len(values))
        empty = f"{expression} IS NULL"
        has_null = len(values) < len(literals)
        if negated:
            kept = f"{expression} NOT IN ({marks})"
            sql = f"({kept} AND NOT {empty})" if has_null else f"({empty} OR {kept})"
            return sql, list(values)
        found = f"{expression} IN ({marks})"
        return (f"({found} OR {empty})" if has_null else f"({found})"), list(values)

    def value(self, field: Field, literal: Literal) -> Value:
        """The literal as the table holds such a value; raises where the types differ."""
        if field.type == "boolean":
            return self._boolean(field, literal)
        if field.type in _NUMBERS:
            return self._number(field, literal)
        if field.type in {"date", "datetime"}:
            return self._moment(field, literal)
        if literal.kind != "string":
            raise self._type_error(field, literal, "string", quoted=True)
        text = str(literal.value)
        if field.type in {"id", "reference"}:
            return self._id(text)
        return text.replace("\\_", "_").replace("\\%", "%")

    def _boolean(self, field: Field, literal: Literal) -> int:
        if literal.kind != "boolean":
            raise self._type_error(field, literal, "boolean", quoted=False)
        return int(bool(literal.value))

    def _number(self, field: Field, literal: Literal) -> float:
        if literal.kind != "number" or not isinstance(literal.value, float):
            raise self._type_error(field, literal, field.type, quoted=False)
        return literal.value

    def _moment(self, field: Field, literal: Literal) -> str:
        if field.type == "date":
            day = parse_date(str(literal.value)) if literal.kind == "date" else None
            if day is None:
                raise self._type_error(field, literal, "date", quoted=False)
            return day.isoformat()
        moment = parse_datetime(str(literal.value)) if literal.kind == "datetime" else None
        if moment is None:
            raise self._type_error(field, literal, "dateTime", quoted=False)
        return stamp(moment)

    def _id(self, text: str) -> str | None:
        if not text:
            return None
        record = parse_id(text)
        if record is None:
            message = f"invalid ID field: {text}"
            raise ApiError(400, "INVALID_QUERY_FILTER_OPERATOR", message)
        return record

    def _like(self, expression: str, field: Field, literal: Literal) -> tuple[str, list[Value]]:
        if not field.is_text:
            message = f"invalid operator on {field.type} field"
            raise ApiError(400, "INVALID_QUERY_FILTER_OPERATOR", message)
        if literal.kind != "string":
            raise self._type_error(field, literal, "string", quoted=True)
        return f"({expression} LIKE ? ESCAPE '\\')", [str(literal.value)]

    def _compare_null(
        self, expression: str, field: Field, operator: str, literal: Literal
    ) -> tuple[str, list[Value]]:
        if field.type == "boolean":
            raise self._type_error(field, literal, "boolean", quoted=False)
        if operator not in {"=", "!="}:
            raise self._operator_error(field, literal)
        return (f"({expression} IS {'' if operator == '=' else 'NOT '}NULL)"), []

    def _compare_span(
        self, expression: str, field: Field, operator: str, literal: Literal
    ) -> tuple[str, list[Value]]:
        word, count = literal.value if isinstance(literal.value, tuple) else ("", None)
        days = span(word, count, self._today)
        if days is None or field.type not in {"date", "datetime"}:
            raise malformed(self._text, literal.at, f"unexpected token: '{word}'")
        first, after = (_as_kept(field, each) for each in days)
        if operator in {"=", "!="}:
            sql = f"({expression} >= ? AND {expression} < ?)"
            return (sql if operator == "=" else f"(NOT COALESCE({sql}, 0))"), [first, after]
        if operator in {"<", ">="}:
            return f"({expression} {operator} ?)", [first]
        return f"({expression} {'>=' if operator == '>' else '<'} ?)", [after]

    def _operator_error(self, field: Field, literal: Literal) -> ApiError:
        message = f"invalid operator on {field.type} field"
        return malformed(self._text, literal.at, message, "INVALID_QUERY_FILTER_OPERATOR")

    def _type_error(
        self, field: Field, literal: Literal, kind: str, *, quoted: bool
    ) -> ApiError:
        message = (
            f"value of filter criterion for field '{field.name}' must be of type {kind}"
            f" and should {'' if quoted else 'not '}be enclosed in quotes"
        )
        return malformed(self._text, literal.at, message, "INVALID_FIELD")


def _as_kept(field: Field, day: date) -> str:
    if field.type == "date":
        return day.isoformat()
    return stamp(datetime.combine(day, time(), UTC))
