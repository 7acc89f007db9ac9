"""What a gateway asked for in a callback and we do by ourselves, each once."""

import dataclasses
import enum
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from connector.store.sql import Bulk, Row, Sql
from connector.store.times import micros, moment


#: Reading a callback again asks for nothing that was asked for before.
ADD = Bulk(
    "errands",
    ("callback_id bigint", "state text", "since bigint", "changed_at bigint"),
    "ON CONFLICT (callback_id) DO NOTHING",
)
SELECT_DUE = Sql("""
    SELECT callback_id, state, since, changed_at, tries, cause FROM errands
    WHERE state = 'open' AND not_before <= :now ORDER BY callback_id LIMIT :limit
""")
SELECT_ONE = Sql("""
    SELECT callback_id, state, since, changed_at, tries, cause FROM errands
    WHERE callback_id = :callback_id
""")
CHANGE = Sql("""
    UPDATE errands SET state = :state, cause = :cause, changed_at = :now,
      not_before = :not_before, tries = tries + 1
    WHERE callback_id = :callback_id
""")


class ErrandState(enum.StrEnum):
    """How far it is."""

    OPEN = "open"
    DONE = "done"
    GIVEN_UP = "given up"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """The address stays in the callback: it holds the gateway's token."""

    callback_id: int
    state: ErrandState
    since: datetime
    changed_at: datetime
    tries: int
    cause: str


class Errands:
    """The errands, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, callback_ids: Iterable[int], now: datetime) -> None:
        at = micros(now)
        ADD.run(
            self._connection, [(each, ErrandState.OPEN, at, at) for each in set(callback_ids)]
        )

    def due(self, now: datetime, limit: int) -> list[Errand]:
        rows = SELECT_DUE.run(self._connection, now=micros(now), limit=limit)
        return [_errand(row) for row in rows]

    def of(self, callback_id: int) -> Errand | None:
        row = SELECT_ONE.run(self._connection, callback_id=callback_id).first()
        return _errand(row) if row else None

    def change(
        self,
        errand: Errand,
        state: ErrandState,
        now: datetime,
        *,
        cause: str = "",
        not_before: datetime | None = None,
    ) -> None:
        """What became of a try."""
        CHANGE.run(
            self._connection,
            callback_id=errand.callback_id,
            state=state,
            cause=cause,
            now=micros(now),
            not_before=micros(not_before or now),
        )


def _errand(row: Row) -> Errand:
    return Errand(
        callback_id=row.callback_id,
        state=ErrandState(row.state),
        since=moment(row.since),
        changed_at=moment(row.changed_at),
        tries=row.tries,
        cause=row.cause,
    )
