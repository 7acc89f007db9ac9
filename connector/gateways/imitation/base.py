"""What an imitation is: what a gateway may say, and the request in which it would say it."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlencode

from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryStatus, Reason


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """
    One way in which a gateway tells where a message stands.

    `word` and `error_code` are the gateway's, the rest is what they are to mean to us, written
    down by hand: `status` is None for a word that the gateway does not document.
    """

    word: str
    status: DeliveryStatus | None
    error_code: str = ""
    reason: Reason | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """
    What is to be said, and when: a report, unless there is a text (or it is a click).

    `phone` is the person's number, `sender` ours. `message_id` is that of our message, or the
    one of a text that a person wrote. `sent_at` is when the request is made.
    """

    message_id: str
    phone: str
    sender: str
    at: datetime
    sent_at: datetime
    wording: Wording | None = None
    text: str = ""
    reference: str = ""
    campaign: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request as it goes over the wire; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""

    def as_callback(self, gateway: str, public_url: str, received_at: datetime) -> Callback:
        """What the door makes of it."""
        return Callback(
            gateway=gateway,
            method=self.method,
            target=self.target,
            headers=self.headers,
            body=self.body,
            received_at=received_at,
            public_url=public_url,
        )


#: The request for something spoken, with these secrets, to the service at this public address.
Speak = Callable[[Spoken, Mapping[str, str], str], Request]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Imitation:
    """
    How one gateway speaks.

    `secrets` are fictional ones, by the keys of the gateway, and `guesses` those of somebody
    who would like to be the gateway. `wordings` begin with the interim
    ones, then come the delivery, failures with various reasons, and a word that is documented
    nowhere. `tells_time` is false where a report has no time of its own, `leaves_out` names the
    other fields of an event that it cannot tell: recipient, sender, reference. `covers_body` is
    false where whoever knows the secret may say anything: a token or a password signs nothing.
    """

    secrets: Mapping[str, str]
    guesses: Mapping[str, str]
    wordings: tuple[Wording, ...]
    report: Speak
    reply: Speak
    click: Speak | None = None
    tells_time: bool = True
    leaves_out: frozenset[str] = frozenset()
    covers_body: bool = True

    def worded(self, status: DeliveryStatus | None) -> tuple[Wording, ...]:
        return tuple(each for each in self.wordings if each.status is status)

    @property
    def failures(self) -> tuple[Wording, ...]:
        return tuple(each for each in self.wordings if each.reason)


def target(module: str, **query: str) -> str:
    """The path of the module's gateway, with the query parameters that are not empty."""
    given = {name: value for name, value in query.items() if value}
    path = f"/callbacks/{module.rpartition('.')[2]}"
    return f"{path}?{urlencode(given)}" if given else path
