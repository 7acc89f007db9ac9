"""Campaigns that have figures get the names that people know them by."""

import pytest

from connector.domain.figures import Cell, Period, Split
from connector.emulator import seed_campaign
from connector.pipeline.campaign_names import NameReader
from connector.pipeline.campaign_view import view


GONE = "701xx0000000009AAA"


@pytest.fixture
def reader(store, org, budget, clock):
    return NameReader(store, org, budget, clock)


def count(store, *campaigns):
    """A message of each of these campaigns, and of a gateway's account."""
    with store.transaction() as transaction:
        for campaign in (*campaigns, "@kannel/", ""):
            cell = Cell(
                campaign=campaign, period=Period.TOTAL, start=0, split=Split.NONE, value=""
            )
            transaction.figures.put({cell: {"messages": 1}})


def names(store, *campaigns):
    with store.transaction(reads=True) as transaction:
        return transaction.campaign_names.of(campaigns)


def name_of(store, campaign):
    found = view(store, campaign)
    assert found is not None
    return found.name


def test_campaigns_are_asked_for_once_a_day(store, emulator, reader, clock):
    spring = seed_campaign(emulator, "Spring", [])
    count(store, spring)

    first, again = reader.read(), reader.read()
    emulator.update("Campaign", spring, {"Name": "Spring sale"})
    clock.advance(days=1, seconds=1)
    next_day = reader.read()

    assert [(each.asked, each.named) for each in (first, again, next_day)] == [
        (1, 1),
        (0, 0),
        (1, 1),
    ]
    assert names(store, spring) == {spring: "Spring sale"}
    assert name_of(store, spring) == "Spring sale"


def test_one_that_salesforce_does_not_know_goes_by_its_id(store, emulator, reader):
    spring = seed_campaign(emulator, "Spring", [])
    count(store, spring, GONE)

    report = reader.read()

    assert (report.asked, report.named) == (2, 1)
    assert names(store, spring, GONE) == {spring: "Spring"}
    assert name_of(store, GONE) == ""


@pytest.mark.parametrize("trouble", ["unavailable", "forbidden"])
def test_nobody_is_alarmed_when_they_cannot_be_read(store, emulator, reader, trouble):
    spring = seed_campaign(emulator, "Spring", [])
    count(store, spring)
    if trouble == "unavailable":
        emulator.faults.unavailable(times=5)
    else:
        emulator.faults.refuse(
            400, "INVALID_TYPE", "sObject type 'Campaign' is not supported.", times=1
        )

    report = reader.read()

    assert report.named == 0
    assert names(store, spring) == {}


def test_what_the_budget_does_not_allow_waits(store, emulator, reader, budget, clock):
    count(store, seed_campaign(emulator, "Spring", []))
    budget.exhausted(clock())
    before = emulator.usage.used

    assert reader.read().asked == 0
    assert emulator.usage.used == before
