"""Asks gateways for the end of messages that no callback has told of."""

import dataclasses
import logging
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Self

import orjson

from connector.clock import Clock
from connector.gateways.base import Gateway
from connector.message_apis.base import ConfiguredApi
from connector.pipeline.api_mood import Hold, Pace, release
from connector.pipeline.asked import Learnt, covers, learn
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.tenure import Tenure, TenureLostError
from connector.rest.errors import ApiError, RefusedError
from connector.store import Store, Transaction
from connector.store.reconciliations import Asked, DueMessage, Lost


log = logging.getLogger(__name__)

MESSAGE_API, ASKING = "message_api", "asking"
#: Longer than the longest question, so that one account is asked by one process.
LEASE = timedelta(minutes=5)
#: The pause after a question doubles. With six hours that is at 6, 12, 24, 48 and 96 hours:
#: the longest validity of a message, 72 hours, is over then.
TRIES = 5
#: Older messages are asked for by hand only.
HORIZON = timedelta(days=10)
#: Questions of one round, and messages that are put on the list at once.
QUESTIONS, ENLISTED = 50, 1_000
#: How often is looked for messages that have become old enough, and for all that were missed.
ENLIST_EVERY, WHOLE_EVERY = timedelta(minutes=1), timedelta(days=1)
#: A message that the gateway stumbled over is asked for again, others come first.
STUMBLED = timedelta(minutes=15)
#: Wrong credentials do not get right by themselves.
REST = timedelta(hours=1)
#: How long it is remembered what was lost on the way.
REMEMBERED, FORGOTTEN = timedelta(days=90), 10_000

