"""Which object an id belongs to, for every object of the org."""

import functools
import json
import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from connector.clock import Clock
from connector.domain.errors import OrgUnavailableError
from connector.salesforce.budget import Budget
from connector.salesforce.org import Org
from connector.store import Store, Transaction


log = logging.getLogger(__name__)

#: Key prefixes of standard objects (Salesforce help, "Standard Field Record ID Prefix").
PREFIXES = {
    "001": "Account",
    "003": "Contact",
    "00Q": "Lead",
    "00v": "CampaignMember",
    "500": "Case",
}
#: Those of all others are asked for once a day, and sooner when an unknown one shows.
FRESH, OFTEN = timedelta(days=1), timedelta(minutes=10)
_MARK, _WANTED = "prefixes", "prefixes:wanted"
_LENGTH = 3


class ObjectNames:
    """Tells the object of an id; those that are no standard ones take a look at the store."""

    def __init__(self, transaction: Transaction, mapped: Collection[str]) -> None:
        self._transaction = transaction
        self._others = {name.lower(): name for name in mapped if name not in PREFIXES.values()}
        self._known: Mapping[str, str] | None = None
        self._lacks = False
        self._wanted = False

    def of(self, record_id: str) -> str:
        """The object, spelt as its mapping spells it; empty where nobody knows it yet."""
        prefix = record_id[:_LENGTH]
        if prefix in PREFIXES:
            return PREFIXES[prefix]
        if self._known is None:
            _, self._known = _read(self._transaction.marks.get(_MARK))
            self._lacks = not self._others.keys() <= {n.lower() for n in self._known.values()}
        name = self._known.get(prefix, "")
        self._wanted = self._wanted or (self._lacks and not name)
        return self._others.get(name.lower(), name)

    def note_unknown(self) -> None:
        """Have the directory ask the org, where an id may be of a mapped object after all."""
        if self._wanted and not self._transaction.marks.get(_WANTED):
            self._transaction.marks.set(_WANTED, "yes")


class PrefixSync:
    """Keeps the prefixes as Salesforce has them; asks nothing where only people are mapped."""

    def __init__(
        self, store: Store, org: Org, budget: Budget, clock: Clock, mapped: Collection[str]
    ) -> None:
        self._store = store
        self._org = org
        self._budget = budget
        self._clock = clock
        self._others = {name.lower() for name in mapped if name not in PREFIXES.values()}

    def sync(self) -> bool:
        """Ask where it is time to; whether anything was asked."""
        if not self._others or not self._is_time():
            return False
        try:
            found = self._org.prefixes()
        except OrgUnavailableError as error:
            log.warning("prefixes.unavailable", extra={"reason": str(error)})
            return False
        finally:
            self._budget.note(self._org.usage)
        self._keep(found)
        return True

    def _is_time(self) -> bool:
        with self._store.transaction(reads=True) as transaction:
            asked_at, _ = _read(transaction.marks.get(_MARK))
            wanted = bool(transaction.marks.get(_WANTED))
        if asked_at and self._clock() < asked_at + (OFTEN if wanted else FRESH):
            return False
        return self._budget.allows()

    def _keep(self, found: Mapping[str, str]) -> None:
        """Messages that waited for an id to be known are matched anew."""
        with self._store.transaction() as transaction:
            _, before = _read(transaction.marks.get(_MARK))
            told = json.dumps([self._clock().isoformat(), dict(found)], sort_keys=True)
            transaction.marks.set(_MARK, told)
            transaction.marks.set(_WANTED, "")
            for prefix, name in found.items():
                if name.lower() in self._others and before.get(prefix) != name:
                    transaction.deliveries.look_again_for_prefix(prefix)


@functools.lru_cache(maxsize=2)
def _read(text: str) -> tuple[datetime | None, Mapping[str, str]]:
    if not text:
        return None, {}
    asked_at, found = json.loads(text)
    return datetime.fromisoformat(asked_at), found
