"""
What every Contact must show in the end, worked out by nothing of the service.

A moment that the service notes itself is known from outside as a window: not before the request
went out, not after it was acknowledged.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from tests.end_to_end.client import Journal, Story
from tests.end_to_end.plan import REFUSED, Message, Person, Plan, Text
from tests.end_to_end.sends import Send


@dataclasses.dataclass(frozen=True, slots=True)
class Window:
    """A moment between two others; Salesforce keeps whole seconds."""

    earliest: datetime
    latest: datetime

    def holds(self, text: object) -> bool:
        if not isinstance(text, str):
            return False
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
        return self.earliest.replace(microsecond=0) <= moment <= self.latest

    def __str__(self) -> str:
        return f"{self.earliest:%H:%M:%S.%f} to {self.latest:%H:%M:%S.%f}"


Wanted = dict[str, str | bool | Window | None]

NOTHING: Wanted = {
    "SMS_Delivery_Status__c": None,
    "SMS_Status_At__c": None,
    "SMS_Failure_Reason__c": None,
    "SMS_Error_Code__c": None,
    "SMS_Gateway__c": None,
    "SMS_Message_Id__c": None,
    "SMS_Last_Campaign__c": None,
    "SMS_Last_Delivered_At__c": None,
    "SMS_Opt_Out__c": False,
    "SMS_Opt_Out_At__c": None,
    "SMS_Opt_Out_Source__c": None,
    "SMS_Opt_Out_Keyword__c": None,
    "SMS_Last_Click_At__c": None,
    "SMS_Last_Reply_At__c": None,
    "SMS_Phone_E164__c": None,
}


class Expectation:
    """The fields of every Contact after a campaign."""

    def __init__(self, plan: Plan, journal: Journal) -> None:
        self._stories: dict[str, list[Story]] = {}
        for send in (*plan.sends, plan.last):
            for about in send.decides:
                self._stories.setdefault(about, []).append(journal.stories[send.token])
        self._plan = plan

    def contacts(self, ids: Iterable[str]) -> dict[str, Wanted]:
        wanted = {each: dict(NOTHING) for each in ids}
        by_person: dict[Person, list[Message]] = {}
        for message in self._plan.messages:
            by_person.setdefault(message.person, []).append(message)
        for person, messages in by_person.items():
            wanted[person.id].update(self._of_messages(messages))
            wanted[person.id]["SMS_Phone_E164__c"] = person.phone
            for refused in messages:
                # A registered message goes to a number that nobody holds.
                if refused.ending.code == REFUSED and refused.sent_at is None:
                    wanted[person.id].update(self._of_refusal(refused))
        for text in self._plan.texts:
            for holder in filter(None, (text.person.id, text.person.twin)):
                wanted[holder].update(self._of_text(text))
        return wanted

    def _of_messages(self, messages: Sequence[Message]) -> Wanted:
        latest = max(
            messages, key=lambda each: each.sent_at or datetime.min.replace(tzinfo=UTC)
        )
        ending = latest.ending
        delivered = [self._first(m.id) for m in messages if m.ending.status == "Delivered"]
        return {
            "SMS_Delivery_Status__c": ending.status,
            "SMS_Status_At__c": self._first(latest.id),
            "SMS_Failure_Reason__c": ending.reason,
            "SMS_Error_Code__c": ending.code,
            "SMS_Gateway__c": "twilio",
            "SMS_Message_Id__c": latest.id,
            "SMS_Last_Campaign__c": latest.campaign or None,
            "SMS_Last_Delivered_At__c": _latest(delivered),
        }

    def _of_refusal(self, message: Message) -> Wanted:
        return {
            "SMS_Opt_Out__c": True,
            "SMS_Opt_Out_At__c": self._last(message.id),
            "SMS_Opt_Out_Source__c": "Provider",
        }

    def _of_text(self, text: Text) -> Wanted:
        moment = self._last(text.about)
        shown: Wanted = {
            "SMS_Last_Reply_At__c": moment,
            "SMS_Phone_E164__c": text.person.phone,
        }
        if text.keyword:
            shown["SMS_Opt_Out_At__c"] = moment
        if text.keyword not in {"", "START"}:
            shown["SMS_Opt_Out__c"] = True
            shown["SMS_Opt_Out_Source__c"] = "Reply"
            shown["SMS_Opt_Out_Keyword__c"] = text.keyword
        return shown

    def _first(self, about: str) -> Window:
        """When the first of these requests was received."""
        stories = self._stories[about]
        return Window(
            min(each.first_tried_at for each in stories), min(map(_acknowledged, stories))
        )

    def _last(self, about: str) -> Window:
        """When the last of these requests was received."""
        stories = self._stories[about]
        return Window(max(each.tried_at for each in stories), max(map(_acknowledged, stories)))


def _acknowledged(story: Story) -> datetime:
    assert story.acknowledged_at is not None
    return story.acknowledged_at


def _latest(windows: Sequence[Window]) -> Window | None:
    if not windows:
        return None
    return Window(max(each.earliest for each in windows), max(each.latest for each in windows))


def deviations(
    wanted: Mapping[str, Wanted], found: Mapping[str, Mapping[str, object]]
) -> Iterator[str]:
    """A line for each field that is not as it should be."""
    for contact, fields in wanted.items():
        for name, value in fields.items():
            shown = found[contact][name]
            right = value.holds(shown) if isinstance(value, Window) else value == shown
            if not right:
                yield f"{contact} {name}: {shown!r}, should be {value}"


def missing(sends: Iterable[Send], kept: frozenset[str]) -> list[str]:
    """The tokens of acknowledged callbacks that the store does not have."""
    return [send.token for send in sends if send.is_callback and send.token not in kept]
