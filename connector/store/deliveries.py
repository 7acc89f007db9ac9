"""Where messages stand: the join of every report, in one statement a batch."""

# ruff: noqa: S608 (statements are put together from the column names below, nothing else)

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from connector.domain.delivery import Delivery, DeliveryStatus
from connector.domain.time_rules import USUAL, TimeRules
from connector.store.delivery_rows import COLUMNS, NAMES, delivery_of, row_of
from connector.store.sql import Bulk, Sql, keys, number
from connector.store.times import duration, micros


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
    COLUMNS,
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
_STARTED = "CASE WHEN sent_at <> 0 THEN sent_at ELSE first_seen_at END"
_SOFT_AT = f"{_STARTED} + :soft_failure"
_EXPIRES_AT = f"{{greatest}}({_STARTED}, reported_at) + :expiry"
#: With TimeRules.standing, without a read before the write.
SETTLE_CHANGED = Sql(f"""
    UPDATE deliveries SET changed = 0, unmatched = 0,
      overdue = CASE WHEN rank >= :final THEN 0
        WHEN {_EXPIRES_AT} <= :now THEN 2 WHEN {_SOFT_AT} <= :now THEN 1 ELSE 0 END,
      overdue_since = CASE WHEN rank >= :final THEN 0
        WHEN {_EXPIRES_AT} <= :now THEN {_EXPIRES_AT}
        WHEN {_SOFT_AT} <= :now THEN {_SOFT_AT} ELSE 0 END,
      due_at = CASE WHEN rank >= :final OR {_EXPIRES_AT} <= :now THEN 0
        WHEN {_SOFT_AT} <= :now THEN {_EXPIRES_AT}
        ELSE {{least}}({_SOFT_AT}, {_EXPIRES_AT}) END
    WHERE (gateway, message_id) IN {{pairs}}
""")
SELECT_DUE = Sql("""
    SELECT gateway, message_id FROM deliveries WHERE due_at > 0 AND due_at <= :now
    ORDER BY due_at LIMIT :limit {skip_locked}
""")
MARK_DUE = Sql("""
    UPDATE deliveries SET changed = 1, due_at = 0 WHERE (gateway, message_id) IN {pairs}
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
        FOLD.run(self._connection, sorted(row_of(delivery) for delivery in deliveries))

    def claim_changed(self, limit: int) -> list[Delivery]:
        """Messages to be matched; no other worker gets them before this transaction ends."""
        rows = CLAIM_CHANGED.run(self._connection, limit=limit).all()
        return [delivery_of(row) for row in rows]

    def settle_changed(
        self,
        matched: Iterable[tuple[str, str]],
        unmatched: Sequence[tuple[str, str]],
        now: datetime,
        rules: TimeRules = USUAL,
    ) -> None:
        """
        These (gateway, message id) pairs are matched, those have no record yet.

        What time says of each is worked out anew.
        """
        SETTLE_CHANGED.run(
            self._connection,
            keys=keys([*matched, *unmatched]),
            now=micros(now),
            soft_failure=duration(rules.soft_failure),
            expiry=duration(rules.expiry),
            final=DeliveryStatus.EXPIRED.rank,
        )
        if unmatched:
            SETTLE_UNMATCHED.run(self._connection, keys=keys(unmatched))

    def mark_due(self, now: datetime, limit: int) -> int:
        """Have messages looked at of which time says something else by now; how many."""
        due = SELECT_DUE.run(self._connection, now=micros(now), limit=limit).all()
        if due:
            messages = keys((row.gateway, row.message_id) for row in due)
            MARK_DUE.run(self._connection, keys=messages)
        return len(due)

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
