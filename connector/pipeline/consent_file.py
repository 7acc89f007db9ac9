"""Opt-outs from other systems and to them, as files of rows: each row with its outcome."""

import contextlib
import csv
import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TextIO

from connector.clock import Clock
from connector.domain.consent import (
    Consent,
    ConsentEvent,
    ConsentKind,
    ConsentSource,
    holding,
)
from connector.domain.errors import ConfigurationError
from connector.gateways.times import iso
from connector.pipeline.consent import hear
from connector.pipeline.consent_outcome import Outcome, Result
from connector.pipeline.phone_reader import PhoneReader
from connector.store import Store, Transaction
from connector.store.consents import EVERYBODY


#: Rows of a transaction: enough to be fast, few enough that nobody waits for us.
CHUNK = 500
#: What an opt-in has to bring along.
PROOF = ("occurred_at", "reason", "evidence")
_LONGEST = 500
_DELIMITERS = ",;\t"
_STOPS, _STARTS = {"", "stop", "opt-out", "opted out"}, {"start", "opt-in", "opted in"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Importing:
    """
    How a file is to be understood.

    `at` is when the list was drawn up: for rows that tell no time of their own. The same file
    with the same moment says nothing new.
    """

    actor: str
    at: datetime
    note: str
    column: str = "phone"
    scope: str = EVERYBODY
    opt_ins: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    number: int
    given: str
    event: ConsentEvent | None
    fault: Outcome | None
    #: The version of the number that whoever made the row has seen.
    version: str = ""


def read_rows(file: TextIO, column: str) -> tuple[Sequence[str], Iterator[Mapping[str, str]]]:
    """
    The names of the columns in lower case, and the rows by them; raises ConfigurationError.

    Comma, semicolon and tab are told apart by the first line.
    """
    first = file.readline()
    if not first.strip():
        raise ConfigurationError("the file is empty: its first line names the columns")
    delimiter = max(_DELIMITERS, key=first.count)
    names = [name.strip().lower() for name in next(csv.reader([first], delimiter=delimiter))]
    if column.lower() not in names:
        raise ConfigurationError(
            f"the first line has no column '{column}', but {', '.join(names[:20])}; name"
            " the one with the numbers by --column"
        )
    rows = csv.reader(file, delimiter=delimiter)
    return names, (dict(zip(names, row, strict=False)) for row in rows)


def import_rows(
    store: Store,
    rows: Iterable[Mapping[str, str]],
    how: Importing,
    read_phone: PhoneReader,
    clock: Clock,
    *,
    dry: bool = False,
) -> Iterator[list[Outcome]]:
    """Take rows in, a chunk and a transaction at a time; `dry` changes nothing."""
    reader = _Reader(how, read_phone, clock())
    seen: set[str] = set()
    numbered = enumerate(rows, start=2)  # the first line names the columns
    while chunk := list(itertools.islice(numbered, CHUNK)):
        read = [reader.row(number, row) for number, row in chunk]
        with contextlib.suppress(_DryError), store.transaction() as transaction:
            told = _take(transaction, read, seen)
            if dry:
                _undo()
        if dry:
            seen.update(each.phone for each in told if each.result is Result.ADDED)
        yield told


class _DryError(Exception):
    """Ends a transaction without a trace."""


def _undo() -> None:
    raise _DryError


class _Reader:
    """Turns rows into events, or into the reason why not."""

    def __init__(self, how: Importing, read_phone: PhoneReader, now: datetime) -> None:
        self._how = how
        self._read_phone = read_phone
        self._now = now

    def row(self, number: int, row: Mapping[str, str]) -> _Row:
        given = row.get(self._how.column.lower(), "").strip()
        # A spreadsheet's mark for a text, which our own export writes too.
        phone = self._read_phone(given.removeprefix("'"))
        if not phone:
            return self._fault(number, given, "", Result.NO_NUMBER, "")
        kind = row.get("kind", "").strip().lower()
        starts = kind in _STARTS or (self._how.opt_ins and "kind" not in row)
        fault = self._wrong(row, kind, starts=starts)
        at, problem = self._moment(row)
        if fault or problem:
            return self._fault(number, given, phone, Result.NOT_TAKEN, fault or problem)
        return _Row(
            number=number,
            given=given,
            event=ConsentEvent(
                phone=phone,
                kind=ConsentKind.START if starts else ConsentKind.STOP,
                received_at=self._now,
                occurred_at=at,
                source=ConsentSource.IMPORT,
                scope=_plain(row.get("scope", "")) or self._how.scope,
                actor=self._how.actor,
                reason=_plain(row.get("reason", "")) or self._how.note,
                evidence=_plain(row.get("evidence", "")) or f"{self._how.note}, row {number}",
            ),
            fault=None,
            version=row.get("version", "").strip(),
        )

    def _wrong(self, row: Mapping[str, str], kind: str, *, starts: bool) -> str:
        if kind not in _STOPS | _STARTS:
            return "kind is neither stop nor start"
        if starts and not self._how.opt_ins:
            return "an opt-in, and --opt-ins was not given"
        missing = [name for name in PROOF if starts and not row.get(name, "").strip()]
        return f"an opt-in without {', '.join(missing)}" if missing else ""

    def _moment(self, row: Mapping[str, str]) -> tuple[datetime, str]:
        text = (row.get("occurred_at") or row.get("since") or "").strip()
        try:
            at = iso(text) if text else self._how.at
        except (ValueError, OverflowError):
            return self._how.at, "occurred_at is no time with its zone"
        return at, "occurred_at lies in the future" if at > self._now else ""

    @staticmethod
    def _fault(number: int, given: str, phone: str, result: Result, detail: str) -> _Row:
        fault = Outcome(row=number, given=given, phone=phone, result=result, detail=detail)
        return _Row(number=number, given=given, event=None, fault=fault)


def _plain(text: str) -> str:
    kept = "".join(letter if letter.isprintable() else " " for letter in text)
    return kept.strip()[:_LONGEST]


def _take(transaction: Transaction, rows: Sequence[_Row], seen: set[str]) -> list[Outcome]:
    phones = {row.event.phone for row in rows if row.event}
    starts = {row.event.phone for row in rows if row.event and _opts_in(row.event)}
    phones -= transaction.consents.held_by_name(phones - starts)
    transaction.consents.lock(phones)
    before = transaction.consents.states(phones)
    ledgers = transaction.consents.ledgers(phones)
    blind = {
        row.number: str(len(ledgers[row.event.phone]))
        for row in rows
        if row.event and _is_blind(row, row.event, ledgers.get(row.event.phone, ()))
    }
    counting = {
        row.number: row.event
        for row in rows
        if row.event
        and row.event.phone in phones
        and row.number not in blind
        and _counts(row.event, ledgers.get(row.event.phone, ()))
    }
    recorded = hear(transaction, [(0, event) for event in counting.values()])
    added = {(each.event.phone, each.event.id) for each in recorded}
    after = transaction.consents.states(phones)
    told: list[Outcome] = []
    done = set(seen)
    for row in rows:
        if row.event is None:
            told.extend([row.fault] if row.fault else [])
            continue
        event = row.event
        if event.phone not in phones:
            told.append(_known(row, event))
            continue
        if row.number in blind:
            told.append(_changed(row, event, blind[row.number]))
            continue
        was, is_now = _state(before, event), _state(after, event)
        refused = row.number not in counting
        repeated = (event.phone, event.id) not in added or event.phone in done
        result = _result(event, was, is_now, refused=refused, repeated=repeated)
        done.add(event.phone)
        told.append(Outcome(row=row.number, given=row.given, phone=event.phone, result=result))
    return told


def _opts_in(event: ConsentEvent) -> bool:
    return event.kind is ConsentKind.START


def _known(row: _Row, event: ConsentEvent) -> Outcome:
    return Outcome(
        row=row.number,
        given=row.given,
        phone=event.phone,
        result=Result.KNOWN,
        detail="erased: its opt-out holds, and nothing is added",
    )


def _is_blind(row: _Row, event: ConsentEvent, ledger: Sequence[ConsentEvent]) -> bool:
    """Whether an opt-in would end an opt-out that whoever made the row may not have seen."""
    if not _opts_in(event) or not _counts(event, ledger):
        return False
    held = any(each.scope in {EVERYBODY, event.scope} for each in holding(ledger))
    return held and row.version != str(len(ledger))


def _changed(row: _Row, event: ConsentEvent, version: str) -> Outcome:
    seen = f"not {row.version}" if row.version else "and the row names none"
    return Outcome(
        row=row.number,
        given=row.given,
        phone=event.phone,
        result=Result.CHANGED,
        detail=f"is opted out at version {version}, {seen}",
    )


def _counts(event: ConsentEvent, ledger: Sequence[ConsentEvent]) -> bool:
    """An opt-out always does; an opt-in where it undoes all that stands against it."""
    if event.kind is ConsentKind.STOP or event.id in {each.id for each in ledger}:
        return True
    against = (each for each in holding(ledger) if each.scope in {EVERYBODY, event.scope})
    return all(event.undoes(each) for each in against)


def _state(states: Mapping[str, Mapping[str, Consent]], event: ConsentEvent) -> Consent | None:
    scopes = states.get(event.phone, {})
    return scopes.get(event.scope) or scopes.get(EVERYBODY)


def _result(
    event: ConsentEvent,
    was: Consent | None,
    is_now: Consent | None,
    *,
    refused: bool,
    repeated: bool,
) -> Result:
    if refused:
        return Result.LATER_STOP
    stops, held = event.kind is ConsentKind.STOP, bool(is_now and is_now.opted_out)
    if stops and not held:
        return Result.LATER_START
    if not stops and held:
        return Result.LATER_STOP
    before = bool(was and was.opted_out)
    known = repeated or (before if stops else bool(was and was.version and not before))
    if known:
        return Result.KNOWN
    return Result.ADDED if stops else Result.OPTED_IN
