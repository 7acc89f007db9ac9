"""Looks at the database after every commit, and at the org at the end."""

import json
from collections.abc import Collection, Sequence

from connector.domain.records import RecordChange
from tests.consent.oracle import Violation, opted_out, refused, scopes
from tests.consent.org import FLAG, MemoryOrg
from tests.consent.world import World


_HELD = "SELECT record_id, phone FROM directory_phones"
_MARKED = "SELECT record_id, urgent FROM changed_records"
_PENDING = "SELECT record_id, fields, urgent FROM pending WHERE topic = 'consent'"
_WRITTEN = "SELECT record_id, fields FROM written WHERE topic = 'consent'"


class Watch:
    """The invariants, asked wherever they could break; the first that does ends the run."""

    def __init__(self, world: World, org: MemoryOrg) -> None:
        self._world = world
        self._org = org
        self.violation: Violation | None = None
        world.state.raw.committed = self._committed
        org.watch = self._claimed

    def found(self, violation: Violation) -> None:
        self.violation = self.violation or violation
        self._world.scheduler.end()

    def _committed(self) -> None:
        if self.violation:
            return
        if self._world.scheduler.crashes or self._org.lose:
            # Of a write whose answer is lost nobody can tell whether it was a tick.
            self._world.oracle.ticked = True
        try:
            ledger = self._world.ledger()
            self._world.oracle.commit(ledger)
            self._states()
            self._queued()
        except Violation as violation:
            self.found(violation)

    def _states(self) -> None:
        """What senders' answers are made of agrees with the rules."""
        oracle, states = self._world.oracle, self._world.states()
        for phone, said in oracle.ledger.items():
            own = states.get(phone, {})
            for scope in scopes(said.values()):
                oracle.checks += 1
                if own.get(scope, False) is not opted_out(said.values(), scope):
                    raise Violation("C-1", f"the state says {own}, the rules do not")

    def _queued(self) -> None:
        """Of whoever is opted out: Salesforce has it, or it is queued ahead of all else."""
        oracle = self._world.oracle
        if not oracle.out_since:
            return
        query = self._world.state.raw.execute
        held = query(_HELD).fetchall()
        marked = {record for record, urgent in query(_MARKED) if urgent}
        pending = {
            record for record, fields, urgent in query(_PENDING) if urgent and _says_out(fields)
        }
        written = {record for record, fields in query(_WRITTEN) if _says_out(fields)}
        for record, phone in held:
            oracle.checks += 1
            if phone in oracle.out_since and record not in marked | pending | written:
                raise Violation("C-6", "an opt-out is neither queued first nor written")

    def _claimed(self, change: RecordChange) -> None:
        """A call is about to go out."""
        oracle = self._world.oracle
        oracle.checks += 1
        if self.violation or change.fields.get(FLAG) is not False:
            return
        query = self._world.state.raw.execute
        held = query(f"{_HELD} WHERE record_id = ?", (change.record.id,))
        for _, phone in held.fetchall():
            if phone in oracle.out_since:
                self.found(Violation("C-6", "not opted out is sent after a STOP's commit"))

    def unblocking(self, phones: Sequence[str]) -> None:
        """A gateway is about to be told that these may be texted again."""
        self._world.oracle.checks += 1
        if not self._world.oracle.out_since.keys().isdisjoint(phones):
            self.found(Violation("C-6", "taken off a list after a STOP's commit"))

    def answered(self, phone: str, scope: str = "", *, sendable: bool) -> None:
        """A sender was told this, just now."""
        if self._world.oracle.forbids(phone, scope) and sendable:
            self.found(Violation("C-1", "a sender heard yes after a STOP"))

    def at_rest(self) -> None:
        """Everything is read, worked out and written."""
        oracle = self._world.oracle
        oracle.all_told()
        held = set(self._world.state.raw.execute(_HELD).fetchall())
        for name, contact in self._org.contacts.items():
            oracle.checks += 1
            said = oracle.ledger.get(contact.phone)
            # Of an erased number nobody knows who holds it, before it is read again.
            if not said or contact.deleted or (name, contact.phone) not in held:
                continue
            out = refused(said.values())
            ends = any(each.kind in {"start", "settled"} for each in said.values())
            # A tick that a later opt-in ended may stay: nobody is texted by it.
            ends = ends and all(each.source != "Salesforce" for each in said.values())
            if (out or ends) and contact.flag is not out:
                raise Violation("C-6", f"in the end the flag of {name} says {contact.flag}")

    def listed_at_rest(self, listed: Collection[str]) -> None:
        """Everything was told to a gateway's list: who said STOP is on it."""
        for phone, said in self._world.oracle.ledger.items():
            self._world.oracle.checks += 1
            stops = [each for each in said.values() if each.kind != "review"]
            if refused(stops) and phone not in listed:
                self.found(Violation("C-6", "in the end a list lacks a STOP"))


def _says_out(fields: str) -> bool:
    return json.loads(fields).get(FLAG) is True
