"""What an admin configures, and what a record's life does to it."""

import pytest

from connector.emulator import (
    AssignmentRule,
    BrokenFlow,
    DuplicateRule,
    RefusedRecordError,
    ValidationRule,
    seed_campaign,
)


SAVE = {"Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=false"}


@pytest.fixture
def lead(org):
    return org.create(
        "Lead", {"LastName": "Dunn", "Company": "X", "MobilePhone": "+12015550102"}
    )


@pytest.fixture
def write(client):
    def write(record, headers=None, **fields):
        sobject = {"003": "Contact", "00Q": "Lead", "00v": "CampaignMember"}[record[:3]]
        answer = client.call("PATCH", f"/sobjects/{sobject}/{record}", fields, headers=headers)
        return answer.json()[0]["errorCode"] if answer.content else answer.status_code

    return write


class TestAdmins:
    def test_a_validation_rule_speaks_its_own_words(self, org, client, contact):
        org.rules.validation.append(
            ValidationRule(
                object="Contact",
                message="Sie dürfen das nicht",
                fails=lambda record: bool(
                    record["SMS_Opt_Out__c"] and not record["MobilePhone"]
                ),
            )
        )
        path = f"/sobjects/Contact/{contact}"

        good = client.call("PATCH", path, {"SMS_Opt_Out__c": True})
        bad = client.call("PATCH", path, {"MobilePhone": None})

        assert good.status_code == 204
        assert bad.json() == [
            {
                "message": "Sie dürfen das nicht",
                "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                "fields": [],
            }
        ]

    def test_a_broken_flow_names_itself(self, org, client, contact):
        org.rules.flows.append(
            BrokenFlow(
                object="Contact", name="Sync", fails=lambda record: bool(record["Title"])
            )
        )

        answer = client.call("PATCH", f"/sobjects/Contact/{contact}", {"Title": "X"})

        assert answer.json()[0]["errorCode"] == "CANNOT_EXECUTE_FLOW_TRIGGER"
        assert '"Sync"' in answer.json()[0]["message"]

    def test_an_alerting_duplicate_rule_gives_way_to_the_header(
        self, org, client, write, contact
    ):
        org.create("Contact", {"LastName": "Brook", "MobilePhone": "+12015550100"})
        org.rules.duplicates.append(
            DuplicateRule(object="Contact", name="Phones", fields=("MobilePhone",))
        )

        refused = client.call("PATCH", f"/sobjects/Contact/{contact}", {"Title": "X"})

        assert refused.json()[0]["errorCode"] == "DUPLICATES_DETECTED"
        result = refused.json()[0]["duplicateResult"]
        assert (result["allowSave"], result["matchResults"][0]["size"]) == (True, 1)
        assert write(contact, SAVE, Title="X") == 204

    def test_a_blocking_one_does_not(self, org, write, contact):
        org.create("Contact", {"LastName": "Brook", "MobilePhone": "+12015550100"})
        org.rules.duplicates.append(
            DuplicateRule(object="Contact", name="Phones", fields=("MobilePhone",), blocks=True)
        )

        assert write(contact, SAVE, Title="X") == "DUPLICATES_DETECTED"

    @pytest.mark.parametrize(
        "header,moves", [(None, True), ("TRUE", True), ("FALSE", False), ("false", False)]
    )
    def test_a_lead_changes_hands_unless_the_header_says_no(
        self, org, write, lead, header, moves
    ):
        seller = org.add_user("seller@example.com")
        owner = org.record("Lead", lead)["OwnerId"]
        org.rules.assignment.append(AssignmentRule(object="Lead", owner=seller))

        write(lead, {"Sforce-Auto-Assign": header} if header else None, Title="X")

        assert org.record("Lead", lead)["OwnerId"] == (seller if moves else owner)

    def test_records_in_approval_and_unshared_ones_refuse(self, org, write, contact, lead):
        org.rules.locked.add(contact)
        org.rules.readonly.add(lead)

        assert write(contact, Title="X") == "ENTITY_IS_LOCKED"
        assert write(lead, Title="X") == "INSUFFICIENT_ACCESS_OR_READONLY"

    def test_without_storage_only_creating_fails(self, org, client, write, contact):
        org.rules.storage_full = True

        created = client.call("POST", "/sobjects/Contact", {"LastName": "X"})

        assert created.json()[0]["errorCode"] == "STORAGE_LIMIT_EXCEEDED"
        assert write(contact, Title="X") == 204

    def test_an_inactive_owner_is_refused(self, org, write, contact):
        seller = org.add_user("seller@example.com")
        org.update("User", seller, {"IsActive": False})

        assert write(contact, OwnerId=seller) == "INACTIVE_OWNER_OR_USER"


class TestConversion:
    def test_a_converted_lead_names_its_contact_and_refuses_writes(
        self, org, client, write, lead
    ):
        made = org.convert_lead(lead)

        soql = "SELECT IsConverted, ConvertedContactId, ConvertedAccountId FROM Lead"
        record = client.query(soql).json()["records"][0]
        assert record["IsConverted"] is True
        assert record["ConvertedContactId"] == made["contact"]
        assert record["ConvertedAccountId"] == made["account"]
        assert org.record("Contact", made["contact"])["MobilePhone"] == "+12015550102"
        assert write(lead, Title="X") == "CANNOT_UPDATE_CONVERTED_LEAD"

    def test_custom_fields_go_along_only_where_they_are_mapped(self, org, lead):
        org.update("Lead", lead, {"SMS_Opt_Out__c": True, "SMS_Gateway__c": "kannel"})
        org.rules.lead_fields["SMS_Opt_Out__c"] = "SMS_Opt_Out__c"

        contact = org.record("Contact", org.convert_lead(lead)["contact"])

        assert (contact["SMS_Opt_Out__c"], contact["SMS_Gateway__c"]) == (True, None)

    def test_memberships_then_belong_to_the_contact_too(self, org, lead):
        seed_campaign(org, "Autumn", [lead])

        contact = org.convert_lead(lead)["contact"]

        member = org.records("CampaignMember")[0]
        assert (member["LeadId"], member["ContactId"]) == (lead, contact)

    def test_into_an_existing_contact(self, org, lead, contact):
        assert org.convert_lead(lead, contact=contact)["contact"] == contact

    def test_twice_is_an_error(self, org, lead):
        org.convert_lead(lead)

        with pytest.raises(RefusedRecordError, match="no open lead"):
            org.convert_lead(lead)


