"""Deploying over the wire: what a package must be, and how its deployment goes."""

import base64
import io
import json

import pytest
import requests
from simple_salesforce.api import Salesforce

from connector.emulator import ADMIN, WSGIAdapter, create_app
from tests.emulator.conftest import HOST, Client
from tests.emulator.packages import (
    EVENT,
    STAT,
    TEXT,
    field,
    file_of,
    manifest,
    package,
    problems,
    zipped,
)


@pytest.fixture
def admin(org, session):
    session.headers["Authorization"] = f"Bearer {org.issue_token(ADMIN)}"
    return Client(session)


def ask(client, data, **options):
    parts = {
        "json": (None, json.dumps({"deployOptions": options}), "application/json"),
        "file": ("package.zip", data, "application/zip"),
    }
    return client.call("POST", "/metadata/deployRequest", files=parts)


def finish(client, record):
    for _ in range(5):
        path = f"/metadata/deployRequest/{record}?includeDetails=true"
        result = client.get(path).json()["deployResult"]
        if result["done"]:
            return result
    raise AssertionError(result)


class TestRest:
    def test_a_deployment_is_pending_then_in_progress_then_done(self, org, admin):
        answer = ask(admin, package(objects__Stat__c=STAT + field("Key__c")))
        record = answer.json()["id"]
        path = f"/metadata/deployRequest/{record}?includeDetails=true"
        seen = [admin.get(path).json()["deployResult"] for _ in range(2)]

        assert answer.status_code == 201
        assert record.startswith("0Af")
        assert answer.json()["deployResult"]["status"] == "Pending"
        assert [each["status"] for each in seen] == ["InProgress", "Succeeded"]
        assert [each["done"] for each in seen] == [False, True]
        assert seen[1]["numberComponentsDeployed"] == 2
        assert {
            (each["componentType"], each["fullName"], each["created"])
            for each in seen[1]["details"]["componentSuccesses"]
        } == {
            ("", "package.xml", False),
            ("CustomObject", "Stat__c", True),
            ("CustomField", "Stat__c.Key__c", True),
        }
        assert org.schema.sobject("Stat__c").key_prefix == "a00"

    def test_nothing_is_there_before_it_is_done(self, org, admin):
        record = ask(admin, package(objects__Stat__c=STAT)).json()["id"]

        admin.get(f"/metadata/deployRequest/{record}")

        assert not org.schema.knows("Stat__c")

    def test_it_ends_by_itself_after_a_while(self, org, admin, watch):
        record = ask(admin, package(objects__Stat__c=STAT)).json()["id"]

        watch.move(seconds=6)
        answer = admin.get(f"/metadata/deployRequest/{record}")

        assert answer.json()["deployResult"]["status"] == "Succeeded"
        assert org.schema.knows("Stat__c")

    def test_a_failure_names_component_file_and_line(self, admin):
        record = ask(
            admin,
            package(objects__Contact=field("Flag__c", "\n<type>Checkbox</type>")),
            rollbackOnError=True,
        ).json()["id"]

        result = finish(admin, record)

        failure = result["details"]["componentFailures"][0]
        assert (result["status"], result["success"]) == ("Failed", False)
        assert (result["numberComponentErrors"], result["numberComponentsDeployed"]) == (1, 0)
        assert failure["problem"] == (
            "Must specify 'defaultValue' for a CustomField of type Checkbox"
        )
        assert failure["componentType"] == "CustomField"
        assert failure["fullName"] == "Contact.Flag__c"
        assert failure["fileName"] == "objects/Contact.object"
        assert failure["problemType"] == "Error"
        assert failure["lineNumber"] == 3

    def test_a_waiting_deployment_can_be_canceled(self, org, admin):
        record = ask(admin, package(objects__Stat__c=STAT)).json()["id"]

        answer = admin.call(
            "PATCH",
            f"/metadata/deployRequest/{record}",
            {"deployResult": {"status": "Canceling"}},
        )

        assert answer.status_code == 202
        assert finish(admin, record)["status"] == "Canceled"
        assert not org.schema.knows("Stat__c")

    def test_only_those_who_may_change_metadata_deploy(self, client):
        answer = ask(client, package(objects__Stat__c=STAT))

        assert answer.status_code == 403
        assert answer.json()[0]["errorCode"] == "INSUFFICIENT_ACCESS"

    def test_a_request_without_its_parts_is_refused(self, admin):
        files = {"file": ("package.zip", b"", "application/zip")}

        answer = admin.call("POST", "/metadata/deployRequest", files=files)

        assert answer.status_code == 400

    def test_an_unknown_option_is_refused(self, admin):
        answer = ask(admin, b"", rollBack=True)

        assert answer.json()[0]["errorCode"] == "JSON_PARSER_ERROR"

    def test_what_is_no_zip_fails_as_a_whole(self, admin):
        result = finish(admin, ask(admin, b"no zip").json()["id"])

        assert result["status"] == "Failed"
        assert "zip" in result["errorMessage"]


