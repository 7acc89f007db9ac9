"""Where messages stand: the join of every report, in one statement a batch."""

# ruff: noqa: S608 (statements are put together from the column names below, nothing else)

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from connector.domain.delivery import Delivery, DeliveryStatus, Overdue, Reason
from connector.store.sql import Bulk, Row, Sql, keys, number
from connector.store.times import micros, moment, moment_or_none


_COLUMNS = (
    "gateway text",
    "message_id text",
    "rank smallint",
    "occurred_at bigint",
    "status text",
    "error_code text",
    "reason text",
    "reported_at bigint",
    "first_seen_at bigint",
    "sent_at bigint",
    "account text",
    "recipient text",
    "sender text",
    "reference text",
    "campaign text",
    "registered_record text",
    "segments smallint",
    "cost bigint",
    "currency text",
    "carrier text",
    "changed smallint",
)
#: The columns that `delivery_of` reads, and how many they are.
NAMES = ", ".join(f"d.{column.split()[0]}" for column in (*_COLUMNS[:-1], "overdue"))
WIDTH = len(_COLUMNS)
_ORDER = ("rank", "occurred_at", "status", "error_code", "reason")
_OWN = "(" + ", ".join(f"d.{name}" for name in _ORDER) + ")"
_NEW = "(" + ", ".join(f"excluded.{name}" for name in _ORDER) + ")"
_DECIDED = ",\n".join(
    f"{name} = CASE WHEN {_NEW} > {_OWN} THEN excluded.{name} ELSE d.{name} END"
    for name in _ORDER
)
_FILLED = ",\n".join(
    f"{name} = {{greatest}}(d.{name}, excluded.{name})"
    for name in (
        "account",
        "recipient",
        "sender",
        "reference",
        "campaign",
        "registered_record",
        "segments",
        "carrier",
    )
)
_COST = "(excluded.cost, excluded.currency) > (d.cost, d.currency)"
#: Delivery.join, without a read before the write, hence nothing to race.
FOLD = Bulk(
    "deliveries AS d",
    _COLUMNS,
    f"""
    ON CONFLICT (gateway, message_id) DO UPDATE SET
    {_DECIDED},
    reported_at = CASE
      WHEN {_NEW} > {_OWN} THEN excluded.reported_at
      WHEN {_NEW} = {_OWN} THEN {{least}}(d.reported_at, excluded.reported_at)
      ELSE d.reported_at END,
    first_seen_at = {{least}}(d.first_seen_at, excluded.first_seen_at),
    sent_at = CASE
      WHEN d.sent_at = 0 THEN excluded.sent_at
      WHEN excluded.sent_at = 0 THEN d.sent_at
      ELSE {{least}}(d.sent_at, excluded.sent_at) END,
    {_FILLED},
    cost = CASE WHEN {_COST} THEN excluded.cost ELSE d.cost END,
    currency = CASE WHEN {_COST} THEN excluded.currency ELSE d.currency END,
    changed = 1
    """,
)
CLAIM_CHANGED = Sql(f"""
    SELECT {NAMES} FROM deliveries AS d WHERE d.changed = 1
    ORDER BY d.gateway, d.message_id LIMIT :limit {{skip_locked}}
""")
SETTLE_CHANGED = Sql("""
    UPDATE deliveries SET changed = 0, unmatched = 0 WHERE (gateway, message_id) IN {pairs}
""")
SETTLE_UNMATCHED = Sql("""
    UPDATE deliveries SET unmatched = 1 WHERE (gateway, message_id) IN {pairs}
""")
SELECT_ONE = Sql(f"""
    SELECT {NAMES} FROM deliveries AS d
    WHERE d.gateway = :gateway AND d.message_id = :message_id
""")
SELECT_OF_PHONE = Sql(f"""
    SELECT {NAMES} FROM deliveries AS d WHERE d.recipient = :phone
    ORDER BY d.first_seen_at DESC LIMIT :limit
""")
#: Steps from gateway to gateway, so that the key is used and no table is read through.
SELECT_BY_MESSAGE_ID = Sql(f"""
    WITH RECURSIVE g (gateway) AS (
      SELECT MIN(gateway) FROM deliveries
      UNION ALL
      SELECT (SELECT MIN(n.gateway) FROM deliveries AS n WHERE n.gateway > g.gateway)
      FROM g WHERE g.gateway IS NOT NULL
    )
    SELECT {NAMES} FROM g
    JOIN deliveries AS d ON d.gateway = g.gateway AND d.message_id = :message_id
    ORDER BY d.gateway LIMIT 10
""")
LOOK_AGAIN = Sql("""
    UPDATE deliveries SET changed = 1 WHERE unmatched = 1 AND recipient IN {items}
""")
#: Two statements, each with an index of its own.
LOOK_AGAIN_FOR = (
    Sql("""
        UPDATE deliveries SET changed = 1
        WHERE unmatched = 1 AND reference <> '' AND reference IN {items}
    """),
    Sql("""
        UPDATE deliveries SET changed = 1
        WHERE unmatched = 1 AND registered_record <> '' AND registered_record IN {items}
    """),
)
LOOK_AGAIN_FOR_PREFIX = tuple(
    Sql(f"""
        UPDATE deliveries SET changed = 1
        WHERE unmatched = 1 AND {name} <> '' AND {name} >= :first AND {name} < :beyond
    """)
    for name in ("reference", "registered_record")
)
MATCH_AGAIN = Sql("""
    UPDATE deliveries SET changed = 1 WHERE (gateway, message_id) IN {pairs}
""")
SELECT_CHANGED = Sql("""
    SELECT changed FROM deliveries WHERE gateway = :gateway AND message_id = :message_id
""")
COUNT_CHANGED = Sql("SELECT COUNT(*) FROM deliveries WHERE changed = 1")
COUNT_UNMATCHED = Sql("SELECT COUNT(*) FROM deliveries WHERE unmatched = 1")


