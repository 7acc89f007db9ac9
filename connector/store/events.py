"""What was said, once each: the evidence behind every state."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from connector.domain.delivery import DeliveryEvent
from connector.domain.engagement import EngagementEvent
from connector.store.sql import Bulk, Sql
from connector.store.times import micros, moment, moment_or_none


DELIVERY = "delivery"
PUT = Bulk(
    "events",
    (
        "gateway text",
        "message_id text",
        "kind text",
        "word text",
        "occurred_at bigint",
        "error_code text",
        "callback_id bigint",
        "received_at bigint",
    ),
    "ON CONFLICT DO NOTHING",
)
SELECT_OF_MESSAGE = Sql("""
    SELECT kind, word, occurred_at, error_code, callback_id, received_at FROM events
    WHERE gateway = :gateway AND message_id = :message_id
    ORDER BY received_at, occurred_at, kind, word LIMIT 1000
""")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KnownEvent:
    """One distinct thing said about a message, and the first callback that said it."""

    kind: str
    word: str
    occurred_at: datetime | None
    error_code: str
    callback_id: int
    received_at: datetime

    @property
    def asked_for(self) -> bool:
        """Whether no callback brought it: the gateway was asked."""
        return self.kind == DELIVERY and not self.callback_id


class Events:
    """The events, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, events: Iterable[tuple[int, DeliveryEvent | EngagementEvent]]) -> None:
        """Keep events with the numbers of their callbacks; what is known already stays."""
        PUT.run(self._connection, sorted(_row(number, event) for number, event in events))

    def of_message(self, gateway: str, message_id: str) -> list[KnownEvent]:
        rows = SELECT_OF_MESSAGE.run(self._connection, gateway=gateway, message_id=message_id)
        return [
            KnownEvent(
                kind=row.kind,
                word=row.word,
                occurred_at=moment_or_none(row.occurred_at),
                error_code=row.error_code,
                callback_id=row.callback_id,
                received_at=moment(row.received_at),
            )
            for row in rows
        ]


def _row(number: int, event: DeliveryEvent | EngagementEvent) -> tuple[object, ...]:
    if isinstance(event, DeliveryEvent):
        kind = "registration" if event.registered_record else DELIVERY
        word, error_code = event.status or event.word, event.error_code
    else:
        kind, word, error_code = str(event.kind), "", ""
    return (
        event.gateway,
        event.message_id,
        kind,
        word,
        micros(event.occurred_at),
        error_code,
        number,
        micros(event.received_at),
    )
