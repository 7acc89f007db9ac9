"""Whether a number still works, as far as the messages to it show; nothing of consent."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime

from connector.domain.delivery import Delivery, DeliveryStatus, Reason


#: So many failures in a row flag a number.
IN_A_ROW = 3
#: One of these is enough.
AT_ONCE = frozenset({Reason.INVALID_NUMBER, Reason.LANDLINE})
#: What speaks against the number; the other reasons say nothing about it and are skipped.
COUNTED = AT_ONCE | {Reason.UNREACHABLE, Reason.EXPIRED, Reason.UNKNOWN}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hygiene:
    """
    What the messages to one number say of it.

    `failures` are those since something last got through, `since` is when they flagged it,
    `reason` that of the failure which did. `cleared_at` is when something got through after it
    had been flagged.
    """

    phone: str
    failures: int = 0
    reason: Reason | None = None
    since: datetime | None = None
    last_failure_at: datetime | None = None
    cleared_at: datetime | None = None

    @property
    def needs_review(self) -> bool:
        return self.since is not None

    @property
    def review_reason(self) -> str:
        """Why it should be checked, for people."""
        if self.reason is None:
            return ""
        if self.reason in AT_ONCE:
            return self.reason.value
        return f"{IN_A_ROW} failures in a row, the last {self.reason.value}"


def failure(delivery: Delivery) -> Reason | None:
    """
    The reason for which a message speaks against its number; None where it does not.

    One that we gave up, because no gateway told its end, says something of the gateway only.
    """
    status = delivery.status
    if status is None or not status.is_final or status is DeliveryStatus.DELIVERED:
        return None
    usual = Reason.EXPIRED if status is DeliveryStatus.EXPIRED else Reason.UNKNOWN
    reason = delivery.reason or usual
    return reason if reason in COUNTED else None


def judge(
    phone: str, deliveries: Iterable[Delivery], last_reply_at: datetime | None = None
) -> Hygiene:
    """
    What a set of messages to a number says, in the order in which they were sent.

    A delivery or a reply clears what was sent before it.
    """
    known, replied_at = Hygiene(phone=phone), last_reply_at
    for each in sorted(deliveries, key=_order):
        if replied_at and replied_at < each.started_at:
            known, replied_at = _cleared(known, replied_at), None
        if each.status is DeliveryStatus.DELIVERED:
            known = _cleared(known, each.status_at)
        elif reason := failure(each):
            known = _failed(known, reason, each.status_at)
    return _cleared(known, replied_at) if replied_at else known


def _failed(known: Hygiene, reason: Reason, at: datetime) -> Hygiene:
    failures = known.failures + 1
    flags = not known.needs_review and (reason in AT_ONCE or failures >= IN_A_ROW)
    return dataclasses.replace(
        known,
        failures=failures,
        reason=reason if flags else known.reason,
        since=at if flags else known.since,
        last_failure_at=max(at, known.last_failure_at or at),
    )


def _cleared(known: Hygiene, at: datetime) -> Hygiene:
    return Hygiene(
        phone=known.phone,
        last_failure_at=known.last_failure_at,
        cleared_at=at if known.needs_review else known.cleared_at,
    )


def _order(delivery: Delivery) -> tuple[datetime, str, str]:
    # The last two only make the order total.
    return (delivery.started_at, delivery.gateway, delivery.message_id)
