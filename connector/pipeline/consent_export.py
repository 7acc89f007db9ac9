"""All opted-out numbers, for other systems, as rows that no spreadsheet computes."""

import dataclasses
from collections.abc import Iterator, Sequence

from connector.domain.consent import Consent, ConsentEvent, ConsentKind, holding
from connector.store import Store


PAGE = 2_000
COLUMNS = (
    *("phone", "scope", "since", "source", "keyword", "under_review", "evidence"),
    "version",
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """One number that must not be texted, with the event that says so."""

    scope: str
    state: Consent
    evidence: str


def opt_outs(store: Store, *, page: int = PAGE) -> Iterator[list[OptOut]]:
    """All of them in their order, page by page; each page is a reading of its own."""
    after = ""
    while True:
        with store.transaction(reads=True) as transaction:
            found = transaction.consents.opted_out(after=after, limit=page)
            if len(found) == page:  # the last number may have more brands than were read
                last = found[-1][1].phone
                found = [each for each in found if each[1].phone != last] or found
            if not found:
                return
            ledgers = transaction.consents.ledgers({state.phone for _, state in found})
        yield [
            OptOut(scope=scope, state=state, evidence=_proof(ledgers[state.phone], state))
            for scope, state in found
        ]
        after = found[-1][1].phone


def _proof(ledger: Sequence[ConsentEvent], state: Consent) -> str:
    found = [event for event in holding(ledger) if event.at == state.changed_at]
    newest = max(found, key=lambda event: (event.kind is ConsentKind.STOP, event.id))
    if newest.evidence:
        return newest.evidence
    return (
        f"{newest.gateway} message {newest.message_id}" if newest.message_id else newest.actor
    )


def cells(found: OptOut, *, quote: bool) -> tuple[str, ...]:
    """A row for COLUMNS; what a spreadsheet would take for a formula is marked as a text."""
    state = found.state
    return (
        f"'{state.phone}" if quote else _number(state.phone),
        harmless(found.scope),
        state.changed_at.isoformat() if state.changed_at else "",
        harmless(state.source),
        harmless(state.keyword),
        "yes" if state.doubtful else "",
        harmless(found.evidence),
        str(state.version),
    )


def _number(phone: str) -> str:
    # A number in E.164 is no formula; what stands here as it came may be one.
    return phone if phone[:1] == "+" and phone[1:].isdigit() else harmless(phone)


def harmless(text: str) -> str:
    """A cell that no spreadsheet computes: OWASP ASVS 1.2.10."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\0"} else text