class TestSoap:
    @pytest.fixture
    def salesforce(self, org):
        with requests.Session() as session:
            session.trust_env = False
            session.mount("https://", WSGIAdapter(create_app(org)))
            yield Salesforce(
                session_id=org.issue_token(ADMIN),
                instance_url=HOST,
                version="66.0",
                session=session,
            )

    def test_simple_salesforce_deploys(self, org, salesforce):
        data = io.BytesIO(package(objects__Stat__c=STAT + field("Key__c")))

        asked = salesforce.deploy(data, sandbox=False)
        first = salesforce.checkDeployStatus(asked["asyncId"])
        second = salesforce.checkDeployStatus(asked["asyncId"])

        assert asked["state"] == "Queued"
        assert first["state"] == "InProgress"
        assert second["state"] == "Succeeded"
        assert second["deployment_detail"]["deployed_count"] == "2"
        assert org.schema.knows("Stat__c")

    def test_simple_salesforce_reads_the_failures(self, salesforce):
        data = io.BytesIO(
            package(objects__Stat__c=STAT.replace("sharingModel", "enableHistory"))
        )

        asked = salesforce.deploy(data, sandbox=False)
        salesforce.checkDeployStatus(asked["asyncId"])
        result = salesforce.checkDeployStatus(asked["asyncId"])

        assert result["state"] == "Failed"
        assert result["deployment_detail"]["errors"][0]["message"].startswith(
            "'ReadWrite' is not"
        )

    def test_a_session_that_is_over_is_a_fault(self, session):
        answer = session.post(
            f"{HOST}/services/Soap/m/66.0", data=envelope("<describeMetadata/>", "none")
        )

        assert answer.status_code == 500
        assert "<faultcode>sf:INVALID_SESSION_ID</faultcode>" in answer.text

    def test_a_user_without_the_permission_is_a_fault(self, org, session):
        token = org.issue_token()

        answer = session.post(
            f"{HOST}/services/Soap/m/66.0", data=envelope("<describeMetadata/>", token)
        )

        assert "sf:INSUFFICIENT_ACCESS" in answer.text
        assert "ModifyAllData or ModifyMetadata" in answer.text

    def test_components_are_listed_and_read_back(self, org, session):
        org.deploy(package(objects__Stat__c=STAT + field("Key__c")))
        token = org.issue_token(ADMIN)

        listed = session.post(
            f"{HOST}/services/Soap/m/66.0",
            data=envelope(
                "<listMetadata><queries><type>CustomField</type></queries>"
                "<asOfVersion>66.0</asOfVersion></listMetadata>",
                token,
            ),
        )
        read = session.post(
            f"{HOST}/services/Soap/m/66.0",
            data=envelope(
                "<readMetadata><type>CustomObject</type><fullNames>Stat__c</fullNames>"
                "</readMetadata>",
                token,
            ),
        )

        assert "<fullName>Stat__c.Key__c</fullName>" in listed.text
        assert "<fullName>Contact.SMS_Gateway__c</fullName>" in listed.text
        assert "<sharingModel>ReadWrite</sharingModel>" in read.text
        assert "<fields><fullName>Key__c</fullName>" in read.text

    def test_the_kinds_are_described(self, org, session):
        answer = session.post(
            f"{HOST}/services/Soap/m/66.0",
            data=envelope("<describeMetadata/>", org.issue_token(ADMIN)),
        )

        assert "<xmlName>PermissionSet</xmlName>" in answer.text
        assert "<childXmlNames>CustomField</childXmlNames>" in answer.text

    def test_components_are_written_one_by_one(self, org, session):
        token = org.issue_token(ADMIN)
        field = (
            '<metadata xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            ' xsi:type="CustomField"><fullName>Contact.{}</fullName><label>Flag</label>'
            "{}<type>Checkbox</type></metadata>"
        )
        default = "<defaultValue>false</defaultValue>"

        def send(operation, *fields):
            body = f"<{operation}>{''.join(fields)}</{operation}>"
            address = f"{HOST}/services/Soap/m/66.0"
            return session.post(address, data=envelope(body, token)).text

        made = send("upsertMetadata", field.format("A__c", default), field.format("B__c", ""))
        again = send("upsertMetadata", field.format("A__c", default))
        double = send("createMetadata", field.format("A__c", default))
        missing = send("updateMetadata", field.format("C__c", default))

        assert "<created>true</created><fullName>Contact.A__c</fullName>" in made
        assert "Must specify 'defaultValue' for a CustomField of type Checkbox" in made
        assert "<created>false</created>" in again
        assert "DUPLICATE_DEVELOPER_NAME" in double
        assert "no CustomField named Contact.C__c found" in missing
        assert org.schema.field(org.schema.sobject("Contact"), "A__c") is not None

    def test_a_document_type_is_refused(self, session):
        body = '<!DOCTYPE x [<!ENTITY a "b">]>' + envelope("<describeMetadata/>", "x")

        answer = session.post(f"{HOST}/services/Soap/m/66.0", data=body)

        assert answer.status_code == 500
        assert "DOCTYPE" in answer.text

    def test_what_is_not_base64_is_refused(self, org, session):
        answer = session.post(
            f"{HOST}/services/Soap/m/66.0/deployRequest",
            data=envelope("<deploy><ZipFile>?</ZipFile></deploy>", org.issue_token(ADMIN)),
        )

        assert answer.status_code == 500

    def test_a_deployment_can_be_canceled(self, org, session):
        token = org.issue_token(ADMIN)
        data = base64.b64encode(package(objects__Stat__c=STAT)).decode()
        asked = session.post(
            f"{HOST}/services/Soap/m/66.0",
            data=envelope(f"<deploy><ZipFile>{data}</ZipFile></deploy>", token),
        )
        record = asked.text.partition("<id>")[2].partition("<")[0]

        answer = session.post(
            f"{HOST}/services/Soap/m/66.0",
            data=envelope(f"<cancelDeploy><String>{record}</String></cancelDeploy>", token),
        )

        assert "<done>true</done>" in answer.text
        assert not org.schema.knows("Stat__c")


