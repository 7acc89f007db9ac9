"""
SOSL: finding records by the words in their text fields.

The index cuts values at spaces, punctuation and where letters meet digits; a term matches whole
pieces, or with `*` the beginning of one (SOQL and SOSL Reference, "FIND {SearchQuery}").
"""

import dataclasses
import re
from collections.abc import Iterator, Sequence

from connector.emulator.errors import ApiError
from connector.emulator.fields import Field
from connector.emulator.objects import SObject
from connector.emulator.query import Queries
from connector.emulator.schema import Schema
from connector.emulator.soql_parse import parse
from connector.emulator.soql_tree import Junction, Literal, Membership, Path
from connector.emulator.storage import Storage


_FORM = re.compile(
    r"\s*FIND\s*\{(?P<find>(?:[^{}\\]|\\.)*)\}"
    r"(?:\s+IN\s+(?P<group>ALL|NAME|PHONE|EMAIL|SIDEBAR)\s+FIELDS)?"
    r"(?:\s+RETURNING\s+(?P<returning>.*?))?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_CLAUSE = re.compile(r"\b(WHERE|ORDER\s+BY|LIMIT|OFFSET)\b", re.IGNORECASE)
_PIECES = re.compile(r"[^\W\d_]+\*?|\d+\*?")
_MOST = 2_000
_MOST_PLAIN = 250


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """One object of RETURNING: its fields, and its own clauses as SOQL."""

    sobject: SObject
    fields: str
    clauses: str


class Searches:
    """Runs SOSL for one org."""

    def __init__(self, storage: Storage, schema: Schema, queries: Queries) -> None:
        self._storage = storage
        self._schema = schema
        self._queries = queries

    def run(self, text: str, *, user: str, base: str) -> dict[str, object]:
        match = _FORM.match(text)
        if match is None:
            raise ApiError(400, "MALFORMED_SEARCH", "search string is malformed")
        terms = _terms(match["find"])
        group = (match["group"] or "ALL").upper()
        found: list[dict[str, object]] = []
        for wanted in self._returning(match["returning"] or "", user):
            found += self._find(wanted, terms, group, user, base)
        limit = int(match["limit"]) if match["limit"] else _MOST
        return {"searchRecords": found[: min(limit, _MOST)]}

    def _returning(self, text: str, user: str) -> Iterator[Wanted]:
        if not text.strip():
            for sobject in self._schema:
                if sobject.searchable and self._schema.sees_object(sobject, user):
                    yield Wanted(sobject, "Id", "")
            return
        for part in _split(text):
            name, _, inner = part.partition("(")
            inner = inner.strip().removesuffix(")")
            if not self._schema.knows(name.strip()):
                message = f"sObject type '{name.strip()}' is not supported."
                raise ApiError(400, "INVALID_TYPE", message)
            clause = _CLAUSE.search(inner)
            at = clause.start() if clause else len(inner)
            sobject = self._schema.sobject(name.strip())
            yield Wanted(sobject, inner[:at].strip() or "Id", inner[at:])

    def _find(
        self, wanted: Wanted, terms: Sequence[str], group: str, user: str, base: str
    ) -> list[dict[str, object]]:
        fields = [
            field
            for field in wanted.sobject.fields
            if _indexed(field, group) and self._schema.visible(wanted.sobject, field, user)
        ]
        hits = [
            Literal("string", row["Id"], 0)
            for row in self._storage.all_rows(wanted.sobject.name)
            if not row.get("IsDeleted") and _matches(terms, [row[f.name] for f in fields])
        ][: _MOST if wanted.clauses else _MOST_PLAIN]
        if not hits:
            return []
        text = f"SELECT {wanted.fields} FROM {wanted.sobject.name} {wanted.clauses}"  # noqa: S608 - SOQL
        query = parse(text)
        ids = Membership(Path(("Id",), 0), negated=False, values=tuple(hits))
        where = Junction("AND", (query.where, ids)) if query.where else ids
        query = dataclasses.replace(query, where=where)
        return self._queries.records(text, query, user=user, base=base)


def _split(text: str) -> Iterator[str]:
    """The parts between the commas that are in no parentheses."""
    depth, start = 0, 0
    for at, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            yield text[start:at].strip()
            start = at + 1
    yield text[start:].strip()


def _terms(find: str) -> list[str]:
    text = re.sub(r"\\(.)", r" \1 ", find)
    pieces = [piece.lower() for piece in _PIECES.findall(text)]
    terms = [piece for piece in pieces if piece != "and"]
    if len("".join(terms)) <= 1:
        message = f"search term must be longer than one character: {find}"
        raise ApiError(400, "MALFORMED_SEARCH", message)
    return terms


def _indexed(field: Field, group: str) -> bool:
    if not field.is_text or field.calculated:
        return False
    match group:
        case "PHONE":
            return field.type == "phone"
        case "EMAIL":
            return field.type == "email"
        case "NAME":
            return field.name_field
        case _:
            return True


def _matches(terms: Sequence[str], values: Sequence[object]) -> bool:
    pieces = {p.lower() for value in values if value for p in _PIECES.findall(str(value))}
    return all(
        any(piece.startswith(term[:-1]) for piece in pieces)
        if term.endswith("*")
        else term in pieces
        for term in terms
    )
