"""What a gateway answers goes through the same door as its callbacks, as if it had called."""

import dataclasses
import functools
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from connector.domain.callback import Callback, KeptCallback
from connector.domain.consent import ConsentEvent
from connector.domain.delivery import Delivery, DeliveryEvent
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import Event, Gateway
from connector.message_apis.base import ConfiguredApi
from connector.pipeline.consent import hear
from connector.pipeline.events import Batch, events_of
from connector.pipeline.phone_reader import PhoneReader
from connector.settings import account_key
from connector.store import Transaction
from connector.store.reconciliations import Lost


log = logging.getLogger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Key = tuple[str, str]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """Where a message stands after the answer, and what of that no callback had brought."""

    delivery: Delivery
    lost: Lost
    is_news: bool

    @property
    def ended(self) -> bool:
        status = self.delivery.status
        return status is not None and status.is_final


def covers(of: ConfiguredApi, account: str) -> bool:
    """Whether this API is asked about the messages of an account, as callbacks name it."""
    return of.for_any if not account else account_key(account) == of.account


def learn(
    transaction: Transaction,
    of: ConfiguredApi,
    gateway: Gateway,
    read_phone: PhoneReader,
    told: Sequence[DeliveryEvent],
    *,
    dry: bool = False,
) -> dict[str, Learnt]:
    """
    Join what a gateway told of messages into what is known; returns it by message id.

    What is known already changes nothing, so that asking twice is as good as once. A message
    that nobody spoke of becomes known, unless its number was erased. With `dry` nothing is
    kept.
    """
    events = list(_own(gateway, told))
    known = transaction.reconciliations.known({_key(event) for event in events})
    batch = Batch()
    for event in events:
        before = known.get(_key(event))
        nobody = before is not None and not before.recipient
        if isinstance(event, DeliveryEvent) or not nobody:
            batch.add(0, _placed(event, of, before), read_phone)
    gone = _erased(transaction, batch, known)
    found = {
        key: _learnt(each, known.get(key))
        for key, each in batch.deliveries.items()
        if key not in gone
    }
    if not dry:
        _keep(transaction, batch, {key for key, each in found.items() if each.is_news})
    return {message_id: each for (_, message_id), each in found.items()}


def _own(gateway: Gateway, told: Iterable[DeliveryEvent]) -> Iterator[Event]:
    """The events as callbacks would have them: checked, under our ids, with what they prove."""
    answer = Callback(
        gateway=gateway.name, method="GET", target="/", headers={}, body=b"", received_at=_EPOCH
    )
    kept = KeptCallback(id=0, callback=answer)
    for event in told:
        answering = dataclasses.replace(gateway, parse=functools.partial(_said, event))
        try:
            yield from events_of(kept, {gateway.name: answering})
        except CallbackUnreadableError as error:
            log.warning("reconcile.unreadable", extra={"reason": str(error)})


def _said(event: DeliveryEvent, _callback: Callback) -> Iterable[Event]:
    return (event,)


def _placed(event: Event, of: ConfiguredApi, known: Delivery | None) -> Event:
    """
    With the account as its callbacks name it; what was registered of it is not touched.

    Nor is its number: one that is missing may have been erased.
    """
    if known is None:
        return dataclasses.replace(event, account=of.account)
    if isinstance(event, DeliveryEvent):
        return dataclasses.replace(
            event, account=known.account, recipient=known.recipient, sent_at=None
        )
    return dataclasses.replace(event, account=known.account)


def _erased(
    transaction: Transaction, batch: Batch, known: Mapping[_Key, Delivery]
) -> set[_Key]:
    """Messages that only the gateway still knows, to numbers that were erased here."""
    unheard = {
        key: each.recipient for key, each in batch.deliveries.items() if key not in known
    }
    phones = {phone for phone in unheard.values() if phone}
    erased = transaction.consents.held_by_name(phones) if phones else set()
    return {key for key, phone in unheard.items() if phone in erased}


def _learnt(told: Delivery, known: Delivery | None) -> Learnt:
    if known is None:
        return Learnt(delivery=told, lost=Lost.ALL, is_news=True)
    joined = known.join(told)
    ended = joined.rank > 0 and known.rank <= 0
    return Learnt(
        delivery=joined,
        lost=Lost.END if ended else Lost.NOTHING,
        # What is worked out from it is not joined: both sides have to be without it.
        is_news=joined != known.join(known),
    )


def _keep(transaction: Transaction, batch: Batch, news: set[_Key]) -> None:
    hear(transaction, [pair for pair in batch.consent_events if _key(pair[1]) in news])
    transaction.events.put(pair for pair in batch.events if _key(pair[1]) in news)
    deliveries: Mapping[_Key, Delivery] = batch.deliveries
    transaction.deliveries.fold(each for key, each in deliveries.items() if key in news)
    transaction.reactions.put(r for r in batch.responses if (r.gateway, r.named) in news)


def _key(event: Event | ConsentEvent) -> _Key:
    return event.gateway, event.message_id