def envelope(body, token):
    call = body.replace(">", ' xmlns="http://soap.sforce.com/2006/04/metadata">', 1)
    if body.endswith("/>") and body.count("<") == 1:
        call = body.replace("/>", ' xmlns="http://soap.sforce.com/2006/04/metadata"/>')
    return (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
        '<soapenv:Header><SessionHeader xmlns="http://soap.sforce.com/2006/04/metadata">'
        f"<sessionId>{token}</sessionId></SessionHeader></soapenv:Header>"
        f"<soapenv:Body>{call}</soapenv:Body></soapenv:Envelope>"
    )


class TestPackages:
    def test_what_the_manifest_names_must_be_in_the_zip(self, org):
        data = zipped({"package.xml": manifest(Flow=["Missing"])})

        text = (
            "An object 'Missing' of type Flow was named in package.xml, but was not found in"
            " zipped directory"
        )
        assert problems(org.deploy(data)) == [("Flow", "Missing", text)]

    def test_what_is_in_the_zip_must_be_in_the_manifest(self, org):
        data = package(
            types={"CustomField": ["Contact.A__c"]},
            objects__Contact=(field("A__c") + field("B__c")),
        )

        assert problems(org.deploy(data)) == [
            ("CustomField", "Contact.B__c", "Not in package.xml")
        ]

    def test_a_package_may_lie_in_a_folder(self, org):
        data = zipped(
            {
                "unpackaged/package.xml": manifest(CustomObject=["Stat__c"]),
                "unpackaged/objects/Stat__c.object": file_of("CustomObject", STAT),
            }
        )

        result = org.deploy(data)

        assert result.status == "Succeeded"
        assert {message.file_name for message in result.messages} == {
            "unpackaged/package.xml",
            "unpackaged/objects/Stat__c.object",
        }

    def test_there_must_be_a_manifest(self, org):
        result = org.deploy(zipped({"objects/Stat__c.object": file_of("CustomObject", STAT)}))

        assert (result.status, result.error) == ("Failed", "No package.xml found")

    def test_an_unknown_type_in_the_manifest_is_refused(self, org):
        result = org.deploy(zipped({"package.xml": manifest(Custom=["X"])}))

        assert problems(result) == [
            ("", "Custom", "Unknown type name 'Custom' specified in package.xml")
        ]


