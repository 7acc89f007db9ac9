"""Since when Salesforce refuses our login: what a monitor has to ring for."""

from connector.clock import Clock
from connector.pipeline.vitals import LOGIN_REFUSED
from connector.salesforce.org import Org
from connector.store import Store


class LoginWatch:
    """Notes in the store what this worker last heard of its login; an outage is no refusal."""

    def __init__(self, store: Store, org: Org, clock: Clock) -> None:
        self._store = store
        self._org = org
        self._clock = clock

    def look(self) -> bool:
        """Whether it is refused, as far as any worker knows."""
        refused = self._org.login_refused
        with self._store.transaction(reads=True) as transaction:
            noted = bool(transaction.marks.get(LOGIN_REFUSED))
        if refused is None or refused == noted:
            return noted
        since = self._clock().isoformat() if refused else ""
        with self._store.transaction() as transaction:
            transaction.marks.set(LOGIN_REFUSED, since)
        return refused
