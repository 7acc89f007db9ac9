"""The health of campaigns, and alerts: each begins once and ends once, whoever judges."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import orjson
import sqlalchemy as sa

from connector.domain.alerts import Alert, AlertKind, CampaignHealth, Trouble
from connector.domain.health import Health
from connector.store.sql import Row, Sql, keys
from connector.store.times import micros, moment, moment_or_none


SELECT_HEALTH = Sql("""
    SELECT campaign, health, since, settled, delivered FROM campaign_health
    WHERE campaign IN {items}
""")
SET_HEALTH = Sql("""
    INSERT INTO campaign_health (campaign, health, since, settled, delivered)
    VALUES (:campaign, :health, :since, :settled, :delivered)
    ON CONFLICT (campaign) DO UPDATE SET
      health = excluded.health, since = excluded.since,
      settled = excluded.settled, delivered = excluded.delivered
""")
#: The unique index lets one of all who see it at once begin it.
START = Sql("""
    INSERT INTO alerts (kind, subject, what, since, text, figures)
    VALUES (:kind, :subject, :what, :since, :text, :figures)
    ON CONFLICT (subject, kind, what) WHERE ended_at = 0 DO NOTHING
    RETURNING id
""")
END = Sql("UPDATE alerts SET ended_at = :now WHERE id = :id AND ended_at = 0")
_COLUMNS = "id, kind, subject, what, since, ended_at, text, figures"
SELECT_OPEN = Sql(f"""
    SELECT {_COLUMNS} FROM alerts WHERE ended_at = 0 AND (:kind = '' OR kind = :kind)
    ORDER BY id DESC
""")  # noqa: S608 (the names are the constant above)
SELECT_OPEN_OF = Sql(f"""
    SELECT {_COLUMNS} FROM alerts WHERE ended_at = 0 AND subject IN {{items}} ORDER BY id DESC
""")  # noqa: S608
SELECT_RECENT = Sql(f"SELECT {_COLUMNS} FROM alerts ORDER BY id DESC LIMIT :limit")  # noqa: S608
SELECT_IDS = Sql(f"SELECT {_COLUMNS} FROM alerts WHERE id IN {{ids}} ORDER BY id")  # noqa: S608
FORGET_MESSAGES = Sql("""
    DELETE FROM alert_messages WHERE alert_id IN
      (SELECT id FROM alerts WHERE ended_at > 0 AND ended_at < :before)
""")
FORGET = Sql("DELETE FROM alerts WHERE ended_at > 0 AND ended_at < :before")
#: As long as the field of the row in Salesforce.
LONGEST_TEXT = 255


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class JudgedHealth:
    """The health of a campaign as it was last changed, and by what."""

    health: Health | None
    since: datetime | None
    settled: int
    delivered: int


class Alerts:
    """Health and alerts, seen from one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def judged(self, campaigns: Iterable[str]) -> dict[str, JudgedHealth]:
        """What was last said of these campaigns."""
        return {
            row.campaign: JudgedHealth(
                health=Health(row.health) if row.health else None,
                since=moment_or_none(row.since),
                settled=row.settled,
                delivered=row.delivered,
            )
            for row in SELECT_HEALTH.run(self._connection, keys=keys(campaigns))
        }

    def judge(self, campaign: str, judged: JudgedHealth) -> None:
        """From now on this is the health of the campaign."""
        SET_HEALTH.run(
            self._connection,
            campaign=campaign,
            health=judged.health.value if judged.health else "",
            since=micros(judged.since),
            settled=judged.settled,
            delivered=judged.delivered,
        )

    def health_of(self, campaigns: Collection[str]) -> Mapping[str, CampaignHealth]:
        """What the rows of these campaigns shall show; each of them is in it."""
        judged = self.judged(campaigns)
        alerts: dict[str, list[Alert]] = {}
        for alert in self.open_of(campaigns):
            alerts.setdefault(alert.trouble.subject, []).append(alert)
        return {
            campaign: _health(judged.get(campaign), alerts.get(campaign, []))
            for campaign in campaigns
        }

    def start(self, trouble: Trouble, now: datetime) -> Alert | None:
        """Begin an alert; None where there is an open one of it."""
        found = START.run(
            self._connection,
            kind=trouble.kind,
            subject=trouble.subject,
            what=trouble.what,
            since=micros(now),
            text=trouble.text,
            figures=orjson.dumps(dict(trouble.figures)).decode(),
        ).scalar()
        return None if found is None else Alert(id=int(found), trouble=trouble, since=now)

    def end(self, alert: Alert, now: datetime) -> Alert | None:
        """End it; None where somebody else did."""
        ended = END.run(self._connection, id=alert.id, now=micros(now)).rowcount == 1
        return dataclasses.replace(alert, ended_at=now) if ended else None

    def open(self, kind: AlertKind | None = None) -> list[Alert]:
        """What is wrong now, the newest first."""
        return _alerts(SELECT_OPEN.run(self._connection, kind=kind.value if kind else ""))

    def open_of(self, subjects: Iterable[str]) -> list[Alert]:
        """What is wrong with these now, the newest first."""
        return _alerts(SELECT_OPEN_OF.run(self._connection, keys=keys(subjects)))

    def recent(self, limit: int) -> list[Alert]:
        """Those that began last, open or not, the newest first."""
        return _alerts(SELECT_RECENT.run(self._connection, limit=limit))

    def by_id(self, ids: Iterable[int]) -> dict[int, Alert]:
        rows = SELECT_IDS.run(self._connection, keys=keys(map(str, ids)))
        return {alert.id: alert for alert in _alerts(rows)}

    def forget(self, before: datetime) -> int:
        """Forget those that were over by then; returns how many."""
        FORGET_MESSAGES.run(self._connection, before=micros(before))
        return FORGET.run(self._connection, before=micros(before)).rowcount


def _alerts(rows: Iterable[Row]) -> list[Alert]:
    return [
        Alert(
            id=row.id,
            trouble=Trouble(
                kind=AlertKind(row.kind),
                subject=row.subject,
                what=row.what,
                text=row.text,
                figures=orjson.loads(row.figures),
            ),
            since=moment(row.since),
            ended_at=moment_or_none(row.ended_at),
        )
        for row in rows
    ]


def _health(judged: JudgedHealth | None, alerts: Sequence[Alert]) -> CampaignHealth:
    """Of a campaign that is critical it is not said again that it should be watched."""
    kinds = {alert.trouble.kind for alert in alerts}
    shown = [
        alert
        for alert in alerts
        if AlertKind.CAMPAIGN_CRITICAL not in kinds
        or alert.trouble.kind is not AlertKind.CAMPAIGN_WATCH
    ]
    # The worst first, then the newest.
    shown.sort(key=lambda alert: alert.trouble.kind is AlertKind.SPIKE)
    text = " ".join(alert.trouble.text for alert in shown)
    return CampaignHealth(
        health=judged.health if judged else None,
        since=judged.since if judged else None,
        alert_text=text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…",
        alert_at=max((alert.since for alert in shown), default=None),
    )
