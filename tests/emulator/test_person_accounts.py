"""Accounts that are people: one person, two sides."""

import pytest

from connector.emulator import ADMIN, RefusedRecordError, ValidationRule, seed_campaign
from tests.emulator.conftest import Client
from tests.emulator.packages import TEXT, field, package


PHONE = "+12015550101"


@pytest.fixture
def people(org):
    org.enable_person_accounts()
    return org


@pytest.fixture
def person(people):
    return people.create(
        "Account", {"FirstName": "Ada", "LastName": "Brook", "PersonMobilePhone": PHONE}
    )


def contact_of(org, account):
    return org.record("Account", account)["PersonContactId"]


class TestDescribe:
    def test_an_org_without_them_has_none_of_their_fields(self, client):
        fields = client.get("/sobjects/Account/describe").json()["fields"]

        names = {each["name"] for each in fields}
        assert not names & {"IsPersonAccount", "PersonContactId", "LastName", "PersonEmail"}

    @pytest.mark.usefixtures("people")
    def test_account_shows_what_contact_has(self, client):
        answer = client.get("/sobjects/Account/describe").json()

        fields = {each["name"]: each for each in answer["fields"]}
        mirror = fields["SMS_Last_Campaign__pc"]
        assert not fields["IsPersonAccount"]["updateable"]
        assert not fields["PersonContactId"]["createable"]
        assert fields["PersonContactId"]["referenceTo"] == ["Contact"]
        assert fields["Name"]["nillable"]
        assert fields["PersonMobilePhone"]["type"] == "phone"
        assert {"PersonHasOptedOutOfEmail", "PersonDoNotCall"} <= set(fields)
        assert mirror["custom"]
        assert mirror["relationshipName"] == "SMS_Last_Campaign__pr"
        assert not fields["SMS_Phone_E164__pc"]["externalId"]

    @pytest.mark.usefixtures("people")
    def test_contact_says_whether_it_is_a_person_account(self, client):
        fields = client.get("/sobjects/Contact/describe").json()["fields"]

        assert "IsPersonAccount" in {each["name"] for each in fields}

    def test_a_field_that_comes_later_has_its_mirror(self, people, client):
        people.deploy(package(objects__Contact=field("A__c", TEXT)))
        account = people.schema.sobject("Account")

        assert people.schema.field(account, "A__pc") is not None
        assert "A__pc" not in {
            each["name"] for each in client.get("/sobjects/Account/describe").json()["fields"]
        }


class TestBothSides:
    def test_a_person_is_an_account_and_a_contact(self, people, person):
        account = people.record("Account", person)
        contact = people.record("Contact", account["PersonContactId"])

        assert (account["IsPersonAccount"], account["Name"]) == (True, "Ada Brook")
        assert (contact["IsPersonAccount"], contact["Name"]) == (True, "Ada Brook")
        assert (contact["AccountId"], contact["MobilePhone"]) == (person, PHONE)

    def test_what_is_written_to_the_account_shows_on_the_contact(self, people, person, client):
        answer = client.call(
            "PATCH",
            f"/sobjects/Account/{person}",
            {"SMS_Gateway__pc": "kannel", "PersonEmail": "ada@example.com", "LastName": "Dunn"},
        )

        contact = people.record("Contact", contact_of(people, person))
        assert answer.status_code == 204
        assert contact["SMS_Gateway__c"] == "kannel"
        assert contact["Email"] == "ada@example.com"
        assert contact["Name"] == "Ada Dunn"

    def test_what_is_written_to_the_contact_shows_on_the_account(
        self, people, person, client, watch
    ):
        watch.move(minutes=1)
        contact = contact_of(people, person)

        answer = client.call(
            "PATCH", f"/sobjects/Contact/{contact}", {"SMS_Opt_Out__c": True, "Title": "Dr"}
        )

        account = people.record("Account", person)
        assert answer.status_code == 204
        assert account["SMS_Opt_Out__pc"] is True
        assert account["PersonTitle"] == "Dr"
        assert account["SystemModstamp"] == "2026-11-23T10:01:00.000+0000"

    @pytest.mark.usefixtures("person")
    def test_queries_reach_from_one_to_the_other(self, client):
        rows = client.query(
            "SELECT Id, Account.IsPersonAccount, Account.PersonMobilePhone FROM Contact"
            " WHERE IsPersonAccount = true"
        ).json()["records"]

        assert rows[0]["Account"]["PersonMobilePhone"] == PHONE

    def test_a_campaign_takes_the_contact(self, people, person):
        contact = contact_of(people, person)

        seed_campaign(people, "News", [contact])

        assert people.records("CampaignMember")[0]["ContactId"] == contact


