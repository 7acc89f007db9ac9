"""What the gateways' block lists should hold of each number, and what they were told."""

import dataclasses
import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from connector.store.sql import Bulk, Row, Sql, keys, number
from connector.store.times import micros, moment, moment_or_none


_COLUMNS = (
    *("list text", "phone text", "blocked smallint", "version bigint"),
    *("state text", "since bigint", "not_before bigint", "changed_at bigint"),
)
#: Something new was said: whatever became of the older one no longer counts.
QUEUE = Bulk(
    "block_entries",
    _COLUMNS,
    """
    ON CONFLICT (list, phone) DO UPDATE SET
      blocked = excluded.blocked, version = excluded.version, state = excluded.state,
      since = excluded.since, not_before = excluded.not_before,
      changed_at = excluded.changed_at, attempts = 0, error = ''
    """,
)
SELECT_KNOWN = Sql("""
    SELECT list, phone FROM block_entries WHERE (list, phone) IN {pairs}
""")
#: Whoever is opted out and has no row: since before the list was set up, or by an old bug.
SELECT_LACKING = Sql("""
    SELECT DISTINCT c.phone, c.version FROM consents c
    WHERE c.opted_out = 1 AND c.doubtful = 0
      AND (c.scope = '' OR c.scope = :scope OR :scope = '')
      AND c.phone > :after AND (c.phone < 'h:' OR c.phone >= 'h;')
      AND NOT EXISTS (
        SELECT 1 FROM block_entries b WHERE b.list = :list AND b.phone = c.phone
      )
    ORDER BY c.phone LIMIT :limit
""")
#: Nobody is taken off a list while an opt-out may be forgotten here.
ANY_DUE = Sql("""
    SELECT 1 FROM block_entries
    WHERE list = :list AND state IN ('waiting', 'sent') AND not_before <= :now
      AND (blocked = 1 OR NOT EXISTS (SELECT 1 FROM marks WHERE name = 'restoration'))
    LIMIT 1
""")
#: Opt-outs first, then the longest waiting; nobody can be told of a number that was erased.
SELECT_DUE = Sql("""
    SELECT * FROM block_entries
    WHERE list = :list AND state = :state AND not_before <= :now
      AND (blocked = 1 OR NOT EXISTS (SELECT 1 FROM marks WHERE name = 'restoration'))
    ORDER BY blocked DESC, since, phone LIMIT :limit
""")
SELECT_OF = Sql("""
    SELECT * FROM block_entries WHERE list = :list AND phone IN {items}
""")
#: In the order in which they are queued, so that nobody waits for each other.
LOCK = Sql("""
    SELECT phone FROM block_entries WHERE list = :list AND phone IN {items}
    ORDER BY phone {lock}
""")
#: An answer counts for what was asked, not for what was said meanwhile.
SETTLE = Sql("""
    UPDATE block_entries SET state = :state, blocked = :blocked, not_before = :not_before,
      attempts = :attempts, error = :error, changed_at = :now
    WHERE list = :list AND phone = :phone AND version = :version
""")
TELL = Sql("""
    UPDATE block_entries SET told = :told, told_at = :now
    WHERE list = :list AND phone IN {items}
""")
RESTORE = Sql("""
    UPDATE block_entries SET told = :told, told_at = :told_at
    WHERE list = :list AND phone = :phone
""")
#: Of erased numbers only what was told is still known.
FORGET_ERASED = Sql("""
    DELETE FROM block_entries
    WHERE list = :list AND phone >= 'h:' AND phone < 'h;' AND told < 0
""")
SETTLE_ERASED = Sql("""
    UPDATE block_entries SET state = 'done', error = ''
    WHERE list = :list AND phone >= 'h:' AND phone < 'h;' AND state <> 'done'
""")
FORGET = Sql("DELETE FROM block_entries WHERE list = :list AND phone = :phone")
RENAME = Sql("""
    UPDATE block_entries SET phone = :name, state = 'done', error = ''
    WHERE list = :list AND phone = :phone
""")
REQUEUE = Sql("""
    UPDATE block_entries SET state = 'waiting', not_before = :now, attempts = 0
    WHERE list = :list AND state = :state
""")
COUNT = Sql("""
    SELECT state, COUNT(*) AS amount, MIN(since) AS since FROM block_entries
    WHERE list = :list GROUP BY state
""")
SELECT_ERROR = Sql("""
    SELECT error FROM block_entries WHERE list = :list AND state <> 'done' AND error <> ''
    ORDER BY changed_at DESC, phone LIMIT 1
""")
SELECT_STATE = Sql("""
    SELECT * FROM block_entries WHERE list = :list AND state = :state
    ORDER BY since, phone LIMIT :limit
""")


class EntryState(enum.StrEnum):
    """How far a number is on the way to a list."""

    WAITING = "waiting"
    SENT = "sent"  # taken by the gateway, to be read back
    DONE = "done"
    KEPT = "kept"  # opted in again, and left on the list on purpose
    REFUSED = "refused"  # the gateway does not take it: a person has to look


