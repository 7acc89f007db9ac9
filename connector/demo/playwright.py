"""Writes the script: whom each gateway texts, and what comes of it."""

import itertools
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from connector.demo.people import STRANGER, Cast, Person
from connector.demo.script import Act, Answer, Forgery, Message, Report, Script, Way
from connector.domain.delivery import DeliveryStatus
from connector.gateways.imitation.base import Imitation, Wording


#: So far apart are the reports of one message.
_STEP = timedelta(seconds=20)
#: At the end of the crowd stand those that nobody texts.
_UNTOUCHED = 5


def write(cast: Cast, imitations: Mapping[str, Imitation], now: datetime) -> Script:
    """The script for these people and gateways, as if it had happened in the last hour."""
    return Playwright(cast, imitations, now.replace(microsecond=0)).write()


class Playwright:
    """Gives out parts, one person after the other."""

    def __init__(self, cast: Cast, imitations: Mapping[str, Imitation], now: datetime) -> None:
        self._cast = cast
        self._imitations = imitations
        self._now = now
        self._free: Iterator[Person] = iter(cast.crowd[:-_UNTOUCHED])
        self._gateways = itertools.cycle(imitations)
        self._timed = itertools.cycle(n for n, each in imitations.items() if each.tells_time)
        self._naming = itertools.cycle(
            name for name, each in imitations.items() if "recipient" not in each.leaves_out
        )
        self._ways = itertools.cycle(Way)
        self._numbers = itertools.count(1)
        self._messages: list[Message] = []
        self._answers: list[Answer] = []
        self._forgeries: list[Forgery] = []
        self._stories: list[tuple[Person, str]] = []

    def write(self) -> Script:
        self._reports_in_disorder()
        self._two_messages()
        self._people_answer()
        self._people_change()
        self._strange_things()
        self._crowd()
        return Script(
            messages=self._messages,
            answers=self._answers,
            forgeries=self._forgeries,
            stories=self._stories,
        )

    def _reports_in_disorder(self) -> None:
        person, gateway = self._part("'sent' came last"), next(self._gateways)
        words = self._delivered(gateway)
        self._message(gateway, person, words, Way.REFERENCE, late=words[:-1])
        person, gateway = self._part("late failure came last"), next(self._timed)
        failure = self._imitations[gateway].failures[0]
        words = (*self._delivered(gateway), failure)
        self._message(gateway, person, words, Way.NUMBER, late=(failure,))

    def _two_messages(self) -> None:
        person = self._part("older text expired")
        gateway = next(self._gateways)
        self._message(gateway, person, self._delivered(gateway), Way.REGISTERED, 5)
        gateway = next(self._gateways)
        words = (self._worded(gateway, DeliveryStatus.EXPIRED),)
        self._message(gateway, person, words, Way.REGISTERED, 50, late=words)
        person, gateway = self._part("arrived once, not now"), next(self._timed)
        self._message(gateway, person, self._delivered(gateway), Way.NUMBER, 45)
        failure = self._imitations[gateway].failures[0]
        self._message(gateway, person, (failure,), Way.REFERENCE, 6)

    def _people_answer(self) -> None:
        contact, lead = self._cast.sharing
        gateway = self._clicking() or next(self._gateways)
        for person, words in ((contact, "wrote STOP"), (lead, "STOP: same number")):
            self._stories.append((person, words))
        self._message(gateway, contact, self._delivered(gateway), Way.REFERENCE)
        self._answer(gateway, contact, Act.STOP, "Stop.")
        person, gateway = self._part("START came before STOP"), next(self._timed)
        self._message(gateway, person, self._delivered(gateway), Way.NUMBER)
        self._answer(gateway, person, Act.START, "START", minutes=2)
        self._answer(gateway, person, Act.STOP, "stop", minutes=9, late=True)
        person, gateway = self._part("wrote back"), next(self._timed)
        self._message(gateway, person, self._delivered(gateway), Way.REGISTERED)
        self._answer(gateway, person, Act.REPLY, "Thanks, see you then")
        if gateway := self._clicking():
            person = self._part("clicked the link")
            message = self._message(gateway, person, self._delivered(gateway), Way.NUMBER)
            self._answer(gateway, person, Act.CLICK, message=message)
        gateway = next(self._gateways)
        self._message(gateway, self._cast.wary, self._delivered(gateway), Way.NUMBER)
        self._stories.append((self._cast.wary, "box ticked by hand"))

    def _people_change(self) -> None:
        gateway = next(self._gateways)
        person = self._cast.becoming
        self._stories.append((person, "was a Lead till then"))
        self._message(
            gateway, person, self._delivered(gateway), Way.REFERENCE, record=self._cast.leaving
        )
        gateway = next(self._naming)
        person = self._cast.moving
        self._stories.append((person, "number corrected later"))
        self._message(gateway, person, self._delivered(gateway), Way.NUMBER)

    def _strange_things(self) -> None:
        for gateway, imitation in self._imitations.items():
            unknown = imitation.worded(None)[0]
            person = self._part(f"'{unknown.word}' ignored")
            pending = imitation.worded(DeliveryStatus.PENDING)[0]
            message = self._message(gateway, person, (pending, unknown), Way.REFERENCE)
            delivered = self._worded(gateway, DeliveryStatus.DELIVERED)
            self._forgeries.append(
                Forgery(message=message, report=Report(wording=delivered, at=self._now))
            )
        gateway = next(self._naming)
        self._message(gateway, None, self._delivered(gateway), Way.NUMBER)

    def _crowd(self) -> None:
        failures = [
            (gateway, wording)
            for gateway, imitation in self._imitations.items()
            for wording in imitation.failures
        ]
        for (gateway, wording), person in zip(failures, self._free, strict=False):
            pending = self._imitations[gateway].worded(DeliveryStatus.PENDING)
            self._message(gateway, person, (*pending, wording), next(self._ways))
        for number, person in enumerate(self._free):
            gateway = next(self._gateways)
            words = self._delivered(gateway)
            # One in eight is still under way.
            words = words[:-1] if number % 8 == 0 else words
            self._message(gateway, person, words, next(self._ways))

    def _part(self, story: str) -> Person:
        person = next(self._free)
        self._stories.append((person, story))
        return person

    def _message(
        self,
        gateway: str,
        person: Person | None,
        words: tuple[Wording, ...],
        way: Way,
        minutes: int = 20,
        *,
        record: Person | None = None,
        late: Collection[Wording] = (),
    ) -> Message:
        number, way = next(self._numbers), self._possible(gateway, way)
        sent_at = self._now - timedelta(minutes=minutes, seconds=number)
        named = record or person
        message = Message(
            gateway=gateway,
            message_id=f"demo-{number:04}",
            phone=person.phone if person else STRANGER,
            way=way,
            sent_at=sent_at,
            reports=[
                Report(wording=word, at=sent_at + (step + 1) * _STEP, late=word in late)
                for step, word in enumerate(words)
            ],
            is_timed=self._imitations[gateway].tells_time,
            holder=person,
            record=named.id if named and way is not Way.NUMBER else "",
            campaign=self._cast.campaign,
        )
        self._messages.append(message)
        return message

    def _answer(
        self,
        gateway: str,
        person: Person,
        act: Act,
        text: str = "",
        *,
        minutes: int = 5,
        message: Message | None = None,
        late: bool = False,
    ) -> None:
        # A click always has a time: without one it would be no click.
        timed = self._imitations[gateway].tells_time or act is Act.CLICK
        answer = Answer(
            gateway=gateway,
            message_id=message.message_id if message else f"answer-{next(self._numbers):04}",
            phone=person.phone,
            act=act,
            at=self._now - timedelta(minutes=minutes),
            is_timed=timed,
            text=text,
            late=late,
        )
        self._answers.append(answer)

    def _possible(self, gateway: str, way: Way) -> Way:
        """What a gateway cannot tell is registered instead."""
        needed = {Way.NUMBER: "recipient", Way.REFERENCE: "reference"}.get(way)
        return Way.REGISTERED if needed in self._imitations[gateway].leaves_out else way

    def _worded(self, gateway: str, status: DeliveryStatus) -> Wording:
        return self._imitations[gateway].worded(status)[0]

    def _delivered(self, gateway: str) -> tuple[Wording, ...]:
        """Every interim word, then the delivery."""
        pending = self._imitations[gateway].worded(DeliveryStatus.PENDING)
        return (*pending, self._worded(gateway, DeliveryStatus.DELIVERED))

    def _clicking(self) -> str:
        """A gateway that tells of clicks, if there is one."""
        return next((name for name, each in self._imitations.items() if each.click), "")
