"""
Calls of which nobody heard the end: what they carry may still be written, after newer values.

A worker that was killed leaves its call to Salesforce, which goes on with it. Whoever comes
next writes what is newest at once, and once more when no such call can be under way any longer.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import orjson

from connector.domain.records import RecordChange, RecordRef
from connector.store import Transaction
from connector.store.times import micros


#: Names of marks, each with an object: the records of the call under way, and of those before.
_SENT, _LATE = "push.sent ", "push.late "


def begin(
    transaction: Transaction, name: str, batch: Sequence[RecordChange], over: datetime
) -> None:
    """A call begins; one before it of which nobody heard the end is over by then."""
    marks = transaction.marks
    if unheard := marks.get(_SENT + name):
        known = orjson.loads(marks.get(_LATE + name) or b'{"records": []}')["records"]
        records = sorted({*known, *orjson.loads(unheard)})
        told = {"records": records, "over": micros(over)}
        marks.set(_LATE + name, orjson.dumps(told).decode())
    sent = sorted({change.record.id for change in batch})
    marks.set(_SENT + name, orjson.dumps(sent).decode() if sent else "")


def end(transaction: Transaction, name: str) -> None:
    """Salesforce has answered, or whoever asked is still there to ask again."""
    if transaction.marks.get(_SENT + name):
        transaction.marks.set(_SENT + name, "")


def due(transaction: Transaction, now: datetime) -> list[str]:
    """Objects of which something has to be written once more."""
    found = transaction.marks.like(f"{_LATE}%")
    return [
        mark.removeprefix(_LATE)
        for mark, told in found.items()
        if told and orjson.loads(told)["over"] <= micros(now)
    ]


def write_again(transaction: Transaction, names: Iterable[str]) -> None:
    """Nobody knows what Salesforce has of these, so it is worked out and written anew."""
    for name in names:
        told = transaction.marks.get(_LATE + name)
        if not told:  # another worker was faster
            continue
        records = orjson.loads(told)["records"]
        transaction.writes.forget(records)
        transaction.outbox.mark([RecordRef(name, each) for each in records], urgent=True)
        transaction.marks.set(_LATE + name, "")
