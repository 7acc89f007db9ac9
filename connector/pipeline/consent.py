"""Consent from wherever it comes: into the ledger, and on to every record with the number."""

import dataclasses
from collections.abc import Collection, Iterable
from datetime import datetime

from connector.clock import Clock
from connector.domain.consent import Consent, ConsentEvent, ConsentKind, ConsentSource
from connector.domain.errors import ConnectorError
from connector.pipeline.block_queue import queue_blocks
from connector.store import Store, Transaction
from connector.store.consents import EVERYBODY, Recorded


class ConflictError(ConnectorError):
    """
    An opt-in that does not count, or a decision about something that is decided already.

    `consent` is what holds now; `fault` says in a few words what is against it.
    """

    def __init__(self, fault: str, consent: Consent) -> None:
        super().__init__(fault)
        self.fault = fault
        self.consent = consent


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    Who says so, why, and where the proof is.

    `occurred_at` is when the person said it; for an opt-in it must be known.
    """

    actor: str
    source: ConsentSource
    reason: str
    evidence: str = ""
    occurred_at: datetime | None = None


def hear(
    transaction: Transaction, events: Collection[tuple[int, ConsentEvent]]
) -> list[Recorded]:
    """
    Record these, with the numbers of their callbacks; holders of the numbers get them first.

    What the ledger has already is queued once more all the same: reading again shall mend.
    The gateways' block lists are told of what is new, and nobody waits for them.
    """
    recorded = transaction.consents.record(events)
    queue_blocks(transaction, recorded)
    mark_holders(transaction, {event.phone for _, event in events}, urgent=True)
    return recorded


def mark_holders(transaction: Transaction, phones: Iterable[str], *, urgent: bool) -> None:
    """Every record that holds one of these numbers has to be worked out anew."""
    phones = set(phones)
    if phones:
        holders = transaction.directory.holders(phones)
        records = (each.record for found in holders.values() for each in found)
        transaction.outbox.mark(records, urgent=urgent)


def stop(
    store: Store, phones: Collection[str], evidence: Evidence, clock: Clock, *, scope: str = ""
) -> dict[str, Consent]:
    """Opt these numbers out, whatever is known of them; durable when it returns."""
    events = [
        _event(ConsentKind.STOP, phone, evidence, clock(), scope=scope) for phone in phones
    ]
    with store.transaction() as transaction:
        hear(transaction, [(0, event) for event in events])
        return transaction.consents.find(phones)


def start(
    store: Store,
    phone: str,
    evidence: Evidence,
    clock: Clock,
    *,
    version: int,
    scope: str = "",
) -> Consent:
    """
    Opt a number in again; raises ConflictError where that does not count.

    It counts if its evidence is later than all that stands against it, and nothing was said
    since the actor looked, which `version` shows.
    """
    if evidence.occurred_at is None or not (evidence.reason and evidence.evidence):
        raise ValueError("an opt-in wants a time, a reason and evidence")
    event = _event(ConsentKind.START, phone, evidence, clock(), scope=scope)
    with store.transaction() as transaction:
        known = transaction.consents.lock([phone]).get(phone, 0)
        state = _state(transaction, phone, scope)
        if known != version:
            raise ConflictError(f"is at version {known} now, not {version}", state)
        ledger = transaction.consents.events_of(phone)
        against = [
            each
            for each in ledger
            if each.kind in {ConsentKind.STOP, ConsentKind.REVIEW}
            and each.scope in {EVERYBODY, scope}
        ]
        if not all(event.undoes(each) for each in against):
            raise ConflictError("the evidence is not later than what stands against it", state)
        hear(transaction, [(0, event)])
        return _state(transaction, phone, scope)


def settle(
    store: Store, phone: str, about: str, evidence: Evidence, clock: Clock, *, version: int
) -> Consent:
    """
    Decide that something said counts no more; raises ConflictError if others were faster.

    A doubt no longer holds then, and a question is asked no more. A STOP cannot be settled.
    """
    with store.transaction() as transaction:
        known = transaction.consents.lock([phone]).get(phone, 0)
        state = _state(transaction, phone, EVERYBODY)
        if known != version:
            raise ConflictError(f"is at version {known} now, not {version}", state)
        found = [e for e in transaction.consents.events_of(phone) if e.id == about]
        if not found or found[0].kind is ConsentKind.STOP:
            raise ConflictError("there is no such question", state)
        event = _event(
            ConsentKind.SETTLED, phone, evidence, clock(), scope=found[0].scope, about=about
        )
        hear(transaction, [(0, event)])
        return transaction.consents.find([phone])[phone]


def _state(transaction: Transaction, phone: str, scope: str) -> Consent:
    states = transaction.consents.states([phone]).get(phone, {})
    return states.get(scope) or states.get(EVERYBODY) or Consent(phone=phone)


def _event(
    kind: ConsentKind,
    phone: str,
    evidence: Evidence,
    now: datetime,
    *,
    scope: str,
    about: str = "",
) -> ConsentEvent:
    return ConsentEvent(
        phone=phone,
        kind=kind,
        received_at=now,
        occurred_at=evidence.occurred_at,
        source=evidence.source,
        scope=scope,
        actor=evidence.actor,
        reason=evidence.reason,
        evidence=evidence.evidence,
        about=about,
    )
