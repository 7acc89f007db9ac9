"""What a monitor wants to know of the store: one cheap question each."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime

from connector.store import Store
from connector.store.vitals import Waiting


#: Since when Salesforce refuses the login.
LOGIN_REFUSED = "org:login_refused"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """
    The state of the service as the store knows it.

    `unheard_since` is when the oldest opt-out came that Salesforce does not have, in whatever
    step it waits; `unread_since` when the oldest delivery report came that nobody has read;
    `due` by when each job of the schedule should have been done again.
    """

    engine: Mapping[str, str]
    opt_outs: Waiting
    fields: Waiting
    unheard_since: datetime | None
    unread_since: datetime | None
    counts: Mapping[str, int]
    answers: Mapping[tuple[str, str], int]
    stopped: Mapping[str, int]
    api_used: float | None
    login_refused_since: datetime | None
    restored_at: datetime | None
    due: Mapping[str, datetime]


def vitals(store: Store) -> Vitals:
    with store.transaction(reads=True) as transaction:
        asked = transaction.vitals
        opt_outs, unread = asked.pending(urgent=True), asked.unread_since(urgent=True)
        unheard = [each for each in (opt_outs.since, unread) if each]
        refused = transaction.marks.get(LOGIN_REFUSED)
        restored = transaction.restorations.current()
        return Vitals(
            engine=asked.engine(),
            opt_outs=opt_outs,
            fields=asked.pending(urgent=False),
            unheard_since=min(unheard, default=None),
            unread_since=asked.unread_since(urgent=False),
            counts=asked.counts(),
            answers=transaction.answers.counts(),
            stopped=asked.stopped(),
            api_used=asked.usage(),
            login_refused_since=datetime.fromisoformat(refused) if refused else None,
            restored_at=restored.at if restored else None,
            due=asked.due(),
        )
