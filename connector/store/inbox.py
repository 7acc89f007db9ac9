"""What the gateways sent: raw, verified, append-only. The door's only way into the store."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import orjson
import sqlalchemy as sa

from connector.domain.callback import Arrival, Callback, KeptCallback
from connector.store import schema
from connector.store.engine import store_errors
from connector.store.sql import Bulk, Row, Sql, keys, number
from connector.store.times import micros, moment


_COLUMNS = (
    "gateway text",
    "account text",
    "method text",
    "target text",
    "headers text",
    "body bytea",
    "parts text",
    "urgent smallint",
    "received_at bigint",
)
KEEP = Bulk("callbacks", _COLUMNS)
#: With several workers a number is no cursor: one commits 7 after another has read 8.
KEEP_UNREAD = Bulk(
    "callbacks",
    _COLUMNS,
    "RETURNING id, urgent)"
    " INSERT INTO unread (urgent, callback_id) SELECT urgent, id FROM kept",
    head="WITH kept AS (",
)
#: A later version of the schema may have more, behind these.
_OWN_COLUMNS = 1 + len(_COLUMNS)
SELECT_BY_ID = Sql("SELECT * FROM callbacks WHERE id IN {ids} ORDER BY id")
SELECT_AFTER = Sql("""
    SELECT * FROM callbacks WHERE id > :position AND urgent = 0 ORDER BY id LIMIT :limit
""")
SELECT_URGENT_AFTER = Sql("""
    SELECT * FROM callbacks WHERE id > :position AND urgent = 1 ORDER BY id LIMIT :limit
""")
SELECT_IDS = Sql("""
    SELECT id, urgent FROM callbacks
    WHERE id > :position AND received_at >= :since
      AND (:gateway = '' OR gateway = :gateway)
    ORDER BY id LIMIT :limit
""")
SELECT_LATEST = Sql("""
    SELECT * FROM callbacks WHERE (:gateway = '' OR gateway = :gateway)
    ORDER BY id DESC LIMIT :limit
""")
SELECT_LISTED = Sql("""
    SELECT id, gateway, account, method, target, urgent, received_at FROM callbacks
    WHERE (:gateway = '' OR gateway = :gateway) ORDER BY id DESC LIMIT :limit
""")
SELECT_LISTED_BY_ID = Sql("""
    SELECT id, gateway, account, method, target, urgent, received_at FROM callbacks
    WHERE id IN {ids} ORDER BY id DESC
""")
COUNT_RECENT = Sql("""
    SELECT gateway, account, COUNT(*) AS callbacks, MAX(received_at) AS newest FROM (
      SELECT gateway, account, received_at FROM callbacks ORDER BY id DESC LIMIT :limit
    ) AS newest_callbacks
    GROUP BY gateway, account ORDER BY gateway, account
""")
COUNT_URGENT_AFTER = Sql("""
    SELECT COUNT(*) FROM callbacks WHERE id > :position AND urgent = 1
