"""Judges campaigns and accounts whose figures changed: their health, and spikes."""

import dataclasses
import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.alerts import Alert, AlertKind, Trouble
from connector.domain.figures import ACCOUNT_MARK, Cell, Figures, Period, Split
from connector.domain.health import Health, HealthRules, judge
from connector.domain.spikes import SpikeRules
from connector.pipeline.alerts import AlertDesk, log_alerts
from connector.pipeline.campaign_rows import row_of
from connector.pipeline.spikes import look_for_spikes
from connector.pipeline.tenure import Held
from connector.store import Transaction
from connector.store.alerts import JudgedHealth


log = logging.getLogger(__name__)

#: Campaigns and accounts of one transaction, and transactions of one round.
BATCH, MOST_BATCHES = 50, 200
#: What is over is remembered for so long: a year, and what is still talked of.
KEPT = timedelta(days=400)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class JudgingRules:
    """When a campaign is not well, and when failures are a spike."""

    health: HealthRules = dataclasses.field(default_factory=HealthRules)
    spikes: SpikeRules = dataclasses.field(default_factory=SpikeRules)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """How many campaigns and accounts were judged, and what came of it."""

    judged: int = 0
    changed: int = 0
    started: int = 0
    ended: int = 0


class Judge:
    """
    Judges what changed since it was last judged: the cost grows with that.

    To be called by one process at a time, in units of work that say so; whoever comes second
    for all that finds nothing left to begin or to end.
    """

    def __init__(
        self, clock: Clock, rules: JudgingRules, desk: AlertDesk, *, rows: bool = True
    ) -> None:
        """Without `rows` Salesforce has none of campaigns as a whole."""
        self._clock = clock
        self._rows = rows
        self._rules = rules
        self._desk = desk

    def judge(
        self, held: Held, *, batch: int = BATCH, rounds: int = MOST_BATCHES
    ) -> HealthReport:
        """Until nothing is left, or for so many rounds."""
        report = HealthReport()
        for _ in range(rounds):
            judged, part = self._batch(held, batch)
            report = _sum(report, part)
            if judged < batch:
                break
        return _sum(report, self._standing(held))

    def _batch(self, held: Held, batch: int) -> tuple[int, HealthReport]:
        now = self._clock()
        with held() as transaction:
            subjects = transaction.figures.unjudged(batch)
            # Before they are read: what is added from here on is judged the next time.
            transaction.figures.judged(subjects)
            campaigns = [each for each in subjects if _is_campaign(each)]
            changed, alerts = self._health(transaction, campaigns, now)
            for subject in filter(None, subjects):
                alerts += look_for_spikes(
                    transaction, subject, now, self._rules.spikes, self._desk
                )
            self._show(transaction, {*changed, *(alert.trouble.subject for alert in alerts)})
        log_alerts(alerts)
        return len(subjects), _report(len(subjects), len(changed), alerts)

    def _standing(self, held: Held) -> HealthReport:
        """Spikes also end because nothing is sent any more; and what is old is forgotten."""
        now = self._clock()
        alerts: list[Alert] = []
        with held() as transaction:
            standing = transaction.alerts.open(AlertKind.SPIKE)
            for subject in sorted({alert.trouble.subject for alert in standing}):
                alerts += look_for_spikes(
                    transaction, subject, now, self._rules.spikes, self._desk
                )
            self._show(transaction, {alert.trouble.subject for alert in alerts})
            transaction.alerts.forget(now - KEPT)
        log_alerts(alerts)
        return _report(0, 0, alerts)

    def _health(
        self, transaction: Transaction, campaigns: Collection[str], now: datetime
    ) -> tuple[list[str], list[Alert]]:
        """Those whose health is another now, and the alerts that this began or ended."""
        before = transaction.alerts.judged(campaigns)
        totals = transaction.figures.get(map(_total, campaigns))
        open_ones = transaction.alerts.open_of(campaigns)
        changed: list[str] = []
        alerts: list[Alert] = []
        for campaign in campaigns:
            figures = totals.get(_total(campaign), Figures())
            known = before[campaign].health if campaign in before else None
            found = judge(figures.settled, figures.delivered, known, self._rules.health)
            if found is known:
                continue
            changed.append(campaign)
            transaction.alerts.judge(
                campaign,
                JudgedHealth(
                    health=found,
                    since=now if found else None,
                    settled=figures.settled,
                    delivered=figures.delivered,
                ),
            )
            own = [alert for alert in open_ones if alert.trouble.subject == campaign]
            over = [alert for alert in own if _is_over(alert, found)]
            ended = [self._desk.end(transaction, alert, now) for alert in over]
            kind = _news(known, found)
            started = (
                self._desk.start(transaction, _trouble(kind, campaign, figures), now)
                if kind
                else None
            )
            alerts += filter(None, (*ended, started))
        return changed, alerts

    def _show(self, transaction: Transaction, subjects: Iterable[str]) -> None:
        """Have the rows of these campaigns written anew."""
        if self._rows:
            keys = transaction.figures.total_keys(sorted(filter(_is_campaign, subjects)))
            transaction.outbox.mark([row_of(key) for key in keys if key], urgent=False)


def _is_campaign(subject: str) -> bool:
    return bool(subject) and not subject.startswith(ACCOUNT_MARK)


def _total(campaign: str) -> Cell:
    return Cell(campaign=campaign, period=Period.TOTAL, start=0, split=Split.NONE, value="")


def _is_over(alert: Alert, health: Health | None) -> bool:
    """That a campaign should be watched goes on while it is critical."""
    kind = alert.trouble.kind
    if kind is AlertKind.CAMPAIGN_WATCH:
        return health in {None, Health.HEALTHY}
    return kind is AlertKind.CAMPAIGN_CRITICAL and health is not Health.CRITICAL


def _news(before: Health | None, now: Health | None) -> AlertKind | None:
    """What begins with this change; getting better is none."""
    if now is Health.CRITICAL:
        return AlertKind.CAMPAIGN_CRITICAL
    if now is Health.WATCH and before is not Health.CRITICAL:
        return AlertKind.CAMPAIGN_WATCH
    return None


def _trouble(kind: AlertKind, campaign: str, figures: Figures) -> Trouble:
    rate, reason = figures.settled_rate or 0.0, figures.top_reason
    word = Health.CRITICAL if kind is AlertKind.CAMPAIGN_CRITICAL else Health.WATCH
    why = f"; the most frequent reason: {reason}" if reason else ""
    return Trouble(
        kind=kind,
        subject=campaign,
        text=f"{word}: {rate:.1f} % of {figures.settled:,} settled messages arrived{why}.",
        figures={
            "settled": figures.settled,
            "delivered": figures.delivered,
            "rate": rate,
            **({"top_reason": reason.value} if reason else {}),
        },
    )


def _report(judged: int, changed: int, alerts: Collection[Alert]) -> HealthReport:
    started = sum(alert.is_open for alert in alerts)
    return HealthReport(
        judged=judged, changed=changed, started=started, ended=len(alerts) - started
    )


def _sum(*reports: HealthReport) -> HealthReport:
    names = [field.name for field in dataclasses.fields(HealthReport)]
    return HealthReport(**{name: sum(getattr(r, name) for r in reports) for name in names})
