"""What Setup and the Tooling API tell of an org, and fields made one by one."""

import pytest

from connector.emulator import (
    ADMIN,
    ApexTrigger,
    AssignmentRule,
    BrokenFlow,
    DuplicateRule,
    EmulatedOrg,
    ValidationRule,
)
from tests.emulator.conftest import Client
from tests.emulator.packages import STAT, TEXT, field, package


CHECKBOX = {"label": "Flag", "type": "Checkbox", "defaultValue": "false"}
PICKLIST = {
    "label": "Colour",
    "type": "Picklist",
    "valueSet": {
        "restricted": True,
        "valueSetDefinition": {
            "sorted": False,
            "value": [
                {"valueName": "red", "label": "Red", "default": False},
                {"valueName": "blue", "label": "Blue", "default": False},
            ],
        },
    },
}


@pytest.fixture
def admin(org, session):
    session.headers["Authorization"] = f"Bearer {org.issue_token(ADMIN)}"
    return Client(session)


def rows(client, soql, path="/query"):
    answer = client.query(soql, path)
    assert answer.status_code == 200, answer.text
    return [without_head(row) for row in answer.json()["records"]]


def without_head(row):
    return {k: v for k, v in row.items() if k != "attributes"}


def refused(_record):
    return True


class TestCustomFields:
    def test_a_field_is_created_and_seen_by_nobody(self, org, admin):
        answer = admin.call(
            "POST",
            "/tooling/sobjects/CustomField",
            {"FullName": "Contact.Flag__c", "Metadata": CHECKBOX},
        )

        described = admin.get("/sobjects/Contact/describe").json()["fields"]
        assert answer.status_code == 201
        assert answer.json()["id"].startswith("00N")
        assert {**answer.json(), "id": ""} == {
            "id": "",
            "success": True,
            "errors": [],
            "warnings": [],
            "infos": [],
        }
        assert org.schema.field(org.schema.sobject("Contact"), "Flag__c").type == "boolean"
        assert "Flag__c" not in {each["name"] for each in described}

    def test_picklist_values_have_their_tooling_names(self, org, admin):
        admin.call(
            "POST",
            "/tooling/sobjects/CustomField",
            {"FullName": "Contact.Colour__c", "Metadata": PICKLIST},
        )

        made = org.schema.field(org.schema.sobject("Contact"), "Colour__c")
        assert (made.values, made.labels) == (("red", "blue"), ("Red", "Blue"))

    @pytest.mark.parametrize(
        "body,code",
        [
            (
                {"FullName": "Contact.SMS_Opt_Out__c", "Metadata": CHECKBOX},
                "DUPLICATE_DEVELOPER_NAME",
            ),
            (
                {"FullName": "Contact.A__c", "Metadata": {"label": "A", "type": "Checkbox"}},
                "FIELD_INTEGRITY_EXCEPTION",
            ),
            (
                {"FullName": "Contact.A__c", "Metadata": {**CHECKBOX, "colour": "red"}},
                "INVALID_FIELD",
            ),
            (
                {"FullName": "Contact.A__c", "Metadata": {"label": "A", "type": "Tick"}},
                "JSON_PARSER_ERROR",
            ),
            ({"FullName": "No__c.A__c", "Metadata": CHECKBOX}, "FIELD_INTEGRITY_EXCEPTION"),
            ({"FullName": "Contact.A__c"}, "REQUIRED_FIELD_MISSING"),
            (
                {"FullName": "Contact.A__c", "Metadata": CHECKBOX, "Name": "A"},
                "INVALID_FIELD",
            ),
        ],
    )
    def test_what_cannot_be_is_refused(self, admin, body, code):
        answer = admin.call("POST", "/tooling/sobjects/CustomField", body)

        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)

    def test_only_those_who_customize_create(self, client):
        answer = client.call(
            "POST",
            "/tooling/sobjects/CustomField",
            {"FullName": "Contact.Flag__c", "Metadata": CHECKBOX},
        )

        assert (answer.status_code, answer.json()[0]["errorCode"]) == (
            403,
            "INSUFFICIENT_ACCESS",
        )

    def test_a_field_is_changed_by_its_id(self, org, admin):
        body = {"FullName": "Contact.Flag__c", "Metadata": CHECKBOX}
        made = admin.call("POST", "/tooling/sobjects/CustomField", body).json()["id"]

        answer = admin.call(
            "PATCH",
            f"/tooling/sobjects/CustomField/{made}",
            {"Metadata": {**CHECKBOX, "label": "Other"}},
        )
        read = admin.get(f"/tooling/sobjects/CustomField/{made}").json()

        assert answer.status_code == 204
        assert read["DeveloperName"] == "Flag"
        assert read["Metadata"] == {**CHECKBOX, "label": "Other"}
        assert org.schema.field(org.schema.sobject("Contact"), "Flag__c").label == "Other"

    def test_other_things_are_not_created(self, admin):
        answer = admin.call("POST", "/tooling/sobjects/ApexTrigger", {})

        assert answer.json()[0]["errorCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


class TestSchema:
    def test_fields_of_an_object(self, client):
        found = {
            row["QualifiedApiName"]: row
            for row in rows(
                client,
                "SELECT QualifiedApiName, DataType, IsIndexed, EntityDefinition.KeyPrefix"
                " FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName = 'Contact'",
            )
        }

        assert found["SMS_Phone_E164__c"]["DataType"] == "Text(20) (External ID)"
        assert found["SMS_Phone_E164__c"]["IsIndexed"]
        assert not found["MobilePhone"]["IsIndexed"]
        assert found["Id"]["EntityDefinition"]["KeyPrefix"] == "003"
        assert found["SMS_Last_Campaign__c"]["DataType"] == "Lookup(Campaign)"
        assert found["SMS_Recommended_Action__c"]["DataType"] == "Formula (Text)"

    def test_fields_are_asked_for_object_by_object(self, client):
        answer = client.query("SELECT DataType FROM FieldDefinition WHERE IsIndexed = true")

        assert answer.status_code == 400
        assert "reified column" in answer.json()[0]["message"]

    def test_objects_with_their_prefixes(self, org, client):
        org.deploy(package(objects__Stat__c=STAT))

        found = {
            row["QualifiedApiName"]: row
            for row in rows(
                client, "SELECT QualifiedApiName, KeyPrefix, DurableId FROM EntityDefinition"
            )
        }

        assert found["Stat__c"]["KeyPrefix"] == "a00"
        assert found["Stat__c"]["DurableId"].startswith("01I")
        assert found["Lead"]["DurableId"] == "Lead"

    def test_custom_fields_in_tooling(self, org, client):
        org.deploy(package(objects__Contact=field("A__c", TEXT)))

        found = rows(
            client,
            "SELECT DeveloperName, EntityDefinition.QualifiedApiName FROM CustomField"
            " WHERE TableEnumOrId = 'Contact' AND DeveloperName = 'A'",
            "/tooling/query",
        )

        assert found[0]["DeveloperName"] == "A"

    def test_each_api_knows_its_own_objects(self, client):
        data = client.query("SELECT Id FROM ValidationRule")
        tooling = client.query("SELECT Id FROM Contact", "/tooling/query")

        assert data.json()[0]["errorCode"] == "INVALID_TYPE"
        assert tooling.json()[0]["errorCode"] == "INVALID_TYPE"
        assert client.query("SELECT Id FROM User", "/tooling/query").status_code == 200

    def test_the_tooling_api_describes_itself(self, client):
        listed = {e["name"] for e in client.get("/tooling/sobjects").json()["sobjects"]}
        described = client.get("/tooling/sobjects/CustomField/describe").json()

        assert {"CustomField", "ValidationRule", "Flow", "EntityDefinition"} <= listed
        assert "Contact" not in listed
        assert {"FullName", "Metadata"} <= {f["name"] for f in described["fields"]}
        assert client.get("/sobjects/CustomField/describe").status_code == 404


class TestRules:
    def test_validation_rules(self, org, client):
        org.rules.validation += [
            ValidationRule(object="Contact", message="No", fails=refused, name="Never"),
            ValidationRule(object="Lead", message="Off", fails=refused, active=False),
        ]

        found = rows(
            client,
            "SELECT ValidationName, ErrorMessage FROM ValidationRule WHERE Active = true"
            " AND EntityDefinition.QualifiedApiName IN ('Contact', 'Lead')",
            "/tooling/query",
        )

        assert found == [{"ValidationName": "Never", "ErrorMessage": "No"}]

    def test_metadata_is_for_one_row(self, org, client):
        org.rules.validation += [
            ValidationRule(object="Contact", message=text, fails=refused) for text in "ab"
        ]
        soql = "SELECT Id, Metadata FROM ValidationRule"

        several = client.query(soql, "/tooling/query")
        one = rows(client, f"{soql} WHERE ErrorMessage = 'a'", "/tooling/query")

        assert several.status_code == 400
        assert "no more than one row for retrieval. Result size: 2" in several.text
        assert one[0]["Metadata"]["errorMessage"] == "a"

    def test_inactive_rules_refuse_nothing(self, org, client, contact):
        org.rules.validation.append(
            ValidationRule(object="Contact", message="No", fails=refused, active=False)
        )

        answer = client.call("PATCH", f"/sobjects/Contact/{contact}", {"Title": "x"})

        assert answer.status_code == 204

    def test_duplicate_and_assignment_rules_and_triggers(self, org, client):
        org.rules.duplicates.append(
            DuplicateRule(object="Contact", name="Same phone", fields=("Phone",))
        )
        org.rules.assignment.append(AssignmentRule(object="Lead", owner=org.users[ADMIN]))
        org.rules.triggers.append(ApexTrigger(object="Contact", name="Watcher"))

        assert rows(
            client, "SELECT DeveloperName, SobjectType FROM DuplicateRule WHERE IsActive = true"
        ) == [{"DeveloperName": "Same_phone", "SobjectType": "Contact"}]
        assert rows(
            client,
            "SELECT Name FROM AssignmentRule WHERE Active = true AND SobjectType = 'Lead'",
        ) == [{"Name": "Assignment"}]
        assert rows(
            client,
            "SELECT Name, Status FROM ApexTrigger WHERE TableEnumOrId = 'Contact'",
            "/tooling/query",
        ) == [{"Name": "Watcher", "Status": "Active"}]

    def test_flows(self, org, client):
        org.rules.flows.append(
            BrokenFlow(object="Contact", name="Say hello", fails=lambda _record: False)
        )

        views = rows(
            client,
            "SELECT ApiName, Label, IsActive, TriggerType, TriggerObjectOrEventLabel"
            " FROM FlowDefinitionView"
            " WHERE TriggerObjectOrEvent.QualifiedApiName = 'Contact' AND IsActive = true",
        )
        versions = rows(
            client,
            "SELECT Status, Definition.DeveloperName FROM Flow WHERE Status = 'Active'",
            "/tooling/query",
        )

        assert views == [
            {
                "ApiName": "Say_hello",
                "Label": "Say hello",
                "IsActive": True,
                "TriggerType": "RecordAfterSave",
                "TriggerObjectOrEventLabel": "Contact",
            }
        ]
        assert versions[0]["Definition"]["DeveloperName"] == "Say_hello"

    def test_without_view_setup_they_are_not_shown(self, org, client):
        org.permit("Standard User", "ViewSetup", on=False)

        answer = client.query("SELECT ApiName FROM FlowDefinitionView")

        assert answer.json()[0]["errorCode"] == "INVALID_TYPE"

    def test_ids_stay(self, org, client):
        org.rules.duplicates.append(
            DuplicateRule(object="Contact", name="Same", fields=("Phone",))
        )

        first, second = (rows(client, "SELECT Id FROM DuplicateRule") for _ in range(2))

        assert first == second


class TestPeople:
    def test_profile_and_licence_of_a_user(self, client):
        found = rows(
            client,
            "SELECT Profile.Name, Profile.UserLicense.Name, Profile.PermissionsApiEnabled,"
            " UserType, IsActive FROM User WHERE Username = 'integration@example.com'",
        )

        assert found[0]["Profile"]["Name"] == "Standard User"
        assert found[0]["Profile"]["UserLicense"]["Name"] == "Salesforce"
        assert found[0]["Profile"]["PermissionsApiEnabled"]
        assert (found[0]["UserType"], found[0]["IsActive"]) == ("Standard", True)

    def test_a_sandbox_says_so(self, watch):
        org = EmulatedOrg(clock=watch, sandbox=True)

        assert org.records("Organization")[0]["IsSandbox"]
        org.close()
