"""The second act: a campaign goes wrong and comes right again, as its row in the org tells."""

import dataclasses
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from connector.clock import Clock
from connector.demo.callbacks import Attempt
from connector.demo.door import Door
from connector.demo.people import SENDER
from connector.demo.service import Service
from connector.demo.stage import Stage
from connector.demo.verdict import Shown
from connector.domain.delivery import DeliveryStatus, Reason
from connector.emulator.seeds import fictional_phone
from connector.footprint.campaign_stat import CAMPAIGN_STAT
from connector.gateways.imitation.base import Imitation, Spoken, Wording


#: Enough messages that a campaign is judged, to so many people.
GUESTS, MESSAGES = 30, 120
_FIRST_NUMBER = 700
#: In the act one of them does not get three messages in a row.
GIVEN_UP = 3
NAME = "Second act"
#: So long a state of the campaign may take to be seen in the org.
LONGEST = timedelta(seconds=45)
_POLL_SECONDS = 0.25
#: A message of so long ago that nothing more was heard of.
OVERDUE = timedelta(hours=25)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What happens next, and the health that the campaign's row has to show then."""

    title: str
    health: str
    messages: range
    status: DeliveryStatus


#: What is delivered late in the last scene had failed before; three messages never arrive.
SCENES = (
    Scene(
        title="100 messages arrive",
        health="Healthy",
        messages=range(100),
        status=DeliveryStatus.DELIVERED,
    ),
    Scene(
        title="8 do not",
        health="Watch",
        messages=range(100, 108),
        status=DeliveryStatus.UNDELIVERED,
    ),
    Scene(
        title="12 more do not",
        health="Critical",
        messages=range(108, 120),
        status=DeliveryStatus.UNDELIVERED,
    ),
    Scene(
        title="17 arrive after all",
        health="Healthy",
        messages=range(100, 120 - GIVEN_UP),
        status=DeliveryStatus.DELIVERED,
    ),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The row of the campaign as it was when a scene was over."""

    scene: Scene
    row: Shown


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What came of the act: the campaign's row after each scene, and two people's records."""

    scenes: Sequence[Seen]
    flagged: Shown
    overdue: Shown
    faults: Sequence[str]


class CampaignAct:
    """Plays the scenes one after the other, each until the org shows what came of it."""

    def __init__(
        self, stage: Stage, service: Service, imitations: Mapping[str, Imitation], clock: Clock
    ) -> None:
        self._org = stage.org
        self._service = service
        self._gateway, self._imitation = _carrier(imitations)
        self._clock = clock
        self._door = Door(service.port)
        self._campaign = self._org.create("Campaign", {"Name": NAME, "IsActive": True})
        self._phones = [fictional_phone(_FIRST_NUMBER + n) for n in range(GUESTS + 1)]
        self._guests = self._org.create_many(
            "Contact",
            [
                {"LastName": f"Guest {n}", "MobilePhone": phone}
                for n, phone in enumerate(self._phones)
            ],
        )
        self._began = clock().replace(microsecond=0) - timedelta(minutes=30)

    def perform(self, secret: str, tell: Callable[[int, int], None]) -> Aftermath:
        """All of it; `secret` is that of a key which may register messages."""
        self._send_into_silence(secret)
        seen: list[Seen] = []
        faults: list[str] = []
        for number, scene in enumerate(SCENES, 1):
            self._play(scene)
            row = self._wait_for(scene.health)
            seen.append(Seen(scene=scene, row=row))
            tell(number, len(SCENES))
            if row.get("Health__c") != scene.health:
                faults.append(
                    f"{CAMPAIGN_STAT.name}: Health__c is {row.get('Health__c')!r}, not"
                    f" {scene.health!r}, after: {scene.title}"
                )
        flagged = self._wait_for_field(self._guests[GUESTS - 1], "SMS_Needs_Review__c")
        overdue = self._wait_for_field(self._guests[GUESTS], "SMS_Soft_Failure__c")
        faults += [
            f"Contact: {field} is not ticked"
            for record, field in (
                (flagged, "SMS_Needs_Review__c"),
                (overdue, "SMS_Soft_Failure__c"),
            )
            if not record.get(field)
        ]
        return Aftermath(scenes=seen, flagged=flagged, overdue=overdue, faults=faults)

    def _send_into_silence(self, secret: str) -> None:
        """One message of yesterday, of which no gateway ever says a word."""
        sent_at = self._clock() - OVERDUE
        self._door.register(
            [
                {
                    "gateway": self._gateway,
                    "message_id": "act2-silence",
                    "recipient": self._phones[GUESTS],
                    "record": self._guests[GUESTS],
                    "campaign": "",
                    "sent_at": sent_at.isoformat(),
                }
            ],
            secret,
        )

    def _play(self, scene: Scene) -> None:
        wording = self._wording(scene.status)
        attempts = [
            Attempt(request=self._imitation.report(*self._said(number, wording)), genuine=True)
            for number in scene.messages
        ]
        self._door.knock(attempts, lambda: None)

    def _said(self, number: int, wording: Wording) -> tuple[Spoken, Mapping[str, str], str]:
        """The report of one message; the last three go to one and the same person."""
        last = number >= MESSAGES - GIVEN_UP
        guest = GUESTS - 1 if last else number % (GUESTS - 1)
        sent_at = self._began + timedelta(seconds=number)
        is_late = wording.status is DeliveryStatus.DELIVERED
        spoken = Spoken(
            message_id=f"act2-{number:03}",
            phone=self._phones[guest],
            sender=SENDER,
            at=sent_at + timedelta(seconds=90 if is_late else 40),
            sent_at=self._clock(),
            wording=wording,
            reference=self._guests[guest],
            campaign=self._campaign,
        )
        return spoken, self._imitation.secrets, self._service.url

    def _wording(self, status: DeliveryStatus) -> Wording:
        return _worded(self._imitation, status)

    def _wait_for(self, health: str) -> Shown:
        return self._until(self._row, lambda row: row.get("Health__c") == health)

    def _wait_for_field(self, record: str, field: str) -> Shown:
        return self._until(
            lambda: self._org.record("Contact", record), lambda shown: bool(shown.get(field))
        )

    def _until(self, look: Callable[[], Shown], is_there: Callable[[Shown], bool]) -> Shown:
        """What is to be seen; as it is when it should have come, if it does not."""
        deadline, waiting = self._clock() + LONGEST, threading.Event()
        while not is_there(shown := look()) and self._clock() < deadline:
            self._service.check()
            waiting.wait(_POLL_SECONDS)
        return shown

    def _row(self) -> Shown:
        """The row of the campaign as a whole; empty while there is none."""
        for row in self._org.records(CAMPAIGN_STAT.name):
            if row["Campaign__c"] == self._campaign and row["Key__c"] == self._key:
                return row
        return {}

    @property
    def _key(self) -> str:
        return f"{self._campaign}/Total"


def _carrier(imitations: Mapping[str, Imitation]) -> tuple[str, Imitation]:
    """A gateway that leaves nothing out and tells of phones out of reach."""
    return next(
        (name, each)
        for name, each in imitations.items()
        if each.tells_time
        and not each.leaves_out
        and _worded(each, DeliveryStatus.UNDELIVERED).reason is Reason.UNREACHABLE
    )


def _worded(imitation: Imitation, status: DeliveryStatus) -> Wording:
    found = imitation.worded(status)
    return next((each for each in found if each.reason is Reason.UNREACHABLE), found[0])
