"""Person accounts: an account and its contact are one person, under two ids."""

import pytest

from connector import mapping
from connector.emulator import seed_campaign, seed_contacts
from connector.emulator.kinds import picklist
from connector.mapping import MEMBER
from tests.pipeline.org_mappings import Pipeline, documented, load, optional
from tests.pipeline.test_campaigns_of import Counted
from tests.pipeline.test_members import statuses, texted
from tests.support.callbacks import dlr, reply
from tests.support.events import MOBILE
from tests.support.sms_org import STATUSES


ACCOUNT = documented("Account")
BUSINESS = "object: Account\nfields: {Last_Text__c: delivery.status}\n"


@pytest.fixture
def person_accounts(emulator):
    """An org that has them; makes one and returns the ids of its account and contact."""
    emulator.enable_person_accounts()
    emulator.add_fields("Account", picklist("Last_Text__c", "Last Text", *STATUSES))

    def make(number=MOBILE):
        fields = {"LastName": "Brook", "PersonMobilePhone": number}
        account = emulator.create("Account", fields)
        return account, emulator.record("Account", account)["PersonContactId"]

    return make


@pytest.fixture
def made(store, org, budget, clock, pusher):
    def with_mappings(mappings):
        return Pipeline(store, org, budget, clock, pusher, mappings)

    return with_mappings


@pytest.fixture
def pipeline(made, mappings):
    """With the shipped mappings: people are Contacts and Leads."""
    return made(mappings)


def test_a_message_to_the_account_is_shown_on_its_contact(emulator, person_accounts, pipeline):
    account, contact = person_accounts()
    pipeline.directory.sync()

    pipeline.run(dlr(1, ref=account))

    assert emulator.record("Contact", contact)["SMS_Delivery_Status__c"] == "Delivered"
    assert pipeline.shown_on() == {("Contact", contact): "reference"}


def test_a_business_account_is_no_person(emulator, person_accounts, pipeline):
    person_accounts("+447700900999")
    business = emulator.create("Account", {"Name": "Acme"})
    (alex,) = seed_contacts(emulator, 1, AccountId=business)
    pipeline.directory.sync()

    pipeline.run(dlr(1, ref=business))

    assert pipeline.shown_on() == {}
    assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] is None


def test_a_message_to_an_account_that_is_not_known_yet_waits_for_it(person_accounts, pipeline):
    account, contact = person_accounts()
    pipeline.run(dlr(1, ref=account, to="%2B447700900999"))
    before = pipeline.shown_on()

    pipeline.directory.sync()
    pipeline.run()

    assert before == {}
    assert pipeline.shown_on() == {("Contact", contact): "reference"}


def test_an_org_without_them_is_not_asked_for_them(emulator, pipeline):
    (alex,) = seed_contacts(emulator, 1, MobilePhone=MOBILE)

    assert pipeline.directory.sync().done

    pipeline.keep(dlr(1, ref=""))
    assert pipeline.shown_on() == {("Contact", alex): "phone"}


def test_one_that_is_mapped_is_shown_itself(emulator, person_accounts, made, tmp_path):
    account, contact = person_accounts()
    both = load(tmp_path, account=BUSINESS)
    pipeline = made(both)
    pipeline.directory.sync()

    pipeline.run(dlr(1, ref=account))

    assert emulator.record("Account", account)["Last_Text__c"] == "Delivered"
    assert emulator.record("Contact", contact)["SMS_Delivery_Status__c"] is None


