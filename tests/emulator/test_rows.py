"""One record a call: what is taken, what is refused, and with which status."""

import gzip
import json

import pytest

from connector.emulator import Field


def code(answer):
    return answer.status_code, answer.json()[0]["errorCode"]


class TestRows:
    def test_create_answers_201_with_the_address(self, client, org):
        answer = client.call(
            "POST", "/sobjects/Contact", {"LastName": " Brook ", "FirstName": "Ben"}
        )

        record = answer.json()["id"]
        assert (answer.status_code, answer.json()) == (
            201,
            {"id": record, "success": True, "errors": []},
        )
        assert answer.headers["Location"] == f"/services/data/v66.0/sobjects/Contact/{record}"
        assert org.record("Contact", record)["Name"] == "Ben Brook"

    def test_update_answers_204_and_moves_the_stamps(self, client, org, contact, watch):
        watch.move(minutes=1)

        answer = client.call("PATCH", f"/sobjects/Contact/{contact}", {"SMS_Opt_Out__c": True})

        record = org.record("Contact", contact)
        assert (answer.status_code, answer.content) == (204, b"")
        assert record["SystemModstamp"] == "2026-11-23T10:01:00.000+0000"
        assert record["CreatedDate"] == "2026-11-23T10:00:00.000+0000"
        assert record["LastModifiedById"] == org.users["integration@example.com"]

    def test_an_update_that_changes_nothing_moves_the_stamp_and_leaves_no_history(
        self, client, org, contact, watch
    ):
        watch.move(minutes=1)

        client.call("PATCH", f"/sobjects/Contact/{contact}", {"LastName": "Brook"})

        assert org.record("Contact", contact)["SystemModstamp"].startswith("2026-11-23T10:01")
        assert [entry.field for entry in org.history("Contact", contact)] == ["created"]

    def test_the_history_says_who_when_what_and_how(self, client, org, contact, watch):
        watch.move(minutes=1)

        client.call("PATCH", f"/sobjects/Contact/{contact}", {"SMS_Gateway__c": "kannel"})

        entry = org.history("Contact", contact)[-1]
        assert (entry.field, entry.old, entry.new) == ("SMS_Gateway__c", None, "kannel")
        assert entry.at == "2026-11-23T10:01:00.000+0000"
        assert entry.user == org.users["integration@example.com"]
        assert entry.call.startswith(f"PATCH /sobjects/Contact/{contact} #")

    def test_reads_all_or_the_fields_asked_for(self, client, contact):
        all_of_it = client.get(f"/sobjects/contact/{contact[:15]}").json()
        some = client.get(f"/sobjects/Contact/{contact}?fields=mobilephone,Id").json()

        assert all_of_it["SMS_Opt_Out__c"] is False
        assert set(some) == {"attributes", "Id", "MobilePhone"}
        assert some["attributes"]["url"] == f"/services/data/v66.0/sobjects/Contact/{contact}"

    @pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
    def test_wrong_ids_are_404(self, client, org, contact, method):
        org.delete("Contact", contact)
        call = lambda path: code(client.call(method, path, {} if method == "PATCH" else None))  # noqa: E731

        assert call("/sobjects/Contact/003xx0000000000AAA") == (404, "NOT_FOUND")
        assert call("/sobjects/Contact/nonsense") == (404, "NOT_FOUND")
        assert call("/sobjects/Nope/003xx0000000000AAA") == (404, "NOT_FOUND")
        assert call(f"/sobjects/Contact/{contact}") == (404, "ENTITY_IS_DELETED")

    def test_a_purged_record_is_unknown(self, client, org, contact):
        org.delete("Contact", contact)
        org.purge("Contact", contact)

        assert code(client.get(f"/sobjects/Contact/{contact}")) == (404, "NOT_FOUND")

    def test_an_undeleted_record_is_back(self, client, org, contact):
        org.delete("Contact", contact)
        org.undelete("Contact", contact)

        assert client.get(f"/sobjects/Contact/{contact}").status_code == 200

    def test_the_id_has_no_place_in_the_body(self, client, contact):
        answer = client.call("PATCH", f"/sobjects/Contact/{contact}", {"Id": contact})

        assert code(answer) == (400, "INVALID_FIELD")

    def test_other_methods_are_405(self, client):
        assert code(client.call("PUT", "/sobjects/Contact", {})) == (405, "METHOD_NOT_ALLOWED")
        assert code(client.call("DELETE", "/query")) == (405, "METHOD_NOT_ALLOWED")

    def test_packed_bodies_are_read(self, client, contact, org):
        body = gzip.compress(json.dumps({"SMS_Gateway__c": "kannel"}).encode())
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}

        answer = client.call(
            "PATCH", f"/sobjects/Contact/{contact}", data=body, headers=headers
        )

        assert answer.status_code == 204
        assert org.record("Contact", contact)["SMS_Gateway__c"] == "kannel"

    def test_big_answers_are_packed_for_who_can_read_them(self, client):
        packed = client.get("/sobjects/Contact/describe")
        plain = client.get(
            "/sobjects/Contact/describe", headers={"Accept-Encoding": "identity"}
        )

        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in plain.headers
        assert packed.json() == plain.json()

    def test_an_unchanged_record_is_304(self, client, contact, watch, org):
        headers = {"If-Modified-Since": "Mon, 23 Nov 2026 10:00:00 GMT"}
        same = client.get(f"/sobjects/Contact/{contact}", headers=headers)
        watch.move(minutes=1)
        org.update("Contact", contact, {"Title": "B"})

        changed = client.get(f"/sobjects/Contact/{contact}", headers=headers)

        assert (same.status_code, changed.status_code) == (304, 200)

    def test_a_stale_writer_is_412(self, client, contact, watch, org):
        headers = {"If-Unmodified-Since": "Mon, 23 Nov 2026 10:00:00 GMT"}
        path = f"/sobjects/Contact/{contact}"
        first = client.call("PATCH", path, {"Title": "A"}, headers=headers)
        watch.move(minutes=1)
        org.update("Contact", contact, {"Title": "B"})

        second = client.call("PATCH", path, {"Title": "C"}, headers=headers)

        assert (first.status_code, second.status_code) == (204, 412)


