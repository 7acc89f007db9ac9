"""
Which workers are there: what one reserved that has fallen silent, the others give free.

Where a process has ended for certain nobody waits for it (`store.holders`); of one on another
machine nothing is certain. So each worker says every few seconds that it is there, and each
watches the others. Nobody compares clocks: a worker is silent when nothing of it has changed
while the watcher itself looked again and again. One that wakes up later has lost its leases,
and the fence keeps it from changing anything.
"""

import logging
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.store import Store
from connector.store.house import HeldLease


log = logging.getLogger(__name__)

#: How often it is looked, and how much of the time between two looks counts at the most: a
#: watcher that was halted has not listened meanwhile.
LOOK_SECONDS = 10.0
MOST_BETWEEN = timedelta(seconds=15)
#: Jobs by slots of one that is silent so long are given free: they do nothing but what is
#: committed under their lease.
SILENCE = timedelta(minutes=1)
#: Beyond the longest call: by then nobody waits for an answer whose lane is given free.
MARGIN = timedelta(seconds=20)
#: Says nothing of silence; a row that is older is one of a worker that is long gone.
_KEPT = timedelta(days=1)
_HERE, _JOB = "here:", "job:"

_Sign = tuple[HeldLease, HeldLease]


class Presence:
    """Says that one worker is there, and watches over the others."""

    def __init__(
        self, store: Store, clock: Clock, *, holder: str, longest_call: timedelta
    ) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._patience = max(SILENCE, longest_call + MARGIN)
        self._looked_at: datetime | None = None
        #: By the lease's name, how it stood, and for how long nothing of it has changed.
        self._silent: dict[str, tuple[_Sign, timedelta]] = {}

    def look(self) -> int:
        """To be called every few seconds; how many leases were given free."""
        self._beat()
        with self._store.transaction(reads=True) as transaction:
            held = transaction.leases.all()
        self._listen(held)
        return sum(
            self._give_free(sign)
            for name, (sign, silent) in self._silent.items()
            if silent >= (SILENCE if name.startswith(_JOB) else self._patience)
        )

    def leave(self) -> list[str]:
        """
        Give free what this worker still holds, and say no more that it is there.

        What a call may have written that is still under way counts as not known, as after a
        crash: whoever leaves ends the process, and with it the call. Returns the names.
        """
        with self._store.transaction(reads=True) as transaction:
            held = [e for e in transaction.leases.all() if e.holder == self._holder]
        freed = []
        for each in held:  # one by one: one that is in use holds up no other
            with self._store.transaction() as transaction:
                if each.name.startswith(_HERE):
                    transaction.leases.forget(each)
                elif transaction.leases.take_away(each):
                    freed.append(each.name)
        return freed

    def _beat(self) -> None:
        with self._store.transaction() as transaction:
            name = f"{_HERE}{self._holder}"
            transaction.leases.take(name, self._holder, self._clock(), _KEPT)

    def _listen(self, held: list[HeldLease]) -> None:
        now = self._clock()
        passed = now - (self._looked_at or now)
        passed = max(timedelta(0), min(passed, MOST_BETWEEN))
        self._looked_at = now
        here = {each.holder: each for each in held if each.name.startswith(_HERE)}
        before, self._silent = self._silent, {}
        for each in held:
            # Who never said so, as a command of somebody, is left alone until its lease ends.
            if each.holder == self._holder or each.holder not in here:
                continue
            sign = (each, here[each.holder])
            known, silent = before.get(each.name, (None, timedelta(0)))
            silent = silent + passed if known == sign else timedelta(0)
            self._silent[each.name] = (sign, silent)

    def _give_free(self, sign: _Sign) -> bool:
        lease, _ = sign
        with self._store.transaction() as transaction:
            if lease.name.startswith(_HERE):
                transaction.leases.forget(lease)
                return False
            freed = transaction.leases.take_away(lease)
        if freed:
            machine = lease.holder.partition(" ")[0]
            log.warning("lease.freed", extra={"lease": lease.name, "machine": machine})
        return freed
