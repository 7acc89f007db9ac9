"""What a person has to decide about consent, how long it has waited, and until when it may."""

import dataclasses
import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from connector.clock import Clock
from connector.domain.business_days import due
from connector.domain.callback import Callback
from connector.domain.consent import Consent, ConsentEvent, ConsentKind, questions
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.revocation import may_revoke
from connector.pipeline.consent import ConflictError, Evidence, hear, settle, start
from connector.store import Store, Transaction
from connector.store.inbox import Inbox


_ALL = 1_000_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """
    Something said that a person has to decide about; `id` names it in commands.

    `callback_id` is the callback that told it, 0 where it came another way; `version` what a
    decision has to name.
    """

    id: str
    event: ConsentEvent
    callback_id: int
    due: datetime
    version: int


def open_questions(transaction: Transaction, limit: int) -> list[Question]:
    """The longest waiting first."""
    phones = dict.fromkeys(each.phone for each in transaction.consents.with_questions(limit))
    found = [each for phone in phones for each in questions_about(transaction, phone)]
    return sorted(found, key=lambda each: (each.event.at, each.id))[:limit]


def questions_about(transaction: Transaction, phone: str) -> list[Question]:
    """What is open about one number, the oldest first."""
    said = transaction.consents.said_by(phone, _ALL)
    numbers = {event.id: number for number, event in said}
    return [
        Question(
            id=event.id,
            event=event,
            callback_id=numbers[event.id],
            due=due(event.received_at),
            version=len(numbers),
        )
        for event in questions(event for _, event in said)
    ]


def confirm(
    store: Store, question: Question, evidence: Evidence, clock: Clock, *, version: int
) -> Consent:
    """
    Decide that a doubt was a STOP; raises ConflictError if others were faster.

    It counts since the person said it, and the question is asked no more.
    """
    phone, event = question.event.phone, question.event
    with store.transaction() as transaction:
        if transaction.consents.lock([phone]).get(phone, 0) != version:
            state = transaction.consents.find([phone])[phone]
            raise ConflictError(f"is at version {state.version} now, not {version}", state)
        said = ConsentEvent(
            phone=phone,
            kind=ConsentKind.STOP,
            received_at=clock(),
            occurred_at=event.at,
            source=evidence.source,
            scope=event.scope,
            actor=evidence.actor,
            reason=evidence.reason,
            evidence=evidence.evidence,
        )
        settled = dataclasses.replace(
            said, kind=ConsentKind.SETTLED, occurred_at=None, about=event.id
        )
        hear(transaction, [(0, said), (0, settled)])
        return transaction.consents.find([phone])[phone]


def accept(
    store: Store, question: Question, evidence: Evidence, clock: Clock, *, version: int
) -> Consent:
    """Opt in as was asked; raises ConflictError where the evidence does not count."""
    phone, scope = question.event.phone, question.event.scope
    state = start(store, phone, evidence, clock, version=version, scope=scope)
    return settle(store, phone, question.id, evidence, clock, version=state.version)


def doubtful_texts(inbox: Inbox, question: Question) -> list[str]:
    """What the person wrote, as it came; several where the callback tells of several."""
    if question.event.kind is not ConsentKind.REVIEW or not question.callback_id:
        return []
    kept = inbox.callback(question.callback_id)
    if kept is None:
        return []
    return list(dict.fromkeys(text for text in _texts(kept.callback) if may_revoke(text)))


def _texts(callback: Callback) -> Iterator[str]:
    """Every value of the request, however deep it lies."""
    try:
        yield from callback.fields.values()
        yield from _leaves(callback.document)
    except CallbackUnreadableError:
        return


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    elif isinstance(value, str):
        yield from _inner(value) if value[:1] in {"{", "["} else (value,)


def _inner(text: str) -> Iterable[str]:
    """Some gateways wrap their document into a text of another."""
    try:
        return list(_leaves(json.loads(text)))
    except (ValueError, RecursionError):
        return (text,)
