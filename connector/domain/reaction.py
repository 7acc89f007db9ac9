"""Which message a click, a reply or an opt-out answers."""

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from connector.domain.figures import Reaction


#: The gateway and the id of a message.
Key = tuple[str, str]

#: How long after a message a reaction that names none may still be meant for it.
WINDOW = timedelta(days=7)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """
    One thing that the person at a number did with a message.

    `named` is the id of the message where the response says which, `own_id` an id of its own,
    and `sender` the number that was answered. `teller` is who told of it, where that is not the
    gateway; it has ids of its own for whatever it tells.
    """

    kind: Reaction
    at: datetime
    gateway: str = ""
    phone: str = ""
    sender: str = ""
    named: str = ""
    own_id: str = ""
    teller: str = ""

    @property
    def id(self) -> str:
        """The same for the same response, however often it is told. It holds no number."""
        told = [self.gateway, f"named {self.named}" if self.named else f"own {self.own_id}"]
        if not self.named and not self.own_id:
            told = [self.gateway, self.phone, self.sender, self.at.isoformat()]
        if self.teller:
            told = [f"told by {self.teller}", self.own_id]
        text = "\n".join([self.kind, *told])
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def join(self, other: "Response") -> "Response":
        """What both tell; both must have the same id."""
        return dataclasses.replace(
            self,
            at=min(self.at, other.at),
            phone=max(self.phone, other.phone),
            sender=max(self.sender, other.sender),
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message, as far as it matters to who answers it."""

    key: Key
    sender: str
    started_at: datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A response as it was kept, under its id."""

    id: str
    response: Response


def answered(
    heard: Sequence[Heard], sent: Iterable[Sent], window: timedelta = WINDOW
) -> Mapping[str, Key | None]:
    """
    The message that each of the responses from one number answers, by the response's id.

    It depends on which messages and responses there are, never on which came first. What names
    its message answers that one; anything else the latest that was sent before it, within the
    window, by the number that was answered if there is one. An opt-out that names its message,
    as a gateway's refusal does, is an echo where the number opted out before, and answers none.
    """
    latest = sorted(sent, key=lambda each: (each.started_at, each.key), reverse=True)
    outs = [_place(each) for each in heard if each.response.kind is Reaction.OPT_OUT]
    first_out = min(outs, default=None)
    found: dict[str, Key | None] = {}
    for each in heard:
        response = each.response
        if not response.named:
            found[each.id] = _latest(response, latest, window)
        elif response.kind is Reaction.OPT_OUT and _place(each) != first_out:
            found[each.id] = None
        else:
            found[each.id] = (response.gateway, response.named)
    return found


def _place(heard: Heard) -> tuple[datetime, str]:
    return (heard.response.at, heard.id)


def _latest(response: Response, latest: Sequence[Sent], window: timedelta) -> Key | None:
    near = [each for each in latest if response.at - window <= each.started_at <= response.at]
    of_sender = [each for each in near if response.sender and each.sender == response.sender]
    return next((each.key for each in [*of_sender, *near]), None)