""")
#: Rows of one reading. On SQLite the door's commit waits for its end: a millisecond, not ten.
PAGE = 500
LAST_ID = Sql("SELECT COALESCE(MAX(id), 0) FROM callbacks")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ListedCallback:
    """What a list shows of a callback: all but its headers and body."""

    id: int
    received_at: datetime
    gateway: str
    account: str
    method: str
    target: str
    urgent: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RecentCallbacks:
    """How many of the newest callbacks came from one account of a gateway, the last when."""

    gateway: str
    account: str
    callbacks: int
    newest: datetime


class StoredHeaders(Mapping[str, str]):
    """Headers as they are stored, decoded when somebody looks: most reports never need them."""

    __slots__ = ("_decoded", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._decoded: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)

    @property
    def _headers(self) -> dict[str, str]:
        if self._decoded is None:
            self._decoded = orjson.loads(self._text)
        return self._decoded


class Inbox:
    """Raw callbacks, each kept by a durable commit before its gateway hears 2xx."""

    def __init__(self, engine: sa.Engine, *, queue: bool) -> None:
        self._engine = engine
        # One statement is one transaction: on a server, saying so costs two more round trips.
        self._writing = (
            engine.execution_options(isolation_level="AUTOCOMMIT") if queue else engine
        )
        self._keep = KEEP_UNREAD if queue else KEEP

    def keep(self, arrivals: Sequence[Arrival]) -> None:
        """Commit all of these, durably, or none; raises StoreUnavailableError."""
        rows = [_row(arrival) for arrival in arrivals]
        with store_errors(), self._writing.begin() as connection:
            self._keep.run(connection, rows)

    def check(self) -> None:
        """Raise unless a callback could be kept now: writable, and of the wanted schema."""
        with store_errors():
            schema.check(self._engine)
            with self._engine.begin() as connection:
                # Takes the write lock and changes nothing.
                connection.exec_driver_sql("DELETE FROM callbacks WHERE id < 0")

    def callback(self, callback_id: int) -> KeptCallback | None:
        found = self.callbacks([callback_id])
        return found[0] if found else None

    def callbacks(self, callback_ids: Iterable[int]) -> list[KeptCallback]:
        return self._select(SELECT_BY_ID, keys=keys(str(each) for each in callback_ids))

    def after(self, position: int, *, urgent: bool, limit: int) -> list[KeptCallback]:
        """The next callbacks of a lane beyond a number, oldest first."""
        statement = SELECT_URGENT_AFTER if urgent else SELECT_AFTER
        found: list[KeptCallback] = []
        while len(found) < limit:
            room = min(PAGE, limit - len(found))
            page = self._select(statement, position=position, limit=room)
            found += page
            if len(page) < room:
                break
            position = page[-1].id
        return found

    def latest(self, *, gateway: str = "", limit: int) -> list[KeptCallback]:
        """The newest callbacks first."""
        return self._select(SELECT_LATEST, gateway=gateway, limit=limit)

    def listed(self, *, gateway: str = "", limit: int) -> list[ListedCallback]:
        """The newest callbacks first, without their bodies."""
        return self._list(SELECT_LISTED, gateway=gateway, limit=limit)

    def listed_by_id(self, callback_ids: Iterable[int]) -> list[ListedCallback]:
        """Those of these that are still kept, the newest first, without their bodies."""
        return self._list(SELECT_LISTED_BY_ID, keys=keys(str(each) for each in callback_ids))

    def ids_since(
        self, since: datetime, *, gateway: str = "", position: int = 0, limit: int
    ) -> list[tuple[int, bool]]:
        """A page of numbers received since then, and whether each was urgent."""
        with store_errors(), self._reading() as connection:
            rows = SELECT_IDS.run(
                connection,
                since=micros(since),
                gateway=gateway,
                position=position,
                limit=limit,
            )
            return [(row.id, bool(row.urgent)) for row in rows]

    def recent(self, limit: int) -> list[RecentCallbacks]:
        """The newest callbacks, counted by gateway and account."""
        with store_errors(), self._reading() as connection:
            return [
                RecentCallbacks(
                    gateway=row.gateway,
                    account=row.account,
                    callbacks=row.callbacks,
                    newest=moment(row.newest),
                )
                for row in COUNT_RECENT.run(connection, limit=limit)
            ]

    def last_id(self) -> int:
        with store_errors(), self._reading() as connection:
            return number(LAST_ID.run(connection))

    def urgent_after(self, position: int) -> int:
        """How many urgent callbacks lie beyond a number."""
        with store_errors(), self._reading() as connection:
            return number(COUNT_URGENT_AFTER.run(connection, position=position))

    def close(self) -> None:
        self._engine.dispose()

    def _select(self, statement: Sql, **values: object) -> list[KeptCallback]:
        with store_errors(), self._reading() as connection:
            rows = statement.run(connection, **values).all()
        # After the reading has ended: on SQLite the door cannot commit meanwhile.
        return [_kept(row) for row in rows]

    def _list(self, statement: Sql, **values: object) -> list[ListedCallback]:
        with store_errors(), self._reading() as connection:
            return [
                ListedCallback(
                    id=row.id,
                    received_at=moment(row.received_at),
                    gateway=row.gateway,
                    account=row.account,
                    method=row.method,
                    target=row.target,
                    urgent=bool(row.urgent),
                )
                for row in statement.run(connection, **values)
            ]

    def _reading(self) -> sa.Connection:
        return self._engine.connect().execution_options(reads=True)


def without_parts(kept: KeptCallback) -> KeptCallback:
    """The raw truth alone, for a replay after a parser was mended."""
    return dataclasses.replace(kept, callback=dataclasses.replace(kept.callback, parts=None))


def _row(arrival: Arrival) -> tuple[object, ...]:
    callback = arrival.callback
    parts = callback.parts
    return (
        callback.gateway,
        callback.account,
        callback.method,
        callback.target,
        orjson.dumps(dict(callback.headers)).decode(),
        callback.body,
        None if parts is None else orjson.dumps(dict(parts)).decode(),
        int(arrival.urgent),
        micros(callback.received_at),
    )


def _kept(row: Row) -> KeptCallback:
    own = row[:_OWN_COLUMNS]
    number, gateway, account, method, target, headers, body, parts, _, received_at = own
    return KeptCallback(
        id=number,
        callback=Callback(
            gateway=gateway,
            account=account,
            method=method,
            target=target,
            headers=StoredHeaders(headers),
            body=bytes(body),
            parts=None if parts is None else orjson.loads(parts),
            received_at=moment(received_at),
        ),
    )
