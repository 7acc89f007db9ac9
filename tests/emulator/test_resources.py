"""Versions, describes, changes, limits: what is read besides records."""

from datetime import timedelta

import pytest


OBJECT_KEYS = 45
FIELD_KEYS = 57


class TestVersions:
    def test_the_list_needs_no_login_and_has_no_usage(self, session):
        answer = session.get("https://acme.my.salesforce.com/services/data/")

        newest = answer.json()[-1]
        assert newest == {
            "label": "Winter '27",
            "url": "/services/data/v68.0",
            "version": "68.0",
        }
        assert answer.json()[0]["version"] == "31.0"
        assert "Sforce-Limit-Info" not in answer.headers

    @pytest.mark.parametrize(
        "version,status",
        [
            ("v20.0", 404),
            ("v21.0", 410),
            ("v30.0", 410),
            ("v31.0", 200),
            ("v68.0", 200),
            ("v69.0", 404),
            ("v6", 404),
        ],
    )
    def test_retired_and_unknown_ones_are_told_apart(self, client, version, status):
        client.base = client.base.replace("v66.0", version)

        assert client.get("/").status_code == status


class TestDescribe:
    def test_has_every_key_of_a_real_one(self, client):
        description = client.get("/sobjects/Contact/describe").json()

        assert len(description) == OBJECT_KEYS
        assert {len(field) for field in description["fields"]} == {FIELD_KEYS}
        assert description["keyPrefix"] == "003"

    def test_tells_what_a_field_takes(self, client):
        fields = {
            field["name"]: field
            for field in client.get("/sobjects/Contact/describe").json()["fields"]
        }

        status = fields["SMS_Delivery_Status__c"]
        assert (status["type"], status["restrictedPicklist"]) == ("picklist", True)
        assert status["picklistValues"][0]["value"] == "Pending"
        assert fields["SMS_Phone_E164__c"]["externalId"] is True
        assert fields["MobilePhone"]["length"] == 40
        assert fields["SMS_Recommended_Action__c"]["calculated"] is True
        assert fields["SystemModstamp"]["updateable"] is False
        assert fields["AccountId"]["referenceTo"] == ["Account"]

    def test_shows_only_what_the_user_may_see_and_write(self, client, org):
        org.schema.hide("Contact", "Title")
        org.schema.protect("Contact", "Department")

        fields = {
            f["name"]: f for f in client.get("/sobjects/Contact/describe").json()["fields"]
        }

        assert "Title" not in fields
        assert fields["Department"]["updateable"] is False

    def test_names_the_children(self, client):
        children = client.get("/sobjects/Contact/describe").json()["childRelationships"]

        assert "CampaignMembers" in {child["relationshipName"] for child in children}

    def test_is_304_until_it_changes(self, client, org, watch):
        path = "/sobjects/Contact/describe"
        copied = {"If-Modified-Since": client.get(path).headers["Last-Modified"]}
        same = client.get(path, headers=copied)
        watch.move(seconds=5)
        org.schema.hide("Contact", "Title")

        changed = client.get(path, headers=copied)

        assert (same.status_code, changed.status_code) == (304, 200)

    def test_lists_all_objects(self, client):
        listed = client.get("/sobjects/").json()

        assert listed["maxBatchSize"] == 200
        assert {"Contact", "Lead", "SMS_Campaign_Stat__c"} <= {
            o["name"] for o in listed["sobjects"]
        }

    def test_gives_the_basics_of_one(self, client):
        assert client.get("/sobjects/Lead").json()["objectDescribe"]["keyPrefix"] == "00Q"