class TestUpsert:
    PATH = "/sobjects/SMS_Campaign_Stat__c/Key__c/"

    def test_201_then_200(self, client, org):
        first = client.call("PATCH", self.PATH + "a%2Fb%20c", {"Messages__c": 1})
        second = client.call("PATCH", self.PATH + "a%2Fb%20c", {"Messages__c": 2})

        assert (first.status_code, first.json()["created"]) == (201, True)
        assert (second.status_code, second.json()["created"]) == (200, False)
        assert first.json()["id"] == second.json()["id"]
        assert org.records("SMS_Campaign_Stat__c")[0]["Key__c"] == "a/b c"

    def test_before_v46_an_update_has_no_body(self, client):
        client.call("PATCH", self.PATH + "a", {})
        client.base = client.base.replace("v66.0", "v45.0")

        assert client.call("PATCH", self.PATH + "a", {}).status_code == 204

    def test_several_matches_are_300_and_nothing_is_written(self, client, org):
        phone = "+12015550101"
        ids = [
            org.create("Contact", {"LastName": name, "SMS_Phone_E164__c": phone})
            for name in "AB"
        ]

        answer = client.call(
            "PATCH", f"/sobjects/Contact/SMS_Phone_E164__c/{phone}", {"Title": "X"}
        )

        assert answer.status_code == 300
        assert answer.json() == [
            f"/services/data/v66.0/sobjects/Contact/{each}" for each in ids
        ]
        assert {each["Title"] for each in org.records("Contact")} == {None}

    def test_update_only_never_creates(self, client, org):
        answer = client.call("PATCH", self.PATH + "a?updateOnly=true", {})

        assert answer.status_code == 404
        assert org.records("SMS_Campaign_Stat__c") == []

    def test_the_key_has_no_place_in_the_body(self, client):
        assert code(client.call("PATCH", self.PATH + "a", {"Key__c": "a"})) == (
            400,
            "INVALID_FIELD",
        )

    def test_a_field_that_is_no_key_is_404(self, client):
        answer = client.call("PATCH", "/sobjects/Contact/LastName/Brook", {})

        assert code(answer) == (404, "NOT_FOUND")

    def test_reads_and_deletes_by_key(self, client):
        client.call("PATCH", self.PATH + "a", {"Messages__c": 1})

        assert client.get(self.PATH + "a").json()["Messages__c"] == 1.0
        assert client.call("DELETE", self.PATH + "a").status_code == 204
        assert client.get(self.PATH + "a").status_code == 404


