"""From kept callbacks to the state of messages, consent and engagement."""

import dataclasses
import logging
from collections.abc import Mapping

from connector.clock import Clock
from connector.domain.engagement import Engagement
from connector.gateways.base import Gateway
from connector.pipeline.consent import hear, mark_holders
from connector.pipeline.errands import wanted
from connector.pipeline.events import Batch, read_batch
from connector.pipeline.hygiene import judge_repliers
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.throughput import count_read
from connector.pipeline.trail import tell_read
from connector.store import Store, Transaction
from connector.store.unread import Claim


log = logging.getLogger(__name__)

#: Callbacks a transaction reads: enough to be fast, few enough that nobody waits long.
BATCH = 1_500


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NormaliseReport:
    """What one round read."""

    callbacks: int = 0
    events: int = 0
    quarantined: int = 0
    unknown_words: int = 0

    def __add__(self, other: "NormaliseReport") -> "NormaliseReport":
        return NormaliseReport(
            callbacks=self.callbacks + other.callbacks,
            events=self.events + other.events,
            quarantined=self.quarantined + other.quarantined,
            unknown_words=self.unknown_words + other.unknown_words,
        )


def normalise(
    store: Store,
    gateways: Mapping[str, Gateway],
    read_phone: PhoneReader,
    clock: Clock,
    *,
    limit: int = BATCH,
) -> NormaliseReport:
    """Read up to `limit` urgent callbacks, then as many delivery reports."""
    return sum(
        (
            _read_lane(store, gateways, read_phone, clock, urgent=urgent, limit=limit)
            for urgent in (True, False)
        ),
        NormaliseReport(),
    )


def _read_lane(
    store: Store,
    gateways: Mapping[str, Gateway],
    read_phone: PhoneReader,
    clock: Clock,
    *,
    urgent: bool,
    limit: int,
) -> NormaliseReport:
    # What was read and what came of it are one transaction: a crash leaves both undone.
    with store.transaction() as transaction:
        claim = transaction.unread.claim(limit, urgent=urgent)
        if not claim:
            return NormaliseReport()
        batch = read_batch(claim.callbacks, gateways, read_phone)
        _keep(transaction, batch)
        if urgent:  # whatever asks something is no mere report
            asking = [kept.id for kept in claim.callbacks if wanted(gateways, kept)]
            transaction.errands.add(asking, clock())
        _set_aside(transaction, claim, batch, clock)
        transaction.unread.done(claim)
        count_read(transaction, claim, batch, clock())
    tell_read(claim.callbacks, batch)
    if batch.unknown_words:
        log.warning("dlr.unknown_word", extra={"events": batch.unknown_words})
    return NormaliseReport(
        callbacks=len(claim.callbacks),
        events=batch.size,
        quarantined=len(batch.unreadable),
        unknown_words=batch.unknown_words,
    )


def _keep(transaction: Transaction, batch: Batch) -> None:
    hear(transaction, batch.consent_events)
    transaction.events.put(batch.events)
    transaction.deliveries.fold(batch.deliveries.values())
    reactions = {**batch.engagements, **_of_clicks(transaction, batch)}
    transaction.engagements.fold(reactions.values())
    judge_repliers(
        transaction, (phone for phone, each in reactions.items() if each.last_reply_at)
    )
    mark_holders(transaction, reactions, urgent=False)
    transaction.reactions.put(batch.responses)


def _of_clicks(transaction: Transaction, batch: Batch) -> dict[str, Engagement]:
    """Clicks that name only their message belong to the number it was sent to."""
    found: dict[str, Engagement] = {}
    for click in batch.clicks:
        delivery = transaction.deliveries.find(click.gateway, click.message_id)
        if delivery and delivery.recipient:
            phone = delivery.recipient
            known = found.get(phone) or batch.engagements.get(phone) or Engagement(phone=phone)
            found[phone] = known.join(Engagement(phone=phone, last_click_at=click.at))
    return found


def _set_aside(transaction: Transaction, claim: Claim, batch: Batch, clock: Clock) -> None:
    for kept, reason in batch.unreadable:
        log.warning(
            "callback.quarantined",
            extra={"callback": kept.id, "gateway": kept.callback.gateway, "reason": reason},
        )
        transaction.unread.set_aside(kept, reason, clock())
    if claim.again:
        broken = {kept.id for kept, _ in batch.unreadable}
        transaction.unread.release(claim.again - broken)
