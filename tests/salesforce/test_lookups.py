"""What is asked of an org to find records: prefixes, rows of messages, campaign members."""

from datetime import date, timedelta

import pytest

from connector.domain.errors import OrgUnavailableError
from connector.emulator import (
    EmulatedOrg,
    SObject,
    WSGIAdapter,
    create_app,
    seed_campaign,
    seed_contacts,
    seed_leads,
)
from connector.emulator.kinds import lookup, record_id, system_fields, text
from connector.salesforce.connect import connect
from connector.salesforce.errors import OrgRefusedError
from connector.salesforce.members import MOST_PAIRS
from connector.salesforce.memberships import Membership
from connector.salesforce.messages import MOST_VALUES, value_batches
from tests.salesforce.answers import DATA
from tests.support.sms_org import install_sms_fields


CAMPAIGN = "701000000000001AAA"


@pytest.fixture
def salesforce(clock):
    emulated = EmulatedOrg(clock=clock)
    install_sms_fields(emulated)
    emulated.register_app("key", secret="hush-hush")
    yield emulated
    emulated.close()


@pytest.fixture
def emulated(access, clock, salesforce):
    adapter = WSGIAdapter(create_app(salesforce))
    with connect(access, clock=clock, adapter=adapter) as opened:
        yield opened


class TestPrefixes:
    def test_tell_every_object(self, emulated):
        prefixes = emulated.prefixes()

        assert prefixes["003"] == "Contact"
        assert "SMS_Message__c" in prefixes.values()

    def test_of_objects_without_one_are_left_out(self, org, logged_in):
        rows = [
            {"name": "Contact", "keyPrefix": "003"},
            {"name": "View", "keyPrefix": None},
            "x",
        ]
        logged_in.get(f"{DATA}/sobjects/", json={"sobjects": rows})
        logged_in.get(f"{DATA}/sobjects", json={"sobjects": rows})

        assert org.prefixes() == {"003": "Contact"}

    def test_in_another_shape_are_for_later(self, org, logged_in):
        logged_in.get(f"{DATA}/sobjects", json=["Contact"])

        with pytest.raises(OrgUnavailableError):
            org.prefixes()


class TestMessages:
    ROW = SObject(
        name="Magic__c",
        label="Magic",
        label_plural="Magic",
        key_prefix="a77",
        fields=(
            record_id("Record ID"),
            text("Sms_Id__c", "Id", 255),
            lookup("Contact__c", "Contact", "Contact"),
            lookup("Lead__c", "Lead", "Lead"),
            lookup("Campaign__c", "Campaign", "Campaign"),
            *system_fields(),
        ),
    )

    @pytest.fixture(autouse=True)
    def rows(self, salesforce):
        salesforce.add_object(self.ROW)

    def test_are_found_with_the_people_that_they_went_to(self, emulated, salesforce):
        (alex,) = seed_contacts(salesforce, 1)
        row = salesforce.create("Magic__c", {"Sms_Id__c": "SM'1", "Contact__c": alex})

        found = emulated.messages(
            "Magic__c", "sms_id__C", ["SM'1", "SM2"], ["contact__c", "Lead__c"]
        )

        assert set(found) == {"SM'1"}
        assert (found["SM'1"].id, found["SM'1"].people) == (row, (alex,))

    def test_are_found_with_their_campaign(self, emulated, salesforce):
        spring = seed_campaign(salesforce, "Spring")
        salesforce.create("Magic__c", {"Sms_Id__c": "SM1", "Campaign__c": spring})
        salesforce.create("Magic__c", {"Sms_Id__c": "SM2"})

        found = emulated.messages("Magic__c", "Sms_Id__c", ["SM1", "SM2"], (), "campaign__c")

        assert {value: each.campaign for value, each in found.items()} == {
            "SM1": spring,
            "SM2": "",
        }

    def test_are_asked_for_no_field_twice(self, emulated, salesforce):
        spring = seed_campaign(salesforce, "Spring")
        salesforce.create("Magic__c", {"Sms_Id__c": "SM1", "Campaign__c": spring})
        person = ["Contact__c", "CAMPAIGN__C"]

        found = emulated.messages("Magic__c", "Sms_Id__c", ["SM1"], person, "Campaign__c")

        assert found["SM1"].campaign == spring

    def test_are_those_with_just_this_id(self, emulated, salesforce):
        salesforce.create("Magic__c", {"Sms_Id__c": "sm1"})

        assert emulated.messages("Magic__c", "Sms_Id__c", ["SM1"]) == {}

    def test_of_several_are_the_newest(self, emulated, salesforce):
        _, newest = (salesforce.create("Magic__c", {"Sms_Id__c": "SM1"}) for _ in "ab")

        assert emulated.messages("Magic__c", "Sms_Id__c", ["SM1"])["SM1"].id == newest

    def test_are_asked_for_in_queries_that_are_not_too_long(self):
        values = [f"SM{number}" for number in range(MOST_VALUES + 1)]
        long = ["ü" * 200 for _ in range(20)]

        assert [len(batch) for batch in value_batches(values)] == [MOST_VALUES, 1]
        assert max(len(batch) for batch in value_batches(long)) < 10
        assert [each for batch in value_batches(long) for each in batch] == long
        assert list(value_batches([])) == []


