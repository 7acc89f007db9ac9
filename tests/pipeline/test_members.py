"""The campaign's member that a message went to, and the labels that its status may have."""

import dataclasses

import pytest

from connector.emulator import seed_campaign, seed_contacts, seed_leads
from connector.mapping import MEMBER
from tests.pipeline.org_mappings import Pipeline, optional
from tests.support.callbacks import dlr
from tests.support.events import MOBILE, arrival


def texted(kind, person, campaign, message_id="42"):
    """A report on a message of a campaign."""
    target = (
        f"/callbacks/kannel?token=***&extid={message_id}&type={kind}&ts=1700000000"
        f"&from=%2B447700900456&ref={person}&campaign={campaign}"
    )
    return arrival(target)


def statuses(emulator, campaign):
    """The status of each member, by contact or lead."""
    return {
        each["ContactId"] or each["LeadId"]: each["Status"]
        for each in emulator.records(MEMBER)
        if each["CampaignId"] == campaign
    }


def labels(emulator, campaign):
    rows = emulator.records("CampaignMemberStatus")
    return [each["Label"] for each in rows if each["CampaignId"] == campaign]


@pytest.fixture
def pipeline(store, org, budget, clock, pusher, mappings):
    both = {**mappings, **optional("campaign_member")}
    return Pipeline(store, org, budget, clock, pusher, both)


def test_the_member_gets_a_label_that_its_campaign_did_not_have(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [alex])
    before = labels(emulator, spring)

    pipeline.run(texted(1, alex, spring))

    assert statuses(emulator, spring) == {alex: "Text delivered"}
    added = ["Texted", "Text delivered", "Text failed"]
    assert labels(emulator, spring) == [*before, *added]
    assert pipeline.shown_on()["Contact", alex] == "reference"
    assert [how for (name, _), how in pipeline.shown_on().items() if name == MEMBER] == [
        "member"
    ]


def test_of_several_campaigns_only_the_message_s_own_is_told(emulator, pipeline):
    (kim,) = seed_leads(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [kim])
    autumn = seed_campaign(emulator, "Autumn", [kim])
    untouched = statuses(emulator, autumn)

    pipeline.run(texted(2, kim, spring))

    assert statuses(emulator, spring) == {kim: "Text failed"}
    assert statuses(emulator, autumn) == untouched


def test_the_member_is_that_of_whoever_holds_the_number(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)
    spring = seed_campaign(emulator, "Spring", [alex])
    pipeline.directory.sync()

    pipeline.run(texted(8, "", spring))

    assert statuses(emulator, spring) == {alex: "Texted"}


def test_one_who_was_converted_is_a_member_as_contact(emulator, pipeline):
    (kim,) = seed_leads(emulator, 1)
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [kim])
    emulator.convert_lead(kim, contact=alex)
    pipeline.directory.sync()

    pipeline.run(texted(1, kim, spring))

    assert statuses(emulator, spring) == {alex: "Text delivered"}


def test_nobody_is_made_a_member(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring")

    pipeline.run(texted(1, alex, spring))

    assert emulator.records(MEMBER) == []
    assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] == "Delivered"


def test_one_who_joins_later_is_told_then(emulator, pipeline, clock):
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring")
    pipeline.run(texted(1, alex, spring))
    emulator.create(MEMBER, {"CampaignId": spring, "ContactId": alex})

    clock.advance(minutes=1)
    pipeline.run()

    assert statuses(emulator, spring) == {alex: "Text delivered"}


def test_who_was_given_up_is_looked_for_with_the_next_message(emulator, pipeline, clock):
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring")
    pipeline.run(texted(1, alex, spring))
    for _ in range(20):
        clock.advance(days=1)
        pipeline.run()
    emulator.create(MEMBER, {"CampaignId": spring, "ContactId": alex})
    newer = texted(2, alex, spring, "43")
    late = dataclasses.replace(
        newer.callback,
        received_at=clock(),
        target=newer.callback.target.replace("ts=1700000000", f"ts={int(clock().timestamp())}"),
    )

    pipeline.run(dataclasses.replace(newer, callback=late))

    assert statuses(emulator, spring) == {alex: "Text failed"}


