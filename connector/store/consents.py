"""The ledger of consent by number, and the fold of it."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import sqlalchemy as sa

from connector.domain.consent import Consent, ConsentEvent, ConsentKind, fold
from connector.store.audit import Act, Audit
from connector.store.privacy import Pseudonyms
from connector.store.sql import Bulk, Row, Sql, keys, number
from connector.store.times import micros, moment, moment_or_none


#: The whole organisation; other scopes are brands.
EVERYBODY = ""

#: So that two who write to one number wait for each other, also where it is new.
TOUCH = Bulk("consents", ("phone text", "scope text"), "ON CONFLICT DO NOTHING")
LOCK = Sql("""
    SELECT phone, version FROM consents WHERE phone IN {items} AND scope = ''
    ORDER BY phone {lock}
""")
_TEXTS = (
    *("kind", "source", "gateway", "account", "message_id", "sender"),
    *("keyword", "scope", "actor", "reason", "evidence", "about"),
)
ADD_EVENTS = Bulk(
    "consent_events",
    (
        *("phone text", "id text", "at bigint", "timed bigint"),
        *(f"{name} text" for name in _TEXTS),
        *("callback_id bigint", "received_at bigint"),
    ),
    "ON CONFLICT DO NOTHING",
)
SELECT_EVENTS = Sql("SELECT * FROM consent_events WHERE phone IN {items}")
SELECT_NEWEST = Sql("""
    SELECT * FROM consent_events WHERE phone = :phone
    ORDER BY at DESC, received_at DESC, kind, id LIMIT :limit
""")
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
SELECT = Sql("SELECT * FROM consents WHERE phone IN {items}")
SELECT_QUESTIONS = Sql("""
    SELECT * FROM consents WHERE questions > 0 ORDER BY changed_at, phone, scope LIMIT :limit
""")
COUNT_QUESTIONS = Sql("SELECT COUNT(*) FROM consents WHERE questions > 0")
SELECT_OPTED_OUT = Sql("""
    SELECT * FROM consents WHERE opted_out = 1 AND phone > :after
    ORDER BY phone, scope LIMIT :limit
""")
COUNT_OPTED_OUT = Sql("SELECT COUNT(DISTINCT phone) FROM consents WHERE opted_out = 1")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event that the ledger did not have yet, and the number's version around it."""

    event: ConsentEvent
    callback_id: int
    version_before: int
    version_after: int


