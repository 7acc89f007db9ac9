"""Two hundred at a time: order, partial success, all or none, what is refused as a whole."""

import itertools

import pytest


def changed(record, sobject="Contact", **fields):
    return {"attributes": {"type": sobject}, "id": record, **fields}


def new(sobject="Contact", **fields):
    return {"attributes": {"type": sobject}, **fields}


def codes(results):
    return [each["errors"][0]["statusCode"] if each["errors"] else "" for each in results]


class TestUpdate:
    def test_one_result_a_record_in_their_order(self, client, org):
        ids = org.create_many("Contact", [{"LastName": f"N{n}"} for n in range(200)])
        mixed = [*ids[1::2], *ids[::2]]

        answer = client.update(*(changed(each, SMS_Gateway__c="kannel") for each in mixed))

        assert answer.status_code == 200
        assert answer.json() == [{"id": each, "success": True, "errors": []} for each in mixed]

    def test_one_bad_record_does_not_hold_up_the_others(self, client, org, contact):
        other = org.create("Contact", {"LastName": "Castle"})

        answer = client.update(
            changed(contact, SMS_Delivery_Status__c="Nope"),
            changed(other, SMS_Delivery_Status__c="Delivered"),
        )

        assert answer.status_code == 200
        bad, good = answer.json()
        assert bad == {
            "success": False,
            "errors": [
                {
                    "statusCode": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                    "message": "SMS Delivery Status: bad value for restricted picklist field:"
                    " Nope",
                    "fields": ["SMS_Delivery_Status__c"],
                }
            ],
        }
        assert good["success"] is True
        assert org.record("Contact", other)["SMS_Delivery_Status__c"] == "Delivered"

    def test_all_or_none_writes_none(self, client, org, contact):
        other = org.create("Contact", {"LastName": "Castle"})

        answer = client.update(
            changed(other, SMS_Gateway__c="kannel"),
            changed(contact, SMS_Delivery_Status__c="Nope"),
            allOrNone=True,
        )

        assert codes(answer.json()) == [
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        ]
        assert org.record("Contact", other)["SMS_Gateway__c"] is None
        assert len(org.history("Contact", other)) == 1

    def test_201_records_are_refused(self, client, contact):
        answer = client.update(*(changed(contact) for _ in range(201)))

        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")

    def test_eleven_chunks_are_refused_and_ten_taken(self, client, org, contact):
        lead = org.create("Lead", {"LastName": "X", "Company": "Y"})
        contacts = org.create_many("Contact", [{"LastName": "N"} for _ in range(6)])
        leads = org.create_many("Lead", [{"LastName": "N", "Company": "Y"} for _ in range(5)])
        pairs = itertools.chain.from_iterable(zip(contacts, leads, strict=False))
        ten = [changed(each, "Lead" if each.startswith("00Q") else "Contact") for each in pairs]

        assert all(each["success"] for each in client.update(*ten).json())
        assert client.update(*ten, changed(contact)).status_code == 400
        assert lead

    def test_no_records_are_no_error(self, client):
        assert client.update().json() == []

    def test_the_same_record_twice_is_refused_for_both(self, client, org, contact):
        answer = client.update(
            changed(contact, SMS_Gateway__c="a"), changed(contact[:15], SMS_Gateway__c="b")
        )

        assert codes(answer.json()) == ["DUPLICATE_VALUE"] * 2
        assert org.record("Contact", contact)["SMS_Gateway__c"] is None

    def test_ids_may_be_short_and_come_back_long(self, client, contact):
        assert client.update(changed(contact[:15])).json()[0]["id"] == contact

    @pytest.mark.parametrize(
        "record,code",
        [
            ("003xx0000000000AAA", "INVALID_CROSS_REFERENCE_KEY"),
            ("003xx0000000000", "INVALID_CROSS_REFERENCE_KEY"),
            ("001xx0000000000AAA", "MALFORMED_ID"),
            ("nonsense", "MALFORMED_ID"),
            ("", "MISSING_ARGUMENT"),
            (None, "MISSING_ARGUMENT"),
        ],
    )
    def test_a_wrong_id_refuses_its_record(self, client, record, code):
        assert codes(client.update(changed(record)).json()) == [code]

    def test_a_deleted_record_is_refused(self, client, org, contact):
        org.delete("Contact", contact)

        assert codes(client.update(changed(contact)).json()) == ["ENTITY_IS_DELETED"]

    def test_an_unknown_field_refuses_the_call(self, client, org, contact):
        other = org.create("Contact", {"LastName": "Castle"})

        answer = client.update(changed(other, SMS_Gateway__c="a"), changed(contact, Nope__c=1))

        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
        assert org.record("Contact", other)["SMS_Gateway__c"] is None

    def test_an_unknown_field_can_refuse_its_record_only(self, client, org, contact):
        org.rules.unknown_field_refuses_call = False
        other = org.create("Contact", {"LastName": "Castle"})

        answer = client.update(changed(other, SMS_Gateway__c="a"), changed(contact, Nope__c=1))

        assert codes(answer.json()) == ["", "INVALID_FIELD"]

    def test_every_field_name_is_taken_in_any_case(self, client, org, contact):
        client.update({"attributes": {"type": "contact"}, "ID": contact, "sms_gateway__C": "a"})

        assert org.record("Contact", contact)["SMS_Gateway__c"] == "a"

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"[]",
            b'"x"',
            b"\xff\xfe",
            b'{"records": 5}',
            b'{"records": [], "allOrNone": "no"}',
            b'{"records": [], "surprise": 1}',
            b'{"records": [{"id": "003"}]}',
            b'{"records": [5]}',
            b'{"records": [{"attributes": {"type": "Nope"}, "id": "x"}]}',
        ],
    )
    def test_an_unreadable_call_is_400(self, client, body):
        answer = client.call(
            "PATCH",
            "/composite/sobjects",
            data=body,
            headers={"Content-Type": "application/json"},
        )

        assert answer.status_code == 400
        assert set(answer.json()[0]) >= {"message", "errorCode"}

    def test_another_media_type_is_415(self, client):
        answer = client.call(
            "PATCH", "/composite/sobjects", data="<a/>", headers={"Content-Type": "text/xml"}
        )

        assert answer.status_code == 415

    def test_setup_objects_do_not_mix_with_others(self, client, org, contact):
        user = org.users["admin@example.com"]

        answer = client.update(changed(contact), changed(user, "User", Alias="x"))

        assert answer.json()[0]["errorCode"] == "MIXED_DML_OPERATION"


