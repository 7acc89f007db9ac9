"""How many calls were made to the org, by us and by whomever."""

import dataclasses
from datetime import datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CallSlot:
    """
    Some minutes of the past.

    `ours` are our calls in it. `used` of `total` is what the org told last within it, at
    `told_at`, of its last 24 hours; no `total`: it told nothing.
    """

    start: datetime
    ours: int = 0
    used: int = 0
    total: int = 0
    told_at: datetime | None = None
