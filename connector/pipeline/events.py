"""What a batch of callbacks says, joined message by message and number by number."""

import dataclasses
import logging
from collections.abc import Iterable, Mapping

from connector.domain.callback import KeptCallback
from connector.domain.consent import ConsentEvent, ConsentKind, ConsentSource
from connector.domain.delivery import Delivery, DeliveryEvent
from connector.domain.engagement import Engagement, EngagementEvent, EngagementKind
from connector.domain.errors import CallbackUnreadableError
from connector.domain.reaction import Response
from connector.gateways.base import Event, Gateway
from connector.gateways.keywords import FOR_ALL
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.reactions import of_consent, of_engagement


log = logging.getLogger(__name__)

_OF_A_BRAND = frozenset({ConsentKind.STOP, ConsentKind.START})
#: No id, code or keyword of a gateway is longer; what is, is not one.
LONGEST_TEXT = 1_000


@dataclasses.dataclass(slots=True, kw_only=True)
class Batch:
    """Everything that some callbacks say: events as they came, and states joined from them."""

    events: list[tuple[int, DeliveryEvent | EngagementEvent]] = dataclasses.field(
        default_factory=list
    )
    consent_events: list[tuple[int, ConsentEvent]] = dataclasses.field(default_factory=list)
    deliveries: dict[tuple[str, str], Delivery] = dataclasses.field(default_factory=dict)
    engagements: dict[str, Engagement] = dataclasses.field(default_factory=dict)
    #: Clicks that name a message but no number.
    clicks: list[EngagementEvent] = dataclasses.field(default_factory=list)
    #: What people did with messages, to be counted.
    responses: list[Response] = dataclasses.field(default_factory=list)
    unreadable: list[tuple[KeptCallback, str]] = dataclasses.field(default_factory=list)
    #: Status words that their gateway does not document.
    unknown_words: int = 0

    @property
    def size(self) -> int:
        return len(self.events) + len(self.consent_events)

    def add(self, number: int, event: Event, read_phone: PhoneReader) -> None:
        match event:
            case DeliveryEvent():
                self._add_delivery(number, event, read_phone)
            case ConsentEvent():
                self._add_consent(number, event, read_phone)
            case EngagementEvent():
                self._add_engagement(number, event, read_phone)

    def _add_delivery(self, number: int, event: DeliveryEvent, read_phone: PhoneReader) -> None:
        recipient = read_phone(event.recipient, event.gateway, event.account)
        if recipient != event.recipient:
            event = dataclasses.replace(event, recipient=recipient)
        self.events.append((number, event))
        self.unknown_words += event.status is None
        key, delivery = (event.gateway, event.message_id), Delivery.from_event(event)
        known = self.deliveries.get(key)
        self.deliveries[key] = known.join(delivery) if known else delivery

    def _add_consent(self, number: int, event: ConsentEvent, read_phone: PhoneReader) -> None:
        # A sender that is no number is held back all the same, as it stands.
        phone = read_phone(event.phone, event.gateway, event.account) or event.phone
        event = dataclasses.replace(event, phone=phone, scope=_scope(event, read_phone))
        self.consent_events.append((number, event))
        # A refusal comes behind the report that it was told by, and names the same message.
        refused = (event.gateway, event.message_id) in self.deliveries
        if response := of_consent(event, refused=refused):
            self.responses.append(response)
        if event.source == ConsentSource.REPLY:
            self._react(Engagement(phone=event.phone, last_reply_at=event.at))

    def _add_engagement(
        self, number: int, event: EngagementEvent, read_phone: PhoneReader
    ) -> None:
        phone = read_phone(event.phone, event.gateway, event.account)
        self.events.append((number, event))
        self.responses.append(of_engagement(event, phone))
        if not phone:
            self.clicks.append(event)
        elif event.kind is EngagementKind.CLICK:
            self._react(Engagement(phone=phone, last_click_at=event.at))
        else:
            self._react(Engagement(phone=phone, last_reply_at=event.at))

    def _react(self, engagement: Engagement) -> None:
        known = self.engagements.get(engagement.phone)
        self.engagements[engagement.phone] = known.join(engagement) if known else engagement


def _scope(event: ConsentEvent, read_phone: PhoneReader) -> str:
    """
    The brand that a STOP or START was said to; everybody where in doubt.

    What a gateway tells of itself, and words that may be a STOP, are for everybody.
    """
    spoken = event.source == ConsentSource.REPLY
    if not spoken or event.kind not in _OF_A_BRAND or event.keyword in FOR_ALL:
        return event.scope
    return read_phone.brand(event.sender, event.gateway, event.account)


def read_batch(
    callbacks: Iterable[KeptCallback],
    gateways: Mapping[str, Gateway],
    read_phone: PhoneReader,
) -> Batch:
    """Read callbacks; what one of them has that cannot be read holds up nothing else."""
    batch = Batch()
    for kept in callbacks:
        try:
            for event in events_of(kept, gateways):
                batch.add(kept.id, event, read_phone)
        except CallbackUnreadableError as error:
            batch.unreadable.append((kept, str(error)))
        except Exception as error:
            # A fault in a parser: the callback waits for its mending, the others do not.
            log.exception("callback.parser_broke", extra={"callback": kept.id})
            batch.unreadable.append((kept, f"fault in the parser: {type(error).__name__}"))
    return batch


def events_of(kept: KeptCallback, gateways: Mapping[str, Gateway]) -> Iterable[Event]:
    """What one callback says; raises CallbackUnreadableError, after what can be read."""
    gateway = gateways.get(kept.callback.gateway)
    if gateway is None:
        raise CallbackUnreadableError(f"no gateway {kept.callback.gateway!r} is installed")
    for event in gateway.parse(kept.callback):
        _check_texts(event)
        if not isinstance(event, DeliveryEvent):
            yield event
            continue
        if gateway.batches:
            own_id = gateway.own_id(event.message_id, event.recipient)
            event = dataclasses.replace(event, message_id=own_id)  # noqa: PLW2901
        yield event
        if event.error_code in gateway.proofs and event.recipient:
            yield _refusal(event)


def _refusal(event: DeliveryEvent) -> ConsentEvent:
    """The opt-out behind a report: the gateway knows of it and refuses to text."""
    return ConsentEvent(
        phone=event.recipient,
        kind=ConsentKind.STOP,
        source=ConsentSource.PROVIDER,
        received_at=event.received_at,
        occurred_at=event.occurred_at,
        gateway=event.gateway,
        account=event.account,
        message_id=event.message_id,
        sender=event.sender,
        reason=f"refused with {event.error_code}",
    )


def _check_texts(event: Event) -> None:
    """Refuse what no database keeps: NUL, lone surrogates, texts without end."""
    match event:
        case DeliveryEvent():
            texts = event.message_id + event.error_code + event.sender + event.word
        case ConsentEvent():
            texts = event.message_id + event.phone + event.sender + event.keyword
        case EngagementEvent():
            texts = event.message_id + event.phone + event.sender
    if len(texts) > LONGEST_TEXT or "\0" in texts:
        raise CallbackUnreadableError(f"{event.gateway}: a text is too long or has a NUL")
    try:
        texts.isascii() or texts.encode()
    except UnicodeEncodeError as error:
        raise CallbackUnreadableError(f"{event.gateway}: a text is not Unicode") from error
