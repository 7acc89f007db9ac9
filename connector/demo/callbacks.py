"""The script as HTTP requests: signed, some of them twice, in an order that nobody planned."""

import dataclasses
import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from connector.demo.people import SENDER
from connector.demo.script import Act, Answer, Forgery, Message, Report, Script, Way
from connector.gateways.imitation.base import Imitation, Request, Speak, Spoken


#: The share of callbacks that come twice.
DOUBLED = 0.2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A request to make, and whether the service has to take it; `late` ones come last."""

    request: Request
    genuine: bool
    late: bool = False


class Speaker:
    """Lets the gateways speak to the service at this address, now."""

    def __init__(
        self, imitations: Mapping[str, Imitation], public_url: str, now: datetime
    ) -> None:
        self._imitations = imitations
        self._public_url = public_url
        self._now = now

    def attempts(self, script: Script, seed: int) -> list[list[Attempt]]:
        """Two rounds, each shuffled: what comes late comes after all the rest was answered."""
        dice = random.Random(seed)  # noqa: S311 (repeatable, not secret)
        genuine = [*self._reports(script.messages), *self._answers(script.answers)]
        genuine += dice.sample(genuine, int(len(genuine) * DOUBLED))
        everything = [*genuine, *self._forgeries(script.forgeries)]
        dice.shuffle(everything)
        return [[each for each in everything if each.late is late] for late in (False, True)]

    def _reports(self, messages: Iterable[Message]) -> Iterator[Attempt]:
        for message in messages:
            for report in message.reports:
                request = self._report(message, report)
                yield Attempt(request=request, genuine=True, late=report.late)

    def _report(
        self, message: Message, report: Report, secrets: Mapping[str, str] | None = None
    ) -> Request:
        imitation = self._imitations[message.gateway]
        rides = message.way is Way.REFERENCE
        spoken = Spoken(
            message_id=message.message_id,
            phone=message.phone,
            sender=SENDER,
            at=report.at,
            sent_at=self._now,
            wording=report.wording,
            reference=message.record if rides else "",
            campaign="" if message.way is Way.REGISTERED else message.campaign,
        )
        return self._say(imitation.report, spoken, imitation, secrets)

    def _answers(self, answers: Iterable[Answer]) -> Iterator[Attempt]:
        for answer in answers:
            imitation = self._imitations[answer.gateway]
            clicks = imitation.click if answer.act is Act.CLICK else None
            spoken = Spoken(
                message_id=answer.message_id,
                phone=answer.phone,
                sender=SENDER,
                at=answer.at,
                sent_at=self._now,
                text=answer.text,
            )
            request = self._say(clicks or imitation.reply, spoken, imitation)
            yield Attempt(request=request, genuine=True, late=answer.late)

    def _forgeries(self, forgeries: Iterable[Forgery]) -> Iterator[Attempt]:
        """Signed with another secret; and, where a body is signed, changed on the way."""
        for forgery in forgeries:
            message, imitation = forgery.message, self._imitations[forgery.message.gateway]
            forged = self._report(message, forgery.report, imitation.guesses)
            yield Attempt(request=forged, genuine=False)
            if forged.body and imitation.covers_body:
                honest = self._report(message, message.reports[0])
                tampered = dataclasses.replace(honest, body=forged.body)
                yield Attempt(request=tampered, genuine=False)

    def _say(
        self,
        speak: Speak,
        spoken: Spoken,
        imitation: Imitation,
        secrets: Mapping[str, str] | None = None,
    ) -> Request:
        return speak(spoken, secrets or imitation.secrets, self._public_url)


def registrations(messages: Iterable[Message]) -> list[dict[str, str]]:
    """What the sender says of its messages to the API."""
    return [
        {
            "gateway": message.gateway,
            "message_id": message.message_id,
            "recipient": message.phone,
            "record": message.record,
            "campaign": message.campaign,
            "sent_at": message.sent_at.isoformat(),
        }
        for message in messages
        if message.way is Way.REGISTERED
    ]
