"""Faults planted into the real code, to see that the runs find them."""

import contextlib
import dataclasses
from collections.abc import Iterator
from datetime import timedelta

from connector.domain import consent as rules
from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.directory import DirectoryEntry
from connector.domain.records import RecordRef
from connector.pipeline import (
    block_lists,
    directory,
    flags,
    lane,
    normalise,
    push,
    suppression,
    unheard,
)
from connector.pipeline import consent as saying
from connector.store import bulk_jobs
from connector.store import consents as ledger
from connector.store.block_entries import FORGET, BlockEntries, Told
from connector.store.changes import change_of
from connector.store.outbox import SELECT_OF_RECORDS, Outbox
from connector.store.sql import Row, keys
from connector.store.times import micros
from connector.store.writes import Writes
from tests.consent import actors


@contextlib.contextmanager
def planted(owner: object, name: str, fault: object) -> Iterator[None]:
    """While this lasts the code has another function, or number, in this place."""
    before = vars(owner)[name]
    setattr(owner, name, fault)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _start_of_any_account(self: ConsentEvent, hold: ConsentEvent) -> bool:
    return self.at > hold.at + rules.CLOCK_SKEW


def _start_of_any_brand(self: ConsentEvent, hold: ConsentEvent) -> bool:
    return _undoes(dataclasses.replace(self, scope=hold.scope), hold)


_undoes = ConsentEvent.undoes


def _without_new_brands(transaction, known, heard):
    return {
        phone: {
            scope: state for scope, state in states.items() if scope in known.get(phone, {""})
        }
        for phone, states in _with_unheard(transaction, known, heard).items()
    }


_with_unheard = unheard.with_unheard


def _with_opt_outs(self, name, record_ids, now):
    """What a job takes, opt-outs and opt-ins among it."""
    wanted: dict[str, list[Row]] = {each: [] for each in record_ids}
    pairs = keys((record_id, name) for record_id in wanted)
    for row in SELECT_OF_RECORDS.run(self._connection, keys=pairs):
        if row.not_before <= micros(now):
            wanted[row.record_id].append(row)
    return [
        change_of(RecordRef(name, each), topics, urgent=False)
        for each, topics in wanted.items()
        if topics
    ]


def _calls_of_the_rest(self, lane, limit, *, urgent=False, calls_only=False):
    if not urgent:
        yield from _calls(self, lane, limit, calls_only=calls_only)


_calls = push.Pusher._calls  # noqa: SLF001


def _without_opt_outs(self):
    return _waiting(self)[0], set()


_waiting = push.Pusher._waiting  # noqa: SLF001


def _free(_states: object, _scope: str) -> bool:
    return False


def _clears(
    self: flags._Before, entry: DirectoryEntry, consent: rules.Consent | None
) -> ConsentKind | None:
    kind = _meaning(self, entry, consent)
    return ConsentKind.START if kind is ConsentKind.REQUEST else kind


_meaning = flags._Before.meaning  # noqa: SLF001
_start = saying.start


def _blind_start(store, phone, evidence, clock, *, version, scope=""):
    with store.transaction(reads=True) as transaction:
        version = len(transaction.consents.events_of(phone))
    return _start(store, phone, evidence, clock, version=version, scope=scope)


def _unhurried(transaction, phones, *, urgent):  # noqa: ARG001
    _mark_holders(transaction, phones, urgent=False)


_mark_holders = saying.mark_holders


def _deaf(transaction, events):
    return transaction.consents.record(events)


def _forgets(self, phone, _clean):
    for statement in (ledger.FORGET_EVENTS, ledger.FORGET_STATES):
        statement.run(self._connection, phone=phone)


def _tells_of_answers(self, name, phones, now, told):
    if told is not Told.ASKED:
        _tell(self, name, phones, now, told)


_tell = BlockEntries.tell


def _forgets_entry(self, name, phone, _pseudonym):
    FORGET.run(self._connection, list=name, phone=phone)


def _never(*_arguments: object, **_more: object) -> list[object]:
    return []


def _all(_transaction: object, batch: object) -> object:
    return batch


def _nothing(*_arguments: object) -> None:
    """It is not known."""


def _unaware(*_arguments: object, **_more: object) -> dict[str, object]:
    return {}


def _careless(self: Writes, _record_ids: object, **_half: bool) -> None:
    """Nothing that Salesforce has is ever doubted."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One mistake that somebody could make; `where` is what it replaces."""

    name: str
    where: tuple[tuple[object, str, object], ...]
    rules: frozenset[str]
    #: Where it shows; empty: anywhere.
    scene: str = ""

    @contextlib.contextmanager
    def planted(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for owner, name, fault in self.where:
                stack.enter_context(planted(owner, name, fault))
            yield


def _fault(name: str, found: str, *where: tuple[object, str, object], scene: str = "") -> Fault:
    return Fault(name=name, where=where, rules=frozenset(found.split()), scene=scene)


FAULTS = (
    _fault(
        "a START of another account counts",
        "C-1",
        (ConsentEvent, "undoes", _start_of_any_account),
    ),
    _fault("clocks are trusted", "C-1 C-5", (rules, "CLOCK_SKEW", timedelta(0))),
    _fault("a cleared flag opts in", "C-4", (flags._Before, "meaning", _clears)),  # noqa: SLF001
    _fault(
        "the version is not looked at",
        "C-5",
        (actors, "start", _blind_start),
    ),
    _fault("opt-outs wait like all else", "C-6", (saying, "mark_holders", _unhurried)),
    _fault(
        "holders are not told",
        "C-6",
        (saying, "hear", _deaf),
        (normalise, "hear", _deaf),
    ),
    _fault("an erased number is forgotten", "C-1", (ledger.Consents, "rename", _forgets)),
    _fault("what waits is sent whatever was said since", "C-6", (lane, "_current", _all)),
    _fault("what is unread does not count", "C-1", (suppression, "unheard", _unaware)),
    _fault(
        "what was overtaken is not doubted",
        "C-6",
        (lane, "_current", _all),
        (Outbox, "overtaken", _never),
        (Writes, "forget", _careless),
        (Writes, "forget_half", _careless),
    ),
    _fault(
        "a START to one brand counts for all",
        "C-1",
        (ConsentEvent, "undoes", _start_of_any_brand),
    ),
    _fault(
        "what is unread counts for brands that are known",
        "C-1",
        (suppression, "with_unheard", _without_new_brands),
    ),
    _fault("who holds a number later is not told", "C-6", (directory, "_greet", _never)),
    _fault(
        "our own flag is taken for a tick",
        "C-4",
        (flags._Before, "_says", _nothing),  # noqa: SLF001
        scene="a number that opted out, on a record",
    ),
    _fault(
        "opt-outs go by jobs",
        "C-6",
        (bulk_jobs.BulkJobs, "changes", _with_opt_outs),
        (push.Pusher, "_calls", _calls_of_the_rest),
        (push.Pusher, "_waiting", _without_opt_outs),
        scene="a bulk job goes, STOP comes",
    ),
    _fault(
        "what a list was asked is known once it answers",
        "C-1",
        (BlockEntries, "tell", _tells_of_answers),
        scene="a list is told, opt-in, erase",
    ),
    _fault(
        "what lists were told goes with an erased number",
        "C-1",
        (BlockEntries, "rename", _forgets_entry),
        scene="a list is told, opt-in, erase",
    ),
    _fault(
        "a list is told without a look at the ledger",
        "C-6",
        (block_lists, "is_stopped", _free),
        scene="a list is told of START, STOP comes",
    ),
)
