"""What there is to know of the questions to gateways, for whoever looks."""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime

from connector.pipeline.api_mood import Hold
from connector.pipeline.reconcile import ASKING, MESSAGE_API
from connector.store import Transaction
from connector.store.reconciliations import LostOnTheWay


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AskedAccount:
    """One account: messages that wait to be asked for, and why the gateway is not asked."""

    name: str
    waiting: int
    error: str = ""
    rests_until: datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileFacts:
    """Each account, and what was learnt only by asking, by day."""

    accounts: Sequence[AskedAccount]
    lost: Sequence[LostOnTheWay]


def reconcile_facts(
    transaction: Transaction, names: Iterable[str], since: datetime
) -> ReconcileFacts:
    """The accounts by these names, such as twilio/europe; what was lost of days since then."""
    waiting = transaction.reconciliations.waiting()
    return ReconcileFacts(
        accounts=[_account(transaction, name, waiting.get(_place(name), 0)) for name in names],
        lost=transaction.reconciliations.lost(since),
    )


def _account(transaction: Transaction, name: str, waiting: int) -> AskedAccount:
    hold = Hold.of(transaction, name, ASKING, kind=MESSAGE_API)
    return AskedAccount(
        name=name,
        waiting=waiting,
        error=hold.error if hold else "",
        rests_until=hold.until if hold else None,
    )


def _place(name: str) -> tuple[str, str]:
    gateway, _, account = name.partition("/")
    return gateway, account
