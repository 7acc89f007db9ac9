"""
The JavaScript client that everyone uses, unmodified, over HTTPS with the private CA.

It is installed with `npm ci` from the lock file beside it, once for a version of that file.
"""

import contextlib
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from connector.emulator import (
    ADMIN,
    EmulatedOrg,
    event_object,
    seed_campaign,
    seed_contacts,
    serve,
)
from connector.emulator.kinds import text
from tests.support.clock import TestClock
from tests.support.node import environment, installed
from tests.support.sms_org import install_sms_fields


FOLDER = Path(__file__).parent / "jsforce"
ALERT = "Alert__e"
#: One field more, as the Metadata API takes it.
PACKAGE = {
    "package.xml": "<types><members>Contact.Note__c</members><name>CustomField</name></types>"
    "<version>66.0</version>",
    "objects/Contact.object": "<fields><fullName>Note__c</fullName><label>Note</label>"
    "<length>40</length><type>Text</type></fields>",
}
ROOTS = {"package.xml": "Package", "objects/Contact.object": "CustomObject"}

pytestmark = pytest.mark.xdist_group("jsforce")


@pytest.fixture(scope="session")
def modules(request):
    return installed(FOLDER, request.config.cache)


def write_package(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in PACKAGE.items():
            namespace = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
            whole = f"<{ROOTS[name]} {namespace}>{content}</{ROOTS[name]}>"
            archive.writestr(name, whole)
    return path


@pytest.fixture(scope="session")
def answers(modules, tmp_path_factory):
    """What jsforce got for each act of `check.mjs`, and the org that it was done to."""
    shutil.copy(FOLDER / "check.mjs", modules)
    org = EmulatedOrg(clock=TestClock())
    install_sms_fields(org)
    seed_campaign(org, "Autumn", seed_contacts(org, 450, accounts=3)[:10])
    org.add_object(event_object(ALERT, "Alert", "e0A", text("Key__c", "Key", 80)))
    org.queries.page_size = 200
    org.register_app("key", secret="s3cret")
    folder = tmp_path_factory.mktemp("tls")
    package = write_package(folder / "package.zip")
    with contextlib.closing(org), serve(org, folder=folder) as server:
        url = server.https_url
        given = [url, org.issue_token(), url, "key", "s3cret", org.issue_token(ADMIN), package]
        done = subprocess.run(
            ["node", "check.mjs", *map(str, given)],  # noqa: S607 - found before
            cwd=modules,
            env={**environment(), "NODE_EXTRA_CA_CERTS": str(server.ca_file)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class TestJsforce:
    def test_fails_at_nothing(self, answers):
        failed = {k: v for k, v in answers.items() if isinstance(v, dict) and "failed" in v}

        assert failed == {}

    def test_queries_with_parents(self, answers):
        first = answers["query"]["records"][0]

        assert answers["query"]["totalSize"] == 3
        assert first["Account"]["Name"] == "Example 1 Ltd"
        assert first["attributes"]["type"] == "Contact"

    def test_follows_the_pages(self, answers):
        assert (answers["pages"], answers["count"]) == (450, 450)

    def test_describes(self, answers):
        names = {field["name"] for field in answers["describe"]["fields"]}

        assert {"Id", "SMS_Delivery_Status__c"} <= names
        assert answers["describeGlobal"]["maxBatchSize"] == 200

    def test_updates_two_hundred_and_sees_the_one_that_failed(self, answers):
        results = answers["updateMany"]
        failed = [at for at, result in enumerate(results) if not result["success"]]

        assert (len(results), failed) == (200, [7])
        code = results[7]["errors"][0]["statusCode"]
        assert code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"

    def test_creates_two_hundred(self, answers):
        assert sum(result["success"] for result in answers["createMany"]) == 200

    def test_upserts_one_and_many(self, answers):
        assert [each["created"] for each in answers["upsertOne"]] == [True, False]
        assert [each["created"] for each in answers["upsertMany"]] == [False, True, True]

    def test_retrieves_and_deletes(self, answers):
        assert [each["Company"] for each in answers["retrieve"]] == ["Example Ltd"] * 2
        assert answers["destroy"]["success"] is True

    def test_searches_phones(self, answers):
        assert len(answers["search"]["searchRecords"]) == 1

    def test_loads_in_bulk_and_tells_the_rows_apart(self, answers):
        load = answers["bulkLoad"]
        created = {row["sf__Created"] for row in load["successfulResults"]}
        (failed,) = load["failedResults"]

        assert (load["job"]["state"], load["job"]["numberRecordsFailed"]) == ("JobComplete", 1)
        assert (len(load["successfulResults"]), created) == (299, {"true"})
        assert failed["Key__c"] == "bulk:7"
        assert failed["sf__Error"].startswith("INVALID_FIELD:Failed to deserialize field")

    def test_queries_in_bulk(self, answers):
        assert answers["bulkQuery"] == 450

    def test_sees_why_a_bulk_job_failed(self, answers):
        message = answers["bulkFailure"]["message"]

        assert message.endswith("InvalidBatch : Field name not found : Nope__c")

    def test_publishes_events(self, answers):
        one, several = answers["events"]

        assert one["errors"][0]["statusCode"] == "OPERATION_ENQUEUED"
        assert [each["success"] for each in (one, *several)] == [True, True, True]

    def test_deploys_over_soap_and_rest(self, answers):
        for deployed in (answers["deploy"], answers["deployRest"]):
            assert (deployed["done"], deployed["success"]) == (True, True)
            assert deployed["status"] == "Succeeded"

    def test_reads_metadata(self, answers):
        assert answers["metadata"]["fullName"] == "Contact.Note__c"
        assert answers["metadata"]["label"] == "Note"

    def test_reads_the_errors(self, answers):
        assert answers["badQuery"]["name"] == "INVALID_FIELD"
        assert answers["badField"]["name"] == "INVALID_FIELD"

    def test_reads_the_usage_and_who_it_is(self, answers):
        assert answers["limits"]["apiUsage"]["limit"] == 100_000
        assert answers["identity"]["username"] == "integration@example.com"

    def test_logs_in_by_client_credentials(self, answers):
        assert answers["login"]["totalSize"] == 5


def test_the_lock_file_names_no_registry():
    lock = json.loads((FOLDER / "package-lock.json").read_text())

    assert not [name for name, each in lock["packages"].items() if "resolved" in each]
