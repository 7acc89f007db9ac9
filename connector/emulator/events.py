"""
Platform events: published by creating a record of an object ending in `__e`, never kept as one.

Platform Events Developer Guide, "Publish Event Messages Using APIs", "Platform Event Fields",
"Considerations for Publishing and Subscribing". Events count by the hour; what is published in
a transaction that is rolled back never was (publish behaviour "after commit", the default).
The id in the answer means nothing and is the same every time; the message that says that the
event was queued has the event's own UUID.
"""

import dataclasses
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from connector.emulator.access import Caller
from connector.emulator.drafts import Draft
from connector.emulator.errors import RecordError
from connector.emulator.fields import Field, Value
from connector.emulator.kinds import computed, lookup, moment, record_id, text
from connector.emulator.objects import SObject
from connector.emulator.query import present
from connector.emulator.storage import Storage
from connector.emulator.times import read_stamp
from connector.emulator.usage import Usage
from connector.emulator.writes import Saved


#: The id of every event that was accepted.
_ID = "e01xx0000000001AAA"
_KEPT = timedelta(hours=72)
_LIMITED = "The number of platform events published in the last hour exceeds the limit"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEvent:
    """One event as subscribers get it."""

    object: str
    replay_id: int
    uuid: str
    at: datetime
    user: str
    fields: dict[str, Value]


def event_object(name: str, label: str, key_prefix: str, *fields: Field) -> SObject:
    """An event's definition, with the fields that every event has."""
    return SObject(
        name=name,
        label=label,
        label_plural=label,
        key_prefix=key_prefix,
        fields=(
            record_id("Record ID"),
            computed(text("ReplayId", "Replay ID", 1_000)),
            computed(moment("CreatedDate", "Created Date")),
            computed(lookup("CreatedById", "Created By ID", "User")),
            computed(text("EventUuid", "Event UUID", 36)),
            *fields,
        ),
        deletable=False,
        updateable=False,
        searchable=False,
        layoutable=False,
    )


class Events:
    """What was published in the last 72 hours, oldest first, and what shall go wrong."""

    def __init__(self, storage: Storage, usage: Usage, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._usage = usage
        self._clock = clock
        self._refusals: list[RecordError] = []
        storage.fetch(
            "CREATE TABLE IF NOT EXISTS _events (number INTEGER PRIMARY KEY, object TEXT,"
            " uuid TEXT, at TEXT, user TEXT, fields TEXT)"
        )

    def __iter__(self) -> Iterator[PublishedEvent]:
        return iter(self.of(""))

    def __len__(self) -> int:
        return len(self.of(""))

    def of(self, sobject: str, *, after: int = 0) -> list[PublishedEvent]:
        """The events of an object behind a replay id."""
        rows = self._storage.fetch(
            "SELECT number, object, uuid, at, user, fields FROM _events ORDER BY number"
        )
        events = [
            PublishedEvent(
                object=row["object"],
                replay_id=_replay_id(row["number"]),
                uuid=row["uuid"],
                at=read_stamp(row["at"]),
                user=row["user"],
                fields=json.loads(row["fields"]),
            )
            for row in rows
        ]
        oldest = self._clock() - _KEPT
        return [
            event
            for event in events
            if event.at > oldest
            and event.replay_id > after
            and sobject.lower() in {"", event.object.lower()}
        ]

    def refuse(
        self,
        code: str = "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE",
        message: str = "The platform event could not be published; try again later",
        *,
        times: int = 1,
    ) -> None:
        """The next events are not accepted."""
        self._refusals += [RecordError(code=code, message=message)] * times

    def publish(self, drafts: Sequence[Draft], caller: Caller) -> list[Saved]:
        """Accept the events that are in order, as far as the hour's allowance goes."""
        return [self._publish(draft, caller) for draft in drafts]

    def _publish(self, draft: Draft, caller: Caller) -> Saved:
        error = draft.error
        if error is None and self._refusals:
            error = self._refusals.pop(0)
        if error is None and not self._usage.events.left:
            error = RecordError(code="LIMIT_EXCEEDED", message=_LIMITED)
        if error is not None:
            return Saved(error=error)
        self._usage.events.use()
        number = self._next()
        identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{draft.sobject.name}/{number}"))
        own = [field for field in draft.sobject.fields if field.createable and field.custom]
        fields = {field.name: present(field, draft.changes.get(field.name)) for field in own}
        self._storage.run_many(
            "INSERT INTO _events VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    number,
                    draft.sobject.name,
                    identity,
                    caller.now,
                    caller.user,
                    json.dumps(fields),
                )
            ],
        )
        queued = RecordError(code="OPERATION_ENQUEUED", message=identity)
        return Saved(record=_ID, remark=queued)

    def _next(self) -> int:
        rows = self._storage.fetch("SELECT MAX(number) AS last FROM _events")
        return int(rows[0]["last"] or 0) + 1


def _replay_id(number: int) -> int:
    """Ids grow and have gaps: nobody may count on the next one."""
    return 1_000 + number * 3 + number // 4
