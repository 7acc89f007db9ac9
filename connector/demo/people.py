"""Who takes part: fictional Contacts and Leads, and what they hold before the play."""

import dataclasses
import itertools
from collections.abc import Iterable, Sequence

from connector.emulator import EmulatedOrg
from connector.emulator.seeds import fictional_phone


CONTACTS, LEADS = 30, 20
#: The number that texts are sent from: fictional too.
SENDER = "+18005550199"
#: The country of numbers that are written without one.
REGION = "US"
#: Numbers that nobody holds when the play begins.
NEW_NUMBER, STRANGER = fictional_phone(955), fictional_phone(956)

#: How people write numbers down; the service has to read them all.
_FORMS = ("{0}", "({1}) {2}-{3}", "+1 {1} {2} {3}", "{1}.{2}.{3}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A record of the org; `phone` is its number in E.164, at the end of the play."""

    object: str
    id: str
    name: str
    phone: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """
    Everyone, and those with a part of their own.

    `sharing` are a Contact and a Lead with one number. `leaving` is a Lead that becomes the
    Contact `becoming`. `moving` is a Contact that gets its number later. `wary` has ticked the
    opt-out in Salesforce itself.
    """

    people: Sequence[Person]
    campaign: str
    sharing: tuple[Person, Person]
    leaving: Person
    becoming: Person
    moving: Person
    wary: Person

    @property
    def crowd(self) -> list[Person]:
        """Those without a part of their own, Contacts and Leads by turns."""
        special = {*self.sharing, self.leaving, self.becoming, self.moving, self.wary}
        free = [person for person in self.people if person not in special]
        kinds = [[p for p in free if p.object == name] for name in ("Contact", "Lead")]
        turns = itertools.chain.from_iterable(itertools.zip_longest(*kinds))
        return [person for person in turns if person]


def gather(org: EmulatedOrg) -> Cast:
    """Everyone in this prepared org; numbers are changed so that the parts can be played."""
    contacts, leads = _people(org, "Contact"), _people(org, "Lead")
    leads[0] = _with_phone(org, leads[0], contacts[0].phone)
    contacts[1] = _with_phone(org, contacts[1], leads[1].phone)
    org.update("Contact", contacts[3].id, {"SMS_Opt_Out__c": True})
    contacts[2] = dataclasses.replace(contacts[2], phone=NEW_NUMBER)
    return Cast(
        people=[*contacts, *leads],
        campaign=str(org.records("Campaign")[0]["Id"]),
        sharing=(contacts[0], leads[0]),
        leaving=leads[1],
        becoming=contacts[1],
        moving=contacts[2],
        wary=contacts[3],
    )


def _people(org: EmulatedOrg, name: str) -> list[Person]:
    people = [
        Person(
            object=name,
            id=str(record["Id"]),
            name=str(record["Name"]),
            phone=str(record["MobilePhone"]),
        )
        for record in sorted(org.records(name), key=lambda record: str(record["Id"]))
    ]
    _write_differently(org, people)
    return people


def _write_differently(org: EmulatedOrg, people: Iterable[Person]) -> None:
    """As if everybody had typed the number in the own way."""
    for at, person in enumerate(people):
        phone = person.phone
        written = _FORMS[at % len(_FORMS)].format(phone, phone[2:5], phone[5:8], phone[8:])
        org.update(person.object, person.id, {"MobilePhone": written})


def _with_phone(org: EmulatedOrg, person: Person, phone: str) -> Person:
    org.update(person.object, person.id, {"MobilePhone": phone})
    return dataclasses.replace(person, phone=phone)
