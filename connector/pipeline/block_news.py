"""What of a gateway's list is news: neither known, nor put there by us, nor undone since."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from connector.block_lists.base import ConfiguredList, Listed
from connector.domain.consent import CLOCK_SKEW, ConsentEvent, ConsentKind, ConsentSource
from connector.pipeline.block_queue import LISTED, actor_of, is_stopped
from connector.pipeline.consent import hear
from connector.store import Transaction
from connector.store.block_entries import BlockEntry, Told
from connector.store.consent_rows import EVERYBODY


#: How far a gateway's clock may be from ours when an entry is told to be our own.
SKEW = timedelta(minutes=1)


def take(
    transaction: Transaction, of: ConfiguredList, entries: Iterable[Listed], now: datetime
) -> int:
    """
    Make STOPs of the numbers on a list that nobody knew of; returns how many.

    What is on the list because of us is no news, and neither is an entry that is older than
    the newest START: whoever gave it knew better. Where a gateway tells no time, an entry is
    as old as our first sight of it.
    """
    newest: dict[str, Listed] = {}
    for entry in entries:
        known = newest.get(entry.phone)
        if known is None or (entry.at and known.at and entry.at > known.at):
            newest[entry.phone] = entry
    states = transaction.consents.states(newest)
    seen = _first_seen(transaction, of, newest.values(), now)
    free = {
        phone: entry
        for phone, entry in newest.items()
        if not is_stopped(states.get(phone, {}), of.scope)
    }
    ours = _ours(transaction, of, free.values())
    unknown = {phone: entry for phone, entry in free.items() if phone not in ours}
    ledgers = transaction.consents.ledgers(unknown)
    told = (_event(of, entry, seen.get(phone, now), now) for phone, entry in unknown.items())
    news = [each for each in told if not _is_older(each, ledgers.get(each.phone, ()), of.scope)]
    return len(hear(transaction, [(0, event) for event in news]))


def _first_seen(
    transaction: Transaction, of: ConfiguredList, entries: Iterable[Listed], now: datetime
) -> Mapping[str, datetime]:
    """Remembered by pseudonyms: most of these people we know nothing of."""
    names = {transaction.pseudonym(each.phone): each.phone for each in entries if not each.at}
    found = transaction.block_listings.see(of.name, names, now) if names else {}
    return {names[subject]: at for subject, at in found.items()}


def _ours(
    transaction: Transaction, of: ConfiguredList, entries: Collection[Listed]
) -> frozenset[str]:
    """Those that are listed because of us; of an erased number its name is known."""
    names = {each.phone: (each.phone, transaction.pseudonym(each.phone)) for each in entries}
    known = transaction.block_entries.of(
        of.name, [each for pair in names.values() for each in pair]
    )
    return frozenset(
        each.phone
        for each in entries
        if any(_is_ours(each, known[name]) for name in names[each.phone] if name in known)
    )


def _is_ours(entry: Listed, known: BlockEntry) -> bool:
    """Where nobody knows whether the gateway took it, only the time of an entry tells."""
    if known.told not in {Told.BLOCKED, Told.ASKED} or known.told_at is None:
        return False
    if entry.at is None:
        return known.told is Told.BLOCKED
    return entry.at <= known.told_at + SKEW


def _event(of: ConfiguredList, entry: Listed, seen: datetime, now: datetime) -> ConsentEvent:
    """The same event however often the entry is read: its time is the gateway's, or fixed."""
    return ConsentEvent(
        phone=entry.phone,
        kind=ConsentKind.STOP,
        received_at=now if entry.at else seen,
        occurred_at=min(entry.at, now) if entry.at else None,
        source=ConsentSource.PROVIDER,
        gateway=of.kind.gateway,
        account=of.account,
        scope=of.scope,
        actor=actor_of(of.name),
        reason=LISTED,
    )


def _is_older(event: ConsentEvent, ledger: Iterable[ConsentEvent], scope: str) -> bool:
    """Whether somebody opted in again after this entry was made."""
    settled = {each.about for each in ledger if each.kind is ConsentKind.SETTLED}
    return any(
        each.kind is ConsentKind.START
        and each.scope in {EVERYBODY, scope}
        and each.id not in settled
        and each.at > event.at + CLOCK_SKEW
        for each in ledger
    )
