"""
The org of the scale test: who is in it, what becomes of them, and what they show in the end.

It runs in the process of the test, so that the trouble can be exact: who is locked, and how
often.
"""

import dataclasses
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from connector.clock import system_clock
from connector.emulator import (
    EmulatedOrg,
    ValidationRule,
    seed_contacts,
    seed_leads,
)
from connector.emulator.seeds import fictional_phone
from tests.support.sms_org import install_sms_fields


CLIENT_ID, CLIENT_SECRET = "scale", "fictional"
#: The budget is not what is tested here.
DAILY_CALLS = 10_000_000
#: How many records of a hundred are leads, and how many contacts an account has.
LEADS, FAMILY = 20, 25
#: How often the locked ones are locked: most once, some so often that they have to wait long.
LOCK_TIMES = (1,) * 70 + (2,) * 20 + (3,) * 9 + (7,)
FIELDS = ("SMS_Delivery_Status__c", "SMS_Message_Id__c", "SMS_Opt_Out__c")


class Countdown(frozenset[str]):
    """Records that are locked so many times more; asking is a try to write."""

    def __new__(cls, times: Mapping[str, int]) -> Self:
        made = super().__new__(cls, times)
        made.left = dict(times)
        made.met = set()
        return made

    left: dict[str, int]
    met: set[str]

    def __contains__(self, record: object) -> bool:
        if not isinstance(record, str) or not self.left.get(record):
            return False
        self.left[record] -= 1
        self.met.add(record)
        return True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everybody who got a message, by what is in store for them."""

    contacts: Sequence[str]
    leads: Sequence[str]
    parents: Mapping[str, str]
    locked: Mapping[str, int]  # how often
    merged: Mapping[str, str]  # loser to winner
    converted: Sequence[str]
    deleted: Sequence[str]
    refused: Sequence[str]
    opt_outs: Mapping[str, str]  # to their numbers; who opts out before anything is written
    late_opt_outs: Mapping[str, str]  # and who while a job is under way

    @property
    def everybody(self) -> list[str]:
        return [*self.contacts, *self.leads]

    @property
    def troubled(self) -> set[str]:
        """Those of whom nothing is written under their own id."""
        return {*self.merged, *self.converted, *self.deleted, *self.refused}


def make_org(folder: Path, records: int, chance: random.Random) -> tuple[EmulatedOrg, People]:
    org = EmulatedOrg(str(folder / "org.sqlite3"), clock=system_clock, daily_limit=DAILY_CALLS)
    install_sms_fields(org)
    org.register_app(CLIENT_ID, secret=CLIENT_SECRET)
    # A job is to have a middle in which the worker can be killed.
    org.bulk.batch_size = min(org.bulk.batch_size, records // 10)
    leads = records * LEADS // 100
    contacts = records - leads
    ids = seed_contacts(org, contacts, accounts=max(contacts // FAMILY, 1))
    people = _cast(org, ids, seed_leads(org, leads, start=contacts), chance)
    return org, people


def _cast(
    org: EmulatedOrg, contacts: Sequence[str], leads: Sequence[str], chance: random.Random
) -> People:
    """Of 100 records 1 is merged, 1 converted, 1 deleted, 1 refused, 30 are locked."""
    hundredth = (len(contacts) + len(leads)) // 100
    shuffled = iter(chance.sample(contacts, len(contacts)))

    def some(count: int) -> list[str]:
        return list(itertools.islice(shuffled, count))

    rows = org.storage.fetch('SELECT Id, AccountId FROM "Contact"')
    phones = {record: fictional_phone(number) for number, record in enumerate(contacts)}
    people = People(
        contacts=contacts,
        leads=leads,
        parents={row["Id"]: row["AccountId"] for row in rows},
        locked={},
        merged=dict(zip(some(hundredth), some(hundredth), strict=True)),
        converted=chance.sample(leads, hundredth),
        deleted=some(hundredth),
        refused=some(hundredth),
        opt_outs={each: phones[each] for each in some(hundredth)},
        late_opt_outs={each: phones[each] for each in some(hundredth // 2)},
    )
    untroubled = sorted({*people.everybody} - people.troubled)
    locked = chance.sample(untroubled, 30 * hundredth)
    times = {each: chance.choice(LOCK_TIMES) for each in locked}
    return dataclasses.replace(people, locked=times)


def trouble(org: EmulatedOrg, people: People) -> Countdown:
    """What happens in the org after the messages were sent, and from now on."""
    refused = frozenset(people.refused)
    for name in ("Contact", "Lead"):
        org.rules.validation.append(
            ValidationRule(object=name, message="No", fails=lambda row: row["Id"] in refused)
        )
    for lead in people.converted:
        org.convert_lead(lead)
    for loser, winner in people.merged.items():
        org.merge(winner, [loser])
    for record in people.deleted:
        org.delete("Contact", record)
    countdown = Countdown(people.locked)
    lock = org.faults.lock(*people.locked)
    lock.records = countdown
    return countdown


def shown(org: EmulatedOrg) -> dict[str, tuple[object, ...]]:
    """The fields of every record by id, read past everything that the service uses."""
    columns = ", ".join(f'"{each}"' for each in FIELDS)
    return {
        row["Id"]: tuple(row)[1:]
        for name in ("Contact", "Lead")
        for row in org.storage.fetch(f'SELECT Id, {columns} FROM "{name}"')  # noqa: S608
    }


def converted_to(org: EmulatedOrg, leads: Sequence[str]) -> dict[str, str]:
    rows = org.storage.fetch('SELECT Id, ConvertedContactId FROM "Lead" WHERE IsConverted')
    wanted = frozenset(leads)
    return {row["Id"]: row["ConvertedContactId"] for row in rows if row["Id"] in wanted}


def order_of(org: EmulatedOrg, field: str) -> Iterator[tuple[str, int, str]]:
    """Record, position in the history of all, and call of each change of a field."""
    rows = org.storage.fetch(
        "SELECT record, sequence, call FROM _history WHERE field = ? ORDER BY sequence",
        (field,),
    )
    return ((row["record"], row["sequence"], row["call"]) for row in rows)
