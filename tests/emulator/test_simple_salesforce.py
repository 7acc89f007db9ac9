"""The Python client that everyone uses, unmodified, over HTTPS with the private CA."""

import contextlib

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)

from connector.emulator import seed_contacts, serve


@pytest.fixture
def server(org, tmp_path):
    with contextlib.closing(serve(org, folder=tmp_path)) as server:
        yield server


@pytest.fixture
def salesforce(org, server):
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(server.ca_file)
        yield Salesforce(
            session_id=org.issue_token(),
            instance_url=server.https_url,
            session=session,
            version="66.0",
        )


class TestSimpleSalesforce:
    def test_creates_reads_changes_and_deletes(self, salesforce, org):
        made = salesforce.Contact.create({"LastName": "Brook", "MobilePhone": "+12015550100"})
        changed = salesforce.Contact.update(made["id"], {"SMS_Opt_Out__c": True})
        read = salesforce.Contact.get(made["id"])
        deleted = salesforce.Contact.delete(made["id"])

        assert made["success"] is True
        assert (changed, deleted) == (204, 204)
        assert (read["Name"], read["SMS_Opt_Out__c"]) == ("Brook", True)
        assert org.record("Contact", made["id"])["IsDeleted"] is True

    def test_pages_through_a_query(self, salesforce, org):
        ids = seed_contacts(org, 450)
        org.queries.page_size = 200

        first = salesforce.query("SELECT Id FROM Contact ORDER BY Id")
        everything = salesforce.query_all("SELECT Id FROM Contact ORDER BY Id")

        assert (first["totalSize"], first["done"], len(first["records"])) == (450, False, 200)
        assert [record["Id"] for record in everything["records"]] == sorted(ids)

    def test_describes(self, salesforce):
        description = salesforce.Contact.describe()

        names = {field["name"] for field in description["fields"]}
        assert {"MobilePhone", "SMS_Delivery_Status__c"} <= names
        assert "Contact" in {each["name"] for each in salesforce.describe()["sobjects"]}

    def test_upserts_by_external_id(self, salesforce, org):
        created = salesforce.SMS_Campaign_Stat__c.upsert("Key__c/total:1", {"Messages__c": 1})
        changed = salesforce.SMS_Campaign_Stat__c.upsert("Key__c/total:1", {"Messages__c": 2})
        read = salesforce.SMS_Campaign_Stat__c.get_by_custom_id("Key__c", "total:1")

        assert (created, changed) == (201, 200)
        assert read["Messages__c"] == 2.0
        assert len(org.records("SMS_Campaign_Stat__c")) == 1

    def test_writes_two_hundred_in_one_call(self, salesforce, org):
        ids = seed_contacts(org, 200)
        records = [
            {"attributes": {"type": "Contact"}, "id": each, "SMS_Gateway__c": "kannel"}
            for each in ids
        ]

        results = salesforce.restful(
            "composite/sobjects", method="PATCH", json={"allOrNone": False, "records": records}
        )

        assert [result["id"] for result in results] == ids
        assert {each["SMS_Gateway__c"] for each in org.records("Contact")} == {"kannel"}
        assert org.calls["PATCH /composite/sobjects"] == 1

    def test_reads_the_usage_of_every_answer(self, salesforce):
        salesforce.query("SELECT Id FROM Contact")

        usage = salesforce.api_usage["api-usage"]
        assert (usage.used, usage.total) == (1, 100_000)
        assert salesforce.limits()["DailyApiRequests"]["Max"] == 100_000

    def test_finds_phones(self, salesforce, contact):
        found = salesforce.search(
            "FIND {12015550100} IN PHONE FIELDS RETURNING Contact(Id, MobilePhone)"
        )

        assert [each["Id"] for each in found["searchRecords"]] == [contact]

    def test_lists_changes_and_deletions(self, salesforce, org, contact, watch):
        gone = org.create("Contact", {"LastName": "Gone"})
        org.delete("Contact", gone)
        start = watch.now
        watch.move(minutes=2)

        changed = salesforce.Contact.updated(start, watch.now)
        deleted = salesforce.Contact.deleted(start, watch.now)

        assert changed["ids"] == [contact]
        assert [each["id"] for each in deleted["deletedRecords"]] == [gone]

    def test_raises_its_own_exceptions(self, salesforce, org):
        for name in ("One", "Two"):
            org.create("Contact", {"LastName": name, "SMS_Phone_E164__c": "+12015550101"})

        with pytest.raises(SalesforceMalformedRequest):
            salesforce.query("SELECT Nothing FROM Contact")
        with pytest.raises(SalesforceResourceNotFound):
            salesforce.Contact.get("003000000000000AAA")
        with pytest.raises(SalesforceMoreThanOneRecord):
            salesforce.Contact.upsert("SMS_Phone_E164__c/+12015550101", {"LastName": "X"})

    def test_is_refused_without_the_private_ca(self, org, server):
        stranger = Salesforce(session_id=org.issue_token(), instance_url=server.https_url)

        with stranger.session, pytest.raises(requests.exceptions.SSLError):
            stranger.query("SELECT Id FROM Contact")
