"""The ledger of consent by number, and the fold of it."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

import sqlalchemy as sa

from connector.domain.consent import Consent, ConsentEvent, strictest, strictly
from connector.store.audit import Act, Audit
from connector.store.consent_rows import (
    ADD_EVENTS,
    EVERYBODY,
    PUT_STATE,
    consent_of,
    event_of,
    event_row,
    state_rows,
)
from connector.store.privacy import Pseudonyms, is_pseudonym
from connector.store.sql import Bulk, Sql, keys, number
from connector.store.times import micros


__all__ = ["EVERYBODY", "Consents", "Recorded"]

#: So that two who write to one number wait for each other, also where it is new.
TOUCH = Bulk("consents", ("phone text", "scope text"), "ON CONFLICT DO NOTHING")
LOCK = Sql("""
    SELECT phone, version FROM consents WHERE phone IN {items} AND scope = ''
    ORDER BY phone {lock}
""")
TOLD_AGAIN = Sql("""
    UPDATE consent_events SET received_at = :received_at WHERE id = :id AND phone IN {items}
""")
SELECT_EVENTS = Sql("SELECT * FROM consent_events WHERE phone IN {items}")
SELECT_NEWEST = Sql("""
    SELECT * FROM consent_events WHERE phone IN {items}
    ORDER BY at DESC, received_at DESC, kind, id LIMIT :limit
""")
SELECT = Sql("SELECT * FROM consents WHERE phone IN {items}")
SELECT_QUESTIONS = Sql("""
    SELECT * FROM consents WHERE questions > 0 ORDER BY changed_at, phone, scope LIMIT :limit
""")
COUNT_QUESTIONS = Sql("SELECT COUNT(*) FROM consents WHERE questions > 0")
SELECT_OPTED_OUT = Sql("""
    SELECT * FROM consents WHERE opted_out = 1 AND phone > :after
      AND (phone < 'h:' OR phone >= 'h;')
    ORDER BY phone, scope LIMIT :limit
""")
COUNT_OPTED_OUT = Sql("""
    SELECT COUNT(DISTINCT phone) FROM consents
    WHERE opted_out = 1 AND (phone < 'h:' OR phone >= 'h;')
""")
#: Names of erased numbers lie together, so that both questions are short.
ANY_ERASED = Sql("""
    SELECT 1 FROM consents WHERE phone >= 'h:' AND phone < 'h;' LIMIT 1
""")
COUNT_ERASED = Sql("""
    SELECT COUNT(DISTINCT phone) FROM consents
    WHERE phone >= 'h:' AND phone < 'h;' AND opted_out = 1
