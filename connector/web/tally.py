"""Counts of what the door did, and a line in the log for what it refused."""

import logging
from collections import Counter
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.web.meters import Meters


log = logging.getLogger(__name__)

#: One line a minute for each kind of refusal: whoever floods the door does not fill the disk.
QUIET = timedelta(minutes=1)


class Tally:
    """How many callbacks of each gateway were stored or refused, since the process started."""

    def __init__(self, clock: Clock, meters: Meters | None = None) -> None:
        self.meters = meters or Meters()
        self.counts: Counter[tuple[str, str]] = Counter()
        self._clock = clock
        self._logged_at: dict[tuple[str, str], datetime] = {}

    def stored(self, gateway: str, account: str, seconds: float) -> None:
        """It took so long from the whole request to the answer."""
        self.counts[gateway, "stored"] += 1
        self.meters.stored(gateway, account, seconds)

    def refused(self, gateway: str, cause: str, **told: str) -> None:
        """Count it, and say in the log why, with whatever else is told."""
        key = (gateway, cause)
        self.counts[key] += 1
        self.meters.refused(gateway, cause)
        now = self._clock()
        if now - self._logged_at.get(key, now - QUIET) >= QUIET:
            self._logged_at[key] = now
            log.warning(
                "door.refused",
                extra={"gateway": gateway, "cause": cause, "total": self.counts[key], **told},
            )
