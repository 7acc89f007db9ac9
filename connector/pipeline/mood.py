"""What a worker knows of the org's mood: whether it answers, how fast, how much is left."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.errors import ConfigurationError, OrgError, OrgUnavailableError
from connector.domain.records import RecordRef
from connector.pipeline.batch_size import BatchSize
from connector.pipeline.settlement import FIRST_WAIT
from connector.salesforce.budget import Budget
from connector.salesforce.classify import wants_fewer
from connector.salesforce.errors import (
    ConcurrentLimitError,
    DailyLimitError,
    NoAnswerError,
    OrgBusyError,
    OrgRefusedError,
)
from connector.salesforce.org import Org


log = logging.getLogger(__name__)

_GATEWAY_TIMEOUT = 504
#: After so many the longest wait is reached; days of failures would be no time any more.
_MOST_DOUBLINGS = 10


class HeldUpError(Exception):
    """The lane has to wait: no budget, no answer, or another has it now."""

    def __init__(self, records: int = 0) -> None:
        super().__init__(records)
        self.records = records


class Patience:
    """How long to leave an org alone that does not answer: 2 s, then ever twice as long."""

    longest = timedelta(minutes=1)

    def __init__(self) -> None:
        self._failures = 0
        self._until: datetime | None = None

    def ready(self, now: datetime) -> bool:
        return self._until is None or now >= self._until

    def failed(self, now: datetime) -> None:
        wait = FIRST_WAIT * 2 ** min(self._failures, _MOST_DOUBLINGS)
        self._until = now + min(wait, self.longest)
        self._failures += 1

    def worked(self) -> None:
        self._failures, self._until = 0, None


class Mood:
    """The org and the budget, asked together; every call of a lane goes through here."""

    def __init__(self, org: Org, budget: Budget, clock: Clock, *, batch_size: int) -> None:
        self.org = org
        self._budget = budget
        self._clock = clock
        self._batch_size = batch_size
        self._patience = Patience()
        self._sizes: dict[str, BatchSize] = {}

    @property
    def ready(self) -> bool:
        return self._patience.ready(self._clock())

    def size(self, lane: str) -> BatchSize:
        """How many records a call of this lane carries."""
        return self._sizes.setdefault(lane, BatchSize(self._batch_size))

    def pay(self, calls: int, records: int) -> None:
        """Have these calls granted together: begun and not ended they would be for nothing."""
        if not self._budget.allows(calls=calls):
            raise HeldUpError(records)

    @contextlib.contextmanager
    def asking(
        self,
        records: int,
        *,
        urgent: bool = False,
        paid: bool = False,
        size: BatchSize | None = None,
    ) -> Iterator[None]:
        """
        Make one call inside; raises HeldUpError where the lane has to wait.

        With `size`, the call's number of records is made smaller where that may help.
        """
        if not (paid or self._budget.allows(urgent=urgent)):
            raise HeldUpError(records)
        try:
            yield
        except DailyLimitError as error:
            self._budget.exhausted(self._clock())
            log.warning("sf.budget.exhausted", extra={"records": records})
            raise HeldUpError(records) from error
        except OrgUnavailableError as error:
            if size and _was_too_much(error):
                size.shrink()
            self._patience.failed(self._clock())
            log.warning("sf.unavailable", extra={"records": records, "reason": str(error)})
            raise HeldUpError(records) from error
        except (OrgError, ConfigurationError):
            self._patience.failed(self._clock())
            raise
        finally:
            self._budget.note(self.org.usage)
        self._patience.worked()

    def trail(
        self, records: Sequence[RecordRef], *, urgent: bool = False, paid: bool = False
    ) -> dict[RecordRef, RecordRef | None] | None:
        """Where these records of one object went; None where Salesforce refuses to tell."""
        try:
            with self.asking(len(records), urgent=urgent, paid=paid):
                return self.org.successors(records)
        except OrgRefusedError as refusal:
            log.error(  # noqa: TRY400 (the code says it all)
                "sf.trail.refused",
                extra={"object": records[0].object, "code": refusal.code},
            )
            return None


def _was_too_much(error: OrgUnavailableError) -> bool:
    if isinstance(error, OrgBusyError):
        return (
            isinstance(error, ConcurrentLimitError)
            or error.status == _GATEWAY_TIMEOUT
            or wants_fewer(error.code)
        )
    return isinstance(error, NoAnswerError)
