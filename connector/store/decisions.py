"""What senders were told about numbers, so that it can be shown later."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from connector.store.sql import Bulk, Sql
from connector.store.times import micros, moment


ADD = Bulk(
    "decisions",
    (
        *("at bigint", "actor text", "subject text", "scope text", "rule text"),
        *("sendable bigint", "version bigint"),
    ),
)
SELECT = Sql("""
    SELECT * FROM decisions WHERE subject = :subject ORDER BY at DESC, id DESC LIMIT :limit
""")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One answer: `subject` is the number's pseudonym, `rule` why it was so."""

    at: datetime
    actor: str
    subject: str
    scope: str
    rule: str
    sendable: bool
    version: int


class Decisions:
    """The decisions, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, decisions: Sequence[Decision]) -> None:
        rows = [
            (
                *(micros(each.at), each.actor, each.subject, each.scope, each.rule),
                *(int(each.sendable), each.version),
            )
            for each in decisions
        ]
        ADD.run(self._connection, rows)

    def about(self, subject: str, limit: int) -> list[Decision]:
        """The newest first."""
        return [
            Decision(
                at=moment(row.at),
                actor=row.actor,
                subject=row.subject,
                scope=row.scope,
                rule=row.rule,
                sendable=bool(row.sendable),
                version=row.version,
            )
            for row in SELECT.run(self._connection, subject=subject, limit=limit)
        ]