@pytest.mark.parametrize(
    "fields,found",
    [
        ({"SMS_Gateway__c": "x" * 41}, "STRING_TOO_LONG"),
        ({"SMS_Delivery_Status__c": "delivered"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"Email": "nobody"}, "INVALID_EMAIL_ADDRESS"),
        ({"SMS_Consecutive_Failures__c": 10_000}, "NUMBER_OUTSIDE_VALID_RANGE"),
        ({"LastName": None}, "REQUIRED_FIELD_MISSING"),
        ({"LastName": "  "}, "REQUIRED_FIELD_MISSING"),
        ({"AccountId": "nonsense"}, "MALFORMED_ID"),
        ({"AccountId": "003xx0000000000AAA"}, "FIELD_INTEGRITY_EXCEPTION"),
        ({"AccountId": "001xx0000000000AAA"}, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"),
        ({"Name": "X"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"SystemModstamp": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"SMS_Recommended_Action__c": "X"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"IsDeleted": True}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Nope__c": 1}, "INVALID_FIELD"),
        ({"SMS_Opt_Out__c": "true"}, "JSON_PARSER_ERROR"),
        ({"SMS_Opt_Out__c": None}, "JSON_PARSER_ERROR"),
        ({"SMS_Gateway__c": 5}, "JSON_PARSER_ERROR"),
        ({"SMS_Consecutive_Failures__c": "5"}, "JSON_PARSER_ERROR"),
        ({"SMS_Status_At__c": "2026-11-23"}, "JSON_PARSER_ERROR"),
        ({"SMS_Status_At__c": "2026-11-23T10:00:00"}, "JSON_PARSER_ERROR"),
        ({"SMS_Status_At__c": 1_700_000_000}, "JSON_PARSER_ERROR"),
        ({"Birthdate": "yesterday"}, "JSON_PARSER_ERROR"),
        ({"SMS_Gateway__c": ["x"]}, "JSON_PARSER_ERROR"),
    ],
)
def test_a_value_that_the_field_cannot_hold_is_refused(client, org, contact, fields, found):
    before = org.record("Contact", contact)

    answer = client.call("PATCH", f"/sobjects/Contact/{contact}", fields)

    assert code(answer) == (400, found)
    assert org.record("Contact", contact) == before


@pytest.mark.parametrize(
    "field,given,kept",
    [
        ("SMS_Status_At__c", "2026-11-23T12:00:00.987+02:00", "2026-11-23T10:00:00.000+0000"),
        ("SMS_Status_At__c", "2026-11-23T10:00:00+0000", "2026-11-23T10:00:00.000+0000"),
        ("SMS_Status_At__c", None, None),
        ("SMS_Gateway__c", "", None),
        ("SMS_Gateway__c", "Ünïcode 🎉", "Ünïcode 🎉"),
        ("LeadSource", "Not in the list", "Not in the list"),
        ("SMS_Consecutive_Failures__c", 2, 2.0),
        ("Birthdate", "1990-05-01T00:00:00Z", "1990-05-01"),
        ("MobilePhone", "(201) 555-0101 x3", "(201) 555-0101 x3"),
    ],
)
def test_a_value_is_kept_as_salesforce_keeps_it(client, contact, field, given, kept):
    client.call("PATCH", f"/sobjects/Contact/{contact}", {field: given})

    assert client.get(f"/sobjects/Contact/{contact}").json()[field] == kept


def test_unique_values_are_unique_whatever_their_case(client, org):
    first = org.create("SMS_Campaign_Stat__c", {"Key__c": "day:1"})

    answer = client.call("POST", "/sobjects/SMS_Campaign_Stat__c", {"Key__c": "DAY:1"})

    assert answer.json() == [
        {
            "message": "duplicate value found: Key__c duplicates value on record with id:"
            f" {first[:15]}",
            "errorCode": "DUPLICATE_VALUE",
            "fields": [],
        }
    ]


def test_a_parent_can_be_named_by_its_external_id(client, org):
    org.add_fields("Campaign", Field(name="Code__c", length=20, external_id=True, unique=True))
    campaign = org.create("Campaign", {"Name": "Autumn", "Code__c": "A1"})
    path = "/sobjects/SMS_Campaign_Stat__c"

    good = client.call("POST", path, {"Key__c": "1", "Campaign__r": {"Code__c": "A1"}})
    bad = client.call("POST", path, {"Key__c": "2", "Campaign__r": {"Code__c": "B2"}})

    assert org.record("SMS_Campaign_Stat__c", good.json()["id"])["Campaign__c"] == campaign
    assert code(bad) == (400, "INVALID_FIELD")


def test_a_hidden_field_cannot_be_written_nor_a_protected_one(client, org, contact):
    org.schema.hide("Contact", "Title")
    org.schema.protect("Contact", "Department")
    write = lambda **fields: code(client.call("PATCH", f"/sobjects/Contact/{contact}", fields))  # noqa: E731

    assert write(Title="X") == (400, "INVALID_FIELD")
    assert write(Department="X") == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")


def test_a_hidden_object_is_not_there(client, org):
    org.schema.hide("Campaign")

    assert code(client.get("/sobjects/Campaign/describe")) == (404, "NOT_FOUND")
    assert "Campaign" not in {o["name"] for o in client.get("/sobjects").json()["sobjects"]}
    assert client.query("SELECT Id FROM Campaign").json()[0]["errorCode"] == "INVALID_TYPE"


def test_permissions_can_differ_between_users(client, org):
    org.schema.hide("Contact", "Title", user=org.users["admin@example.com"])

    assert client.query("SELECT Title FROM Contact").status_code == 200
