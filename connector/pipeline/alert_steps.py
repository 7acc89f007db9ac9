"""What a worker does about alerts: finds them, and tells of them."""

import dataclasses

from connector.pipeline.alert_events import AlertEventReport, AlertEvents
from connector.pipeline.alert_webhook import AlertWebhook, WebhookReport
from connector.pipeline.health import HealthReport, Judge
from connector.pipeline.tenure import Held


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AlertSteps:
    """Each method is one bounded round and may be called again."""

    judge: Judge
    webhook: AlertWebhook
    events: AlertEvents

    def look(self, held: Held) -> HealthReport:
        """Judge what changed, in units of work of whoever does it alone."""
        return self.judge.judge(held)

    def post(self) -> WebhookReport:
        return self.webhook.tell()

    def publish(self) -> AlertEventReport:
        return self.events.tell()
