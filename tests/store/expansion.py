"""The rules of a revision that a release beside the newer one has to survive."""

import re
from collections.abc import Iterable, Iterator, Sequence


#: Nothing else may be in one that expands. What is not listed, such as DROP, RENAME, an UPDATE
#: of all rows, another type or a trigger, is for a revision that contracts.
_CREATE_TABLE = re.compile(r"CREATE TABLE \"?(\w+)\"? ")
_ADD_COLUMN = re.compile(r"ALTER TABLE \"?\w+\"? ADD COLUMN (.+)", re.DOTALL)
_INDEX = re.compile(r"CREATE INDEX (CONCURRENTLY )?(?:IF NOT EXISTS )?\"?\w+\"? ON \"?(\w+)\"?")
#: What Alembic and we say ourselves.
_OWN = re.compile(
    r"(UPDATE|INSERT INTO) (alembic_version|schema_support) "
    r"|SELECT |PRAGMA |SET LOCAL |SHOW |BEGIN"
)


def faults(statements: Iterable[str], *, dialect: str) -> Iterator[str]:
    """Each statement that the release before would not survive, or would have to wait for."""
    new: set[str] = set()
    for statement in (" ".join(each.split()) for each in statements):
        if found := _CREATE_TABLE.match(statement):
            new.add(found[1])
        elif found := _ADD_COLUMN.match(statement):
            yield from (f"{fault}: {statement}" for fault in _column_faults(found[1]))
        elif found := _INDEX.match(statement):
            if dialect == "postgresql" and not found[1] and found[2] not in new:
                yield f"stops all who write: build_index does not: {statement}"
        elif not _OWN.match(statement):
            yield f"belongs into a revision that contracts: {statement}"


def _column_faults(column: str) -> Iterator[str]:
    if "NOT NULL" in column and "DEFAULT" not in column:
        yield "rows of the release before would lack it"
    if re.search(r"UNIQUE|REFERENCES|CHECK|PRIMARY KEY", column):
        yield "the release before may break it"


def declared(phase: object, oldest: object, known: Sequence[str]) -> str:
    """What is wrong with what a revision says of itself; empty for nothing."""
    if phase == "expand":
        return "" if oldest is None else "an expansion has no `oldest`"
    if phase != "contract":
        return 'says neither phase = "expand" nor phase = "contract"'
    return "" if oldest in known else "has no `oldest` that is a revision"
