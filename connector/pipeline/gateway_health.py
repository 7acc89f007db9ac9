"""How each gateway account does: when it last called, what it said, what became of it."""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime

from connector.domain.figures import Figures, Period, Split, account_of, add
from connector.domain.traffic import Count, Kind
from connector.pipeline.overview import heard
from connector.pipeline.recent import DAY, hours_until, series
from connector.pipeline.throughput import place
from connector.store import Store, Transaction
from connector.store.times import micros


_KINDS = (Kind.CALLBACKS, Kind.EVENTS, Kind.UNREADABLE, Kind.UNKNOWN)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GatewayHealth:
    """
    One account of a gateway in the last 24 hours.

    `callbacks` are counted hour by hour. `unreadable` callbacks were set aside, `unknown` words
    are none that the gateway documents. `figures` are of the messages sent in that time.
    """

    name: str
    last: datetime | None
    callbacks: Sequence[int]
    events: int
    unreadable: int
    unknown: int
    figures: Figures

    @property
    def final_share(self) -> float | None:
        """How many messages in a hundred nothing more is expected of; None without any."""
        figures = self.figures
        return 100 * figures.settled / figures.messages if figures.messages else None

    @property
    def is_silent(self) -> bool:
        return not any(self.callbacks)


def gateway_healths(
    store: Store, accounts: Iterable[tuple[str, str]], now: datetime
) -> list[GatewayHealth]:
    """Of the accounts that are set up, and of any other that was heard."""
    hours = hours_until(now)
    with store.transaction(reads=True) as transaction:
        counts = transaction.traffic.hours(hours[0], _KINDS)
        last = heard(store, transaction)
        names = {place(*each): each for each in accounts}
        names.update({name: _parts(name) for name in last if name not in names})
        figures = {
            name: _figures(transaction, gateway, account, now)
            for name, (gateway, account) in names.items()
        }
    return [
        _health(
            name,
            [each for each in counts if each.name == name],
            hours,
            last.get(name),
            figures[name],
        )
        for name in sorted(names)
    ]


def _health(
    name: str,
    counts: Sequence[Count],
    hours: Sequence[datetime],
    last: datetime | None,
    figures: Figures,
) -> GatewayHealth:
    def total(kind: Kind) -> int:
        return sum(each.amount for each in counts if each.kind is kind)

    return GatewayHealth(
        name=name,
        last=last,
        callbacks=series([each for each in counts if each.kind is Kind.CALLBACKS], hours),
        events=total(Kind.EVENTS),
        unreadable=total(Kind.UNREADABLE),
        unknown=total(Kind.UNKNOWN),
        figures=figures,
    )


def _figures(transaction: Transaction, gateway: str, account: str, now: datetime) -> Figures:
    """Added up from the hours of a day."""
    counts: dict[str, int] = {}
    hours = transaction.figures.of(
        account_of(gateway, account), Period.HOUR, Split.NONE, since=micros(now - DAY)
    )
    for each in hours.values():
        add(counts, each.counts)
    return Figures(counts)


def _parts(name: str) -> tuple[str, str]:
    gateway, _, account = name.partition("/")
    return gateway, account
