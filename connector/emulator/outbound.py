"""
Outbound messages: what a flow or workflow sends to an address when a record changes.

SOAP API Developer Guide, "Understanding Notifications"; Salesforce help, "Considerations for
Outbound Messages": up to 100 notifications in a message, the record as it is when the message
is sent, no order, tried again with growing gaps of at most two hours until 24 hours have
passed. A record deleted meanwhile is a notification without data. Not documented, and therefore
a choice here: the first gap, and that empty fields are left out.
"""

import dataclasses
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from connector.emulator.drafts import Draft
from connector.emulator.outbound_wire import Notification, Post, acknowledged, envelope, post
from connector.emulator.rules import Condition
from connector.emulator.schema import Schema
from connector.emulator.storage import Row, Storage
from connector.emulator.times import read_stamp, stamp
from connector.emulator.writes import Writer


_MOST = 100
_LONGEST_GAP = timedelta(hours=2)
_GIVEN_UP_AFTER = timedelta(hours=24)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """Sends `fields` of an object's record to `url` when one of `on` changes, or any field."""

    object: str
    url: str
    fields: tuple[str, ...]
    on: tuple[str, ...] = ()
    applies: Condition = lambda _record: True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One message that was sent: which notifications, when, and whether they were taken."""

    at: datetime
    url: str
    notifications: tuple[str, ...]
    status: int  # 0 where there was no answer
    acknowledged: bool


class Outbound:
    """The outbound messages of one org, and those that are still to be delivered."""

    def __init__(
        self,
        storage: Storage,
        schema: Schema,
        writer: Writer,
        clock: Callable[[], datetime],
        *,
        org_id: str,
        my_domain: str,
    ) -> None:
        self._storage = storage
        self._schema = schema
        self._writer = writer
        self._clock = clock
        self._org_id = org_id
        self._my_domain = my_domain
        self._sending = threading.Lock()
        self._actions: dict[str, OutboundMessage] = {}
        storage.fetch(
            "CREATE TABLE IF NOT EXISTS _outbound (id TEXT PRIMARY KEY, action TEXT,"
            " record TEXT, at TEXT, next TEXT, gap REAL)"
        )
        #: How messages leave; another function takes the network's place.
        self.post: Post = post
        #: The gap before the first repetition; each further one is twice as long.
        self.first_gap = timedelta(seconds=30)
        #: What was sent so far, oldest first.
        self.attempts: list[Attempt] = []
        #: Notifications that were given up after 24 hours.
        self.dropped: list[str] = []

    def add(self, message: OutboundMessage) -> str:
        """Switch a message on; the id of its action."""
        sobject = self._schema.sobject(message.object)
        unknown = [
            f for f in (*message.fields, *message.on) if not self._schema.field(sobject, f)
        ]
        if unknown:
            raise ValueError(f"{message.object} has no field {unknown[0]}")
        with self._storage.transaction():
            action = self._writer.new_id("04k")
        self._actions[action] = message
        return action

    def remove(self, action: str) -> None:
        """Switch a message off; what is queued for it goes too."""
        self._actions.pop(action, None)
        self._storage.fetch("DELETE FROM _outbound WHERE action = ?", (action,))

    @property
    def pending(self) -> int:
        """How many notifications wait to be delivered."""
        return int(self._storage.fetch("SELECT COUNT(*) AS many FROM _outbound")[0]["many"])

    def wrote(self, drafts: Sequence[Draft]) -> None:
        """Queue what these writes set off; undone with them if they are rolled back."""
        now = stamp(self._clock())
        for action, message in self._actions.items():
            concerned = [draft for draft in drafts if _concerns(message, draft)]
            rows = [
                (self._writer.new_id("04l"), action, draft.record, now, now, 0.0)
                for draft in concerned
            ]
            self._storage.run_many("INSERT INTO _outbound VALUES (?, ?, ?, ?, ?, ?)", rows)

    def deliver(self) -> int:
        """Send what is due by the org's clock; how many notifications were taken."""
        if not self._actions:
            return 0
        with self._sending:
            self._drop_old()
            return sum(self._deliver(action) for action in list(self._actions))

    def _deliver(self, action: str) -> int:
        rows = self._storage.fetch(
            "SELECT id, record, gap FROM _outbound WHERE action = ? AND next <= ? ORDER BY id",
            (action, stamp(self._clock())),
        )
        taken = 0
        for start in range(0, len(rows), _MOST):
            part = [dict(row) for row in rows[start : start + _MOST]]
            if self._send(action, self._actions[action], part):
                taken += len(part)
                self._storage.run_many(
                    "DELETE FROM _outbound WHERE id = ?", [(row["id"],) for row in part]
                )
            else:
                self._put_off(part)
        return taken

    def _send(self, action: str, message: OutboundMessage, rows: Sequence[Row]) -> bool:
        sobject = self._schema.sobject(message.object)
        records = self._storage.rows(sobject.name, {str(row["record"]) for row in rows})
        fields = [self._schema.field(sobject, name) for name in ("Id", *message.fields)]
        notifications = []
        for row in rows:
            record = records.get(str(row["record"]))
            there = record if record and not record.get("IsDeleted") else None
            values = (
                [(field, there.get(field.name)) for field in fields if field] if there else []
            )
            notifications.append(Notification(str(row["id"]), sobject.name, values))
        body = envelope(self._org_id, action, self._my_domain, notifications)
        status, answer = self.post(message.url, body)
        attempt = Attempt(
            at=self._clock(),
            url=message.url,
            notifications=tuple(each.id for each in notifications),
            status=status,
            acknowledged=acknowledged(status, answer),
        )
        self.attempts.append(attempt)
        return attempt.acknowledged

    def _put_off(self, rows: Sequence[Row]) -> None:
        first = self.first_gap.total_seconds()
        for row in rows:
            doubled = float(row["gap"] or 0.0) * 2 or first
            gap = min(doubled, _LONGEST_GAP.total_seconds())
            again = stamp(self._clock() + timedelta(seconds=gap))
            self._storage.fetch(
                "UPDATE _outbound SET next = ?, gap = ? WHERE id = ?", (again, gap, row["id"])
            )

    def _drop_old(self) -> None:
        rows = self._storage.fetch("SELECT id, at FROM _outbound")
        for row in rows:
            if self._clock() - read_stamp(row["at"]) >= _GIVEN_UP_AFTER:
                self._storage.fetch("DELETE FROM _outbound WHERE id = ?", (row["id"],))
                self.dropped.append(row["id"])


def _concerns(message: OutboundMessage, draft: Draft) -> bool:
    if draft.sobject.name.lower() != message.object.lower() or not message.applies(draft.new):
        return False
    watched = message.on or tuple(draft.changes)
    return draft.old is None or any(draft.changed(field) for field in watched)
