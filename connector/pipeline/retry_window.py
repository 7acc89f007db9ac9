"""When another message to somebody who could not be reached makes sense."""

from datetime import datetime

from connector.domain.delivery import Delivery, DeliveryStatus, Reason
from connector.quiet_hours import hours


#: Zones are known for moments that somebody could mean; a gateway's clock may say anything.
_FIRST_YEAR, _LAST_YEAR = 1970, 3999


def retry_after(delivery: Delivery) -> datetime | None:
    """
    The next good moment for the recipient after the failure; None where there is none.

    Counted from the failure, so that it stays the same whenever it is worked out.
    """
    status = delivery.shown_status
    if status is None or not status.is_final or status is DeliveryStatus.DELIVERED:
        return None
    can_change = status is DeliveryStatus.EXPIRED or delivery.shown_reason is Reason.UNREACHABLE
    failed_at = delivery.shown_status_at
    if not (can_change and _FIRST_YEAR < failed_at.year < _LAST_YEAR):
        return None
    return hours(delivery.recipient, failed_at).opens_at
