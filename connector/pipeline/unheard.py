"""What gateways were thanked for and nobody has read yet: a STOP counts from its 2xx on."""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from connector import gateways as installed_gateways
from connector.domain.consent import Consent, ConsentEvent, ConsentKind, fold
from connector.domain.errors import StoreUnavailableError
from connector.gateways.base import Gateway
from connector.pipeline.events import read_batch
from connector.pipeline.phone_reader import PhoneReader
from connector.store import Transaction
from connector.store.consents import EVERYBODY


#: Reading so many takes a fraction of a second; where more wait, nobody may be texted.
MOST = 5_000

_HOLDING = frozenset({ConsentKind.STOP, ConsentKind.REVIEW})


def unheard(
    transaction: Transaction,
    phones: Collection[str],
    read_phone: PhoneReader,
    gateways: Mapping[str, Gateway] | None = None,
) -> Mapping[str, Sequence[ConsentEvent]]:
    """
    What stands against texting these numbers and is on its way into the ledger.

    To be asked before the ledger: whatever a worker commits in between is found twice, never
    not at all. Raises StoreUnavailableError where too much waits to be looked through.
    """
    waiting = transaction.unread.peek(MOST + 1)
    if len(waiting) > MOST:
        raise StoreUnavailableError("too many callbacks wait to be read: ask again later")
    found: defaultdict[str, list[ConsentEvent]] = defaultdict(list)
    if waiting:
        batch = read_batch(waiting, gateways or installed_gateways.installed(), read_phone)
        for _, event in batch.consent_events:
            if event.kind in _HOLDING and event.phone in phones:
                found[event.phone].append(event)
    return found


def with_unheard(
    transaction: Transaction,
    known: Mapping[str, Mapping[str, Consent]],
    heard: Mapping[str, Sequence[ConsentEvent]],
) -> dict[str, Mapping[str, Consent]]:
    """The states by scope as they will be; versions stay those of the ledger."""
    states = dict(known)
    ledgers = transaction.consents.ledgers(heard)
    for phone, events in heard.items():
        said = [*ledgers.get(phone, ()), *events]
        before = known.get(phone, {})
        version = max((state.version for state in before.values()), default=0)
        states[phone] = {
            scope: dataclasses.replace(
                fold(phone, [e for e in said if e.scope in {EVERYBODY, scope}]), version=version
            )
            for scope in {EVERYBODY, *before, *(event.scope for event in events)}
        }
    return states