class TestMembers:
    def test_are_found_by_campaign_and_person(self, emulated, salesforce):
        alex, other = seed_contacts(salesforce, 2)
        (kim,) = seed_leads(salesforce, 1)
        spring = seed_campaign(salesforce, "Spring", [alex, kim])
        autumn = seed_campaign(salesforce, "Autumn", [other])
        pairs = [(spring, alex), (spring, kim), (spring, other), (autumn, alex)]

        found = emulated.members(pairs)

        members = salesforce.records("CampaignMember")
        assert found == {
            (spring, alex): next(m["Id"] for m in members if m["ContactId"] == alex),
            (spring, kim): next(m["Id"] for m in members if m["LeadId"] == kim),
        }

    def test_that_were_leads_are_found_by_their_contact(self, emulated, salesforce):
        (kim,) = seed_leads(salesforce, 1)
        (alex,) = seed_contacts(salesforce, 1)
        spring = seed_campaign(salesforce, "Spring", [kim])
        salesforce.convert_lead(kim, contact=alex)

        assert set(emulated.members([(spring, alex)])) == {(spring, alex)}

    def test_tell_since_when_and_until_when_they_are_in_which_campaigns(
        self, emulated, salesforce, clock
    ):
        alex, other = seed_contacts(salesforce, 2)
        (kim,) = seed_leads(salesforce, 1)
        spring = seed_campaign(salesforce, "Spring", [alex, kim])
        salesforce.update("Campaign", spring, {"StartDate": "2026-11-01"})
        joined = clock().replace(microsecond=0)
        clock.advance(minutes=1)
        autumn = seed_campaign(salesforce, "Autumn", [alex])
        salesforce.update("Campaign", autumn, {"IsActive": False, "EndDate": "2026-12-24"})
        dead = seed_campaign(salesforce, "Dead", [alex])
        salesforce.update("Campaign", dead, {"IsActive": False})

        found = emulated.memberships([alex, kim, other], clock())

        old = Membership(campaign=spring, since=joined, first=date(2026, 11, 1))
        new = Membership(
            campaign=autumn, since=joined + timedelta(minutes=1), last=date(2026, 12, 24)
        )
        assert {person: set(each) for person, each in found.items()} == {
            alex: {old, new},
            kim: {old},
        }
        assert emulated.memberships([alex], joined) == {alex: [old]}

    def test_that_were_leads_are_in_campaigns_under_both_ids(self, emulated, salesforce, clock):
        (kim,) = seed_leads(salesforce, 1)
        (alex,) = seed_contacts(salesforce, 1)
        spring = seed_campaign(salesforce, "Spring", [kim])
        salesforce.convert_lead(kim, contact=alex)

        found = emulated.memberships([alex, kim], clock())

        assert {p: [m.campaign for m in each] for p, each in found.items()} == {
            alex: [spring],
            kim: [spring],
        }

    def test_are_asked_for_in_addresses_that_salesforce_takes(
        self, emulated, salesforce, clock
    ):
        people = seed_contacts(salesforce, MOST_PAIRS // 2)
        people += seed_leads(salesforce, MOST_PAIRS // 2)
        for name in ("One", "Two", "Three"):
            seed_campaign(salesforce, name, people)

        found = emulated.memberships(people, clock())

        assert {person: len(each) for person, each in found.items()} == dict.fromkeys(people, 3)

    def test_are_not_asked_for_in_an_org_without_campaigns(self, emulated, salesforce, clock):
        salesforce.schema.hide("CampaignMember")

        with pytest.raises(OrgRefusedError) as caught:
            emulated.memberships(["003000000000001AAA"], clock())

        assert caught.value.code == "INVALID_TYPE"

    def test_may_have_labels_that_were_missing(self, emulated, salesforce):
        spring = seed_campaign(salesforce, "Spring")
        status = {"CampaignId": spring, "Label": "ARRIVED", "SortOrder": 7}
        salesforce.create("CampaignMemberStatus", status)
        before = salesforce.count("CampaignMemberStatus")

        failed = emulated.ensure_labels([spring], ["Arrived", "Texted", "Failed", "Texted"])
        again = emulated.ensure_labels([spring], ["Arrived", "Texted", "Failed"])

        made = salesforce.records("CampaignMemberStatus")[before:]
        assert (failed, again) == ({}, {})
        assert [(m["Label"], m["SortOrder"]) for m in made] == [("Texted", 8), ("Failed", 9)]
        assert not any(m["IsDefault"] or m["HasResponded"] for m in made)

    def test_that_may_not_have_them_are_told(self, org, logged_in):
        logged_in.get(f"{DATA}/query/", json={"records": [], "done": True})
        refusal = {"success": False, "errors": [{"statusCode": "INSUFFICIENT_ACCESS"}]}
        logged_in.post(f"{DATA}/composite/sobjects", json=[refusal])

        assert org.ensure_labels([CAMPAIGN], ["A"]) == {CAMPAIGN: "INSUFFICIENT_ACCESS"}

    @pytest.mark.parametrize("code", ["DUPLICATE_VALUE", ""])
    def test_that_got_them_meanwhile_have_them(self, org, logged_in, code):
        logged_in.get(f"{DATA}/query/", json={"records": [], "done": True})
        answer = {"success": not code, "errors": [{"statusCode": code}] if code else []}
        logged_in.post(f"{DATA}/composite/sobjects", json=[answer])

        assert org.ensure_labels([CAMPAIGN], ["A"]) == {}