class TestMergeAndDelete:
    def test_losers_are_deleted_and_name_the_winner(self, org, client, write, contact):
        loser = org.create("Contact", {"LastName": "Brook"})
        campaign = seed_campaign(org, "Autumn", [loser])

        org.merge(contact, [loser])

        soql = "SELECT IsDeleted, MasterRecordId FROM Contact WHERE IsDeleted = true"
        record = client.query(soql, "/queryAll").json()["records"][0]
        assert (record["IsDeleted"], record["MasterRecordId"]) == (True, contact)
        assert write(loser, Title="X") == "ENTITY_IS_DELETED"
        member = org.records("CampaignMember")[0]
        assert (member["ContactId"], member["CampaignId"]) == (contact, campaign)

    def test_a_deleted_account_takes_its_contacts_along(self, org):
        account = org.create("Account", {"Name": "Example Ltd"})
        child = org.create("Contact", {"LastName": "A", "AccountId": account})

        org.delete("Account", account)

        assert org.record("Contact", child)["IsDeleted"] is True

    def test_users_are_never_deleted(self, org, client):
        user = org.users["admin@example.com"]

        assert client.call("DELETE", f"/sobjects/User/{user}").status_code == 403


class TestCampaignMembers:
    @pytest.fixture
    def campaign(self, org):
        return org.create("Campaign", {"Name": "Autumn"})

    def join(self, client, campaign, **fields):
        return client.call(
            "POST", "/sobjects/CampaignMember", {"CampaignId": campaign, **fields}
        )

    @pytest.mark.usefixtures("campaign")
    def test_a_new_campaign_has_two_statuses(self, client):
        soql = (
            "SELECT Label, IsDefault, HasResponded FROM CampaignMemberStatus ORDER BY SortOrder"
        )

        records = client.query(soql).json()["records"]

        assert [(r["Label"], r["IsDefault"], r["HasResponded"]) for r in records] == [
            ("Sent", True, False),
            ("Responded", False, True),
        ]

    def test_an_undefined_status_gives_way_to_the_default(
        self, org, client, campaign, contact, write
    ):
        member = self.join(client, campaign, ContactId=contact, Status="Delivered").json()["id"]
        before = org.record("CampaignMember", member)

        write(member, Status="responded")

        after = org.record("CampaignMember", member)
        assert (before["Status"], before["HasResponded"]) == ("Sent", False)
        assert (after["Status"], after["HasResponded"]) == ("Responded", True)

    def test_an_added_status_is_kept(self, org, client, campaign, contact):
        org.create("CampaignMemberStatus", {"CampaignId": campaign, "Label": "Delivered"})

        member = self.join(client, campaign, ContactId=contact, Status="Delivered").json()["id"]

        assert org.record("CampaignMember", member)["Status"] == "Delivered"

    def test_a_status_is_added_over_rest(self, org, client, campaign, contact):
        added = client.call(
            "POST",
            "/sobjects/CampaignMemberStatus",
            {"CampaignId": campaign, "Label": "Clicked", "SortOrder": 3, "HasResponded": True},
        )

        member = self.join(client, campaign, ContactId=contact, Status="Clicked").json()["id"]

        assert added.status_code == 201
        assert org.record("CampaignMember", member)["HasResponded"]

    def test_one_status_is_the_default(self, org, client, campaign):
        fields = {"CampaignId": campaign, "Label": "Clicked", "IsDefault": True}

        client.call("POST", "/sobjects/CampaignMemberStatus", fields)

        statuses = org.records("CampaignMemberStatus")
        assert {each["Label"]: each["IsDefault"] for each in statuses} == {
            "Sent": False,
            "Responded": False,
            "Clicked": True,
        }

    def test_the_same_person_joins_once(self, client, campaign, contact, lead):
        first = self.join(client, campaign, ContactId=contact)
        again = self.join(client, campaign, ContactId=contact)
        other = self.join(client, campaign, LeadId=lead)

        assert (first.status_code, other.status_code) == (201, 201)
        assert again.json()[0]["errorCode"] == "DUPLICATE_VALUE"
        assert again.json()[0]["message"] == "Already a campaign member."

    def test_of_contact_and_lead_the_contact_is_kept(
        self, org, client, campaign, contact, lead
    ):
        member = self.join(client, campaign, ContactId=contact, LeadId=lead).json()["id"]

        assert org.record("CampaignMember", member)["LeadId"] is None

    def test_somebody_must_join(self, client, campaign):
        answer = self.join(client, campaign)

        assert answer.json()[0]["errorCode"] == "REQUIRED_FIELD_MISSING"

    def test_response_cannot_be_set_nor_the_person_changed(
        self, client, campaign, contact, write
    ):
        member = self.join(client, campaign, ContactId=contact).json()["id"]

        assert write(member, HasResponded=True) == "INVALID_FIELD_FOR_INSERT_UPDATE"
        assert write(member, ContactId=contact) == "INVALID_FIELD_FOR_INSERT_UPDATE"
