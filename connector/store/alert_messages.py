"""What somebody outside is to be told of alerts: each beginning and each end, by each way."""

import dataclasses
import enum
from collections.abc import Collection, Iterable
from datetime import datetime

import sqlalchemy as sa

from connector.domain.alerts import Alert
from connector.store.alerts import Alerts
from connector.store.sql import Bulk, Sql, keys
from connector.store.times import micros, moment, moment_or_none


WANT = Bulk(
    "alert_messages",
    ("alert_id bigint", "step text", "way text", "since bigint"),
    "ON CONFLICT (alert_id, step, way) DO NOTHING",
)
SELECT_WAYS = Sql("SELECT way FROM alert_messages WHERE alert_id = :id AND step = 'started'")
#: Nobody hears of an end before the beginning.
SELECT_DUE = Sql("""
    SELECT alert_id, step, way, since, attempts FROM alert_messages AS m
    WHERE way = :way AND done_at = 0 AND not_before <= :now
      AND NOT EXISTS (
        SELECT 1 FROM alert_messages AS b
        WHERE b.alert_id = m.alert_id AND b.way = m.way
          AND m.step = 'ended' AND b.step = 'started' AND b.done_at = 0
      )
    ORDER BY alert_id, step DESC LIMIT :limit
""")
_THIS = "alert_id = :alert_id AND step = :step AND way = :way"
POSTPONE = Sql(f"""
    UPDATE alert_messages SET attempts = attempts + 1, not_before = :until, cause = :cause
    WHERE {_THIS}
""")  # noqa: S608 (the condition is the constant above)
DONE = Sql(f"UPDATE alert_messages SET done_at = :now, cause = :cause WHERE {_THIS}")  # noqa: S608
SELECT_OF = Sql("""
    SELECT alert_id, step, way, since, attempts, done_at, cause FROM alert_messages
    WHERE alert_id IN {ids} ORDER BY alert_id, step DESC, way
""")


class Step(enum.StrEnum):
    """What of an alert is told."""

    STARTED = "started"
    ENDED = "ended"


class Way(enum.StrEnum):
    """By what somebody is told; the row in Salesforce is a state and needs no message."""

    EVENT = "event"
    WEBHOOK = "webhook"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AlertMessage:
    """One thing to tell by one way, and what became of that; no cause where it was told."""

    alert: Alert
    step: Step
    way: Way
    since: datetime
    attempts: int = 0
    done_at: datetime | None = None
    cause: str = ""

    @property
    def key(self) -> str:
        """The same however often it is tried."""
        return self.alert.key(self.step)


class AlertMessages:
    """What is to be told, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._alerts = Alerts(connection)

    def want(self, alert: Alert, step: Step, ways: Collection[Way], now: datetime) -> None:
        """Have this told; an end only by those ways that the beginning was to be told by."""
        if step is Step.ENDED:
            began = SELECT_WAYS.run(self._connection, id=alert.id).scalars()
            ways = set(map(Way, began)) & set(ways)
        rows = [(alert.id, step.value, way.value, micros(now)) for way in sorted(ways)]
        WANT.run(self._connection, rows)

    def due(self, way: Way, now: datetime, limit: int) -> list[AlertMessage]:
        """What may be told by now, the oldest alerts first."""
        rows = SELECT_DUE.run(
            self._connection, way=way.value, now=micros(now), limit=limit
        ).all()
        alerts = self._alerts.by_id({row.alert_id for row in rows})
        return [
            AlertMessage(
                alert=alerts[row.alert_id],
                step=Step(row.step),
                way=Way(row.way),
                since=moment(row.since),
                attempts=row.attempts,
            )
            for row in rows
        ]

    def postpone(self, message: AlertMessage, until: datetime, cause: str = "") -> None:
        """It was tried in vain."""
        POSTPONE.run(self._connection, **_this(message), until=micros(until), cause=cause)

    def done(self, message: AlertMessage, now: datetime, cause: str = "") -> None:
        """It was told; with a cause: it was given up."""
        DONE.run(self._connection, **_this(message), now=micros(now), cause=cause)

    def of(self, alerts: Iterable[Alert]) -> dict[int, list[AlertMessage]]:
        """All messages of these alerts, by the id of the alert."""
        known = {alert.id: alert for alert in alerts}
        found: dict[int, list[AlertMessage]] = {}
        for row in SELECT_OF.run(self._connection, keys=keys(map(str, known))):
            message = AlertMessage(
                alert=known[row.alert_id],
                step=Step(row.step),
                way=Way(row.way),
                since=moment(row.since),
                attempts=row.attempts,
                done_at=moment_or_none(row.done_at),
                cause=row.cause,
            )
            found.setdefault(row.alert_id, []).append(message)
        return found


def _this(message: AlertMessage) -> dict[str, object]:
    return {
        "alert_id": message.alert.id,
        "step": message.step.value,
        "way": message.way.value,
    }
