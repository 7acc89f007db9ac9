"""Deployments over REST: what is sent, and what is read from the answers."""

import json
from email.parser import BytesParser
from email.policy import HTTP

import pytest
import responses

from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.salesforce.deploy import Failure
from connector.salesforce.errors import OrgBusyError, OrgRefusedError
from tests.salesforce.answers import DATA, LOGIN, refused, requests_to, sent, token_answer


DEPLOY = f"{DATA}/metadata/deployRequest"
ID = "0Afxx0000004Gx9CAE"
TOOLING = f"{DATA}/tooling/query/"


def parts_of(request):
    """Name, content type and bytes of each part of a form."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    form = BytesParser(policy=HTTP).parsebytes(head + request.body)
    return {
        part.get_param("name", header="content-disposition"): (
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in form.iter_parts()
    }


def result(**values):
    told = {"done": False, "success": False, "status": "InProgress", **values}
    return {"id": ID, "deployResult": told}


class TestStarting:
    @pytest.mark.parametrize("check_only", [True, False])
    def test_sends_the_zip_and_wants_all_or_nothing(self, org, logged_in, check_only):
        logged_in.post(DEPLOY, status=201, json=result())

        assert org.deploy(b"PK\x03\x04\r\n--", check_only=check_only) == ID

        (request,) = requests_to(logged_in, DEPLOY)
        parts = parts_of(request)
        assert parts["file"] == ("application/zip", b"PK\x03\x04\r\n--")
        kind, options = parts["json"]
        assert kind == "application/json"
        wanted = {"checkOnly": check_only, "rollbackOnError": True, "purgeOnDelete": False}
        assert wanted.items() <= json.loads(options)["deployOptions"].items()

    def test_sends_it_again_with_a_new_token_once_the_old_one_is_over(self, org, logged_in):
        logged_in.post(DEPLOY, status=401, json=refused("INVALID_SESSION_ID"))
        logged_in.post(LOGIN, json=token_answer("00Dxx0000001gPL!new"))
        logged_in.post(DEPLOY, status=201, json=result())

        assert org.deploy(b"zip") == ID

        first, second = requests_to(logged_in, DEPLOY)
        assert first.body == second.body
        assert first.headers["Content-Type"] == second.headers["Content-Type"]

    def test_leaves_later_calls_as_they_were(self, org, logged_in):
        logged_in.post(DEPLOY, status=201, json=result())
        logged_in.post(f"{DATA}/sobjects/Account", json={"id": "001xx0000000001AAA"})

        org.deploy(b"zip")
        org.create("Account", {"Name": "Acme"})

        (request,) = requests_to(logged_in, f"{DATA}/sobjects")
        assert request.headers["Content-Type"] == "application/json"

    @pytest.mark.parametrize("answer", [[], {}, {"id": 3}, {"id": "../x"}])
    def test_an_answer_without_an_id_is_unclear(self, org, logged_in, answer):
        logged_in.post(DEPLOY, status=201, json=answer)

        with pytest.raises(OrgUnavailableError, match="no id"):
            org.deploy(b"zip")

    def test_a_user_who_may_not_is_refused_with_the_code(self, org, logged_in):
        logged_in.post(DEPLOY, status=403, json=refused("INSUFFICIENT_ACCESS"))

        with pytest.raises(OrgRefusedError) as refusal:
            org.deploy(b"zip")

        assert refusal.value.code == "INSUFFICIENT_ACCESS"

    def test_a_busy_org_may_be_asked_later(self, org, logged_in):
        logged_in.post(DEPLOY, status=503, body="<html>")

        with pytest.raises(OrgBusyError):
            org.deploy(b"zip")


class TestLooking:
    def test_tells_how_far_it_is(self, org, logged_in):
        logged_in.get(
            f"{DEPLOY}/{ID}",
            json=result(numberComponentsTotal=40, numberComponentsDeployed=12),
        )

        found = org.deployment(ID)

        assert (found.id, found.done, found.succeeded) == (ID, False, False)
        assert (found.status, found.total, found.deployed) == ("InProgress", 40, 12)
        assert logged_in.calls[-1].request.params == {"includeDetails": "true"}

    def test_tells_what_failed_and_why_and_keeps_warnings_apart(self, org, logged_in):
        failures = [
            {
                "fullName": "Contact.SMS_Opt_Out__c",
                "componentType": "CustomField",
                "problem": "Cannot change\n type",
                "problemType": "Error",
                "lineNumber": "7",
            },
            {
                "fullName": "F",
                "componentType": "Flow",
                "problem": "x",
                "problemType": "Warning",
            },
        ]
        logged_in.get(
            f"{DEPLOY}/{ID}",
            json=result(
                done=True,
                status="Failed",
                numberComponentErrors=1,
                errorMessage="no",
                details={"componentFailures": failures},
            ),
        )

        found = org.deployment(ID)

        wanted = Failure(
            kind="CustomField",
            name="Contact.SMS_Opt_Out__c",
            problem="Cannot change type",
            line=7,
        )
        assert found.failures == (wanted,)
        assert found.warnings == (Failure(kind="Flow", name="F", problem="x"),)
        assert (found.done, found.succeeded, found.failed, found.problem) == (
            True,
            False,
            1,
            "no",
        )

    def test_reads_a_single_failure_and_failed_tests(self, org, logged_in):
        details = {
            "componentFailures": {"fileName": "package.xml", "problem": "no such type"},
            "runTestResult": {"failures": [{"name": "T", "type": "Class", "message": "bad"}]},
        }
        logged_in.get(f"{DEPLOY}/{ID}", json=result(done=True, details=details))

        assert org.deployment(ID).failures == (
            Failure(kind="", name="package.xml", problem="no such type"),
            Failure(kind="Class", name="T", problem="bad"),
        )

    @pytest.mark.parametrize("answer", [{"id": ID}, [1], {"deployResult": None}])
    def test_anything_else_is_an_unclear_answer(self, org, logged_in, answer):
        logged_in.get(f"{DEPLOY}/{ID}", json=answer)

        with pytest.raises(OrgUnavailableError):
            org.deployment(ID)


class TestSetup:
    def test_creates_a_record_and_tells_its_long_id(self, org, logged_in):
        logged_in.post(
            f"{DATA}/sobjects/PermissionSetAssignment",
            status=201,
            json={"id": "0Paxx0000004Gx9", "success": True, "errors": []},
        )
        fields = {"AssigneeId": "005xx000001SyhGAAS", "PermissionSetId": "0PSxx0000004Gx9CAE"}

        assert org.create("PermissionSetAssignment", fields) == "0Paxx0000004Gx9CAE"

        (request,) = requests_to(logged_in, f"{DATA}/sobjects")
        assert sent(request) == fields

    def test_a_refused_record_brings_the_code(self, org, logged_in):
        logged_in.post(
            f"{DATA}/sobjects/PermissionSetAssignment",
            status=400,
            json=refused("DUPLICATE_VALUE"),
        )

        with pytest.raises(OrgRefusedError, match="DUPLICATE_VALUE"):
            org.create("PermissionSetAssignment", {})

    def test_reads_all_pages_of_the_tooling_api(self, org, logged_in):
        following = "/services/data/v66.0/tooling/query/01gxx-200"
        rows = {"size": 1, "totalSize": 2}
        logged_in.get(
            TOOLING,
            match=[responses.matchers.query_param_matcher({"q": "SELECT Id FROM Flow"})],
            json={**rows, "done": False, "records": [{"Id": 1}], "nextRecordsUrl": following},
        )
        logged_in.get(
            f"https://acme.my.salesforce.com{following}",
            json={**rows, "done": True, "records": [{"Id": 2}]},
        )

        assert [row["Id"] for row in org.tooling("SELECT Id FROM Flow")] == [1, 2]

    def test_an_org_that_refuses_a_fresh_token_is_for_the_operator(self, org, logged_in):
        logged_in.get(TOOLING, status=401, json=refused("INVALID_SESSION_ID"))

        with pytest.raises(ConfigurationError, match="fresh token"):
            org.tooling("SELECT Id FROM Flow")
