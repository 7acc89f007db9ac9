"""Who is logged in on the status pages: a secret for each, kept as a hash only."""

import dataclasses
from datetime import datetime

import sqlalchemy as sa

from connector.store.sql import Sql
from connector.store.times import micros, moment


BEGIN = Sql("""
    INSERT INTO sessions (token_hash, key_name, until) VALUES (:token_hash, :key_name, :until)
""")
#: With the key as it is now: one that was revoked, or has lost its scope, ends the session.
FIND = Sql("""
    SELECT s.key_name, s.until, k.scopes FROM sessions AS s
    JOIN api_keys AS k ON k.name = s.key_name AND k.revoked_at = 0
    WHERE s.token_hash = :token_hash AND s.until > :now
""")
END = Sql("DELETE FROM sessions WHERE token_hash = :token_hash")
PURGE = Sql("DELETE FROM sessions WHERE until <= :now")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who logged in with a key of this name, and may what it may."""

    key_name: str
    scopes: frozenset[str]
    until: datetime


class Sessions:
    """The sessions, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def begin(self, token_hash: str, key_name: str, now: datetime, until: datetime) -> None:
        """Log somebody in; sessions that are over are forgotten."""
        PURGE.run(self._connection, now=micros(now))
        BEGIN.run(
            self._connection, token_hash=token_hash, key_name=key_name, until=micros(until)
        )

    def find(self, token_hash: str, now: datetime) -> Session | None:
        """None for one that is over, or whose key is revoked."""
        row = FIND.run(self._connection, token_hash=token_hash, now=micros(now)).first()
        if row is None:
            return None
        return Session(
            key_name=row.key_name,
            scopes=frozenset(row.scopes.split()),
            until=moment(row.until),
        )

    def end(self, token_hash: str) -> None:
        END.run(self._connection, token_hash=token_hash)
