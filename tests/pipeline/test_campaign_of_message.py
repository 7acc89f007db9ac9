"""The campaign that another package's record of a message tells."""

import dataclasses

import pytest

from connector.emulator import seed_campaign, seed_contacts
from connector.emulator.kinds import lookup
from connector.mapping import MEMBER
from connector.pipeline.campaign_check import count_again
from connector.pipeline.explain import explain
from connector.pipeline.phone_reader import PhoneReader
from tests.pipeline.org_mappings import load, optional
from tests.pipeline.test_campaigns_of import Counted
from tests.pipeline.test_message_rows import MAGIC, MAGIC_FILE
from tests.support.callbacks import dlr
from tests.support.events import MOBILE


NAME = "magic__SMS__c"
FILE = MAGIC_FILE.replace("fields:", "  campaign: magic__campaign__c\nfields:")


@pytest.fixture
def every(mappings, emulator, tmp_path):
    field = lookup("magic__Campaign__c", "Campaign", "Campaign")
    emulator.add_object(dataclasses.replace(MAGIC, fields=(*MAGIC.fields, field)))
    return {**mappings, **load(tmp_path, magic=FILE)}


@pytest.fixture
def pipeline(store, org, budget, clock, pusher, every):
    return Counted(store, org, budget, clock, pusher, every)


def make(emulator, message_id="42", **fields):
    return emulator.create(NAME, {"magic__Id__c": message_id, **fields})


def test_it_counts_for_the_campaign_of_its_record(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring")
    row = make(emulator, magic__Campaign__c=spring)
    before = emulator.calls["GET /query"]

    pipeline.run(dlr(1, ref=alex))

    assert pipeline.campaign() == spring
    assert pipeline.shown_on() == {("Contact", alex): "reference", (NAME, row): "key"}
    assert emulator.calls["GET /query"] == before + 1
    assert emulator.record("Contact", alex)["SMS_Last_Campaign__c"] == spring
    assert pipeline.differences() == pipeline.differences(spring) == []
    (message,) = explain(pipeline.store, pipeline.mappings, PhoneReader(), "42").messages
    assert message.campaign is not None
    assert message.campaign.campaign == spring
    assert message.campaign.because == f"the record of {NAME} names it"


def test_a_record_tells_whose_message_it_is_and_its_campaign(emulator, pipeline):
    alex, _ = seed_contacts(emulator, 2, MobilePhone=MOBILE)
    pipeline.directory.sync()
    spring = seed_campaign(emulator, "Spring")
    row = make(emulator, magic__Campaign__c=spring, magic__Contact__c=alex)

    pipeline.run(dlr(1, ref=""))

    assert pipeline.shown_on() == {("Contact", alex): "message", (NAME, row): "key"}
    assert pipeline.campaign() == spring


def test_what_rode_along_comes_first(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1)
    spring, autumn = (seed_campaign(emulator, name) for name in ("Spring", "Autumn"))
    make(emulator, magic__Campaign__c=spring)

    pipeline.run(dlr(1, ref=f"{alex}&campaign={autumn}"))

    assert pipeline.campaign() == autumn


def test_it_comes_before_memberships_which_then_nobody_asks_for(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring")
    seed_campaign(emulator, "Autumn", [alex])
    make(emulator, magic__Campaign__c=spring)

    pipeline.sent(alex)
    waiting = pipeline.campaign()
    pipeline.answered()
    pipeline.answered()

    assert (waiting, pipeline.campaign()) == ("", spring)
    with pipeline.store.transaction(reads=True) as t:
        assert [each.object for each in t.lookups.of_records([alex])] == []


def test_a_record_without_one_leaves_it_to_memberships(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1)
    autumn = seed_campaign(emulator, "Autumn", [alex])
    make(emulator)

    pipeline.sent(alex)
    pipeline.answered()
    pipeline.answered()

    assert pipeline.campaign() == autumn


def test_a_record_that_is_made_later_takes_it_from_the_membership(emulator, pipeline, clock):
    (alex,) = seed_contacts(emulator, 1)
    autumn = seed_campaign(emulator, "Autumn", [alex])
    spring = seed_campaign(emulator, "Spring")
    pipeline.sent(alex)
    for _ in range(3):
        pipeline.answered()
    before = pipeline.campaign()
    make(emulator, magic__Campaign__c=spring)

    clock.advance(hours=1)
    pipeline.seek()

    assert (before, pipeline.campaign()) == (autumn, spring)
    assert pipeline.differences() == []


def test_it_stays_when_the_record_is_deleted(emulator, pipeline, clock):
    """Packages clear away their rows; the figures of the campaign are not to shrink."""
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring")
    row = make(emulator, magic__Campaign__c=spring)
    pipeline.run(dlr(8, ref=alex))
    emulator.delete(NAME, row)
    pipeline.run(dlr(1, ref=alex))
    for _ in range(3):
        clock.advance(minutes=2)
        pipeline.run()

    count_again(pipeline.store)
    pipeline.match()

    with pipeline.store.transaction(reads=True) as t:
        (found,) = t.lookups.find(NAME, [("kannel", "42")]).values()
    assert found.record_id == ""
    assert pipeline.campaign() == spring
    assert pipeline.differences() == pipeline.differences(spring) == []


def test_what_is_no_campaign_counts_for_none(emulator, pipeline, every):
    """As where the lookup leads elsewhere: `mappings check --org` tells that."""
    (alex,) = seed_contacts(emulator, 1)
    rule = dataclasses.replace(every[NAME].message, campaign="magic__Contact__c", person=())
    wrong = {**every, NAME: dataclasses.replace(every[NAME], message=rule)}
    pipeline = Counted(
        pipeline.store, pipeline.org, pipeline.budget, pipeline.clock, pipeline.pusher, wrong
    )
    make(emulator, magic__Contact__c=alex)

    pipeline.run(dlr(1, ref=""))

    assert pipeline.campaign() == ""


def test_the_campaign_s_member_is_told(emulator, store, org, budget, clock, pusher, every):
    both = {**every, **optional("campaign_member")}
    pipeline = Counted(store, org, budget, clock, pusher, both)
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [alex])
    make(emulator, magic__Campaign__c=spring)

    pipeline.run(dlr(1, ref=alex))
    pipeline.run()

    (member,) = emulator.records(MEMBER)
    assert member["Status"] == "Text delivered"
    assert {name for name, _ in pipeline.shown_on()} == {"Contact", MEMBER, NAME}
