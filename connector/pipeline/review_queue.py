"""The queue of decisions about consent, for people who may not see the numbers."""

import dataclasses
from collections.abc import Sequence

from connector.clock import Clock
from connector.domain.consent import Consent, ConsentKind
from connector.pipeline.consent import Evidence, settle
from connector.pipeline.review import (
    Question,
    accept,
    confirm,
    doubtful_texts,
    open_questions,
)
from connector.store import Store


#: What is asked, by what was said.
ASKED = {
    ConsentKind.REVIEW: "may be a STOP in other words",
    ConsentKind.START: "a START that does not undo the STOP",
    ConsentKind.REQUEST: "the flag was cleared in Salesforce",
}
#: More are not looked through: the longest waiting come first.
MOST = 1_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """
    A question, the texts that it is about, and the name that stands for its number.

    The id of a question may be that of two numbers, which said the same at the same moment.
    """

    question: Question
    who: str
    texts: Sequence[str]

    @property
    def doubt(self) -> bool:
        """Whether it may be a STOP; else it asks for an opt-in."""
        return self.question.event.kind is ConsentKind.REVIEW

    @property
    def place(self) -> str:
        """What a form names it by."""
        return f"{self.question.id}/{self.who}"


class Decision:
    """What may be decided; the words of the command line."""

    CONFIRM, ACCEPT, DISMISS = "confirm", "accept", "dismiss"


def queue(store: Store, limit: int) -> list[Asked]:
    """The longest waiting first."""
    with store.transaction(reads=True) as transaction:
        found = open_questions(transaction, limit)
        names = {each.event.phone: transaction.pseudonym(each.event.phone) for each in found}
    return [
        Asked(
            question=each,
            who=names[each.event.phone],
            texts=doubtful_texts(store.inbox, each),
        )
        for each in found
    ]


def find(store: Store, place: str) -> Question | None:
    """The question that a form names; None for one that is decided."""
    with store.transaction(reads=True) as transaction:
        for each in open_questions(transaction, MOST):
            if place == f"{each.id}/{transaction.pseudonym(each.event.phone)}":
                return each
    return None


def decide(
    store: Store,
    question: Question,
    decision: str,
    evidence: Evidence,
    clock: Clock,
    *,
    version: int,
) -> Consent:
    """Raises ConflictError if others were faster, ValueError for what makes no sense."""
    doubt = question.event.kind is ConsentKind.REVIEW
    if decision == Decision.DISMISS:
        phone = question.event.phone
        return settle(store, phone, question.id, evidence, clock, version=version)
    if decision == Decision.CONFIRM and doubt:
        return confirm(store, question, evidence, clock, version=version)
    if decision == Decision.ACCEPT and not doubt:
        return accept(store, question, evidence, clock, version=version)
    raise ValueError(decision)