class Told(enum.IntEnum):
    """What a list was told last of a number."""

    NOTHING = -1
    FREED = 0
    BLOCKED = 1
    #: To block it; whether the gateway took it is not known yet, or never will be.
    ASKED = 2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BlockEntry:
    """
    What one list should hold of one number, and what it was `told` last.

    `version` is that of the number's ledger at the time it was queued.
    """

    list: str
    phone: str
    blocked: bool
    version: int
    state: EntryState
    since: datetime
    attempts: int
    error: str
    told: Told
    told_at: datetime | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ListCounts:
    """How many numbers of a list are in which state."""

    states: Mapping[EntryState, int]
    waiting_since: datetime | None
    error: str

    def of(self, state: EntryState) -> int:
        return self.states.get(state, 0)


class BlockEntries:
    """The entries, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def queue(
        self,
        entries: Iterable[tuple[str, str, int]],
        now: datetime,
        *,
        blocked: bool,
        state: EntryState = EntryState.WAITING,
    ) -> None:
        """Lists, numbers and versions: this is what each list should hold from now on."""
        at = micros(now)
        rows = {
            (name, phone): (name, phone, int(blocked), version, state, at, at, at)
            for name, phone, version in entries
        }
        QUEUE.run(self._connection, [rows[key] for key in sorted(rows)])

    def known(self, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of these lists and numbers of which anything is known."""
        found = SELECT_KNOWN.run(self._connection, keys=keys(pairs))
        return {(row.list, row.phone) for row in found}

    def lacking(
        self, name: str, scope: str, *, after: str, limit: int
    ) -> list[tuple[str, int]]:
        """Opted-out numbers beyond this one that the list knows nothing of, and versions."""
        rows = SELECT_LACKING.run(
            self._connection, list=name, scope=scope, after=after, limit=limit
        )
        newest: dict[str, int] = {}
        for row in rows:
            newest[row.phone] = max(row.version, newest.get(row.phone, 0))
        return list(newest.items())

    def any_due(self, name: str, now: datetime) -> bool:
        return bool(number(ANY_DUE.run(self._connection, list=name, now=micros(now))))

    def due(self, name: str, state: EntryState, now: datetime, limit: int) -> list[BlockEntry]:
        rows = SELECT_DUE.run(
            self._connection, list=name, state=state, now=micros(now), limit=limit
        )
        return [_entry(row) for row in rows]

    def of(self, name: str, phones: Iterable[str]) -> dict[str, BlockEntry]:
        rows = SELECT_OF.run(self._connection, list=name, keys=keys(phones))
        return {row.phone: _entry(row) for row in rows}

    def in_state(self, name: str, state: EntryState, limit: int) -> list[BlockEntry]:
        rows = SELECT_STATE.run(self._connection, list=name, state=state, limit=limit)
        return [_entry(row) for row in rows]

    def lock(self, name: str, phones: Sequence[str]) -> None:
        """To be called before several of these are changed."""
        if phones:
            LOCK.run(self._connection, list=name, keys=keys(phones))

    def settle(
        self,
        entry: BlockEntry,
        state: EntryState,
        now: datetime,
        *,
        not_before: datetime | None = None,
        attempts: int = 0,
        error: str = "",
    ) -> bool:
        """What became of it; False, and nothing changed, if something was said meanwhile."""
        settled = SETTLE.run(
            self._connection,
            list=entry.list,
            phone=entry.phone,
            version=entry.version,
            blocked=int(entry.blocked),
            state=state,
            now=micros(now),
            not_before=micros(not_before or now),
            attempts=attempts,
            error=error,
        )
        return settled.rowcount == 1

    def tell(self, name: str, phones: Sequence[str], now: datetime, told: Told) -> None:
        """The gateway took this, or is asked to, whatever was said meanwhile."""
        TELL.run(self._connection, list=name, keys=keys(phones), told=told, now=micros(now))

    def untell(self, entry: BlockEntry) -> None:
        """It did not take what it was asked: what it was told before is the last."""
        RESTORE.run(
            self._connection,
            list=entry.list,
            phone=entry.phone,
            told=entry.told,
            told_at=micros(entry.told_at) if entry.told_at else 0,
        )

    def rest_erased(self, name: str) -> None:
        """Nothing is left to do for numbers that are known by their names only."""
        FORGET_ERASED.run(self._connection, list=name)
        SETTLE_ERASED.run(self._connection, list=name)

    def rename(self, name: str, phone: str, pseudonym: str) -> None:
        """Keep what a list was told, not of whom: listed by us, a number is no news."""
        FORGET.run(self._connection, list=name, phone=pseudonym)
        RENAME.run(self._connection, list=name, phone=phone, name=pseudonym)

    def requeue(self, name: str, state: EntryState, now: datetime) -> int:
        """Try those in a state again; returns how many."""
        ran = REQUEUE.run(self._connection, list=name, state=state, now=micros(now))
        return ran.rowcount

    def counts(self, name: str) -> ListCounts:
        rows = COUNT.run(self._connection, list=name).all()
        waiting = [row.since for row in rows if row.state in {"waiting", "sent"}]
        return ListCounts(
            states={EntryState(row.state): row.amount for row in rows},
            waiting_since=moment_or_none(min(waiting, default=0)),
            error=SELECT_ERROR.run(self._connection, list=name).scalar() or "",
        )


def _entry(row: Row) -> BlockEntry:
    return BlockEntry(
        list=row.list,
        phone=row.phone,
        blocked=bool(row.blocked),
        version=row.version,
        state=EntryState(row.state),
        since=moment(row.since),
        attempts=row.attempts,
        error=row.error,
        told=Told(row.told),
        told_at=moment_or_none(row.told_at),
    )