""")
FORGET_EVENTS = Sql("DELETE FROM consent_events WHERE phone = :phone")
FORGET_STATES = Sql("DELETE FROM consents WHERE phone = :phone")
_ALL = 1_000_000


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
        found: dict[str, int] = {}
        while len(found) < len(wanted):  # one may be erased while we wait for it
            TOUCH.run(self._connection, [(phone, EVERYBODY) for phone in wanted])
            rows = LOCK.run(self._connection, keys=keys(wanted))
            found = {row.phone: row.version for row in rows}
        erased = self._erased(phone for phone, version in found.items() if not version)
        for row in SELECT.run(self._connection, keys=keys(erased)) if erased else ():
            found[erased[row.phone]] = row.version
        return found

    def _erased(self, phones: Iterable[str]) -> dict[str, str]:
        """Numbers by the names that they have if they were erased."""
        phones = [phone for phone in phones if not is_pseudonym(phone)]
        if not phones or not number(ANY_ERASED.run(self._connection)):
            return {}
        names = self._names()
        return {names.of(phone): phone for phone in phones}

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
        again: set[str] = set()
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
            elif self._told_again(event, ledger):
                again.add(event.phone)
        ADD_EVENTS.run(
            self._connection, sorted(event_row(each.callback_id, each.event) for each in added)
        )
        touched = {each.event.phone for each in added} | again
        PUT_STATE.run(
            self._connection,
            sorted(
                state for phone in touched for state in state_rows(phone, known[phone].values())
            ),
        )
        self._audit.append([self._act(each) for each in added])
        return added

    def _told_again(self, event: ConsentEvent, ledger: dict[str, ConsentEvent]) -> bool:
        """Whether it changes when something known was heard, as far as that counts."""
        known = ledger[event.id]
        at = strictly(event, known).received_at
        if at == known.received_at:
            return False
        names = keys([event.phone, *self._erased([event.phone])])
        TOLD_AGAIN.run(self._connection, id=event.id, received_at=micros(at), keys=names)
        ledger[event.id] = dataclasses.replace(known, received_at=at)
        return True

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
        """All that was said of each number, also before it was erased."""
        phones = list(phones)
        erased = self._erased(phones)
        found: defaultdict[str, dict[str, ConsentEvent]] = defaultdict(dict)
        for row in SELECT_EVENTS.run(self._connection, keys=keys([*phones, *erased])):
            phone = erased.get(row.phone, row.phone)
            found[phone][row.id] = event_of(row, phone)
        return found

    def find(self, phones: Iterable[str]) -> dict[str, Consent]:
        """Whether each number may be texted, by whichever brand; the strictest counts."""
        return {
            phone: state
            for phone, scopes in self.states(phones).items()
            if (state := strictest(scopes.values()))
        }

    def states(self, phones: Iterable[str]) -> dict[str, Mapping[str, Consent]]:
        """
        The state of each number that anything was said of, by scope.

        What was said before a number was erased is part of what is folded after; where nothing
        was, its name has the state. Asked in this order an erasure hides nothing: the number
        is found before it, the name after.
        """
        phones = list(phones)
        found: defaultdict[str, dict[str, Consent]] = defaultdict(dict)
        for row in SELECT.run(self._connection, keys=keys(phones)):
            if row.version:
                found[row.phone][row.scope] = consent_of(row)
        erased = self._erased(phone for phone in phones if phone not in found)
        for row in SELECT.run(self._connection, keys=keys(erased)) if erased else ():
            phone = erased[row.phone]
            found[phone][row.scope] = consent_of(row, phone)
        return dict(found)

    def events_of(self, phone: str) -> list[ConsentEvent]:
        """The whole ledger of a number, the oldest first."""
        ledger = self._ledgers([phone])[phone]
        return sorted(ledger.values(), key=lambda event: (event.at, event.id))

    def ledgers(self, phones: Iterable[str]) -> dict[str, list[ConsentEvent]]:
        """The ledgers of several numbers, in no order."""
        found = self._ledgers(phones)
        return {phone: list(ledger.values()) for phone, ledger in found.items()}

    def said_by(self, phone: str, limit: int) -> list[tuple[int, ConsentEvent]]:
        """What was said of a number, the newest first, each after its callback's number."""
        names = keys([phone, *self._erased([phone])])
        rows = SELECT_NEWEST.run(self._connection, keys=names, limit=limit)
        return [(row.callback_id, event_of(row, phone)) for row in rows]

    def with_questions(self, limit: int) -> list[Consent]:
        """The numbers about which a person has to decide, the longest waiting first."""
        return [consent_of(row) for row in SELECT_QUESTIONS.run(self._connection, limit=limit)]

    def questions_count(self) -> int:
        return number(COUNT_QUESTIONS.run(self._connection))

    def opted_out(self, *, after: str = "", limit: int) -> list[tuple[str, Consent]]:
        """Numbers that may not be texted, in their order, each with its scope before it."""
        rows = SELECT_OPTED_OUT.run(self._connection, after=after, limit=limit)
        return [(row.scope, consent_of(row)) for row in rows]

    def opted_out_count(self) -> int:
        return number(COUNT_OPTED_OUT.run(self._connection))

    def erased_count(self) -> int:
        """How many erased numbers are opted out: nobody can list them."""
        return number(COUNT_ERASED.run(self._connection))

    def held_by_name(self, phones: Iterable[str]) -> set[str]:
        """
        Those of these numbers that were erased and are opted out by their names.

        Who hears again that they are has nothing to add, and would bring the number back.
        """
        erased = self._erased(phones)
        if not erased:
            return set()
        rows = SELECT.run(self._connection, keys=keys([*erased, *erased.values()])).all()
        again = {row.phone for row in rows if row.version}
        held = {row.phone for row in rows if row.opted_out and not row.scope}
        return {phone for name, phone in erased.items() if name in held and phone not in again}

    def rename(self, phone: str, clean: Callable[[ConsentEvent], ConsentEvent]) -> None:
        """
        Put the ledger of a number under its pseudonym; `clean` takes it out of the texts.

        The state is the same there, and so is the version. The callbacks are gone.
        """
        self.lock([phone])
        name = self._names().of(phone)
        said = self.said_by(phone, _ALL)
        cleaned = {event.id: clean(event) for _, event in said}
        ids = {old: event.id for old, event in cleaned.items()}
        renamed = [
            dataclasses.replace(event, phone=name, about=ids.get(event.about, ""))
            for event in cleaned.values()
        ]
        for each in (phone, name):
            FORGET_EVENTS.run(self._connection, phone=each)
            FORGET_STATES.run(self._connection, phone=each)
        ADD_EVENTS.run(self._connection, sorted(event_row(0, event) for event in renamed))
        states = state_rows(name, renamed) if renamed else ()
        PUT_STATE.run(self._connection, sorted(states))
