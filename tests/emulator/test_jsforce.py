"""
The JavaScript client that everyone uses, unmodified, over HTTPS with the private CA.

It is installed with `npm ci` from the lock file beside it, once for a version of that file.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from connector.emulator import (
    EmulatedOrg,
    install_sms_fields,
    seed_campaign,
    seed_contacts,
    serve,
)
from tests.support.clock import TestClock


FOLDER = Path(__file__).parent / "jsforce"
FILES = ("package.json", "package-lock.json", ".npmrc")
INSTALL = "install Node.js 18 or newer with npm (Debian: apt install nodejs npm) for this check"


def environment() -> dict[str, str]:
    return dict(os.environ)  # noqa: TID251 - Node needs the PATH, and CI must not skip


def unavailable(reason):
    """Skips with what to do about it; under CI it is a failure."""
    if environment().get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def modules(request):
    """A folder with jsforce installed; kept in pytest's cache, made beside and renamed."""
    if not (shutil.which("npm") and shutil.which("node")):
        unavailable(INSTALL)
    lock = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()[:12]
    ready = request.config.cache.mkdir("jsforce") / lock
    if not ready.exists():
        making = Path(tempfile.mkdtemp(dir=ready.parent))
        for name in FILES:
            shutil.copy(FOLDER / name, making)
        done = subprocess.run(
            ["npm", "ci"],  # noqa: S607 - found before
            cwd=making,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            unavailable(f"npm ci failed: {done.stderr.strip()[-400:]}")
        with contextlib.suppress(OSError):  # another test process was faster
            making.rename(ready)
    return ready


@pytest.fixture(scope="session")
def answers(modules, tmp_path_factory):
    """What jsforce got for each act of `check.mjs`, and the org that it was done to."""
    shutil.copy(FOLDER / "check.mjs", modules)
    org = EmulatedOrg(clock=TestClock())
    install_sms_fields(org)
    seed_campaign(org, "Autumn", seed_contacts(org, 450, accounts=3)[:10])
    org.queries.page_size = 200
    org.register_app("key", secret="s3cret")
    with contextlib.closing(org), serve(org, folder=tmp_path_factory.mktemp("tls")) as server:
        url = server.https_url
        done = subprocess.run(
            ["node", "check.mjs", url, org.issue_token(), url, "key", "s3cret"],  # noqa: S607 - found before
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
