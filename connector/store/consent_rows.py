"""The rows of the ledger, and of the states folded from it."""

from collections.abc import Iterable, Sequence

from connector.domain.consent import Consent, ConsentEvent, ConsentKind, fold
from connector.store.privacy import is_pseudonym
from connector.store.sql import Bulk, Row
from connector.store.times import micros, moment, moment_or_none


#: The whole organisation; other scopes are brands.
EVERYBODY = ""
TEXTS = (
    *("kind", "source", "gateway", "account", "message_id", "sender"),
    *("keyword", "scope", "actor", "reason", "evidence", "about"),
)

ADD_EVENTS = Bulk(
    "consent_events",
    (
        *("phone text", "id text", "at bigint", "timed bigint"),
        *(f"{name} text" for name in TEXTS),
        *("callback_id bigint", "received_at bigint"),
    ),
    "ON CONFLICT DO NOTHING",
)
_STATE = (
    *("opted_out", "doubtful", "changed_at"),
    *("source", "keyword", "gateway", "message_id"),
    *("questions", "version"),
)
PUT_STATE = Bulk(
    "consents",
    (
        *("phone text", "scope text"),
        *("opted_out bigint", "doubtful bigint", "changed_at bigint"),
        *("source text", "keyword text", "gateway text", "message_id text"),
        *("questions bigint", "version bigint"),
    ),
    f"""
    ON CONFLICT (phone, scope) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _STATE)}
    """,
)


def state_rows(phone: str, events: Iterable[ConsentEvent]) -> Iterable[tuple[object, ...]]:
    """
    A row for each scope that something was said in; its version counts the whole number.

    What is said to the whole organisation counts in every brand.
    """
    said: Sequence[ConsentEvent] = list(events)
    for scope in {EVERYBODY, *(event.scope for event in said)}:
        own = [event for event in said if event.scope in {EVERYBODY, scope}]
        state = fold(phone, own)
        yield (
            phone,
            scope,
            int(state.opted_out),
            int(state.doubtful),
            micros(state.changed_at),
            state.source,
            state.keyword,
            state.gateway,
            state.message_id,
            # Nobody can be asked about an erased number: its doubts stay opt-outs.
            0 if is_pseudonym(phone) else state.questions,
            len(said),
        )


def consent_of(row: Row, phone: str = "") -> Consent:
    return Consent(
        phone=phone or row.phone,
        opted_out=bool(row.opted_out),
        doubtful=bool(row.doubtful),
        changed_at=moment_or_none(row.changed_at),
        source=row.source,
        keyword=row.keyword,
        gateway=row.gateway,
        message_id=row.message_id,
        questions=row.questions,
        version=row.version,
    )


def event_row(callback_id: int, event: ConsentEvent) -> tuple[object, ...]:
    return (
        event.phone,
        event.id,
        micros(event.at),
        int(event.occurred_at is not None),
        *(str(getattr(event, name)) for name in TEXTS),
        callback_id,
        micros(event.received_at),
    )


def event_of(row: Row, phone: str = "") -> ConsentEvent:
    texts = {name: getattr(row, name) for name in TEXTS}
    return ConsentEvent(
        **{**texts, "kind": ConsentKind(row.kind)},
        phone=phone or row.phone,
        received_at=moment(row.received_at),
        occurred_at=moment(row.at) if row.timed else None,
    )
