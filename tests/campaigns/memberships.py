"""People who join campaigns while the script is played, and which campaign that makes one's."""

import dataclasses
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo

from connector.emulator import EmulatedOrg
from tests.campaigns.script import SENDING, START, Sent
from tests.support.clock import TestClock


#: How long it is waited before Salesforce is asked who was a member.
PERIOD = timedelta(minutes=5)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Somebody becomes a member."""

    at: datetime
    person: str
    campaign: str


class Enrolment:
    """Who joins what and when; one of the campaigns ends meanwhile, one has yet to begin."""

    def __init__(
        self, org: EmulatedOrg, clock: TestClock, messages: Sequence[Sent], seed: int
    ) -> None:
        self._org = org
        self._clock = clock
        draw = random.Random(seed)  # noqa: S311 (a test that can be played again)
        middle = START.date() + timedelta(days=1)
        self._days = {
            _campaign(org, "Lasting", IsActive=True): (date.min, date.max),
            _campaign(org, "Ending", EndDate=middle.isoformat()): (date.min, middle),
            _campaign(org, "Coming", IsActive=True, StartDate=middle.isoformat()): (
                middle,
                date.max,
            ),
        }
        people = sorted({each.record for each in messages if each.record})
        self._joins = sorted(
            (
                Join(at=_moment(draw), person=person, campaign=campaign)
                for person in people
                for campaign in self._days
                if draw.random() < 0.7
            ),
            key=lambda each: each.at,
        )
        self._left = self._joins

    def go_on(self) -> None:
        """Let everybody join whose time has come, each at that time."""
        now = self._clock.now
        due = [each for each in self._left if each.at <= now]
        self._left = self._left[len(due) :]
        for each in due:
            self._clock.now = each.at
            field = "LeadId" if each.person.startswith("00Q") else "ContactId"
            self._org.create(
                "CampaignMember", {"CampaignId": each.campaign, field: each.person}
            )
        self._clock.now = now

    def campaign_of(self, message: Sent, started: datetime, now: datetime, zone: tzinfo) -> str:
        """Its own, else that which its person joined last, of those that ran on that day."""
        passed = timedelta(seconds=int(started.timestamp()) % PERIOD.seconds)
        asked_at = started.replace(microsecond=0) - passed + PERIOD
        if message.campaign or asked_at > now:
            return message.campaign
        day = started.astimezone(zone).date()
        joined = [
            (each.at, each.campaign)
            for each in self._joins
            if each.person == message.record and each.at <= started
            if self._days[each.campaign][0] <= day <= self._days[each.campaign][1]
        ]
        return max(joined, default=(None, ""))[1]


def _campaign(org: EmulatedOrg, name: str, **fields: object) -> str:
    return org.create("Campaign", {"Name": name, **fields})


def _moment(draw: random.Random) -> datetime:
    return START + timedelta(seconds=draw.randrange(int(SENDING.total_seconds())))
