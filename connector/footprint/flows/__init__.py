"""Flow templates: what an org may do when messages fail, arrive, or people opt out."""

from connector.footprint.component import Component
from connector.footprint.flows.clicked import clicked_flows
from connector.footprint.flows.critical import critical_flows
from connector.footprint.flows.opted_out import opted_out_flows
from connector.footprint.flows.rejected import rejected_flows
from connector.footprint.flows.report_failure import report_failure_flow
from connector.footprint.flows.tell_owner import tell_owner_flow
from connector.footprint.flows.undelivered import undelivered_flows


def flows() -> tuple[Component, ...]:
    """All of them, as Draft; a flow stands after those that it calls."""
    return (
        report_failure_flow(),
        tell_owner_flow(),
        *undelivered_flows(),
        *rejected_flows(),
        *clicked_flows(),
        *opted_out_flows(),
        *critical_flows(),
    )
