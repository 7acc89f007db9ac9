"""All that is known of one number's consent: what was said, asked, decided, and written."""

import dataclasses
import json
from collections.abc import Mapping, Sequence

from connector.domain.consent import Consent, strictest
from connector.domain.records import FieldValue, RecordRef
from connector.mapping import Topic
from connector.pipeline.explain import MOST_SAID, Said
from connector.pipeline.review import Question, questions_about
from connector.store import Store, Transaction
from connector.store.decisions import Decision


#: The newest answers that senders were given.
MOST_DECISIONS = 20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HolderState:
    """A record that holds the number: what of consent it has, and what has yet to reach it."""

    record: RecordRef
    field: str
    written: Mapping[str, FieldValue]
    waits: bool
    refused: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ConsentStory:
    """
    One number: its state, by scope too, and how it came about, the oldest first.

    `erased` where only its name is left of what was said.
    """

    phone: str
    erased: bool
    state: Consent | None
    scopes: Mapping[str, Consent]
    said: Sequence[Said]
    more_said: bool
    questions: Sequence[Question]
    decisions: Sequence[Decision]
    holders: Sequence[HolderState]

    @property
    def version(self) -> int:
        return self.state.version if self.state else 0

    def __bool__(self) -> bool:
        """Whether anything is known of it."""
        return bool(self.state or self.decisions or self.holders)


def consent_story(store: Store, phone: str) -> ConsentStory:
    """Gathered in one reading."""
    with store.transaction(reads=True) as transaction:
        scopes = transaction.consents.states([phone]).get(phone, {})
        said = transaction.consents.said_by(phone, MOST_SAID + 1)
        name = transaction.pseudonym(phone)
        return ConsentStory(
            phone=phone,
            erased=name in transaction.consents.states([name]),
            state=strictest(scopes.values()),
            scopes=scopes,
            said=[
                Said(callback_id=number, event=event)
                for number, event in reversed(said[:MOST_SAID])
            ],
            more_said=len(said) > MOST_SAID,
            questions=questions_about(transaction, phone),
            decisions=transaction.decisions.about(name, MOST_DECISIONS)[::-1],
            holders=_holders(transaction, phone),
        )


def _holders(transaction: Transaction, phone: str) -> list[HolderState]:
    found = transaction.directory.holders([phone]).get(phone, [])
    remembered = transaction.writes.remembered([each.record.id for each in found])
    states = []
    for holder in found:
        record, topic = holder.record, Topic.CONSENT.value
        refused = transaction.writes.refused(record_id=record.id, limit=1)
        waiting = transaction.outbox.waiting(record.id)
        states.append(
            HolderState(
                record=record,
                field=holder.field,
                written=json.loads(remembered.get((record.id, topic), "{}")),
                waits=transaction.outbox.is_marked(record)
                or any(each.topic == topic for each in waiting),
                refused=refused[0].error_code if refused else "",
            )
        )
    return states
