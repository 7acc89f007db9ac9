"""What the service knows of one person at one number: what a mapping may write to a record."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime

from connector.domain.consent import Consent
from connector.domain.delivery import Delivery
from connector.domain.hygiene import Hygiene


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """
    Everything that facts are read from, for one record.

    `delivery` is the latest message by the time it was sent, not the report that came last.
    `shown_on` says, for the row of a message, on which record of each object it is shown.
    """

    delivery: Delivery | None = None
    last_delivered_at: datetime | None = None
    consent: Consent | None = None
    last_click_at: datetime | None = None
    last_reply_at: datetime | None = None
    phone: str = ""
    undelivered_since: datetime | None = None
    retry_after: datetime | None = None
    hygiene: Hygiene | None = None
    shown_on: Mapping[str, str] = dataclasses.field(default_factory=dict)
