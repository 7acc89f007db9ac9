"""
People to play with, quickly made; their numbers belong to nobody.

Numbers come from ranges set aside for fiction: 555-0100 to 555-0199 in any North American area
code (NANPA), and +44 7700 900000 to 900999 (Ofcom).
"""

import itertools
from collections.abc import Iterator, Sequence

from connector.emulator.org import EmulatedOrg


_FIRST = ("Ada", "Ben", "Chloe", "Dev", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jonas")
_LAST = ("Abbott", "Brook", "Castle", "Dunn", "Easton", "Field", "Grant", "Holt", "Iverson")
#: Area codes in service; each has a hundred fictional numbers.
_AREAS = tuple(
    code
    for code in range(201, 990)
    if code % 100 != 11 and not 370 <= code <= 379  # noqa: PLR2004
)
_PER_AREA = 100
_CHUNK = 2_000


def fictional_phone(number: int) -> str:
    """The n-th fictional North American number, in E.164."""
    area, last = divmod(number, _PER_AREA)
    return f"+1{_AREAS[area % len(_AREAS)]}55501{last:02}"


def seed_contacts(
    org: EmulatedOrg, count: int, *, start: int = 0, accounts: int = 0, **fields: object
) -> list[str]:
    """
    This many contacts, each with a mobile number of its own.

    With `accounts`, they are spread over so many new accounts, neighbours together.
    """
    parents = _create(
        org, "Account", [{"Name": f"Example {n + 1} Ltd"} for n in range(accounts)]
    )
    people = _people(count, start)
    for number, person in enumerate(people):
        person.update(fields)
        if parents:
            person["AccountId"] = parents[number * len(parents) // count]
    return _create(org, "Contact", people)


def seed_leads(
    org: EmulatedOrg, count: int, *, start: int = 50_000, **fields: object
) -> list[str]:
    """This many leads, with numbers that no seeded contact has."""
    people = _people(count, start)
    for number, person in enumerate(people):
        person.update({"Company": f"Prospect {number + 1} Ltd", **fields})
    return _create(org, "Lead", people)


def seed_campaign(org: EmulatedOrg, name: str, members: Sequence[str] = ()) -> str:
    """A campaign with these contacts and leads as members."""
    campaign = org.create("Campaign", {"Name": name, "IsActive": True})
    kinds = {"003": "ContactId", "00Q": "LeadId"}
    _create(
        org,
        "CampaignMember",
        [{"CampaignId": campaign, kinds[member[:3]]: member} for member in members],
    )
    return campaign


def _people(count: int, start: int) -> list[dict[str, object]]:
    names: Iterator[tuple[str, str]] = itertools.cycle(
        (first, last) for last in _LAST for first in _FIRST
    )
    return [
        {
            "FirstName": first,
            "LastName": last,
            "MobilePhone": fictional_phone(start + number),
        }
        for number, (first, last) in zip(range(count), names, strict=False)
    ]


def _create(org: EmulatedOrg, sobject: str, records: list[dict[str, object]]) -> list[str]:
    ids: list[str] = []
    for at in range(0, len(records), _CHUNK):
        ids += org.create_many(sobject, records[at : at + _CHUNK])
    return ids
