"""What time alone says of a message that nobody reports the end of."""

import dataclasses
from datetime import datetime, timedelta

from connector.domain.delivery import Delivery, Overdue


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a message is overdue, since when, and when that changes by itself."""

    overdue: Overdue = Overdue.NO
    since: datetime | None = None
    due_at: datetime | None = None


_SETTLED = Standing()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TimeRules:
    """
    How long a message may be under way before that means something.

    A function of the message and the time, so it is the same whatever came first, and a
    report that comes late takes it back.
    """

    soft_failure: timedelta = timedelta(hours=24)
    expiry: timedelta = timedelta(hours=72)

    def standing(self, delivery: Delivery, now: datetime) -> Standing:
        """Where the message stands by now; SETTLE_CHANGED of the store says the same in SQL."""
        if delivery.is_settled:
            return _SETTLED
        soft_at = delivery.started_at + self.soft_failure
        # Since the word was heard, not said: after an outage the next one may be on its way.
        expires_at = max(delivery.started_at, delivery.reported_at) + self.expiry
        if expires_at <= now:
            return Standing(overdue=Overdue.EXPIRED, since=expires_at)
        if soft_at <= now:
            return Standing(overdue=Overdue.SOFT, since=soft_at, due_at=expires_at)
        return Standing(due_at=min(soft_at, expires_at))

    def judged(self, delivery: Delivery, now: datetime) -> Delivery:
        """The same message with what time says of it by now."""
        standing = self.standing(delivery, now)
        if (standing.overdue, standing.since) == (delivery.overdue, delivery.overdue_since):
            return delivery
        return dataclasses.replace(
            delivery, overdue=standing.overdue, overdue_since=standing.since
        )


#: A day and three days.
USUAL = TimeRules()
