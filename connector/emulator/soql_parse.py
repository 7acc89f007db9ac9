"""SOQL read by recursive descent, as the SOQL and SOSL Reference describes it."""

from connector.emulator.errors import ApiError, NotEmulatedError
from connector.emulator.soql_tokens import Token, malformed, tokens, unescaped
from connector.emulator.soql_tree import (
    Aggregate,
    Comparison,
    Condition,
    Everything,
    Item,
    Junction,
    Literal,
    Membership,
    Negation,
    Order,
    Path,
    Query,
)


_LONGEST = 100_000
_LONGEST_STRING = 4_000
_MOST_OFFSET = 2_000
_AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
_CLAUSES = frozenset(
    {"WHERE", "USING", "WITH", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FOR", "ALL"}
)


def parse(query: str) -> Query:
    if len(query) > _LONGEST:
        raise ApiError(
            400, "MALFORMED_QUERY", "SOQL statements cannot be longer than 100000 characters."
        )
    parser = SoqlParser(query)
    tree = parser.query()
    parser.finish()
    return tree


class SoqlParser:
    """Walks over the tokens of one query, once."""

    def __init__(self, query: str) -> None:
        self._query = query
        self._tokens = tokens(query)
        self._next = 0
        self._unnamed = 0

    def query(self) -> Query:
        self._expect("SELECT")
        counts, items = self._items()
        self._expect("FROM")
        sobject = self._name()
        alias = self._name().text if self._alias_follows() else ""
        where = self.condition() if self._accept("WHERE") else None
        if self._peek.word in {"USING", "WITH", "HAVING"}:
            raise NotEmulatedError(f"{self._peek.word} in SOQL")
        grouped = self._group() if self._accept("GROUP") else ()
        ordered = self._order() if self._accept("ORDER") else ()
        limit = self._whole() if self._accept("LIMIT") else None
        offset = self._offset() if self._accept("OFFSET") else 0
        self._purpose()
        return Query(
            items=items,
            sobject=sobject.text,
            sobject_at=sobject.at,
            alias=alias,
            counts=counts,
            where=where,
            grouped=grouped,
            ordered=ordered,
            limit=limit,
            offset=offset,
        )

    def condition(self) -> Condition:
        """AND and OR do not mix without parentheses."""
        first = self._simple_condition()
        word = self._peek.word
        if word not in {"AND", "OR"}:
            return first
        joined = [first]
        while self._accept(word):
            joined.append(self._simple_condition())
        if self._peek.word in {"AND", "OR"}:
            raise self._unexpected()
        return Junction(word, tuple(joined))

    def finish(self) -> None:
        if self._peek.kind != "end":
            raise self._unexpected()

    # Clauses.

    def _items(self) -> tuple[bool, tuple[Item, ...]]:
        if self._peek.word == "COUNT" and self._tokens[self._next + 2].text == ")":
            self._next += 1
            self._expect("(")
            self._expect(")")
            return True, ()
        items = [self._item()]
        while self._accept(","):
            items.append(self._item())
        return False, tuple(items)

    def _item(self) -> Item:
        if self._peek.text == "(":
            raise NotEmulatedError("child queries in SELECT")
        token = self._name()
        if self._peek.text != "(":
            return Path(tuple(token.text.split(".")), token.at)
        self._expect("(")
        inner = self._name()
        self._expect(")")
        if token.word == "FIELDS" and inner.word in {"ALL", "STANDARD", "CUSTOM"}:
            return Everything(inner.word)
        if token.word not in _AGGREGATES:
            raise NotEmulatedError(f"{token.text}() in SELECT")
        path = Path(tuple(inner.text.split(".")), inner.at)
        return Aggregate(token.word, path, self._aggregate_alias())

    def _aggregate_alias(self) -> str:
        if self._peek.kind == "name" and self._peek.word != "FROM":
            return self._name().text
        self._unnamed += 1
        return f"expr{self._unnamed - 1}"

    def _alias_follows(self) -> bool:
        return self._peek.kind == "name" and self._peek.word not in _CLAUSES

    def _group(self) -> tuple[Path, ...]:
        self._expect("BY")
        paths = [self._path()]
        while self._accept(","):
            paths.append(self._path())
        return tuple(paths)

    def _order(self) -> tuple[Order, ...]:
        self._expect("BY")
        parts = [self._order_part()]
        while self._accept(","):
            parts.append(self._order_part())
        return tuple(parts)

    def _order_part(self) -> Order:
        path = self._path()
        descending = self._accept("DESC")
        if not descending:
            self._accept("ASC")
        last = False
        if self._accept("NULLS"):
            last = self._accept("LAST")
            if not last:
                self._expect("FIRST")
        return Order(path, descending, last)

    def _offset(self) -> int:
        offset = self._whole()
        if offset > _MOST_OFFSET:
            message = f"Maximum SOQL offset allowed is {_MOST_OFFSET}"
            raise ApiError(400, "NUMBER_OUTSIDE_VALID_RANGE", message)
        return offset

    def _purpose(self) -> None:
        if self._accept("FOR") and not any(map(self._accept, ("VIEW", "REFERENCE", "UPDATE"))):
            raise self._unexpected()
        if self._accept("ALL"):
            raise self._unexpected()

    # Conditions.

    def _simple_condition(self) -> Condition:
        if self._accept("NOT"):
            return Negation(self._simple_condition())
        if self._accept("("):
            inner = self.condition()
            self._expect(")")
            return inner
        path = self._path()
        if self._accept("IN"):
            return self._membership(path, negated=False)
        if self._accept("NOT"):
            self._expect("IN")
            return self._membership(path, negated=True)
        return Comparison(path, self._operator(), self._literal())

    def _operator(self) -> str:
        token = self._peek
        if token.word in {"INCLUDES", "EXCLUDES"}:
            raise NotEmulatedError(f"{token.word} in SOQL")
        if token.word not in {"=", "!=", "<>", "<", "<=", ">", ">=", "LIKE"}:
            raise self._unexpected()
        self._next += 1
        return "!=" if token.word == "<>" else token.word

    def _membership(self, path: Path, *, negated: bool) -> Membership:
        self._expect("(")
        if self._peek.word == "SELECT":
            inner = self.query()
            self._expect(")")
            return Membership(path, negated, query=inner)
        values = [self._literal()]
        while self._accept(","):
            values.append(self._literal())
        self._expect(")")
        return Membership(path, negated, tuple(values))

    def _literal(self) -> Literal:
        token = self._advance()
        match token.kind:
            case "string":
                return Literal("string", self._string(token), token.at)
            case "number":
                return Literal("number", float(token.text), token.at)
            case "date" | "datetime":
                return Literal(token.kind, token.text, token.at)
            case "name":
                return self._word_literal(token)
            case _:
                raise self._unexpected(token)

    def _string(self, token: Token) -> str:
        text = unescaped(self._query, token)
        if len(text) > _LONGEST_STRING:
            raise malformed(
                self._query, token.at, "String literal is too long (more than 4000)"
            )
        return text

    def _word_literal(self, token: Token) -> Literal:
        if token.word in {"TRUE", "FALSE"}:
            return Literal("boolean", token.word == "TRUE", token.at)
        if token.word == "NULL":
            return Literal("null", None, token.at)
        count = self._whole() if self._accept(":") else None
        return Literal("span", (token.word, count), token.at)

    # Tokens.

    @property
    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _advance(self) -> Token:
        token = self._peek
        if token.kind != "end":
            self._next += 1
        return token

    def _accept(self, word: str) -> bool:
        if self._peek.kind != "string" and self._peek.word == word:
            self._next += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected()

    def _name(self) -> Token:
        if self._peek.kind != "name":
            raise self._unexpected()
        return self._advance()

    def _path(self) -> Path:
        token = self._name()
        if self._peek.text == "(":
            raise NotEmulatedError(f"{token.text}() in this place")
        return Path(tuple(token.text.split(".")), token.at)

    def _whole(self) -> int:
        token = self._advance()
        if token.kind != "number" or not token.text.isdigit():
            raise self._unexpected(token)
        return int(token.text)

    def _unexpected(self, token: Token | None = None) -> ApiError:
        token = token or self._peek
        return malformed(self._query, token.at, f"unexpected token: '{token.text}'")
