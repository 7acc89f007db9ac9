"""What people said about being texted, and when they last reacted, by number."""

from collections.abc import Iterable

import sqlalchemy as sa

from connector.domain.consent import Consent, ConsentEvent, ConsentKind
from connector.domain.engagement import Engagement
from connector.store.sql import Bulk, Row, Sql, keys
from connector.store.times import micros, moment, moment_or_none


PUT_EVENTS = Bulk(
    "consent_events",
    (
        "phone text",
        "at bigint",
        "kind text",
        "source text",
        "gateway text",
        "message_id text",
        "account text",
        "sender text",
        "keyword text",
        "callback_id bigint",
        "received_at bigint",
    ),
    "ON CONFLICT DO NOTHING",
)
_STOP = ("stopped_at", "source", "keyword", "gateway", "message_id")
_OWN = "(" + ", ".join(f"c.{name}" for name in _STOP) + ")"
_NEW = "(" + ", ".join(f"excluded.{name}" for name in _STOP) + ")"
_NEWEST = ",\n".join(
    f"{name} = CASE WHEN {_NEW} > {_OWN} THEN excluded.{name} ELSE c.{name} END"
    for name in _STOP
)
SELECT_EVENTS = Sql("""
    SELECT phone, at, kind, source, gateway, message_id, account, sender, keyword,
      callback_id, received_at
    FROM consent_events WHERE phone = :phone
    ORDER BY at DESC, received_at DESC, kind LIMIT :limit
""")
#: Consent.join in SQL.
FOLD = Bulk(
    "consents AS c",
    (
        "phone text",
        "stopped_at bigint",
        "started_at bigint",
        "source text",
        "keyword text",
        "gateway text",
        "message_id text",
    ),
    f"""
    ON CONFLICT (phone) DO UPDATE SET
    {_NEWEST},
    started_at = {{greatest}}(c.started_at, excluded.started_at)
    """,
)
SELECT = Sql("""
    SELECT phone, stopped_at, started_at, source, keyword, gateway, message_id
    FROM consents WHERE phone IN {items}
""")
FOLD_ENGAGEMENT = Bulk(
    "engagements AS e",
    ("phone text", "last_click_at bigint", "last_reply_at bigint"),
    """
    ON CONFLICT (phone) DO UPDATE SET
      last_click_at = {greatest}(e.last_click_at, excluded.last_click_at),
      last_reply_at = {greatest}(e.last_reply_at, excluded.last_reply_at)
    """,
)
SELECT_ENGAGEMENT = Sql("""
    SELECT phone, last_click_at, last_reply_at FROM engagements WHERE phone IN {items}
""")


class Consents:
    """Consent and engagement, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, events: Iterable[tuple[int, ConsentEvent]]) -> None:
        """Append events with the numbers of their callbacks; what is known already stays."""
        PUT_EVENTS.run(
            self._connection, sorted(_row(number, event) for number, event in events)
        )

    def fold(self, consents: Iterable[Consent]) -> None:
        """Join these into what is known; each number at most once."""
        FOLD.run(self._connection, sorted(_state(consent) for consent in consents))

    def find(self, phones: Iterable[str]) -> dict[str, Consent]:
        return {
            row.phone: Consent(
                phone=row.phone,
                stopped_at=moment_or_none(row.stopped_at),
                started_at=moment_or_none(row.started_at),
                source=row.source,
                keyword=row.keyword,
                gateway=row.gateway,
                message_id=row.message_id,
            )
            for row in SELECT.run(self._connection, keys=keys(phones))
        }

    def said_by(self, phone: str, limit: int) -> list[tuple[int, ConsentEvent]]:
        """What came from a phone, the newest first, each after the number of its callback."""
        rows = SELECT_EVENTS.run(self._connection, phone=phone, limit=limit)
        return [(row.callback_id, _event(row)) for row in rows]

    def fold_engagement(self, engagements: Iterable[Engagement]) -> None:
        """Join these into what is known; each number at most once."""
        rows = [
            (each.phone, micros(each.last_click_at), micros(each.last_reply_at))
            for each in engagements
        ]
        FOLD_ENGAGEMENT.run(self._connection, sorted(rows))

    def engagement(self, phones: Iterable[str]) -> dict[str, Engagement]:
        return {
            row.phone: Engagement(
                phone=row.phone,
                last_click_at=moment_or_none(row.last_click_at),
                last_reply_at=moment_or_none(row.last_reply_at),
            )
            for row in SELECT_ENGAGEMENT.run(self._connection, keys=keys(phones))
        }


def _row(number: int, event: ConsentEvent) -> tuple[object, ...]:
    return (
        event.phone,
        micros(event.at),
        str(event.kind),
        event.source,
        event.gateway,
        event.message_id,
        event.account,
        event.sender,
        event.keyword,
        number,
        micros(event.received_at),
    )


def _event(row: Row) -> ConsentEvent:
    return ConsentEvent(
        phone=row.phone,
        kind=ConsentKind(row.kind),
        received_at=moment(row.received_at),
        occurred_at=moment(row.at),
        source=row.source,
        gateway=row.gateway,
        account=row.account,
        message_id=row.message_id,
        sender=row.sender,
        keyword=row.keyword,
    )


def _state(consent: Consent) -> tuple[object, ...]:
    return (
        consent.phone,
        micros(consent.stopped_at),
        micros(consent.started_at),
        consent.source,
        consent.keyword,
        consent.gateway,
        consent.message_id,
    )
