"""Leases, marks and API keys: what the processes themselves need to remember."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from connector.domain.errors import ConfigurationError
from connector.store.holders import is_gone
from connector.store.sql import Row, Sql
from connector.store.times import micros, moment, moment_or_none


#: One statement, so two workers cannot both see it free; the fence rises with every new holder.
TAKE_LEASE = Sql("""
    INSERT INTO leases AS l (name, holder, until, fence) VALUES (:name, :holder, :until, 1)
    ON CONFLICT (name) DO UPDATE SET
      holder = excluded.holder, until = excluded.until,
      fence = CASE WHEN l.holder = excluded.holder AND l.until >= :now
        THEN l.fence ELSE l.fence + 1 END
    WHERE l.holder = excluded.holder OR l.until < :now
    RETURNING fence
""")
CHECK_LEASE = Sql("""
    UPDATE leases SET until = until WHERE name = :name AND holder = :holder AND fence = :fence
""")
#: However long ago it ended: nobody took it since, and it was not given back.
RENEW_LEASE = Sql("""
    UPDATE leases SET until = {greatest}(until, :until)
    WHERE name = :name AND holder = :holder AND fence = :fence AND until > 0
""")
SELECT_LEASE = Sql("SELECT holder, until FROM leases WHERE name = :name")
GIVE_LEASE = Sql("""
    UPDATE leases SET until = 0 WHERE name = :name AND holder = :holder AND fence = :fence
""")
SELECT_HOLDER = Sql("SELECT holder FROM leases WHERE name = :name")
TAKE_AWAY = Sql("UPDATE leases SET until = 0 WHERE name = :name AND holder = :holder")
SELECT_HELD = Sql("SELECT name, holder, fence, until FROM leases WHERE until > 0")
#: Only as it was seen, and not one that a transaction is at this moment.
FREE_LEASE = Sql("""
    UPDATE leases SET until = 0 WHERE name = (
      SELECT name FROM leases
      WHERE name = :name AND holder = :holder AND fence = :fence AND until = :until
      {skip_locked}
    )
