"""Which callbacks still have to be read, and which could not be."""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from connector.domain.callback import KeptCallback
from connector.store.inbox import Inbox, without_parts
from connector.store.sql import Bulk, Row, Sql, keys, number
from connector.store.times import micros, moment


READ_CURSOR = Sql("SELECT position FROM cursors WHERE lane = :lane")
MOVE_CURSOR = Sql("""
    INSERT INTO cursors (lane, position) VALUES (:lane, :position)
    ON CONFLICT (lane) DO UPDATE SET position = excluded.position
""")
CLAIM = Sql("""
    SELECT callback_id, again FROM unread WHERE urgent = :urgent
    ORDER BY callback_id LIMIT :limit {skip_locked}
""")
#: Without a lock: what a worker is reading just now is not in the ledger yet.
PEEK = Sql("""
    SELECT callback_id FROM unread WHERE urgent = 1 ORDER BY callback_id LIMIT :limit
""")
FORGET = Sql("DELETE FROM unread WHERE urgent = :urgent AND callback_id IN {ids}")
READ_AGAIN = Bulk(
    "unread",
    ("urgent smallint", "callback_id bigint", "again smallint"),
    "ON CONFLICT (urgent, callback_id) DO UPDATE SET again = 1",
)
COUNT_UNREAD = Sql("SELECT COUNT(*) FROM unread")
SET_ASIDE = Bulk(
    "quarantine",
    ("callback_id bigint", "gateway text", "reason text", "since bigint"),
    "ON CONFLICT (callback_id) DO UPDATE SET reason = excluded.reason",
)
RELEASE = Sql("DELETE FROM quarantine WHERE callback_id IN {ids}")
SELECT_QUARANTINE = Sql("""
    SELECT callback_id, gateway, reason, since FROM quarantine
    WHERE (:gateway = '' OR gateway = :gateway) ORDER BY callback_id DESC LIMIT :limit
""")
SELECT_QUARANTINE_AFTER = Sql("""
    SELECT callback_id, gateway, reason, since FROM quarantine
    WHERE callback_id > :position AND (:gateway = '' OR gateway = :gateway)
    ORDER BY callback_id LIMIT :limit
""")
SELECT_QUARANTINE_BY_ID = Sql("""
    SELECT callback_id, gateway, reason, since FROM quarantine WHERE callback_id IN {ids}
""")
COUNT_QUARANTINE = Sql("SELECT COUNT(*) FROM quarantine")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Callbacks that one transaction is about to read; they stay unread unless it commits."""

    urgent: bool
    callbacks: Sequence[KeptCallback]
    #: The numbers that were queued, also of callbacks that are kept no more.
    queued: Sequence[int]
    #: Those of them that were asked for again.
    again: frozenset[int]
    #: The last number that was found by following the inbox.
    position: int | None = None

    def __bool__(self) -> bool:
        return bool(self.callbacks or self.queued)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A callback that could not be read, and why."""

    callback_id: int
    gateway: str
    reason: str
    since: datetime


