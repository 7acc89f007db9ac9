"""The audit: who did what to consent, each entry chained to the one before it."""

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import orjson
import sqlalchemy as sa

from connector.store.sql import Bulk, Row, Sql
from connector.store.times import micros, moment


#: Locks the head until the transaction ends, also where there is none yet: one chain, no forks.
TAKE_HEAD = Sql("""
    INSERT INTO marks (name, value) VALUES ('audit.head', '')
    ON CONFLICT (name) DO UPDATE SET value = marks.value RETURNING value
""")
SET_HEAD = Sql("UPDATE marks SET value = :value WHERE name = 'audit.head'")
READ_HEAD = Sql("SELECT value FROM marks WHERE name = 'audit.head'")
ADD = Bulk(
    "audit",
    (
        *("number bigint", "at bigint", "actor text", "action text", "subject text"),
        *("detail text", "version_before bigint", "version_after bigint"),
        *("previous text", "hash text"),
    ),
)
SELECT = Sql("""
    SELECT * FROM audit
    WHERE number > :after AND (:subject = '' OR subject = :subject)
    ORDER BY number LIMIT :limit
""")
#: What the first entry names as the one before it.
BEGINNING = "0" * 64
_PAGE = 5_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """
    One thing that was done. `subject` is the keyed hash of a number, never the number.

    `actor` is such as gateway:twilio, key:crm, user:ann or job:sync; `detail` holds nothing
    personal either.
    """

    at: datetime
    actor: str
    action: str
    subject: str = ""
    detail: str = ""
    version_before: int = 0
    version_after: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An act in its place of the chain."""

    number: int
    act: Act
    previous: str
    hash: str

    @property
    def right_hash(self) -> str:
        return _hash(self.number, self.act, self.previous)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Where the chain does not hold, and why."""

    number: int
    fault: str


class Walk:
    """The way along the chain, in as many pieces as it is read in."""

    def __init__(self) -> None:
        self.number, self._previous = 0, BEGINNING

    def along(self, entries: Iterable[Entry]) -> Iterator[Break]:
        """Where the next entries do not hold."""
        for entry in entries:
            if entry.number != self.number + 1:
                yield Break(number=self.number + 1, fault="is missing")
            elif entry.previous != self._previous:
                yield Break(number=entry.number, fault="does not name the one before it")
            elif entry.hash != entry.right_hash:
                yield Break(number=entry.number, fault="was changed")
            self.number, self._previous = entry.number, entry.hash

    def end(self, head: tuple[int, str]) -> Iterator[Break]:
        """Whether it ended where it should."""
        if (self.number, self._previous) != head:
            yield Break(number=self.number + 1, fault="is missing at the end")


class Audit:
    """The chain, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def append(self, acts: Sequence[Act]) -> None:
        """Add these in order; others who append wait until this transaction ends."""
        if not acts:
            return
        number, previous = _head(str(TAKE_HEAD.run(self._connection).scalar() or ""))
        rows = []
        for act in acts:
            number += 1
            own = _hash(number, act, previous)
            rows.append((number, *_plain(act), previous, own))
            previous = own
        ADD.run(self._connection, rows)
        SET_HEAD.run(self._connection, value=f"{number} {previous}")

    def entries(self, *, after: int = 0, subject: str = "", limit: int) -> list[Entry]:
        """The next entries, the oldest first."""
        rows = SELECT.run(self._connection, after=after, subject=subject, limit=limit)
        return [_entry(row) for row in rows]

    def head(self) -> tuple[int, str]:
        """The number and hash of the last entry: note them down elsewhere to prove more."""
        return _head(str(READ_HEAD.run(self._connection).scalar() or ""))

    def verify(self) -> Iterator[Break]:
        """Walk the whole chain; yields nothing where it holds."""
        walk = Walk()
        yield from walk.along(self._all())
        yield from walk.end(self.head())

    def _all(self) -> Iterator[Entry]:
        after = 0
        while page := self.entries(after=after, limit=_PAGE):
            yield from page
            after = page[-1].number


def _head(value: str) -> tuple[int, str]:
    number, _, own = value.partition(" ")
    return (int(number), own) if own else (0, BEGINNING)


def _plain(act: Act) -> tuple[object, ...]:
    return (
        *(micros(act.at), act.actor, act.action, act.subject, act.detail),
        *(act.version_before, act.version_after),
    )


def _hash(number: int, act: Act, previous: str) -> str:
    return hashlib.sha256(orjson.dumps([number, *_plain(act), previous])).hexdigest()


def _entry(row: Row) -> Entry:
    act = Act(
        at=moment(row.at),
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        detail=row.detail,
        version_before=row.version_before,
        version_after=row.version_after,
    )
    return Entry(number=row.number, act=act, previous=row.previous, hash=row.hash)
