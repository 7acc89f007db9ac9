"""Asks gateways for everything since a moment, by hand: after an outage, or to count."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TypeVar

from connector.clock import Clock
from connector.domain.delivery import DeliveryEvent
from connector.gateways.base import Gateway
from connector.message_apis.base import ConfiguredApi
from connector.pipeline.asked import Learnt, covers, learn
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.reconcile import LEASE, UNKNOWN, lease_name
from connector.pipeline.tenure import Tenure
from connector.rest.errors import ApiError, BusyError, RefusedError
from connector.store import Store, Transaction
from connector.store.reconciliations import Asked, Lost, OpenMessage


T = TypeVar("T")

#: What is under way for less is not lost: its callbacks are about to come.
SETTLING = timedelta(minutes=10)
#: When a worker asks again for what is still open.
AGAIN = timedelta(hours=6)
#: Messages that are looked for at once.
PAGE = 500
#: How often, and how long, a gateway that is busy is waited for.
PATIENCE, SHORTEST, LONGEST = 5, 2.0, 60.0
#: How often another process is waited for that is asking just now.
TURNS = 10


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SinceReport:
    """
    What was learnt of one account.

    `ends` are messages whose end no callback had told, `found` those that nobody had spoken
    of, `open` those that have no end at the gateway either. `trouble` says why it is not all.
    """

    name: str
    listed: int = 0
    asked: int = 0
    ends: int = 0
    found: int = 0
    open: int = 0
    unknown: int = 0
    trouble: str = ""


class Since:
    """Asks one account after another, at the pace that each of them allows."""

    def __init__(
        self,
        store: Store,
        gateways: Mapping[str, Gateway],
        read_phone: PhoneReader,
        clock: Clock,
        *,
        holder: str,
        wait: Callable[[float], object],
        progress: Callable[[int], object] = lambda _messages: None,
        dry: bool = False,
    ) -> None:
        self._store = store
        self._gateways = gateways
        self._read_phone = read_phone
        self._clock = clock
        self._holder = holder
        self._wait = wait
        self._progress = progress
        self._dry = dry

    def reconcile(self, of: ConfiguredApi, since: datetime) -> SinceReport:
        """Everything since then; what was learnt before trouble came is kept."""
        tenure = self._tenure(of)
        if tenure is None:
            return SinceReport(name=of.name, trouble="another process is asking: call again")
        report, told = SinceReport(name=of.name), set[str]()
        try:
            if of.kind.lists:
                for learnt in self._listed(of, since, tenure):
                    told |= {key for key, each in learnt.items() if self._dry or not each.ended}
                    report = _with(report, learnt, listed=len(learnt))
            for due, learnt in self._asked(of, since, tenure, told):
                unknown = len(due) - len(learnt)
                report = _with(report, learnt, asked=len(due), unknown=unknown)
        except ApiError as error:
            report = dataclasses.replace(report, trouble=str(error))
        tenure.give_back()
        return report

    def _tenure(self, of: ConfiguredApi) -> Tenure | None:
        """The right to ask; a worker has it for moments only."""
        for turn in range(TURNS):
            if turn:
                self._wait(SHORTEST)
            with self._store.transaction() as transaction:
                now = self._clock()
                lease = transaction.leases.take(lease_name(of), self._holder, now, LEASE)
            if lease:
                return Tenure(lease, self._store, self._clock, LEASE)
        return None

    def _listed(
        self, of: ConfiguredApi, since: datetime, tenure: Tenure
    ) -> Iterator[Mapping[str, Learnt]]:
        until, token = self._clock(), ""
        while True:
            page = self._patient(lambda at=token: of.api.page(since, until, at))  # type: ignore[misc]
            with self._unit(tenure) as transaction:
                learnt = self._learn(transaction, of, page.events)
                lost = [each for each in learnt.values() if each.lost]
                self._note(transaction, of, [_found(each, self._clock()) for each in lost])
            self._progress(len(page.events))
            yield learnt
            if not page.following:
                return
            if page.following == token:
                raise RefusedError("gives the same page again and again")
            token = page.following
            self._wait(1 / of.api.page_rate)

    def _asked(
        self, of: ConfiguredApi, since: datetime, tenure: Tenure, but: set[str]
    ) -> Iterator[tuple[Sequence[OpenMessage], Mapping[str, Learnt]]]:
        """Messages that are open, but those that were just in a list."""
        oldest = self._clock() - of.kind.keeps if of.kind.keeps else since
        gateway = self._gateways[of.kind.gateway]
        for due in self._open(of, max(since, oldest), but):
            answer = UNKNOWN
            try:
                ids = [each.message_id for each in due]
                told = self._patient(lambda ids=ids: list(of.api.ask(ids)))  # type: ignore[misc]
            except RefusedError as error:
                if not error.about_content:
                    raise
                answer, told = str(error), []
            wanted = {each.message_id for each in due}
            told = [e for e in told if gateway.own_id(e.message_id, e.recipient) in wanted]
            with self._unit(tenure) as transaction:
                learnt = self._learn(transaction, of, told)
                rows = [self._answered(each, learnt, answer) for each in due]
                self._note(transaction, of, rows)
            self._progress(len(due))
            yield due, learnt
            self._wait(1 / of.api.rate)

    def _open(
        self, of: ConfiguredApi, since: datetime, but: set[str]
    ) -> Iterator[Sequence[OpenMessage]]:
        """In portions of what one question may have."""
        at, after, until = since, "", self._clock() - SETTLING
        while True:
            with self._store.transaction(reads=True) as transaction:
                found = transaction.reconciliations.open_messages(
                    of.kind.gateway, at, until, after=after, limit=PAGE
                )
            own = [e for e in found if covers(of, e.account) and e.message_id not in but]
            for first in range(0, len(own), of.api.batch):
                yield own[first : first + of.api.batch]
            if len(found) < PAGE:
                return
            at, after = found[-1].first_seen_at, found[-1].message_id

    def _unit(self, tenure: Tenure) -> AbstractContextManager[Transaction]:
        return tenure.renewed()

    def _learn(
        self, transaction: Transaction, of: ConfiguredApi, told: Sequence[DeliveryEvent]
    ) -> Mapping[str, Learnt]:
        gateway = self._gateways[of.kind.gateway]
        return learn(transaction, of, gateway, self._read_phone, told, dry=self._dry)

    def _note(self, transaction: Transaction, of: ConfiguredApi, rows: list[Asked]) -> None:
        if not self._dry:
            transaction.reconciliations.note(of.kind.gateway, of.account, rows)

    def _answered(self, due: OpenMessage, learnt: Mapping[str, Learnt], answer: str) -> Asked:
        """What is noted; a message that stays open is asked for again by the worker."""
        found, now = learnt.get(due.message_id), self._clock()
        return Asked(
            message_id=due.message_id,
            tries=1,
            next_at=None if found is None or found.ended else now + AGAIN,
            asked_at=now,
            answer=(found.delivery.status or "") if found else answer,
            sent_at=due.first_seen_at,
            lost=found.lost if found else Lost.NOTHING,
        )

    def _patient(self, ask: Callable[[], T]) -> T:
        """Ask again while the gateway is busy, as late as it wants."""
        pause = SHORTEST
        for _ in range(PATIENCE - 1):
            try:
                return ask()
            except BusyError as error:
                asked = error.wait.total_seconds() if error.wait is not None else pause
                if asked > LONGEST:
                    raise
                self._wait(max(asked, SHORTEST))
                pause *= 2
        return ask()


def _with(
    report: SinceReport,
    learnt: Mapping[str, Learnt],
    *,
    listed: int = 0,
    asked: int = 0,
    unknown: int = 0,
) -> SinceReport:
    lost = [each.lost for each in learnt.values()]
    still_open = sum(not each.ended for each in learnt.values())
    return dataclasses.replace(
        report,
        listed=report.listed + listed,
        asked=report.asked + asked,
        ends=report.ends + lost.count(Lost.END),
        found=report.found + lost.count(Lost.ALL),
        open=report.open + still_open,
        unknown=report.unknown + unknown,
    )


def _found(learnt: Learnt, now: datetime) -> Asked:
    delivery = learnt.delivery
    return Asked(
        message_id=delivery.message_id,
        tries=1,
        next_at=None if learnt.ended else now + AGAIN,
        asked_at=now,
        answer=delivery.status or "",
        sent_at=delivery.started_at,
        lost=learnt.lost,
    )
