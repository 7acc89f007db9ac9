"""Begins and ends alerts, each with what has to be told of it."""

import dataclasses
import logging
from collections.abc import Iterable
from datetime import datetime

from connector.domain.alerts import Alert, AlertKind, Trouble
from connector.store import Transaction
from connector.store.alert_messages import Step, Way


log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AlertDesk:
    """
    Where alerts are begun and ended, and the ways by which somebody is told.

    The row of a campaign in Salesforce is not among them: it shows what is, by itself.
    """

    events: bool = False
    webhook: bool = False

    def start(self, transaction: Transaction, trouble: Trouble, now: datetime) -> Alert | None:
        """Begin one; None where it is open already."""
        alert = transaction.alerts.start(trouble, now)
        if alert:
            self._want(transaction, alert, Step.STARTED, now)
        return alert

    def end(self, transaction: Transaction, alert: Alert, now: datetime) -> Alert | None:
        """End one; None where somebody else did."""
        ended = transaction.alerts.end(alert, now)
        if ended:
            self._want(transaction, ended, Step.ENDED, now)
        return ended

    def _want(self, transaction: Transaction, alert: Alert, step: Step, now: datetime) -> None:
        ways = {Way.WEBHOOK} if self.webhook else set[Way]()
        # A flow acts on the event: it has to come when something begins, and only then.
        critical = alert.trouble.kind is AlertKind.CAMPAIGN_CRITICAL
        if self.events and critical and step is Step.STARTED:
            ways.add(Way.EVENT)
        transaction.alert_messages.want(alert, step, ways, now)


#: Where nobody outside is told.
NOBODY = AlertDesk()


def log_alerts(alerts: Iterable[Alert]) -> None:
    """Say it in the log, after it was committed."""
    for alert in alerts:
        told: dict[str, object] = {
            "kind": alert.trouble.kind.value,
            "subject": alert.trouble.subject,
            "what": alert.trouble.what,
            "says": alert.trouble.text,
        }
        if alert.ended_at is None:
            log.warning("alert.started", extra=told)
        else:
            lasted = round((alert.ended_at - alert.since).total_seconds())
            log.info("alert.ended", extra={**told, "lasted_seconds": lasted})
