"""What is said in the play: messages with their reports, and what people answer."""

import dataclasses
import enum
from collections.abc import Sequence
from datetime import datetime

from connector.demo.people import Person
from connector.gateways.imitation.base import Wording


class Way(enum.StrEnum):
    """How the service can tell whose message it is."""

    REFERENCE = "record id rode along"
    REGISTERED = "registered by the sender"
    NUMBER = "by the number"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One status of a message, and when it came to be so; a `late` one arrives after all."""

    wording: Wording
    at: datetime
    late: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """
    A text that was sent, and everything that its gateway reports of it.

    `holder` is the record that is to show it, None for a stranger. `record` is the id that
    rides along or is registered, where the way is one of these. `is_timed` is false where the
    gateway tells no times.
    """

    gateway: str
    message_id: str
    phone: str
    way: Way
    sent_at: datetime
    reports: Sequence[Report]
    is_timed: bool
    holder: Person | None = None
    record: str = ""
    campaign: str = ""


class Act(enum.StrEnum):
    """What a person does."""

    STOP = "stop"
    START = "start"
    REPLY = "reply"
    CLICK = "click"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Something that a person did, as its gateway tells it; for a click, of our message."""

    gateway: str
    message_id: str
    phone: str
    act: Act
    at: datetime
    is_timed: bool
    text: str = ""
    late: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    """A report that its gateway never signed; it must be refused."""

    message: Message
    report: Report


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Everything that is said, and for the table what happens to whom."""

    messages: Sequence[Message]
    answers: Sequence[Answer]
    forgeries: Sequence[Forgery]
    stories: Sequence[tuple[Person, str]]
