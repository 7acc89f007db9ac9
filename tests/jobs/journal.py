"""What jobs did, in a table without any key: what is done twice stands there twice."""

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from connector.pipeline.slots import Turn
from connector.store import Store, Transaction
from connector.store.slots import Slot
from connector.store.times import micros, moment


PART, END = "part", "end"
_COLUMNS = "job, slot, fence, what"
_ORDERED = {
    "sqlite": "id INTEGER PRIMARY KEY AUTOINCREMENT",
    "postgresql": "id BIGINT GENERATED ALWAYS AS IDENTITY",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was done for a slot, under a fence."""

    slot: datetime
    fence: int
    what: str


def connection_of(transaction: Transaction) -> sa.Connection:
    return transaction.slots._connection  # noqa: SLF001 (the table is none of the store's)


def create(store: Store) -> None:
    with store.transaction() as transaction:
        connection = connection_of(transaction)
        ordered = _ORDERED[connection.dialect.name]
        connection.exec_driver_sql(
            f"CREATE TABLE journal ({ordered}, job text, slot bigint, fence bigint, what text)"
        )


def write(transaction: Transaction, turn: Turn, what: str) -> None:
    """To be committed together with whatever else this transaction does."""
    row = {
        "job": turn.slot.job,
        "slot": micros(turn.start),
        "fence": turn.slot.fence,
        "what": what,
    }
    connection_of(transaction).execute(
        sa.text(f"INSERT INTO journal ({_COLUMNS}) VALUES (:job, :slot, :fence, :what)"),  # noqa: S608
        row,
    )


def read(transaction: Transaction, job: str) -> list[Entry]:
    """In the order in which it was done."""
    rows = connection_of(transaction).execute(
        sa.text("SELECT slot, fence, what FROM journal WHERE job = :job ORDER BY id"),
        {"job": job},
    )
    return [Entry(slot=moment(slot), fence=fence, what=what) for slot, fence, what in rows]


def faults(slots: Sequence[Slot], entries: Sequence[Entry], every: timedelta) -> Iterator[str]:
    """
    What is wrong with a job that has come to rest; `slots` are the newest first.

    Every slot from the first to the last stands there once and is finished; those that somebody
    began have one end; nobody did anything for a slot after another had taken it over.
    """
    starts = [each.start for each in reversed(slots)]
    for before, after in itertools.pairwise(starts):
        if after - before != every:
            yield f"from slot {before:%T.%f} to {after:%T.%f}: one is missing, or too many"
    yield from (f"slot {each.start:%T.%f} is open" for each in slots if not each.finished_at)
    ends = Counter(each.slot for each in entries if each.what == END)
    for each in slots:
        wanted = 0 if each.into else 1
        if ends[each.start] != wanted:
            yield f"slot {each.start:%T.%f} was done {ends[each.start]} times, not {wanted}"
    for start in ends.keys() - set(starts):
        yield f"slot {start:%T.%f} was done, and is not noted"
    yield from sleepers(entries)


def sleepers(entries: Iterable[Entry]) -> Iterator[str]:
    """Who did something although another had gone on."""
    highest = 0
    for each in entries:
        if each.fence < highest:
            yield f"slot {each.slot:%T.%f}: {each.what} by fence {each.fence} after {highest}"
        highest = max(highest, each.fence)


def halves(slots: Sequence[Slot], entries: Sequence[Entry]) -> Iterator[str]:
    """What is wrong at any moment: a job is at one slot, and its end is one with the work's."""
    if sum(each.finished_at is None for each in slots) > 1:
        yield "two slots are open"
    finished = {each.start for each in slots if each.finished_at and not each.into}
    ended = {each.slot for each in entries if each.what == END}
    for start in finished ^ ended:
        yield f"slot {start:%T.%f} is finished without its work, or the other way round"