""")
FORGET_LEASE = Sql("DELETE FROM leases WHERE name = :name AND until = :until")
FIRST_MARK = Sql("""
    INSERT INTO marks (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING
""")
FORGET_MARKS = Sql("DELETE FROM marks WHERE name LIKE :names")
SELECT_MARK = Sql("SELECT value FROM marks WHERE name = :name")
SELECT_MARKS = Sql("SELECT name, value FROM marks WHERE name LIKE :names ORDER BY name")
SET_MARK = Sql("""
    INSERT INTO marks (name, value) VALUES (:name, :value)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value
""")
PUT_KEY = Sql("""
    INSERT INTO api_keys (name, secret_hash, scopes, created_at)
    VALUES (:name, :secret_hash, :scopes, :created_at)
    ON CONFLICT (name) DO NOTHING
""")
FIND_KEY = Sql("SELECT * FROM api_keys WHERE secret_hash = :secret_hash")
LIST_KEYS = Sql("SELECT * FROM api_keys ORDER BY name")
REVOKE_KEY = Sql("UPDATE api_keys SET revoked_at = :now WHERE name = :name AND revoked_at = 0")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """
    The right to do one thing alone until a moment.

    Whatever is done under it is committed together with `Leases.holds`: a process that slept
    past its lease finds another fence and changes nothing.
    """

    name: str
    holder: str
    fence: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HeldLease:
    """A lease as it stands, whoever has it; `until` is in microseconds."""

    name: str
    holder: str
    fence: int
    until: int


class Leases:
    """The leases, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def take(self, name: str, holder: str, now: datetime, length: timedelta) -> Lease | None:
        """Take or renew a lease; None while another holds it that may still be there."""
        wanted = {"name": name, "holder": holder, "now": micros(now)}
        until = micros(now + length)
        fence = TAKE_LEASE.run(self._connection, **wanted, until=until).scalar()
        if fence is None and self._take_from_the_dead(name):
            fence = TAKE_LEASE.run(self._connection, **wanted, until=until).scalar()
        return None if fence is None else Lease(name=name, holder=holder, fence=int(fence))

    def _take_from_the_dead(self, name: str) -> bool:
        """A killed process gives nothing back; whether this one had the lease."""
        holder = SELECT_HOLDER.run(self._connection, name=name).scalar() or ""
        gone = is_gone(holder)
        if gone:
            TAKE_AWAY.run(self._connection, name=name, holder=holder)
        return gone

    def is_free(self, name: str, holder: str, now: datetime) -> bool:
        """Whether this holder would get it, as far as one can see without a lock."""
        row = SELECT_LEASE.run(self._connection, name=name).first()
        if row is None or row.holder == holder or row.until < micros(now):
            return True
        return is_gone(row.holder)

    def renew(self, lease: Lease, until: datetime) -> bool:
        """Whether it is still ours, and so until then; locks it until the transaction ends."""
        renewed = RENEW_LEASE.run(
            self._connection, **dataclasses.asdict(lease), until=micros(until)
        )
        return renewed.rowcount == 1

    def holds(self, lease: Lease) -> bool:
        """Whether it is still ours; locks it until the transaction ends."""
        return CHECK_LEASE.run(self._connection, **dataclasses.asdict(lease)).rowcount == 1

    def give_back(self, lease: Lease) -> None:
        GIVE_LEASE.run(self._connection, **dataclasses.asdict(lease))

    def all(self) -> list[HeldLease]:
        """Those that were not given back."""
        return [
            HeldLease(name=row.name, holder=row.holder, fence=row.fence, until=row.until)
            for row in SELECT_HELD.run(self._connection)
        ]

    def take_away(self, lease: HeldLease) -> bool:
        """Have it free for others, unless it is in use or has changed; whether it is."""
        return FREE_LEASE.run(self._connection, **dataclasses.asdict(lease)).rowcount == 1

    def forget(self, lease: HeldLease) -> None:
        FORGET_LEASE.run(self._connection, name=lease.name, until=lease.until)


class Marks:
    """Named texts that jobs continue from, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> str:
        return SELECT_MARK.run(self._connection, name=name).scalar() or ""

    def set(self, name: str, value: str) -> None:
        SET_MARK.run(self._connection, name=name, value=value)

    def like(self, names: str) -> dict[str, str]:
        """Every mark whose name fits the pattern of a LIKE."""
        return {row.name: row.value for row in SELECT_MARKS.run(self._connection, names=names)}

    def first(self, name: str, value: str) -> str:
        """The value that was set first: this one, unless somebody was before us."""
        FIRST_MARK.run(self._connection, name=name, value=value)
        return self.get(name)

    def forget(self, names: str) -> None:
        """Forget every mark whose name fits the pattern of a LIKE."""
        FORGET_MARKS.run(self._connection, names=names)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key of a program that calls us; its secret is kept as a hash only."""

    name: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None

    @property
    def revoked(self) -> bool:
        return self.revoked_at is not None


class ApiKeys:
    """The API keys, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def create(self, name: str, secret_hash: str, scopes: Iterable[str], now: datetime) -> None:
        """Raises ConfigurationError when the name is taken, by a revoked key too."""
        created = PUT_KEY.run(
            self._connection,
            name=name,
            secret_hash=secret_hash,
            scopes=" ".join(sorted(scopes)),
            created_at=micros(now),
        )
        if created.rowcount != 1:
            raise ConfigurationError(f"there is a key named {name!r} already: choose another")

    def find(self, secret_hash: str) -> ApiKey | None:
        row = FIND_KEY.run(self._connection, secret_hash=secret_hash).first()
        return _key(row) if row else None

    def all(self) -> list[ApiKey]:
        return [_key(row) for row in LIST_KEYS.run(self._connection)]

    def revoke(self, name: str, now: datetime) -> bool:
        """Whether there was such a key in force."""
        return REVOKE_KEY.run(self._connection, name=name, now=micros(now)).rowcount == 1


def _key(row: Row) -> ApiKey:
    return ApiKey(
        name=row.name,
        scopes=frozenset(row.scopes.split()),
        created_at=moment(row.created_at),
        revoked_at=moment_or_none(row.revoked_at),
    )