UNKNOWN, TOO_OLD = "not known to the gateway", "too old to be asked for"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileReport:
    """What became of one round: messages asked for, ends learnt, given up."""

    asked: int = 0
    ended: int = 0
    given_up: int = 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far the messages of one account have been looked through for old ones."""

    at: datetime
    after: str
    whole_at: datetime

    @classmethod
    def of(cls, transaction: Transaction, name: str) -> Self | None:
        text = transaction.marks.get(_mark(name))
        if not text:
            return None
        found = orjson.loads(text)
        moments = {each: datetime.fromisoformat(found[each]) for each in ("at", "whole_at")}
        return cls(after=found["after"], **moments)

    def keep(self, transaction: Transaction, name: str) -> None:
        transaction.marks.set(_mark(name), orjson.dumps(self).decode())


class Reconciler:
    """Asks each account in turn; what one of them does holds up no other."""

    def __init__(
        self,
        store: Store,
        apis: Sequence[ConfiguredApi],
        gateways: Mapping[str, Gateway],
        read_phone: PhoneReader,
        clock: Clock,
        *,
        holder: str,
        after: timedelta,
    ) -> None:
        self.apis = apis if after else ()
        self._store = store
        self._gateways = gateways
        self._read_phone = read_phone
        self._clock = clock
        self._holder = holder
        self._after = after
        self._paces = {each.name: Pace(each.api.rate, 1.0) for each in apis}
        self._enlist_at: dict[str, datetime] = {}
        self._chance = random.Random(holder)  # noqa: S311 (spreads retries, keeps no secret)

    def prepare(self) -> None:
        """To be called once at the start: the settings may be others."""
        with self._store.transaction() as transaction:
            for each in self.apis:
                release(transaction, each.name, ASKING, kind=MESSAGE_API)

    def reconcile(self, of: ConfiguredApi) -> ReconcileReport:
        """One round of one account, unless another process is at it."""
        now = self._clock()
        with self._store.transaction(reads=True) as transaction:
            if not self._is_due(transaction, of, now):
                return ReconcileReport()
        with self._store.transaction() as transaction:
            lease = transaction.leases.take(lease_name(of), self._holder, now, LEASE)
        if lease is None:
            return ReconcileReport()
        tenure = Tenure(lease, self._store, self._clock, LEASE)
        try:
            with tenure.renewed() as transaction:
                self._enlist(transaction, of, now)
            report = self._ask_due(of, tenure)
            tenure.give_back()
        except TenureLostError:
            log.warning("reconcile.lost_lease", extra={"api": of.name})
            return ReconcileReport()
        if report.ended:
            log.info("reconcile.learnt", extra={"api": of.name, "ended": report.ended})
        return report

    def _is_due(self, transaction: Transaction, of: ConfiguredApi, now: datetime) -> bool:
        hold = Hold.of(transaction, of.name, ASKING, kind=MESSAGE_API)
        if hold and now < hold.until:
            return False
        if now >= self._enlist_at.get(of.name, now):
            return True
        if not self._paces[of.name].allows(1, now):
            return False
        return bool(transaction.reconciliations.due(of.kind.gateway, of.account, now, 1))

    def _enlist(self, transaction: Transaction, of: ConfiguredApi, now: datetime) -> None:
        """Put messages on the list that have been open for long enough."""
        if now < self._enlist_at.get(of.name, now):
            return
        oldest = now - keeps(of)
        place = Place.of(transaction, of.name)
        if place is None or now >= place.whole_at + WHOLE_EVERY:
            place = Place(at=oldest, after="", whole_at=now)
            transaction.reconciliations.forget(now - REMEMBERED, FORGOTTEN)
        elif place.at < oldest:
            place = dataclasses.replace(place, at=oldest, after="")
        found = transaction.reconciliations.open_messages(
            of.kind.gateway, place.at, now - self._after, after=place.after, limit=ENLISTED
        )
        own = [each for each in found if covers(of, each.account)]
        transaction.reconciliations.enlist(of.kind.gateway, of.account, own, now)
        if found:
            last = found[-1]
            place = dataclasses.replace(place, at=last.first_seen_at, after=last.message_id)
        place.keep(transaction, of.name)
        more = len(found) == ENLISTED
        self._enlist_at[of.name] = now if more else now + ENLIST_EVERY

    def _ask_due(self, of: ConfiguredApi, tenure: Tenure) -> ReconcileReport:
        now, batch = self._clock(), of.api.batch
        with tenure.renewed() as transaction:
            due = transaction.reconciliations.due(
                of.kind.gateway, of.account, now, QUESTIONS * batch
            )
            due, given_up = self._sift(transaction, of, due, now)
        asked = ended = 0
        for first in range(0, len(due), batch):
            some = due[first : first + batch]
            if not self._paces[of.name].allows(1, self._clock()):
                break
            learnt = self._ask(of, some, tenure)
            if learnt is None:
                break
            asked += len(some)
            ended += sum(each.lost is Lost.END for each in learnt.values())
            given_up += len(some) - len(learnt)
        return ReconcileReport(asked=asked, ended=ended, given_up=given_up)

    def _sift(
        self, transaction: Transaction, of: ConfiguredApi, due: list[DueMessage], now: datetime
    ) -> tuple[list[DueMessage], int]:
        """Those that are still worth asking for, and how many are too old for it."""
        place = of.kind.gateway, of.account
        transaction.reconciliations.settle(*place, [d.message_id for d in due if d.ended])
        still = [each for each in due if not each.ended]
        old = [each for each in still if each.sent_at < now - keeps(of)]
        transaction.reconciliations.note(
            *place, [_asked(each, now, None, TOO_OLD, tries=each.tries) for each in old]
        )
        return [each for each in still if each not in old], len(old)

    def _ask(
        self, of: ConfiguredApi, due: Sequence[DueMessage], tenure: Tenure
    ) -> Mapping[str, Learnt] | None:
        """What is learnt of these; None where the gateway wants to be left in peace."""
        self._paces[of.name].spend(1)
        try:
            told = list(of.api.ask([each.message_id for each in due]))
        except RefusedError as error:
            if not error.about_content:
                self._rest(of, due, error, tenure)
                return None
            answer, told = str(error), []  # it does not like the id: others may be fine
        except ApiError as error:
            self._rest(of, due, error, tenure)
            return None
        else:
            answer = UNKNOWN
        now = self._clock()
        gateway = self._gateways[of.kind.gateway]
        wanted = {each.message_id for each in due}
        told = [e for e in told if gateway.own_id(e.message_id, e.recipient) in wanted]
        with tenure.renewed() as transaction:
            learnt = learn(transaction, of, gateway, self._read_phone, told)
            transaction.reconciliations.note(
                of.kind.gateway,
                of.account,
                [self._noted(each, learnt.get(each.message_id), answer, now) for each in due],
            )
            if Hold.of(transaction, of.name, ASKING, kind=MESSAGE_API):
                release(transaction, of.name, ASKING, kind=MESSAGE_API)
        return learnt

    def _noted(
        self, due: DueMessage, learnt: Learnt | None, answer: str, now: datetime
    ) -> Asked:
        if learnt is None:
            return _asked(due, now, None, answer)
        word = learnt.delivery.status or "a word that is not documented"
        tries = due.tries + 1
        wait = None if learnt.ended or tries >= TRIES else self._after * 2.0 ** (tries - 1)
        return _asked(due, now, wait, word, lost=learnt.lost)

    def _rest(
        self, of: ConfiguredApi, due: Sequence[DueMessage], error: ApiError, tenure: Tenure
    ) -> None:
        """Leave the gateway in peace, for long where it refuses us; told once."""
        now = self._clock()
        refused = isinstance(error, RefusedError) and error.about_credentials
        with tenure.renewed() as transaction:
            before = Hold.of(transaction, of.name, ASKING, kind=MESSAGE_API)
            hold = Hold.after(error, before, now, self._chance)
            if refused:
                hold = dataclasses.replace(hold, until=now + REST)
            hold.keep(transaction, of.name, ASKING, kind=MESSAGE_API)
            if not refused:
                transaction.reconciliations.note(
                    of.kind.gateway,
                    of.account,
                    [_asked(d, now, STUMBLED, str(error), tries=d.tries) for d in due],
                )
        if before is None or before.error != hold.error:
            log.warning("reconcile.held_up", extra={"api": of.name, "reason": hold.error})


def lease_name(of: ConfiguredApi) -> str:
    return f"reconcile:{of.name}"


def keeps(of: ConfiguredApi) -> timedelta:
    """How old a message may be that is asked for by itself."""
    return min(of.kind.keeps or HORIZON, HORIZON)


def _asked(
    due: DueMessage,
    now: datetime,
    wait: timedelta | None,
    answer: str,
    *,
    tries: int | None = None,
    lost: Lost = Lost.NOTHING,
) -> Asked:
    return Asked(
        message_id=due.message_id,
        tries=due.tries + 1 if tries is None else tries,
        next_at=None if wait is None else now + wait,
        asked_at=now,
        answer=answer,
        sent_at=due.sent_at,
        lost=lost,
    )


def _mark(name: str) -> str:
    return f"{MESSAGE_API}:{name}:place"
