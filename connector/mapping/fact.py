"""What a fact is: its name, what its value can be, and when there is anything to say."""

import dataclasses
import enum
from collections.abc import Callable
from datetime import UTC, datetime

from connector.domain.person import Person
from connector.domain.records import FieldValue


class Topic(enum.StrEnum):
    """What a fact is about: the part of its name before the dot."""

    DELIVERY = "delivery"
    CONSENT = "consent"
    ENGAGEMENT = "engagement"
    HYGIENE = "hygiene"
    PERSON = "person"
    MESSAGE = "message"


class FactKind(enum.StrEnum):
    """What a fact's value is, and so which Salesforce fields can hold it."""

    TEXT = "text"
    DATETIME = "datetime"
    BOOLEAN = "boolean"  # never empty: a checkbox cannot be null
    ID = "id"
    PICKLIST = "picklist"
    NUMBER = "number"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """
    One thing that a mapping may name; its value is None where there is nothing to say.

    `values` are all that a picklist fact can be. `longest` is the length that a field needs:
    longer values are cut there, so that one strange text does not have a record refused.
    `may_be_empty` is false where the topic is only ever written with a value. `refers` is the
    object whose records an id is of.
    """

    name: str
    kind: FactKind
    describe: str
    read: Callable[[Person], FieldValue]
    values: tuple[str, ...] = ()
    longest: int = 0
    may_be_empty: bool = True
    refers: str = ""

    @property
    def topic(self) -> Topic:
        return Topic(self.name.partition(".")[0])


#: The years that a Salesforce date/time field takes (Object Reference, "Date and dateTime").
_FIRST_YEAR, _LAST_YEAR = 1700, 3999


def org_time(moment: datetime | None) -> str | None:
    """A moment as Salesforce writes it, 2026-11-23T10:00:00.000Z; None where it takes none."""
    if moment is None:
        return None
    moment = moment.astimezone(UTC)
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def is_known(topic: Topic, person: Person) -> bool:
    """
    Whether there is anything to say on a topic.

    Where nothing was ever said of consent, nothing is written: False would clear an opt-out
    that somebody ticked in Salesforce.
    """
    delivery = person.delivery
    known = {
        Topic.DELIVERY: delivery is not None and delivery.shown_status is not None,
        Topic.CONSENT: person.consent is not None and person.consent.changed_at is not None,
        Topic.ENGAGEMENT: bool(person.last_click_at or person.last_reply_at),
        Topic.HYGIENE: person.hygiene is not None,
        Topic.MESSAGE: delivery is not None,
        Topic.PERSON: True,
    }
    return known[topic]