class TestAccountAlone:
    """An org that maps the account, by its __pc fields, and not the contact."""

    @pytest.fixture
    def pipeline(self, made, tmp_path):
        path = tmp_path / "account.yaml"
        path.write_text(ACCOUNT)
        return made({"Account": mapping.load(path)})

    def test_its_numbers_are_those_of_the_person(self, emulator, person_accounts, pipeline):
        account, _ = person_accounts()
        pipeline.directory.sync()

        pipeline.run(dlr(1, ref=""), reply("STOP"))

        record = emulator.record("Account", account)
        assert record["SMS_Delivery_Status__pc"] == "Delivered"
        assert record["SMS_Opt_Out__pc"] is True

    def test_a_message_to_its_contact_is_shown_on_it(self, emulator, person_accounts, pipeline):
        account, contact = person_accounts()
        pipeline.directory.sync()

        pipeline.run(dlr(1, ref=contact))

        assert emulator.record("Account", account)["SMS_Delivery_Status__pc"] == "Delivered"
        assert pipeline.shown_on() == {("Account", account): "reference"}

    def test_it_is_a_campaign_s_member_as_its_contact(
        self, emulator, person_accounts, pipeline, made
    ):
        account, contact = person_accounts()
        spring = seed_campaign(emulator, "Spring", [contact])
        pipeline = made({**pipeline.mappings, **optional("campaign_member")})
        pipeline.directory.sync()

        pipeline.run(texted(1, account, spring))

        assert statuses(emulator, spring) == {contact: "Text delivered"}

    def test_a_business_account_is_a_member_of_nothing(
        self, emulator, person_accounts, pipeline, made
    ):
        person_accounts("+447700900999")
        business = emulator.create("Account", {"Name": "Acme"})
        spring = seed_campaign(emulator, "Spring")
        pipeline = made({**pipeline.mappings, **optional("campaign_member")})
        pipeline.directory.sync()

        pipeline.keep(texted(1, business, spring))
        report = pipeline.seek()

        assert (report.asked, report.found) == (1, 0)
        assert emulator.records(MEMBER) == []


def test_with_both_mapped_a_person_is_told_once_a_field(
    emulator, person_accounts, made, tmp_path
):
    """What both could write is refused when the mappings are read; the rest is apart."""
    account, contact = person_accounts()
    flag = "object: Account\nphones: [PersonMobilePhone]\nfields: {PersonDoNotCall: %s}\n"
    pipeline = made(load(tmp_path, account=flag % "consent.opted_out"))
    pipeline.directory.sync()

    pipeline.run(reply("STOP"))

    assert emulator.record("Account", account)["PersonDoNotCall"] is True
    assert emulator.record("Contact", contact)["SMS_Opt_Out__c"] is True


def test_a_deleted_one_is_gone_and_back_with_its_consent(
    emulator, person_accounts, pipeline, clock
):
    account, contact = person_accounts()
    pipeline.directory.sync()
    clock.advance(minutes=1)
    emulator.delete("Account", account)
    pipeline.directory.sync()
    pipeline.run(dlr(1, ref=account), reply("STOP"))
    gone = pipeline.shown_on()
    clock.advance(minutes=1)
    emulator.undelete("Account", account)
    emulator.undelete("Contact", contact)  # Salesforce brings both back at once

    pipeline.directory.sync()
    pipeline.run()

    assert gone == {}
    assert emulator.record("Contact", contact)["SMS_Opt_Out__c"] is True
    assert emulator.record("Contact", contact)["SMS_Delivery_Status__c"] == "Delivered"


class TestCampaign:
    """A person account is in a campaign as its contact."""

    @pytest.fixture(params=["Contact", "Account"])
    def counted(self, request, store, org, budget, clock, pusher, mappings, tmp_path):
        """With either of the two mapped."""
        path = tmp_path / "account.yaml"
        path.write_text(ACCOUNT)
        of_account = {"Account": mapping.load(path), "Lead": mappings["Lead"]}
        mapped = mappings if request.param == "Contact" else of_account
        return Counted(store, org, budget, clock, pusher, mapped)

    @pytest.mark.parametrize("by_account", [True, False])
    def test_is_that_of_the_contact(self, emulator, person_accounts, counted, by_account):
        account, contact = person_accounts()
        spring = seed_campaign(emulator, "Spring", [contact])
        counted.directory.sync()

        counted.send(account if by_account else contact)

        assert counted.campaign() == spring

    def test_a_business_account_is_in_none(
        self, emulator, person_accounts, store, org, budget, clock, pusher, tmp_path
    ):
        _, contact = person_accounts("+447700900999")
        seed_campaign(emulator, "Spring", [contact])
        counted = Counted(store, org, budget, clock, pusher, load(tmp_path, account=BUSINESS))
        business = emulator.create("Account", {"Name": "Acme"})
        queries = emulator.calls["GET /query"]

        counted.send(business)

        assert counted.shown_on() == {("Account", business): "reference"}
        assert counted.campaign() == ""
        assert emulator.calls["GET /query"] == queries