class Unread:
    """
    The queue of callbacks, seen from one transaction of a worker.

    On PostgreSQL the door queues each number, and workers lock the ones they read. On SQLite
    there is one worker: a cursor for each lane follows the inbox, which lies in a file of its
    own so that door and worker never wait for each other; only what is to be read again is
    queued.
    """

    def __init__(self, connection: sa.Connection, inbox: Inbox) -> None:
        self._connection = connection
        self._inbox = inbox
        self._follows = connection.dialect.name == "sqlite"

    def claim(self, limit: int, *, urgent: bool) -> Claim:
        rows = CLAIM.run(self._connection, urgent=int(urgent), limit=limit).all()
        numbers = [row.callback_id for row in rows]
        again = frozenset(row.callback_id for row in rows if row.again)
        found = self._inbox.callbacks(numbers) if numbers else []
        # Asked for again: only the raw truth counts.
        found = [without_parts(kept) if kept.id in again else kept for kept in found]
        followed = self._follow(limit - len(numbers), urgent=urgent) if self._follows else []
        return Claim(
            urgent=urgent,
            callbacks=[*found, *followed],
            queued=numbers,
            again=again,
            position=followed[-1].id if followed else None,
        )

    def peek(self, limit: int) -> list[KeptCallback]:
        """Urgent callbacks that nobody has read yet, or somebody reads just now."""
        queued = list(PEEK.run(self._connection, limit=limit).scalars())
        found = self._inbox.callbacks(queued) if queued else []
        followed = self._follow(limit - len(queued), urgent=True) if self._follows else []
        return [*found, *followed]

    def _follow(self, limit: int, *, urgent: bool) -> list[KeptCallback]:
        if not limit:
            return []
        return self._inbox.after(self._position(urgent=urgent), urgent=urgent, limit=limit)

    def done(self, claim: Claim) -> None:
        """These are read; takes effect with the transaction, like all that they said."""
        if claim.queued:
            numbers = keys(str(number) for number in claim.queued)
            FORGET.run(self._connection, urgent=int(claim.urgent), keys=numbers)
        if claim.position is not None:
            lane = _lane(urgent=claim.urgent)
            MOVE_CURSOR.run(self._connection, lane=lane, position=claim.position)

    def read_again(self, numbers: Iterable[tuple[int, bool]]) -> None:
        """Queue callbacks by number and urgency; those that wait already stay once."""
        READ_AGAIN.run(
            self._connection, [(int(urgent), number, 1) for number, urgent in numbers]
        )

    def set_aside(self, kept: KeptCallback, reason: str, now: datetime) -> None:
        row = (kept.id, kept.callback.gateway, reason, micros(now))
        SET_ASIDE.run(self._connection, [row])

    def release(self, numbers: Iterable[int]) -> None:
        """These could be read after all."""
        RELEASE.run(self._connection, keys=keys(str(number) for number in numbers))

    def quarantined(self, limit: int, *, gateway: str = "") -> list[Quarantined]:
        """The newest first."""
        rows = SELECT_QUARANTINE.run(self._connection, gateway=gateway, limit=limit)
        return [_quarantined(row) for row in rows]

    def quarantined_after(
        self, position: int, *, gateway: str = "", limit: int
    ) -> list[Quarantined]:
        """A page of them beyond a number, by their numbers."""
        rows = SELECT_QUARANTINE_AFTER.run(
            self._connection, position=position, gateway=gateway, limit=limit
        )
        return [_quarantined(row) for row in rows]

    def why(self, numbers: Iterable[int]) -> dict[int, Quarantined]:
        """Those of these callbacks that could not be read, by number."""
        rows = SELECT_QUARANTINE_BY_ID.run(
            self._connection, keys=keys(str(number) for number in numbers)
        )
        return {row.callback_id: _quarantined(row) for row in rows}

    def quarantined_count(self) -> int:
        return number(COUNT_QUARANTINE.run(self._connection))

    def waiting(self) -> int:
        """How many callbacks nobody has read yet; on SQLite, gaps in the numbers count too."""
        queued = number(COUNT_UNREAD.run(self._connection))
        if not self._follows:
            return queued
        urgent, reports = self._position(urgent=True), self._position(urgent=False)
        beyond = self._inbox.last_id() - reports - self._inbox.urgent_after(reports)
        return queued + max(beyond, 0) + self._inbox.urgent_after(urgent)

    def _position(self, *, urgent: bool) -> int:
        lane = _lane(urgent=urgent)
        return number(READ_CURSOR.run(self._connection, lane=lane))


def _quarantined(row: Row) -> Quarantined:
    return Quarantined(
        callback_id=row.callback_id,
        gateway=row.gateway,
        reason=row.reason,
        since=moment(row.since),
    )


def _lane(*, urgent: bool) -> str:
    return "urgent" if urgent else "reports"