class TestCreateAndDelete:
    def test_creates_in_order(self, client, org):
        body = {"records": [new(LastName="A"), new(), new(LastName="C")]}

        first, second, third = client.call("POST", "/composite/sobjects", body).json()

        assert org.record("Contact", first["id"])["LastName"] == "A"
        assert org.record("Contact", third["id"])["LastName"] == "C"
        assert second["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
        assert "id" not in second

    def test_an_id_has_no_place_in_a_creation(self, client, contact):
        body = {"records": [new(LastName="A", Id=contact)]}

        answer = client.call("POST", "/composite/sobjects", body)

        assert codes(answer.json()) == ["INVALID_FIELD_FOR_INSERT_UPDATE"]

    def test_deletes_several_kinds(self, client, org, contact):
        lead = org.create("Lead", {"LastName": "X", "Company": "Y"})

        answer = client.call("DELETE", f"/composite/sobjects?ids={contact},{lead},{contact}")

        assert codes(answer.json()) == ["", "", "ENTITY_IS_DELETED"]

    def test_deletes_all_or_none(self, client, org, contact):
        path = f"/composite/sobjects?ids={contact},003xx0000000000AAA&allOrNone=true"

        answer = client.call("DELETE", path)

        assert codes(answer.json())[0] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
        assert org.record("Contact", contact)["IsDeleted"] is False


class TestUpsert:
    PATH = "/composite/sobjects/SMS_Campaign_Stat__c/Key__c"

    def upsert(self, client, *records, path=PATH, **options):
        return client.call("PATCH", path, {"records": list(records), **options})

    def stat(self, key, **fields):
        return new("SMS_Campaign_Stat__c", Key__c=key, **fields)

    def test_creates_and_changes_side_by_side(self, client, org):
        self.upsert(client, self.stat("a", Messages__c=1))

        results = self.upsert(client, self.stat("b"), self.stat("A", Messages__c=2)).json()

        assert [each["created"] for each in results] == [True, False]
        assert {e["Key__c"]: e["Messages__c"] for e in org.records("SMS_Campaign_Stat__c")} == {
            "A": 2.0,
            "b": None,
        }

    def test_a_key_twice_in_a_call_is_refused_for_both(self, client):
        results = self.upsert(client, self.stat("a"), self.stat("a"), self.stat("b")).json()

        assert codes(results) == ["DUPLICATE_VALUE", "DUPLICATE_VALUE", ""]

    def test_a_missing_key_and_a_record_id_are_refused(self, client, contact):
        results = self.upsert(
            client, new("SMS_Campaign_Stat__c"), {**self.stat("a"), "id": contact}
        ).json()

        assert codes(results) == ["MISSING_ARGUMENT", "INVALID_FIELD"]
        assert [each["created"] for each in results] == [False, False]

    def test_several_matches_refuse_the_record(self, client, org):
        for name in ("One", "Two"):
            org.create("Contact", {"LastName": name, "SMS_Phone_E164__c": "+12015550101"})
        path = "/composite/sobjects/Contact/SMS_Phone_E164__c"

        results = self.upsert(client, new(SMS_Phone_E164__c="+12015550101"), path=path).json()

        assert codes(results) == ["DUPLICATE_EXTERNAL_ID"]

    def test_an_empty_id_creates_as_recorded(self, client, org, contact):
        path = "/composite/sobjects/Contact/Id"

        results = self.upsert(
            client, new(LastName="New", Id=None), new(Id=contact, LastName="Changed"), path=path
        ).json()

        assert [each["created"] for each in results] == [True, False]
        assert org.record("Contact", contact)["LastName"] == "Changed"

    def test_a_field_that_is_no_key_is_404(self, client):
        answer = self.upsert(
            client, new(LastName="x"), path="/composite/sobjects/Contact/LastName"
        )

        assert answer.status_code == 404


class TestRetrieve:
    def test_keeps_the_order_and_says_null(self, client, org, contact):
        gone = org.create("Contact", {"LastName": "Gone"})
        org.delete("Contact", gone)
        wanted = [gone, contact[:15], "003xx0000000000AAA", "nonsense"]
        path = "/composite/sobjects/Contact"

        posted = client.call("POST", path, {"ids": wanted, "fields": ["LastName"]}).json()
        got = client.get(path, params={"ids": ",".join(wanted), "fields": "LastName"}).json()

        assert posted == got
        assert [each and each["LastName"] for each in posted] == [None, "Brook", None, None]

    def test_one_bad_field_refuses_the_call(self, client, contact):
        body = {"ids": [contact], "fields": ["Nope"]}

        answer = client.call("POST", "/composite/sobjects/Contact", body)

        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")

    def test_takes_two_thousand_ids(self, client, contact):
        body = {"ids": [contact] * 2_000, "fields": ["Id"]}
        path = "/composite/sobjects/Contact"

        assert len(client.call("POST", path, body).json()) == 2_000
        body["ids"].append(contact)
        assert client.call("POST", path, body).status_code == 400

    def test_an_address_too_long_is_414(self, client, contact):
        path = f"/composite/sobjects/Contact?fields=Id&ids={','.join([contact] * 900)}"

        assert client.get(path).status_code == 414
