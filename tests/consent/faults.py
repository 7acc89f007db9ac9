"""Faults planted into the real code, to see that the runs find them."""

import contextlib
import dataclasses
from collections.abc import Iterator
from datetime import timedelta

from connector.domain import consent as rules
from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.directory import DirectoryEntry
from connector.pipeline import consent as saying
from connector.pipeline import flags, lane, normalise, suppression
from connector.store import consents as ledger
from connector.store.outbox import Outbox
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


def _never(*_arguments: object, **_more: object) -> list[object]:
    return []


def _all(_transaction: object, batch: object) -> object:
    return batch


def _unaware(*_arguments: object, **_more: object) -> dict[str, object]:
    return {}


def _careless(self: Writes, _record_ids: object) -> None:
    """Nothing that Salesforce has is ever doubted."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One mistake that somebody could make; `where` is what it replaces."""

    name: str
    where: tuple[tuple[object, str, object], ...]
    rules: frozenset[str]

    @contextlib.contextmanager
    def planted(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for owner, name, fault in self.where:
                stack.enter_context(planted(owner, name, fault))
            yield


def _fault(name: str, found: str, *where: tuple[object, str, object]) -> Fault:
    return Fault(name=name, where=where, rules=frozenset(found.split()))


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
    ),
)
