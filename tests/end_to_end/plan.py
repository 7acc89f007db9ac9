"""A campaign drawn from a seed: who is sent what, what becomes of it, who answers."""

import dataclasses
import itertools
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.end_to_end.sends import OWN_NUMBER, Send, callback, registration


@dataclasses.dataclass(frozen=True, slots=True)
class Person:
    """A Contact, the number that is texted, and who else holds it."""

    id: str
    phone: str
    twin: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Ending:
    """The final reports of a message as (word, code), and what they come to."""

    reports: tuple[tuple[str, str], ...]
    status: str
    reason: str | None = None
    code: str | None = None

    @property
    def decides(self) -> str:
        """The word whose first arrival is the moment of the status."""
        return self.reports[-1][0] if self.reports else ""


def _failure(word: str, code: str, status: str, reason: str) -> Ending:
    return Ending(((word, code),), status, reason, code or None)


#: Twilio texts nobody who has told it STOP; whoever reads it knows of the STOP.
REFUSED = "21610"
INTERIM = ("accepted", "queued", "sending", "sent", "scheduled")
DELIVERED = Ending((("delivered", ""),), "Delivered")
#: Twilio documentation, "Error and Warning Dictionary"; the reasons are the README's.
OTHERS = (
    Ending((), "Pending"),
    # A carrier that gives up and delivers all the same.
    Ending((("undelivered", "30003"), ("delivered", "")), "Delivered"),
    _failure("undelivered", "30003", "Undelivered", "unreachable"),
    _failure("undelivered", "30005", "Undelivered", "invalid_number"),
    _failure("undelivered", "30006", "Undelivered", "landline"),
    _failure("undelivered", "30007", "Undelivered", "filtered"),
    _failure("undelivered", "30017", "Undelivered", "network"),
    _failure("undelivered", "30036", "Expired", "expired"),
    _failure("failed", "30034", "Failed", "unregistered"),
    _failure("failed", REFUSED, "Failed", "opted_out"),
    _failure("failed", "30001", "Failed", "throughput"),
    _failure("failed", "30002", "Failed", "account_suspended"),
    _failure("failed", "30008", "Failed", "unknown"),
    _failure("canceled", "", "Failed", "unknown"),
)
#: What people write, and the keyword in it: the last two are none of STOP.
TEXTS = (
    ("STOP", "STOP"),
    ("stop.", "STOP"),
    ("Unsubscribe", "UNSUBSCRIBE"),
    ("END", "END"),
    ("Start", "START"),
    ("Thanks, see you on Monday", ""),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text message; `sent_at` where the sender registered it."""

    id: str
    person: Person
    ending: Ending
    campaign: str = ""
    sent_at: datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What one person wrote; `about` is that of its requests."""

    person: Person
    keyword: str

    @property
    def about(self) -> str:
        return f"text of {self.person.id}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    All that is to be sent, in the order of sending, and what it is about.

    `last` goes out when all else is acknowledged: whoever has read it has read everything.
    """

    messages: Sequence[Message]
    texts: Sequence[Text]
    sends: Sequence[Send]
    last: Send
    doubled: int


class Planner:
    """Draws one campaign; the same seed draws the same one."""

    def __init__(
        self, *, campaign: str, key: str, now: datetime, seed: int, writers_every: int = 25
    ) -> None:
        self._campaign = campaign
        self._key = key
        self._now = now
        self._dice = random.Random(seed)  # noqa: S311 (repeatable, not secret)
        self._tokens = (f"{seed:04x}-{number:08x}" for number in itertools.count(1))
        self._messages: list[Message] = []
        self._sends: list[Send] = []
        self._registered: list[dict[str, str]] = []
        self._writers: frozenset[Person] = frozenset()
        self._writers_every = writers_every

    def plan(self, people: Sequence[Person], callbacks: int) -> Plan:
        """At least so many reports: one message for each person, for some a later one too."""
        *others, last_one = people
        writers = {each for each in others if each.twin}
        writers.update(self._dice.sample(others, len(others) // self._writers_every))
        self._writers = frozenset(writers)
        each = max(callbacks // len(others), 2)
        for person in others:
            chance = self._dice.random()
            if chance < 0.05:
                self._two_messages(person, each)
            elif chance < 0.15:
                self._registered_message(person, each, hours=1, ref=False)
            else:
                by_phone = chance < 0.25 and not person.twin
                self._message(person, each, ref="" if by_phone else person.id)
        texts = [self._text(each) for each in others if each in writers]
        doubles = [
            dataclasses.replace(send, token=next(self._tokens))
            for send in self._dice.sample(self._sends, len(self._sends) // 5)
        ]
        self._message(last_one, 1, ref=last_one.id, ending=DELIVERED)
        last = self._sends.pop()
        sends = [*self._sends, *doubles, *self._registrations()]
        self._dice.shuffle(sends)
        return Plan(
            messages=self._messages, texts=texts, sends=sends, last=last, doubled=len(doubles)
        )

    def _two_messages(self, person: Person, each: int) -> None:
        """Both registered; the earlier one may well be reported on after the later one."""
        self._registered_message(person, each, hours=2, ref=True)
        self._registered_message(person, each, hours=1, ref=False)

    def _registered_message(self, person: Person, each: int, *, hours: int, ref: bool) -> None:
        # Sent to a number that no record holds: only the registration tells whose it is.
        number = f"+447700900{self._dice.randrange(1000):03}"
        sent_at = self._now - timedelta(hours=hours, minutes=self._dice.randrange(50))
        message = self._message(
            person, each, ref=person.id if ref else "", to=number, sent_at=sent_at
        )
        self._registered.append(
            {
                "gateway": "twilio",
                "message_id": message.id,
                "recipient": number,
                "record": person.id,
                "campaign": message.campaign,
                "sent_at": sent_at.isoformat(),
            }
        )

    def _message(
        self,
        person: Person,
        each: int,
        *,
        ref: str,
        to: str = "",
        sent_at: datetime | None = None,
        ending: Ending | None = None,
    ) -> Message:
        drawn = DELIVERED if self._dice.random() < 0.6 else self._dice.choice(OTHERS)
        if drawn.code == REFUSED and person in self._writers:
            drawn = DELIVERED  # which of the two opt-outs came last would be a matter of chance
        ending = ending or drawn
        message = Message(
            id=f"SM{self._dice.getrandbits(128):032x}",
            person=person,
            ending=ending,
            campaign=self._campaign if self._dice.random() < 0.8 else "",
            sent_at=sent_at,
        )
        interim = self._dice.choices(INTERIM, k=max(each - len(ending.reports), 0))
        self._messages.append(message)
        reports = [*((word, "") for word in interim), *ending.reports]
        # A registered campaign need not ride along.
        campaign = message.campaign if ref or not sent_at else ""
        query = "&".join(
            f"{name}={value}" for name, value in (("ref", ref), ("campaign", campaign)) if value
        )
        self._sends += [
            self._report(message, word, code, query=query, to=to or person.phone)
            for word, code in reports
        ]
        return message

    def _report(self, message: Message, word: str, code: str, *, query: str, to: str) -> Send:
        form = {
            "AccountSid": "AC00000000000000000000000000000000",
            "ApiVersion": "2010-04-01",
            "From": OWN_NUMBER,
            "MessageSid": message.id,
            "MessageStatus": word,
            "SmsSid": message.id,
            "SmsStatus": word,
            "To": to,
        }
        if code:
            form["ErrorCode"] = code
        decides = message.ending.decides in {word, ""}
        return callback(
            next(self._tokens), form, query=query, decides=(message.id,) if decides else ()
        )

    def _text(self, person: Person) -> Text:
        written, keyword = self._dice.choice(TEXTS)
        text = Text(person=person, keyword=keyword)
        form = {
            "AccountSid": "AC00000000000000000000000000000000",
            "Body": written,
            "From": person.phone,
            "MessageSid": f"SM{self._dice.getrandbits(128):032x}",
            "SmsStatus": "received",
            "To": OWN_NUMBER,
        }
        self._sends.append(callback(next(self._tokens), form, decides=(text.about,)))
        return text

    def _registrations(self) -> list[Send]:
        pending = {each.id for each in self._messages if not each.ending.reports}
        parts = [self._registered[at : at + 50] for at in range(0, len(self._registered), 50)]
        return [
            registration(
                next(self._tokens),
                part,
                self._key,
                # That it was sent is all there is to know.
                decides=tuple(
                    each["message_id"] for each in part if each["message_id"] in pending
                ),
            )
            for part in parts
        ]