class TestOutcome:
    BROKEN = field("A__c") + field("Bad__c", "<type>Text</type>")

    def test_one_error_undoes_everything(self, org):
        result = org.deploy(package(objects__Contact=self.BROKEN))

        contact = org.schema.sobject("Contact")
        assert result.status == "Failed"
        assert org.schema.field(contact, "A__c") is None
        assert not any("A__c" in e.name for e in org.deployments.registry.all("CustomField"))

    def test_without_rollback_the_good_ones_stay(self, org):
        result = org.deploy(package(objects__Contact=self.BROKEN), rollback_on_error=False)

        contact = org.schema.sobject("Contact")
        assert result.status == "SucceededPartial"
        assert org.schema.field(contact, "A__c") is not None
        assert org.schema.field(contact, "Bad__c") is None

    def test_a_check_leaves_nothing(self, org):
        result = org.deploy(package(objects__Stat__c=STAT), check_only=True)

        assert result.success
        assert not org.schema.knows("Stat__c")

    def test_a_second_time_nothing_is_created_or_changed(self, org):
        data = package(objects__Stat__c=STAT + field("Key__c"))
        org.deploy(data)

        again = org.deploy(data)

        assert again.success
        assert not any(m.created or m.changed for m in again.messages if m.component_type)

    def test_a_changed_field_is_changed_and_not_created(self, org):
        org.deploy(package(objects__Contact=field("A__c")))

        message = org.deploy(package(objects__Contact=field("A__c", label="Other"))).messages[
            -1
        ]

        assert (message.created, message.changed) == (False, True)

    def test_a_warning_fails_unless_warnings_are_ignored(self, org):
        org.deploy(package(objects__Contact=field("A__c")))
        shorter = package(objects__Contact=field("A__c", TEXT.replace("20", "10")))

        refused = org.deploy(shorter)
        taken = org.deploy(shorter, ignore_warnings=True)

        assert (refused.status, taken.status) == ("Failed", "Succeeded")
        assert refused.failures[0].problem_type == "Warning"
        assert org.schema.field(org.schema.sobject("Contact"), "A__c").length == 10

    def test_what_belongs_to_a_failed_object_fails_too(self, org):
        data = package(objects__Stat__c=STAT.replace("Deployed", "Done") + field("Key__c"))
        bad = package(
            objects__Stat__c=STAT.replace("<label>Stat</label>", "") + field("Key__c")
        )

        assert "'Done' is not a valid value" in problems(org.deploy(data))[0][2]
        assert [text for _, _, text in problems(org.deploy(bad))] == [
            "Must specify a non-empty label for the CustomObject",
            "Parent entity failed to deploy",
        ]


class TestObjects:
    def test_a_deployed_object_is_described_with_its_prefix(self, org, admin):
        org.deploy(package(objects__Stat__c=STAT, objects__Alert__e=EVENT))

        listed = {each["name"]: each for each in admin.get("/sobjects").json()["sobjects"]}

        assert listed["Stat__c"]["keyPrefix"] == "a00"
        assert listed["Alert__e"]["keyPrefix"] == "e00"
        assert listed["Stat__c"]["custom"]
        assert all(each["keyPrefix"] for each in listed.values())

    def test_automatic_numbers_name_the_records(self, org):
        org.deploy(package(objects__Stat__c=STAT))

        names = [org.record("Stat__c", org.create("Stat__c", {}))["Name"] for _ in range(2)]

        assert names == ["ST-0001", "ST-0002"]

    @pytest.mark.parametrize(
        "name,body,problem",
        [
            ("Stat__c", STAT.replace("sharingModel>", "description>"), "sharingModel"),
            ("Stat__c", STAT.replace("<pluralLabel>Stats</pluralLabel>", ""), "pluralLabel"),
            ("Stat__c", STAT.replace("ST-{0000}", "ST"), "displayFormat"),
            ("Stat__c", STAT + "<enableBulkApi>true</enableBulkApi>", "same value"),
            ("Stat__c", STAT + "<eventType>HighVolume</eventType>", "eventType"),
            ("Sta__t__c", STAT, "object name you provided"),
            ("Alert__e", EVENT.replace("High", "Standard"), "Standard-volume"),
            ("Alert__e", EVENT + "<sharingModel>Read</sharingModel>", "sharingModel"),
            ("Invoice", "<label>Invoice</label>", "cannot be found"),
        ],
    )
    def test_an_object_must_be_whole(self, org, name, body, problem):
        result = org.deploy(package(**{f"objects__{name}": body}))

        assert problem in problems(result)[0][2]
