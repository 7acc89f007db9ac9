"""A gateway's block list in memory, which does what it is told to do wrong."""

import dataclasses
from collections import deque
from datetime import timedelta

from connector.block_lists.base import (
    BlockList,
    BlockListKind,
    ConfiguredList,
    Listed,
    Outcome,
    Page,
)
from connector.domain.consent import ConsentSource
from connector.pipeline.consent import Evidence


class MemoryList(BlockList):
    """Holds numbers, and what was asked of it; `faults` are raised first, in their order."""

    batch = 3
    look_up = 3
    rate = 1000.0

    def __init__(self, clock, *, dated=True):
        self._clock = clock
        self._dated = dated
        self.entries = {}
        self.asked = []
        self.faults: deque[Exception] = deque()
        self.refuses = {}
        self.loses = set()
        self.during = lambda: None

    def add(self, phones):
        self._ask("add", phones)
        taken = [phone for phone in phones if phone not in self.refuses]
        kept = (phone for phone in taken if phone not in self.loses)
        self.entries |= dict.fromkeys(kept, self._clock())
        refused = {phone: self.refuses[phone] for phone in phones if phone in self.refuses}
        return Outcome(taken=frozenset(taken), refused=refused)

    def remove(self, phones):
        self._ask("remove", phones)
        for phone in phones:
            self.entries.pop(phone, None)
        return Outcome(taken=frozenset(phones))

    def find(self, phones):
        self._ask("find", phones)
        return frozenset(self.entries) & frozenset(phones)

    def page(self, since, token):
        self._ask("page", [token] if since is None else [token, since])
        start = int(token or 0)
        found = sorted(self.entries.items())
        entries = [
            Listed(phone=phone, at=at if self._dated else None)
            for phone, at in found[start : start + 2]
            if since is None or at >= since
        ]
        more = start + 2 < len(found)
        return Page(entries=entries, following=str(start + 2) if more else "")

    def told(self, word):
        """The numbers of each call of one kind."""
        return [phones for asked, phones in self.asked if asked == word]

    def _ask(self, word, values):
        self.asked.append((word, list(values)))
        if self.faults:
            raise self.faults.popleft()
        during, self.during = self.during, lambda: None
        during()


def kind(gateway="memory", **changes):
    values = {
        "gateway": gateway,
        "title": "Memory",
        "docs": "",
        "keys": (),
        "open": lambda _values, clock: MemoryList(clock),
        "covers": "",
        "limits": "",
        **changes,
    }
    return BlockListKind(**values)


def configured(of, *, name="memory", scope="", **changes):
    gateway, _, account = name.partition("/")
    return ConfiguredList(
        name=name, account=account, scope=scope, kind=kind(gateway, **changes), list=of
    )


def evidence(clock, **changes):
    values = {
        "actor": "user:ann",
        "source": ConsentSource.OPERATOR,
        "reason": "asked",
        "evidence": "call 1",
        "occurred_at": clock(),
        **changes,
    }
    return Evidence(**values)


def later(moment, **duration):
    return moment + timedelta(**duration)


def entry(store, phone, name="memory"):
    with store.transaction(reads=True) as transaction:
        return transaction.block_entries.of(name, [phone]).get(phone)


def consent(store, phone):
    with store.transaction(reads=True) as transaction:
        return transaction.consents.find([phone]).get(phone)


def ledger(store, phone):
    with store.transaction(reads=True) as transaction:
        return transaction.consents.events_of(phone)


def without_time(report):
    return {name: value for name, value in dataclasses.asdict(report).items() if value}
