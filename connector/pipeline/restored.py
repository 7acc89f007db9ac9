"""What has to be read again before a restored store is trusted, and who says that it may be."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from connector.block_lists.base import ConfiguredList
from connector.domain.errors import ConfigurationError
from connector.mapping import Mapping as ObjectMapping
from connector.pipeline.block_pull import PullState
from connector.store import Store, Transaction
from connector.store.audit import Act


def unread(
    transaction: Transaction,
    mappings: Mapping[str, ObjectMapping],
    lists: Iterable[ConfiguredList],
) -> list[str]:
    """What may know of opt-outs that the store has forgotten, and was not read to its end."""
    restoration = transaction.restorations.current()
    if restoration is None:
        return []
    objects = [name for name, each in mappings.items() if each.phones and each.opt_out_fields]
    pulled = [
        (each.name, PullState.of(transaction, each.name).whole_at)
        for each in lists
        if each.kind.lists
    ]
    return [
        *(
            f"the opt-outs of {name} in Salesforce"
            for name in transaction.restorations.unread(objects)
        ),
        *(f"the block list {name}" for name, at in pulled if at is None or at < restoration.at),
    ]


def reopen(
    store: Store,
    left: Sequence[str],
    now: datetime,
    *,
    actor: str,
    reason: str,
    nothing_lost: bool,
) -> None:
    """Trust it again, as a person says; raises ConfigurationError where that is too soon."""
    if left and not nothing_lost:
        raise ConfigurationError(
            f"not read yet: {', '.join(left)}: let a worker run, and call again"
        )
    with store.transaction() as transaction:
        if transaction.restorations.current() is None:
            raise ConfigurationError("this store waits for nothing of the kind")
        transaction.restorations.end()
        how = "nothing-lost " if nothing_lost else ""
        act = Act(at=now, actor=actor, action="store.reopen", detail=f"{how}{reason}")
        transaction.audit.append([act])
