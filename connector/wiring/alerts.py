"""Who judges campaigns, and who is told of alerts, by the settings."""

from connector.clock import Clock
from connector.domain.figures import Period
from connector.pipeline.alert_events import AlertEvents
from connector.pipeline.alert_steps import AlertSteps
from connector.pipeline.alert_webhook import AlertWebhook
from connector.pipeline.alerts import AlertDesk
from connector.pipeline.campaign_rows import PERIODS
from connector.pipeline.health import Judge, JudgingRules
from connector.salesforce.budget import Budget
from connector.salesforce.org import Org
from connector.settings import Settings
from connector.store import Store


def alert_desk(settings: Settings) -> AlertDesk:
    """By which ways somebody wants to be told."""
    return AlertDesk(
        events=settings.platform_events == "changes", webhook=bool(settings.alert_webhook)
    )


def build_judge(settings: Settings, clock: Clock) -> Judge:
    return Judge(
        clock,
        JudgingRules(health=settings.health_rules, spikes=settings.spike_rules),
        alert_desk(settings),
        rows=Period.TOTAL in PERIODS[settings.campaign_rows],
    )


def build_alerts(
    settings: Settings, store: Store, org: Org, budget: Budget, clock: Clock, holder: str
) -> AlertSteps:
    """What a worker does about alerts."""
    desk = alert_desk(settings)
    return AlertSteps(
        judge=build_judge(settings, clock),
        webhook=AlertWebhook(
            store,
            clock,
            address=settings.alert_webhook.value,
            key=settings.alert_webhook_key.value,
            holder=holder,
        ),
        events=AlertEvents(store, org, budget, clock, holder=holder, enabled=desk.events),
    )