class Consents:
    """The ledger, seen from one transaction."""

    def __init__(
        self, connection: sa.Connection, audit: Audit, names: Callable[[], Pseudonyms]
    ) -> None:
        self._connection = connection
        self._audit = audit
        self._names = names

    def lock(self, phones: Iterable[str]) -> dict[str, int]:
        """
        Nobody else writes about these numbers before this transaction ends.

        Returns the version of each: what an actor saw counts only while it is still that.
        """
        wanted = sorted(set(phones))
        TOUCH.run(self._connection, [(phone, EVERYBODY) for phone in wanted])
        found = LOCK.run(self._connection, keys=keys(wanted))
        return {row.phone: row.version for row in found}

    def record(self, events: Iterable[tuple[int, ConsentEvent]]) -> list[Recorded]:
        """
        Add what is not in the ledger yet, with the numbers of the callbacks, and fold anew.

        Returns what was added, each of it in the audit. A STOP needs to know nothing of the
        state before.
        """
        told = list(events)
        phones = {event.phone for _, event in told}
        if not phones:
            return []
        self.lock(phones)
        known = self._ledgers(phones)
        added: list[Recorded] = []
        for callback_id, event in told:
            ledger = known[event.phone]
            if event.id not in ledger:
                before = len(ledger)
                ledger[event.id] = event
                added.append(
                    Recorded(
                        event=event,
                        callback_id=callback_id,
                        version_before=before,
                        version_after=before + 1,
                    )
                )
        ADD_EVENTS.run(
            self._connection, sorted(_row(each.callback_id, each.event) for each in added)
        )
        touched = {each.event.phone for each in added}
        PUT_STATE.run(
            self._connection,
            sorted(
                state for phone in touched for state in _states(phone, known[phone].values())
            ),
        )
        self._audit.append([self._act(each) for each in added])
        return added

    def _act(self, recorded: Recorded) -> Act:
        event = recorded.event
        return Act(
            at=event.received_at,
            actor=event.actor or f"gateway:{event.gateway}",
            action=f"consent.{event.kind}",
            subject=self._names().of(event.phone),
            detail=f"{event.source} {event.id}",
            version_before=recorded.version_before,
            version_after=recorded.version_after,
        )

    def _ledgers(self, phones: Iterable[str]) -> defaultdict[str, dict[str, ConsentEvent]]:
        found: defaultdict[str, dict[str, ConsentEvent]] = defaultdict(dict)
        for row in SELECT_EVENTS.run(self._connection, keys=keys(phones)):
            found[row.phone][row.id] = _event(row)
        return found

    def find(self, phones: Iterable[str]) -> dict[str, Consent]:
        """Whether each number may be texted, by whichever brand; the strictest counts."""
        return {
            phone: strictest(scopes.values()) for phone, scopes in self.states(phones).items()
        }

    def states(self, phones: Iterable[str]) -> dict[str, Mapping[str, Consent]]:
        """The state of each number that anything was said of, by scope."""
        found: defaultdict[str, dict[str, Consent]] = defaultdict(dict)
        for row in SELECT.run(self._connection, keys=keys(phones)):
            if row.version:
                found[row.phone][row.scope] = _consent(row)
        return dict(found)

    def events_of(self, phone: str) -> list[ConsentEvent]:
        """The whole ledger of a number, the oldest first."""
        ledger = self._ledgers([phone])[phone]
        return sorted(ledger.values(), key=lambda event: (event.at, event.id))

    def said_by(self, phone: str, limit: int) -> list[tuple[int, ConsentEvent]]:
        """What was said of a number, the newest first, each after its callback's number."""
        rows = SELECT_NEWEST.run(self._connection, phone=phone, limit=limit)
        return [(row.callback_id, _event(row)) for row in rows]

    def with_questions(self, limit: int) -> list[Consent]:
        """The numbers about which a person has to decide, the longest waiting first."""
        return [_consent(row) for row in SELECT_QUESTIONS.run(self._connection, limit=limit)]

    def questions_count(self) -> int:
        return number(COUNT_QUESTIONS.run(self._connection))

    def opted_out(self, *, after: str = "", limit: int) -> list[tuple[str, Consent]]:
        """Numbers that may not be texted, in their order, each with its scope before it."""
        rows = SELECT_OPTED_OUT.run(self._connection, after=after, limit=limit)
        return [(row.scope, _consent(row)) for row in rows]

    def opted_out_count(self) -> int:
        return number(COUNT_OPTED_OUT.run(self._connection))


def strictest(states: Iterable[Consent]) -> Consent:
    """One answer for several: opted out where any of them is; there must be one."""
    return max(
        states,
        key=lambda c: (c.opted_out, not c.doubtful, micros(c.changed_at), c.phone, c.version),
    )


def _states(phone: str, events: Iterable[ConsentEvent]) -> Iterable[tuple[object, ...]]:
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
            state.questions,
            len(said),
        )


def _consent(row: Row) -> Consent:
    return Consent(
        phone=row.phone,
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


def _row(callback_id: int, event: ConsentEvent) -> tuple[object, ...]:
    return (
        event.phone,
        event.id,
        micros(event.at),
        int(event.occurred_at is not None),
        *(str(getattr(event, name)) for name in _TEXTS),
        callback_id,
        micros(event.received_at),
    )


def _event(row: Row) -> ConsentEvent:
    texts = {name: getattr(row, name) for name in _TEXTS}
    return ConsentEvent(
        **{**texts, "kind": ConsentKind(row.kind)},
        phone=row.phone,
        received_at=moment(row.received_at),
        occurred_at=moment(row.at) if row.timed else None,
    )
