"""Why a login does not work: the doctor's checks up to the login, as far as they go."""

from collections.abc import Callable

from connector.clock import Clock
from connector.footprint import footprint
from connector.salesforce.org import Org
from connector.settings import Settings
from connector.setup.doctor import DoctorContext, Finding, Level, connection, login
from connector.setup.doctor.check import run


_CHECKS = (*connection.CHECKS, *login.CHECKS)


def why_not(settings: Settings, open_org: Callable[[], Org], *, clock: Clock) -> Finding | None:
    """The first thing that is broken, with its cure; None where all is well by now."""
    context = DoctorContext(
        settings=settings,
        open_org=open_org,
        read_mappings=dict,
        footprint=footprint(()),
        clock=clock,
    )
    try:
        for _, findings in run(_CHECKS, context):
            for finding in findings:
                if finding.level is Level.BROKEN:
                    return finding
    finally:
        context.close()
    return None