def test_labels_are_asked_for_once(emulator, pipeline):
    alex, other = seed_contacts(emulator, 2)
    spring = seed_campaign(emulator, "Spring", [alex, other])
    pipeline.run(texted(1, alex, spring, "1"))
    queries = emulator.calls["GET /query"]

    pipeline.run(texted(1, other, spring, "2"))

    assert set(statuses(emulator, spring).values()) == {"Text delivered"}
    assert emulator.calls["GET /query"] == queries + 1
    assert emulator.calls["POST /composite/sobjects"] == 1


def test_labels_of_a_changed_mapping_are_added_before_they_are_written(
    emulator, pipeline, store, org, budget, clock, pusher
):
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [alex])
    pipeline.run(texted(8, alex, spring))
    member = pipeline.mappings[MEMBER]
    (rule,) = member.fields
    rule = dataclasses.replace(rule, translate={**rule.translate, "Delivered": "Arrived"})
    changed = {**pipeline.mappings, MEMBER: dataclasses.replace(member, fields=(rule,))}
    pipeline = Pipeline(store, org, budget, clock, pusher, changed)

    pipeline.keep(texted(1, alex, spring))
    pipeline.pusher.push()
    before = statuses(emulator, spring)
    pipeline.run()

    assert before == {alex: "Texted"}
    assert statuses(emulator, spring) == {alex: "Arrived"}


def test_a_status_that_may_not_be_added_is_not_written(emulator, pipeline, clock):
    """Else Salesforce would write the campaign's default status in its place."""
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [alex])
    before = statuses(emulator, spring)
    emulator.schema.hide("CampaignMemberStatus")

    pipeline.run(texted(1, alex, spring))
    refused = statuses(emulator, spring)
    emulator.schema.show("CampaignMemberStatus")
    clock.advance(minutes=1)
    pipeline.run()

    assert refused == before
    assert statuses(emulator, spring) == {alex: "Text delivered"}


def test_fields_beside_the_status_want_no_labels(
    emulator, store, org, budget, clock, pusher, mappings
):
    member = optional("campaign_member")[MEMBER]
    (rule,) = member.fields
    rule = dataclasses.replace(rule, field="Text__c", translate={}, other=None)
    both = {**mappings, MEMBER: dataclasses.replace(member, fields=(rule,))}
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [alex])
    pipeline = Pipeline(store, org, budget, clock, pusher, both)

    pipeline.run(texted(1, alex, spring))

    assert "POST /composite/sobjects" not in emulator.calls


def test_rows_of_one_campaign_are_sent_side_by_side(emulator, pipeline, store):
    people = seed_contacts(emulator, 4)
    first = seed_campaign(emulator, "First", people)
    second = seed_campaign(emulator, "Second", people)
    pipeline.keep(*(texted(1, p, c, f"{p}{c}") for p in people for c in (first, second)))
    pipeline.seek()

    with store.transaction(reads=True) as t:
        changes = t.outbox.pending(MEMBER, 10, pipeline.clock())

    assert sorted(change.parent for change in changes) == sorted([first, second] * 4)


def test_a_member_that_was_removed_is_looked_for_again(emulator, pipeline, clock):
    (alex,) = seed_contacts(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [alex])
    pipeline.run(texted(8, alex, spring))
    (member,) = emulator.records(MEMBER)
    emulator.delete(MEMBER, member["Id"])
    pipeline.run(texted(1, alex, spring))
    emulator.create(MEMBER, {"CampaignId": spring, "ContactId": alex})

    for _ in range(2):
        clock.advance(minutes=2)
        pipeline.run()

    assert statuses(emulator, spring) == {alex: "Text delivered"}


def test_a_person_row_and_member_are_told_of_one_message(
    emulator, store, org, budget, clock, pusher, mappings
):
    every = {**mappings, **optional("campaign_member"), **optional("sms_message")}
    pipeline = Pipeline(store, org, budget, clock, pusher, every)
    (kim,) = seed_leads(emulator, 1)
    spring = seed_campaign(emulator, "Spring", [kim])

    pipeline.run(texted(1, kim, spring))

    (row,) = emulator.records("SMS_Message__c")
    assert (row["Lead__c"], row["Campaign__c"], row["Status__c"]) == (kim, spring, "Delivered")
    assert statuses(emulator, spring) == {kim: "Text delivered"}
    assert emulator.record("Lead", kim)["SMS_Delivery_Status__c"] == "Delivered"
    assert sorted(pipeline.shown_on().values()) == ["key", "member", "reference"]


def test_without_campaign_there_is_nothing_to_look_for(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1)

    pipeline.keep(dlr(1, ref=alex))

    assert pipeline.seek().asked == 0
