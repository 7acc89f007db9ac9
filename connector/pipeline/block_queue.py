"""Which block lists have to hear of an opt-out: queued with it, in one transaction."""

import json
from collections.abc import Collection, Iterable, Mapping

from connector.domain.consent import Consent, ConsentEvent, ConsentKind, ConsentSource
from connector.store import Store, Transaction
from connector.store.block_entries import EntryState, Told
from connector.store.consent_rows import EVERYBODY
from connector.store.consents import Recorded


#: Every process that hears of an opt-out finds the lists here, whatever its own settings.
_LISTS = "block_lists"
#: After these a list may have to hold something else.
_TELLING = frozenset(
    {ConsentKind.STOP, ConsentKind.START, ConsentKind.REVIEW, ConsentKind.SETTLED}
)
#: What the reason of a STOP says that a list told us of.
LISTED = "listed by the gateway"


def configure(store: Store, lists: Mapping[str, str]) -> bool:
    """Remember which lists are to be told, each with its brand; whether they are others."""
    told = json.dumps(dict(sorted(lists.items())))
    with store.transaction() as transaction:
        if transaction.marks.get(_LISTS) == told:
            return False
        transaction.marks.set(_LISTS, told)
    return True


def configured(transaction: Transaction) -> dict[str, str]:
    """The lists that are to be told of opt-outs, each with its brand."""
    told = transaction.marks.get(_LISTS)
    return dict(json.loads(told)) if told else {}


def is_stopped(states: Mapping[str, Consent], scope: str) -> bool | None:
    """
    Whether a number has to be on a list of this brand, from its states by scope.

    None while there is only a doubt: it holds in our own answers, and no list hears of it,
    because not every list can be made to forget again.
    """
    if scope:
        found = [states[each] for each in (scope, EVERYBODY) if each in states][:1]
    else:
        found = list(states.values())
    held = [state for state in found if state.opted_out]
    if any(not state.doubtful for state in held):
        return True
    return None if held else False


def actor_of(name: str) -> str:
    """Who says that a number is on this list."""
    return f"gateway:{name}"


def queue_blocks(transaction: Transaction, recorded: Collection[Recorded]) -> None:
    """
    Queue what each list has to be told now that these were recorded.

    A STOP is told to every list, also to that of the account which it came by: not every
    gateway blocks by itself, and telling it twice does no harm.
    """
    events = [each.event for each in recorded if each.event.kind in _TELLING]
    lists = configured(transaction) if events else {}
    if not lists:
        return
    now = max(event.received_at for event in events)
    states = transaction.consents.states({event.phone for event in events})
    blocks: list[tuple[str, str, int]] = []
    frees: list[tuple[str, str, int]] = []
    for phone, scopes in states.items():
        version = max(state.version for state in scopes.values())
        for name, scope in lists.items():
            wanted = blocks if is_stopped(scopes, scope) else frees
            wanted.append((name, phone, version))
    entries = transaction.block_entries
    known = entries.known((name, phone) for name, phone, _ in frees)
    entries.queue(blocks, now, blocked=True)
    entries.queue((each for each in frees if each[:2] in known), now, blocked=False)
    _note_listed(transaction, events, blocks)


def _note_listed(
    transaction: Transaction,
    events: Iterable[ConsentEvent],
    blocks: Iterable[tuple[str, str, int]],
) -> None:
    """The list that told us need not be told."""
    listed = {
        (event.actor, event.phone): event.received_at
        for event in events
        if event.source == ConsentSource.PROVIDER and event.reason == LISTED
    }
    found = [each for each in blocks if (actor_of(each[0]), each[1]) in listed]
    for name in {name for name, _, _ in found}:
        own = [each for each in found if each[0] == name]
        at = max(listed[actor_of(name), phone] for _, phone, _ in own)
        entries = transaction.block_entries
        entries.queue(own, at, blocked=True, state=EntryState.DONE)
        entries.tell(name, [phone for _, phone, _ in own], at, Told.BLOCKED)