class TestRefusals:
    @pytest.mark.parametrize(
        "fields,code",
        [
            ({"Name": "Acme", "LastName": "Brook"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
            (
                {"Name": "Acme", "PersonEmail": "a@example.com"},
                "INVALID_FIELD_FOR_INSERT_UPDATE",
            ),
            ({"Phone": PHONE}, "REQUIRED_FIELD_MISSING"),
        ],
    )
    @pytest.mark.usefixtures("people")
    def test_business_and_person_do_not_mix(self, client, fields, code):
        answer = client.call("POST", "/sobjects/Account", fields)

        assert answer.json()[0]["errorCode"] == code

    def test_business_accounts_stay_what_they_are(self, people, client):
        made = client.call("POST", "/sobjects/Account", {"Name": "Acme"}).json()["id"]

        account = people.record("Account", made)
        assert (account["IsPersonAccount"], account["PersonContactId"]) == (False, None)

    def test_the_contact_is_not_deleted_moved_or_merged_alone(self, people, person, client):
        contact = contact_of(people, person)
        other = people.create("Contact", {"LastName": "Castle"})
        company = people.create("Account", {"Name": "Acme"})

        deleted = client.call("DELETE", f"/sobjects/Contact/{contact}")
        moved = client.call("PATCH", f"/sobjects/Contact/{contact}", {"AccountId": company})

        assert deleted.json()[0]["errorCode"] == "DELETE_FAILED"
        assert moved.json()[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
        with pytest.raises(RefusedRecordError):
            people.merge(other, [contact])

    def test_a_person_has_no_other_contacts(self, person, client):
        answer = client.call(
            "POST", "/sobjects/Contact", {"LastName": "Castle", "AccountId": person}
        )

        assert answer.json()[0]["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"

    def test_rules_of_accounts_hold_on_either_side(self, people, person, client):
        people.rules.validation.append(
            ValidationRule(
                object="Account",
                message="No doctors",
                fails=lambda row: row["PersonTitle"] == "Dr",
            )
        )
        contact = contact_of(people, person)

        answers = [
            client.call("PATCH", f"/sobjects/Account/{person}", {"PersonTitle": "Dr"}),
            client.call("PATCH", f"/sobjects/Contact/{contact}", {"Title": "Dr"}),
        ]

        assert [answer.json()[0]["message"] for answer in answers] == ["No doctors"] * 2


class TestLives:
    def test_deleting_the_account_deletes_the_contact(self, people, person):
        contact = contact_of(people, person)

        people.delete("Account", person)

        assert people.record("Contact", contact)["IsDeleted"]

    def test_merged_people_are_merged_on_both_sides(self, people, person):
        loser = people.create("Account", {"LastName": "Castle"})
        lost, kept = contact_of(people, loser), contact_of(people, person)
        seed_campaign(people, "News", [lost])

        people.merge(person, [loser])

        assert people.record("Account", loser)["MasterRecordId"] == person
        assert people.record("Contact", lost)["MasterRecordId"] == kept
        assert people.records("CampaignMember")[0]["ContactId"] == kept
        assert not people.record("Contact", kept)["IsDeleted"]

    def test_a_record_type_makes_a_person(self, people, session):
        session.headers["Authorization"] = f"Bearer {people.issue_token(ADMIN)}"
        client = Client(session)
        soql = "SELECT Id FROM RecordType WHERE SobjectType = 'Account' AND IsPersonType = true"
        chosen = client.query(soql).json()["records"][0]["Id"]

        made = client.call(
            "POST", "/sobjects/Account", {"RecordTypeId": chosen, "LastName": "Dunn"}
        ).json()["id"]

        assert people.record("Account", made)["IsPersonAccount"]
