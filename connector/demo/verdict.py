"""What the records of the org show, beside what they should show."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from connector.demo.expected import Expectation, Fields, Sometime
from connector.demo.people import Person
from connector.emulator import EmulatedOrg
from connector.emulator.fields import Value


#: What a record shows, by the API names of its fields.
Shown = Mapping[str, Value]

#: Salesforce keeps milliseconds, and the service's clock need not tick as ours.
_LEEWAY = timedelta(seconds=1)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field that is not as it should be."""

    person: Person
    field: str
    found: Value
    wanted: Expectation

    def __str__(self) -> str:
        who = f"{self.person.object} {self.person.id} ({self.person.name})"
        return f"{who}: {self.field} is {_written(self.found)}, not {_written(self.wanted)}"


def look(org: EmulatedOrg, people: list[Person]) -> dict[Person, Shown]:
    return {person: org.record(person.object, person.id) for person in people}


def differences(
    found: Mapping[Person, Shown],
    wanted: Mapping[Person, Fields],
    started_at: datetime,
    now: datetime,
) -> list[Difference]:
    """Every field that is not as it should be, when the play began and it is now so late."""

    def fits(value: Value, expected: Expectation) -> bool:
        match expected:
            case Sometime.DURING_PLAY:
                moment = _moment(value)
                return bool(moment and started_at - _LEEWAY <= moment <= now + _LEEWAY)
            case datetime():
                return _moment(value) == expected
            case _:
                return value == expected

    return [
        Difference(person=person, field=field, found=value, wanted=expected)
        for person, fields in wanted.items()
        for field, expected in fields.items()
        if not fits(value := found[person].get(field), expected)
    ]


def _moment(value: Value) -> datetime | None:
    try:
        return datetime.fromisoformat(value).astimezone(UTC) if isinstance(value, str) else None
    except ValueError:
        return None


def _written(value: Value | Expectation) -> str:
    match value:
        case None:
            return "empty"
        case Sometime():
            return value.value
        case datetime():
            return value.isoformat()
        case _:
            return repr(value)