class Deliveries:
    """The deliveries, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def fold(self, deliveries: Iterable[Delivery]) -> None:
        """Join these into what is known; each message at most once, all are marked changed."""
        FOLD.run(self._connection, sorted(_row(delivery) for delivery in deliveries))

    def claim_changed(self, limit: int) -> list[Delivery]:
        """Messages to be matched; no other worker gets them before this transaction ends."""
        rows = CLAIM_CHANGED.run(self._connection, limit=limit).all()
        return [delivery_of(row) for row in rows]

    def settle_changed(
        self, matched: Iterable[tuple[str, str]], unmatched: Sequence[tuple[str, str]]
    ) -> None:
        """These (gateway, message id) pairs are matched, those have no record yet."""
        SETTLE_CHANGED.run(self._connection, keys=keys([*matched, *unmatched]))
        if unmatched:
            SETTLE_UNMATCHED.run(self._connection, keys=keys(unmatched))

    def look_again(self, phones: Iterable[str]) -> None:
        """Match unmatched messages to these numbers anew: somebody holds them now."""
        LOOK_AGAIN.run(self._connection, keys=keys(phones))

    def look_again_for(self, record_ids: Iterable[str]) -> None:
        """Match unmatched messages that were sent for these records anew: they are there."""
        wanted = keys(record_ids)
        for statement in LOOK_AGAIN_FOR:
            statement.run(self._connection, keys=wanted)

    def look_again_for_prefix(self, prefix: str) -> None:
        """Match unmatched messages anew that were sent for records whose ids begin so."""
        beyond = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        for statement in LOOK_AGAIN_FOR_PREFIX:
            statement.run(self._connection, first=prefix, beyond=beyond)

    def match_again(self, messages: Iterable[tuple[str, str]]) -> None:
        """Match these messages anew, named by gateway and message id."""
        MATCH_AGAIN.run(self._connection, keys=keys(messages))

    def find(self, gateway: str, message_id: str) -> Delivery | None:
        row = SELECT_ONE.run(self._connection, gateway=gateway, message_id=message_id).first()
        return delivery_of(row) if row else None

    def of_phone(self, phone: str, limit: int) -> list[Delivery]:
        """The newest messages to a number first."""
        rows = SELECT_OF_PHONE.run(self._connection, phone=phone, limit=limit)
        return [delivery_of(row) for row in rows]

    def of_message_id(self, message_id: str) -> list[Delivery]:
        """The messages with this id, whichever gateway sent them."""
        rows = SELECT_BY_MESSAGE_ID.run(self._connection, message_id=message_id)
        return [delivery_of(row) for row in rows]

    def is_changed(self, gateway: str, message_id: str) -> bool:
        """Whether it has yet to be matched, or matched anew."""
        rows = SELECT_CHANGED.run(self._connection, gateway=gateway, message_id=message_id)
        return bool(number(rows))

    def changed_count(self) -> int:
        return number(COUNT_CHANGED.run(self._connection))

    def unmatched_count(self) -> int:
        return number(COUNT_UNMATCHED.run(self._connection))


def _row(delivery: Delivery) -> tuple[object, ...]:
    return (
        delivery.gateway,
        delivery.message_id,
        delivery.rank,
        micros(delivery.occurred_at),
        delivery.status or "",
        delivery.error_code,
        delivery.reason or "",
        micros(delivery.reported_at),
        micros(delivery.first_seen_at),
        micros(delivery.sent_at),
        delivery.account,
        delivery.recipient,
        delivery.sender,
        delivery.reference,
        delivery.campaign,
        delivery.registered_record,
        delivery.segments,
        delivery.cost,
        delivery.currency,
        delivery.carrier,
        1,
    )


_STATUSES: dict[str, DeliveryStatus | None] = {"": None, **{s.value: s for s in DeliveryStatus}}
_OVERDUE = tuple(Overdue)
_REASONS: dict[str, Reason | None] = {"": None, **{r.value: r for r in Reason}}


def delivery_of(row: Row, first: int = 0) -> Delivery:
    """Read a delivery from the columns of a row that begin at `first`."""
    (
        gateway,
        message_id,
        _rank,
        occurred_at,
        status,
        error_code,
        reason,
        reported_at,
        first_seen_at,
        sent_at,
        account,
        recipient,
        sender,
        reference,
        campaign,
        registered_record,
        segments,
        cost,
        currency,
        carrier,
        overdue,
    ) = row[first : first + WIDTH]
    return Delivery(
        gateway=gateway,
        message_id=message_id,
        status=_STATUSES[status],
        occurred_at=moment_or_none(occurred_at),
        reported_at=moment(reported_at),
        first_seen_at=moment(first_seen_at),
        sent_at=moment_or_none(sent_at),
        error_code=error_code,
        reason=_REASONS[reason],
        account=account,
        recipient=recipient,
        sender=sender,
        reference=reference,
        campaign=campaign,
        registered_record=registered_record,
        segments=segments,
        cost=cost,
        currency=currency,
        carrier=carrier,
        overdue=_OVERDUE[overdue],
    )