class TestChanges:
    def test_updated_and_deleted_by_the_minute(self, client, org, contact, watch):
        gone = org.create("Contact", {"LastName": "Gone"})
        org.delete("Contact", gone)
        watch.move(minutes=5)
        span = {"start": "2026-11-23T09:59:30Z", "end": "2026-11-23T10:04:59+00:00"}

        updated = client.get("/sobjects/Contact/updated/", params=span).json()
        deleted = client.get("/sobjects/Contact/deleted/", params=span).json()

        assert updated == {
            "ids": [contact],
            "latestDateCovered": "2026-11-23T10:04:00.000+0000",
        }
        assert deleted["deletedRecords"] == [
            {"id": gone, "deletedDate": "2026-11-23T10:00:00.000+0000"}
        ]

    @pytest.mark.parametrize(
        "start,end",
        [
            ("2026-11-23T10:00:00Z", "2026-11-23T10:00:30Z"),
            ("2026-11-23T10:00:00Z", "2026-11-23T09:00:00Z"),
            ("2026-09-01T10:00:00Z", "2026-11-23T09:00:00Z"),
            ("then", "now"),
        ],
    )
    def test_impossible_spans_are_400(self, client, start, end):
        answer = client.get("/sobjects/Contact/updated", params={"start": start, "end": end})

        assert answer.status_code == 400

    def test_a_long_transaction_shows_late_with_its_early_stamp(
        self, client, org, contact, watch
    ):
        org.update("Contact", contact, {"Title": "X"}, commit_after=timedelta(minutes=9))
        watch.move(minutes=8)
        before = client.get(f"/sobjects/Contact/{contact}").json()
        watch.move(minutes=1)
        after = client.get(f"/sobjects/Contact/{contact}").json()

        assert (before["Title"], after["Title"]) == (None, "X")
        assert after["SystemModstamp"] == "2026-11-23T10:00:00.000+0000"


class TestUsage:
    def test_every_call_is_counted_and_told(self, client, org):
        org.usage.daily_limit = 15_000

        assert client.get("/limits").headers["Sforce-Limit-Info"] == "api-usage=1/15000"
        assert client.get("/nonsense").headers["Sforce-Limit-Info"] == "api-usage=2/15000"
        assert client.get("/limits/").json()["DailyApiRequests"] == {
            "Max": 15_000,
            "Remaining": 14_997,
        }

    def test_the_allowance_runs_out_and_comes_back_after_a_day(self, client, org, watch):
        org.usage.daily_limit = 2
        org.auth.session_length = timedelta(days=2)
        client.session.headers["Authorization"] = f"Bearer {org.issue_token()}"
        answers = [client.get("/limits") for _ in range(3)]
        watch.move(hours=25)

        assert [each.status_code for each in answers] == [200, 200, 403]
        assert answers[2].json()[0] == {
            "message": "TotalRequests Limit exceeded.",
            "errorCode": "REQUEST_LIMIT_EXCEEDED",
        }
        assert client.get("/limits").status_code == 200

    def test_now_is_the_orgs_own_time(self, client):
        assert client.get("/limits").headers["Date"] == "Mon, 23 Nov 2026 10:00:00 GMT"

    @pytest.mark.usefixtures("contact")
    def test_counts_records(self, client):
        answer = client.get("/limits/recordCount?sObjects=Contact,Lead").json()

        assert answer == {
            "sObjects": [{"count": 1, "name": "Contact"}, {"count": 0, "name": "Lead"}]
        }


class TestWhatTheCliAsks:
    def test_organization_and_scratch_orgs(self, client):
        soql = (
            "SELECT Name, InstanceName, IsSandbox, TrialExpirationDate, NamespacePrefix,"
            " OrganizationType FROM Organization"
        )

        found = client.query(soql).json()["records"][0]

        assert (found["Name"], found["IsSandbox"]) == ("Acme Ltd", False)
        assert (
            client.query("SELECT Id FROM ScratchOrgInfo").json()[0]["errorCode"]
            == "INVALID_TYPE"
        )

    def test_the_user_by_id(self, client, org):
        user = org.users["integration@example.com"]
        client.base = client.base.replace("v66.0", "v51.0")

        assert (
            client.get(f"/sobjects/User/{user}").json()["Username"] == "integration@example.com"
        )
