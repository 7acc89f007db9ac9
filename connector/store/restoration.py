"""What a store has to remember when it was put back to an earlier moment."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime

import orjson
import sqlalchemy as sa

from connector.store.house import Marks
from connector.store.sql import Sql


_MARK = "restoration"
#: So that Salesforce and the block lists are read from their beginning.
_READ_ANEW = ("directory:%", "block_list:%:pull")
#: What was under way when the backup was made; it stays queued, and is worked out anew.
_FORGET = ("bulk_changes", "sessions")
FORGET_JOBS = Sql("DELETE FROM bulk_jobs WHERE ended_at = 0")
#: Opt-ins among it may be older than an opt-out that is not known here any more.
WORK_OUT_ANEW = Sql("""
    INSERT INTO changed_records (object, record_id, urgent)
    SELECT DISTINCT object, record_id, 1 FROM pending WHERE urgent = 1
    ON CONFLICT (object, record_id) DO UPDATE SET urgent = 1
""")
#: Records whose people opted in again: what was held back for them.
MARK_OPTED_IN = Sql("""
    INSERT INTO changed_records (object, record_id, urgent)
    SELECT DISTINCT p.object, p.record_id, 1 FROM directory_phones AS p
    JOIN consents AS c ON c.phone = p.phone
    WHERE c.opted_out = 0 AND c.changed_at > 0
    ON CONFLICT (object, record_id) DO UPDATE SET urgent = 1
""")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """When a store was restored, and since when what came may be missing in it."""

    at: datetime
    since: datetime


class Restorations:
    """Whether the store is to be trusted when it says that nobody opted out."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._marks = Marks(connection)

    def current(self) -> Restoration | None:
        """The one that nobody has ended yet."""
        text = self._marks.get(_MARK)
        if not text:
            return None
        told = orjson.loads(text)
        return Restoration(
            at=datetime.fromisoformat(told["at"]), since=datetime.fromisoformat(told["since"])
        )

    def begin(self, restoration: Restoration) -> None:
        """From now on nothing is sure; the earliest moment counts, should there be two."""
        known = self.current()
        since = min(restoration.since, known.since) if known else restoration.since
        told = {"at": restoration.at.isoformat(), "since": since.isoformat()}
        self._marks.set(_MARK, orjson.dumps(told).decode())
        for names in _READ_ANEW:
            self._marks.forget(names)
        for table in _FORGET:
            self._connection.execute(sa.delete(sa.table(table)))
        FORGET_JOBS.run(self._connection)
        WORK_OUT_ANEW.run(self._connection)

    def end(self) -> None:
        """It is to be trusted again; what was held back is worked out."""
        self._marks.forget(_MARK)
        MARK_OPTED_IN.run(self._connection)

    def unread(self, objects: Iterable[str]) -> list[str]:
        """Those of these objects that were not read to their end since."""
        return [each for each in objects if not self._marks.get(read_mark(each))]


def read_mark(name: str) -> str:
    """The mark that says when the directory of an object was first read to its end."""
    return f"directory:{name}:read"
