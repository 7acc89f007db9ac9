"""What the org has left for us: calls, storage, events."""

from collections.abc import Iterator

from connector.salesforce.budget import ApiUsage
from connector.setup.doctor.check import CALLS_USED_UP, Check
from connector.setup.doctor.context import DoctorContext
from connector.setup.doctor.finding import Finding, Level, Trouble, fine


CALLS_SCARCE = Trouble(
    name="calls-scarce",
    level=Level.WARNING,
    means="The org has used so many of its API calls that our share is spent: statuses wait,"
    " opt-outs still go.",
    cure="Find out who uses the calls, raise CONNECTOR_SALESFORCE_API_SHARE, or buy more;"
    " `connector org limits` shows the figures.",
    where="Setup > Company Information > API Requests, Last 24 Hours",
)
LIMITS_UNTOLD = Trouble(
    name="limits-not-told",
    level=Level.WARNING,
    means="Our user may not ask for the org's limits, so storage and events cannot be checked."
    " Calls are counted from every answer all the same.",
    cure="Give the user View Setup and Configuration.",
    where="Setup > Permission Sets > SMS Connector > System Permissions > View Setup and"
    " Configuration",
)
STORAGE_FULL = Trouble(
    name="storage-full",
    level=Level.BROKEN,
    means="The org has no data storage left: new rows are refused, such as campaign figures."
    " Statuses and opt-outs on existing records are still written.",
    cure="Delete what is not needed, or buy storage.",
    where="Setup > Storage Usage",
)
STORAGE_SCARCE = Trouble(
    name="storage-scarce",
    level=Level.WARNING,
    means="The org has little data storage left. When it is full, new rows are refused, such as"
    " campaign figures.",
    cure="Delete what is not needed, buy storage, or leave the part messages out.",
    where="Setup > Storage Usage",
)
EVENTS_SCARCE = Trouble(
    name="events-scarce",
    level=Level.WARNING,
    means="The platform events of this hour or day are nearly used up: deliveries publish none"
    " until the window moves.",
    cure="Publish fewer events, or leave the part events out.",
    where="Setup > Platform Events; Setup > Company Information",
)

_SCARCE = 0.05
_EVENTS = ("HourlyPublishedPlatformEvents", "DailyDeliveredPlatformEvents")


def _calls(context: DoctorContext) -> Iterator[Finding]:
    """How many API calls are left."""
    daily = context.limits.get("DailyApiRequests")
    usage = context.org.usage
    if daily is not None:
        usage = ApiUsage(daily.total - daily.left, daily.total)
    if usage is None:
        return
    settings = context.settings
    reserve = min(settings.salesforce_api_reserve, usage.total // 10)
    stops_at = min(usage.total * settings.salesforce_api_share // 100, usage.total - reserve)
    said = f"{usage.used:,} of {usage.total:,} calls used"
    if not usage.left:
        yield CALLS_USED_UP.found(said)
    elif usage.used >= stops_at:
        yield CALLS_SCARCE.found(f"{said}; our share ends at {stops_at:,}")
    else:
        yield fine(said)


def _storage(context: DoctorContext) -> Iterator[Finding]:
    """How much storage is left."""
    if not context.limits:
        yield LIMITS_UNTOLD.found("the limits are not told to our user")
        return
    storage = context.limits.get("DataStorageMB")
    if storage is None or not storage.total:
        return
    said = f"{storage.left:,} of {storage.total:,} MB of data storage left"
    if storage.left <= 0:
        yield STORAGE_FULL.found(said)
    elif storage.left < storage.total * _SCARCE:
        yield STORAGE_SCARCE.found(said)
    else:
        yield fine(said)


def _events(context: DoctorContext) -> Iterator[Finding]:
    """How many platform events are left."""
    if not any(spec.is_event for spec in context.footprint.objects):
        return
    for name in _EVENTS:
        limit = context.limits.get(name)
        if limit and limit.total and limit.left < limit.total * _SCARCE:
            yield EVENTS_SCARCE.found(f"{name}: {limit.left:,} of {limit.total:,} left")


CHECKS = (
    Check(
        name="limits",
        about=(
            "How many API calls, how much storage and how many platform events the org has "
            "left."
        ),
        title="enough left",
        parts=(_calls, _storage, _events),
        troubles=(
            CALLS_SCARCE,
            LIMITS_UNTOLD,
            STORAGE_FULL,
            STORAGE_SCARCE,
            EVENTS_SCARCE,
        ),
        needs=("api",),
    ),
)
