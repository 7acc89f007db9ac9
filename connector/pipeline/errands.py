"""What gateways ask for in callbacks and the settings answer: saying yes, each once."""

import dataclasses
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from connector.clock import Clock
from connector.domain.callback import KeptCallback
from connector.domain.errors import ConnectorError
from connector.gateways.base import Gateway, Question
from connector.store import Store
from connector.store.errands import Errand, ErrandState


log = logging.getLogger(__name__)

#: Longer than the longest round: no other worker opens the same address meanwhile.
LEASE = timedelta(minutes=2)
#: As many in one round.
BATCH = 10
#: The first wait after a failure; each is twice as long, up to the longest.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)
#: Tokens of SNS end after two days (Amazon SNS, "Confirm the subscription").
GIVEN_UP_AFTER = timedelta(days=2)

Fetch = Callable[[str], bytes]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ErrandReport:
    """What became of the errands of one round."""

    done: int = 0
    postponed: int = 0
    given_up: int = 0


def wanted(gateways: Mapping[str, Gateway], kept: KeptCallback) -> Question | None:
    """What a callback asks that needs nobody's answer."""
    gateway = gateways.get(kept.callback.gateway)
    question = gateway.asks(kept.callback) if gateway else None
    return question if question and question.wanted else None


class ErrandRunner:
    """Opens the addresses that authentic callbacks ask to open, on the gateways' own hosts."""

    def __init__(
        self,
        store: Store,
        gateways: Mapping[str, Gateway],
        fetch: Fetch,
        clock: Clock,
        *,
        holder: str,
    ) -> None:
        self._store = store
        self._gateways = gateways
        self._fetch = fetch
        self._clock = clock
        self._holder = holder

    def run(self) -> ErrandReport:
        """One round; opening an address twice, after a crash, does no harm."""
        with self._store.transaction(reads=True) as transaction:
            if not transaction.errands.due(self._clock(), limit=1):
                return ErrandReport()
        with self._store.transaction() as transaction:
            lease = transaction.leases.take("errands", self._holder, self._clock(), LEASE)
            due = transaction.errands.due(self._clock(), limit=BATCH) if lease else []
        try:
            states = [self._do(errand) for errand in due]
        finally:
            if lease:
                with self._store.transaction() as transaction:
                    transaction.leases.give_back(lease)
        return ErrandReport(
            done=states.count(ErrandState.DONE),
            postponed=states.count(ErrandState.OPEN),
            given_up=states.count(ErrandState.GIVEN_UP),
        )

    def _do(self, errand: Errand) -> ErrandState:
        kept = self._store.inbox.callback(errand.callback_id)
        question = wanted(self._gateways, kept) if kept else None
        if question is None:
            return self._settle(errand, ErrandState.GIVEN_UP, "the callback is no longer kept")
        try:
            self._fetch(question.address)
        except ConnectorError as error:
            late = self._clock() >= errand.since + GIVEN_UP_AFTER
            state = ErrandState.GIVEN_UP if late else ErrandState.OPEN
            return self._settle(errand, state, str(error))
        return self._settle(errand, ErrandState.DONE)

    def _settle(self, errand: Errand, state: ErrandState, cause: str = "") -> ErrandState:
        now = self._clock()
        wait = min(FIRST_WAIT * 2 ** min(errand.tries, 16), LONGEST_WAIT)
        with self._store.transaction() as transaction:
            transaction.errands.change(
                errand, state, now, cause=cause, not_before=now + wait if cause else now
            )
        told = {"callback": errand.callback_id, "state": state.value, "cause": cause}
        log.log(logging.WARNING if cause else logging.INFO, "gateway.answered", extra=told)
        return state
