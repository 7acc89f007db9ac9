"""What can be asked of a gateway about messages that it has sent."""

import dataclasses
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, cast

import orjson

from connector.clock import Clock
from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryEvent
from connector.domain.errors import CallbackUnreadableError
from connector.gateways.base import Gateway
from connector.gateways.money import UNKNOWN, Cost
from connector.gateways.values import number
from connector.rest.errors import RefusedError
from connector.rest.http import Api
from connector.rest.keys import Key, Values
from connector.rest.shapes import record


log = logging.getLogger(__name__)

#: What an API answers for a message that it does not have.
NOT_FOUND = 404


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some messages of a list; `following` asks for the next ones and is empty at the end."""

    events: Sequence[DeliveryEvent]
    following: str = ""


class MessageApi:
    """
    The messages of one account. Every method only reads.

    `batch` messages go into one question, `rate` is how many questions a second may be asked
    and `page_rate` how many pages.
    """

    batch: int = 1
    rate: float = 1.0
    page_rate: float = 1.0

    def ask(self, message_ids: Sequence[str]) -> Iterable[DeliveryEvent]:
        """What it knows of these, nothing of one that it does not have; raises ApiError."""
        raise NotImplementedError

    def page(self, since: datetime, until: datetime, token: str) -> Page:
        """A page of those sent then; the first for an empty token. Raises ApiError."""
        raise NotImplementedError


class Open(Protocol):
    """Opens the API of one account; nothing is sent yet."""

    def __call__(self, values: Values, clock: Clock) -> MessageApi: ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MessageApiKind:
    """
    What one gateway offers. A module in this package exports exactly one, as MESSAGE_API.

    `lists` says whether it has a list by date, `keeps` for how long a message can be asked
    for, where that is documented. The rest is for people: `limits` is what it cannot tell,
    `guesses` what no documentation says.
    """

    gateway: str
    title: str
    docs: str
    keys: Sequence[Key]
    open: Open
    lists: bool = True
    keeps: timedelta | None = None
    limits: str = ""
    guesses: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredApi:
    """
    The API of one gateway account, ready to be asked.

    `name` is what it is called everywhere: the gateway, and the account behind a slash. An API
    `for_any` is asked about messages too whose account nobody told.
    """

    name: str
    account: str
    kind: MessageApiKind
    api: MessageApi
    for_any: bool = True


def as_callback(
    gateway: Gateway, clock: Clock, body: object = None, **parts: str | None
) -> Callback:
    """An answer in the shape of a callback, so that the gateway's own tables read it."""
    return Callback(
        gateway=gateway.name,
        method="GET",
        target="/",
        headers={},
        body=b"" if body is None else orjson.dumps(body),
        received_at=clock(),
        parts={name: value for name, value in parts.items() if value} if parts else None,
    )


def parsed(gateway: Gateway, callback: Callback) -> Iterable[DeliveryEvent]:
    """The reports in an answer that has the shape of a callback."""
    return cast(
        "list[DeliveryEvent]",
        [event for event in gateway.parse(callback) if isinstance(event, DeliveryEvent)],
    )


def one_by_one(
    api: Api,
    paths: Iterable[str],
    read: Callable[[Mapping[str, object]], Iterable[DeliveryEvent]],
) -> Iterable[DeliveryEvent]:
    """What is told at each of these addresses; nothing of a message that is not there."""
    for path in paths:
        answer = api.send("GET", path, also={NOT_FOUND})
        if answer.status != NOT_FOUND:
            yield from readable([record(answer.document)], read)


def readable(
    items: Iterable[object], read: Callable[[Mapping[str, object]], Iterable[DeliveryEvent]]
) -> list[DeliveryEvent]:
    """What can be read of these records; one that cannot be keeps no other from being read."""
    events: list[DeliveryEvent] = []
    broken = 0
    for item in items:
        try:
            events += read(record(item))
        except (CallbackUnreadableError, RefusedError, ValueError, OverflowError):
            broken += 1
    if broken:
        log.warning("message_api.unreadable", extra={"records": broken})
    return events


def known_as(
    event: DeliveryEvent, sent_at: datetime | None, *, cost: Cost = UNKNOWN, sender: str = ""
) -> DeliveryEvent:
    """The event with what only the record tells: when the gateway got the message, its cost."""
    return dataclasses.replace(
        event,
        sent_at=sent_at.astimezone(UTC) if sent_at else None,
        cost=cost.micros or event.cost,
        currency=cost.currency or event.currency,
        sender=event.sender or number(sender),
    )
