"""Deletes what was kept long enough, page by page."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from connector.store.engine import store_errors
from connector.store.sql import Sql, keys
from connector.store.times import micros


#: Rows of one reading and of one deletion: on SQLite the door waits for its end.
PAGE = 500
#: In their order, not by their age: without an index on it all would be read each time.
SELECT_CALLBACKS = Sql("""
    SELECT id, received_at FROM callbacks
    WHERE id > :position AND urgent = :urgent ORDER BY id LIMIT :limit
""")
DELETE_CALLBACKS = Sql("DELETE FROM callbacks WHERE id IN {ids}")
SELECT_QUEUED = Sql("SELECT callback_id FROM unread WHERE callback_id IN {ids}")
SELECT_CURSOR = Sql("SELECT position FROM cursors WHERE lane = :lane")
SELECT_ASIDE = Sql("SELECT callback_id FROM quarantine WHERE callback_id IN {ids}")
SELECT_ASKED = Sql("""
    SELECT e.callback_id FROM consents AS c JOIN consent_events AS e ON e.phone = c.phone
    WHERE c.questions > 0 AND e.kind IN ('review', 'start')
""")
RELEASE = Sql("DELETE FROM quarantine WHERE callback_id IN {ids}")
FORGET_ERRANDS = Sql("DELETE FROM errands WHERE callback_id IN {ids}")
#: The state of a message is kept with the message; these are what it came from.
DELETE_EVENTS = Sql("""
    DELETE FROM events
    WHERE (gateway, message_id, kind, word, occurred_at, error_code) IN (
      SELECT gateway, message_id, kind, word, occurred_at, error_code FROM events
      WHERE received_at < :before ORDER BY received_at LIMIT :limit
    )
""")
SELECT_WRITES = Sql("SELECT id, at FROM writes ORDER BY id LIMIT :limit")
DELETE_WRITES = Sql("DELETE FROM writes WHERE id IN {ids}")
SELECT_DECISIONS = Sql("SELECT id, at FROM decisions ORDER BY id LIMIT :limit")
DELETE_DECISIONS = Sql("DELETE FROM decisions WHERE id IN {ids}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OldCallbacks:
    """A page of callbacks that are old enough; `last` is where the next one begins."""

    ids: list[int]
    last: int
    more: bool


class Retention:
    """What may be deleted, in both halves of the database."""

    def __init__(self, inbox: sa.Engine, state: sa.Engine) -> None:
        self._inbox = inbox
        self._state = state

    def old_callbacks(self, before: datetime, *, urgent: bool, position: int) -> OldCallbacks:
        """The next in their order that came before then."""
        with store_errors(), self._inbox.connect().execution_options(reads=True) as c:
            rows = SELECT_CALLBACKS.run(
                c, position=position, urgent=int(urgent), limit=PAGE
            ).all()
        ids = [row.id for row in rows if row.received_at < micros(before)]
        return OldCallbacks(
            ids=ids,
            last=rows[-1].id if rows else position,
            more=len(rows) == PAGE and len(ids) == PAGE,
        )

    def wanted(self, numbers: Iterable[int], *, urgent: bool) -> set[int]:
        """
        Those of these callbacks that somebody has yet to look at.

        They are not read, or a person has to decide about them. An urgent one that could not be
        read may be a STOP.
        """
        numbers = list(numbers)
        ids = keys(str(number) for number in numbers)
        with store_errors(), self._state.connect().execution_options(reads=True) as c:
            found = set(SELECT_QUEUED.run(c, keys=ids).scalars())
            found |= set(SELECT_ASKED.run(c).scalars())
            if urgent:
                found |= set(SELECT_ASIDE.run(c, keys=ids).scalars())
            if self._state.dialect.name == "sqlite":
                lane = "urgent" if urgent else "reports"
                read_to = SELECT_CURSOR.run(c, lane=lane).scalar() or 0
                found |= {number for number in numbers if number > read_to}
        return found

    def delete_callbacks(self, numbers: Iterable[int]) -> None:
        """With what was noted of them."""
        ids = keys(str(number) for number in numbers)
        with store_errors():
            with self._state.begin() as connection:
                RELEASE.run(connection, keys=ids)
                FORGET_ERRANDS.run(connection, keys=ids)
            with self._inbox.begin() as connection:
                DELETE_CALLBACKS.run(connection, keys=ids)

    def delete_events(self, before: datetime) -> int:
        """A page of what was said about messages; returns how many were old."""
        with store_errors(), self._state.begin() as connection:
            return DELETE_EVENTS.run(connection, before=micros(before), limit=PAGE).rowcount

    def delete_writes(self, before: datetime) -> int:
        """A page of answers of Salesforce; returns how many were old."""
        return self._delete(SELECT_WRITES, DELETE_WRITES, before)

    def delete_decisions(self, before: datetime) -> int:
        """A page of what senders were told; returns how many were old."""
        return self._delete(SELECT_DECISIONS, DELETE_DECISIONS, before)

    def _delete(self, select: Sql, delete: Sql, before: datetime) -> int:
        with store_errors():
            with self._state.connect().execution_options(reads=True) as connection:
                rows = select.run(connection, limit=PAGE).all()
            old = [str(row.id) for row in rows if row.at < micros(before)]
            if old:
                with self._state.begin() as connection:
                    delete.run(connection, keys=keys(old))
        return len(old)
