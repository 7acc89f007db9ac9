"""Mistakes in the code that runs jobs by slots, planted to see that the runs find them."""

import contextlib
import dataclasses

from connector.pipeline import slots as running
from connector.pipeline.slots import Turn
from connector.store import slots as kept
from connector.store.house import Leases
from connector.store.slots import Standing
from connector.store.sql import Sql
from tests.consent.faults import Fault


_ANY_FENCE = Sql("""
    UPDATE job_slots SET finished_at = :now, result = :result
    WHERE job = :job AND slot = :slot AND :fence > 0
""")


def _yes(*_arguments: object) -> bool:
    return True


def _nothing(*_arguments: object) -> None:
    return None


@contextlib.contextmanager
def _apart(self: Turn, result: object = ""):
    with self.held() as transaction:
        yield transaction
    with _closing(self, result):
        pass


def _forgets_open(standing: Standing, job: running.SlotJob, now):
    return _following(dataclasses.replace(standing, open=None), job, now)


def _from_here(standing: Standing, job: running.SlotJob, now):
    slot = _following(standing, job, now)
    return slot and dataclasses.replace(slot, since=slot.start)


def _sees_nobody_ahead(standing: Standing, job: running.SlotJob, now):
    return _following(dataclasses.replace(standing, ahead=False), job, now)


def _begins_late(self, job: running.SlotJob) -> running.Turn | None:
    """As it is, but for the time: it is asked for before anybody is locked out."""
    now = self._clock()
    clock, self._clock = self._clock, lambda: now
    try:
        turn = _begin(self, job)
    finally:
        self._clock = clock
    if turn:
        turn.clock = clock
        turn._tenure._clock = clock  # noqa: SLF001
    return turn


def _gives_up(self: Turn, cause: str) -> None:
    with self.closing(cause):
        pass


_closing, _following = Turn.closing, running.following
_begin = running.SlotRunner._begin  # noqa: SLF001


def _fault(name: str, found: str, *where: tuple[object, str, object]) -> Fault:
    return Fault(name=name, where=where, rules=frozenset({found}))


FAULTS = (
    _fault(
        "whoever slept past the lease goes on",
        "after",
        (Leases, "holds", _yes),
        (Leases, "renew", _yes),
    ),
    _fault(
        "no fence at all",
        "times, not 1",
        (Leases, "holds", _yes),
        (Leases, "renew", _yes),
        (kept, "FINISH", _ANY_FENCE),
    ),
    _fault(
        "the end is kept apart from the work", "the other way round", (Turn, "closing", _apart)
    ),
    _fault("what is open is forgotten", "is open", (running, "following", _forgets_open)),
    _fault("what was missed is not noted", "is missing", (running, "following", _from_here)),
    _fault(
        "what was missed is noted nowhere", "is missing", (kept.Slots, "coalesce", _nothing)
    ),
    _fault("a failure ends the slot", "the other way round", (Turn, "put_off", _gives_up)),
    _fault(
        "the time is asked for too early",
        "is missing",
        (running.SlotRunner, "_begin", _begins_late),
        (running, "following", _sees_nobody_ahead),
    ),
)
