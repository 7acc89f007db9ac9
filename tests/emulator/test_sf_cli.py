"""
Salesforce's own command-line tool, unmodified, over HTTPS with the private CA.

It is installed with `npm ci` from the lock file in `sf_cli`, which brings the Node.js that it
needs; every act is run once, and the tests look at what came of it. It reaches nothing but this
machine (`loopback.cjs`), keeps its files in a folder of its own, and reports nothing to anyone.
"""

import concurrent.futures
import contextlib
import csv
import dataclasses
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.clock import system_clock
from connector.emulator import (
    ADMIN,
    INTEGRATION_USER,
    EmulatedOrg,
    event_object,
    seed_contacts,
    serve,
)
from connector.emulator.kinds import text
from tests.support.node import installed, unavailable
from tests.support.sms_org import install_sms_fields


FOLDER = Path(__file__).parent / "sf_cli"
PROJECT = Path(__file__).parents[2] / "deploy" / "salesforce"
STAT = "SMS_Campaign_Stat__c"
#: What the tool would otherwise ask the world, or this machine's keychain.
QUIET = {
    "SF_AUTOUPDATE_DISABLE": "true",
    "SF_DISABLE_AUTOUPDATE": "true",
    "SF_DISABLE_LOG_FILE": "true",
    "SF_DISABLE_TELEMETRY": "true",
    "SF_SKIP_NEW_VERSION_CHECK": "true",
    "SF_USE_GENERIC_UNIX_KEYCHAIN": "true",
    "NO_COLOR": "1",
}

pytestmark = pytest.mark.xdist_group("sf")


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def answer(self):
        return json.loads(self.out)

    @property
    def result(self):
        assert self.code == 0, self.out + self.err
        return self.answer["result"]


class Tool:
    """The program `sf`, with a home of its own."""

    def __init__(self, modules: Path, home: Path, ca_file: Path) -> None:
        node = modules / "node_modules" / ".bin" / "node"
        if not node.exists():
            unavailable("no Node.js 22 from npm for this machine (Linux on x64 or arm64 has)")
        entry = modules / "node_modules" / "@salesforce" / "cli" / "bin" / "run.js"
        self._command = [str(node), "--no-deprecation", "--require"]
        self._command += [str(FOLDER / "loopback.cjs"), str(entry)]
        self.home = home
        self.strangers = home / "strangers"
        self._environment = {
            **QUIET,
            "HOME": str(home),
            "LOOPBACK_LOG": str(self.strangers),
            "NODE_EXTRA_CA_CERTS": str(ca_file),
            "PATH": "/usr/bin:/bin",
        }

    def log_in(self, alias: str, token: str, url: str) -> Done:
        return self.run(
            *["org", "login", "access-token", "--no-prompt", "--json"],
            *["--instance-url", url, "--alias", alias],
            SF_ACCESS_TOKEN=token,
        )

    def run(self, *arguments: str, at: Path | None = None, **environment: str) -> Done:
        """Runs `sf` with these arguments, in its home unless told otherwise."""
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=at or self.home,
            env={**self._environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def modules(request):
    return installed(FOLDER, request.config.cache)


@pytest.fixture(scope="session")
def key(tmp_path_factory):
    """The file of a private key, and the public key as the org takes it."""
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = pair.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path_factory.mktemp("key") / "server.key"
    path.write_bytes(private)
    public = pair.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return path, public.decode()


@pytest.fixture(scope="session")
def org(key):
    with contextlib.closing(EmulatedOrg(clock=system_clock)) as org:
        install_sms_fields(org)
        org.add_object(event_object("Alert__e", "Alert", "e0A", text("Key__c", "Key", 80)))
        org.register_app("consumer-key", key[1], username=ADMIN)
        org.bulk.seconds_per_step = 0.01
        yield org


@pytest.fixture(scope="session")
def contacts(org):
    return seed_contacts(org, 250, accounts=2)


def data_acts(contact: str, folder: Path) -> dict[str, list[str]]:
    """Commands that ask and write; each has its own records."""
    stats, wrong, exported = (folder / f"{name}.csv" for name in ("stats", "wrong", "out"))
    stats.write_text("Key__c,Messages__c\n" + "".join(f"bulk:{n},{n}\n" for n in range(300)))
    wrong.write_text(f"Id,SMS_Delivery_Status__c\n{contact},Nope\n")
    query = "SELECT Id, LastName, Account.Name FROM Contact ORDER BY Id LIMIT 2"
    return {
        "display": ["org", "display"],
        "limits": ["org", "list", "limits"],
        "query": ["data", "query", "--query", query],
        "bad query": ["data", "query", "--query", "SELECT Nope FROM Contact"],
        "describe": ["sobject", "describe", "--sobject", STAT],
        "update": [
            *["data", "update", "record", "--sobject", "Contact", "--record-id", contact],
            *["--values", "Title='The Boss' SMS_Delivery_Status__c=Delivered"],
        ],
        "publish": [
            "data",
            "create",
            "record",
            "--sobject",
            "Alert__e",
            "--values",
            "Key__c=a",
        ],
        "upsert": [
            *["data", "upsert", "bulk", "--sobject", STAT, "--file", str(stats)],
            *["--external-id", "Key__c", "--wait", "2"],
        ],
        "wrong": [
            *["data", "update", "bulk", "--sobject", "Contact", "--file", str(wrong)],
            *["--wait", "2"],
        ],
        "export": [
            *["data", "export", "bulk", "--query", "SELECT Id, LastName FROM Contact"],
            *["--output-file", str(exported), "--wait", "2"],
        ],
    }


@pytest.fixture(scope="session")
def acts(modules, org, contacts, key, tmp_path_factory):
    """What became of every act, by its name."""
    folder = tmp_path_factory.mktemp("sf")
    with serve(org, folder=folder) as server:
        tool = Tool(modules, folder, server.ca_file)
        done: dict[str, Any] = {
            "jwt": tool.run(
                *["org", "login", "jwt", "--client-id", "consumer-key", "--json"],
                *["--jwt-key-file", str(key[0]), "--username", ADMIN],
                *["--instance-url", server.https_url, "--alias", "admin"],
            ),
            "token": tool.log_in("integration", org.issue_token(), server.https_url),
        }

        def act(arguments: list[str]) -> Done:
            return tool.run(*arguments, "--target-org", "admin", "--json")

        plans = data_acts(contacts[0], folder)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            done |= zip(plans, pool.map(act, plans.values()), strict=True)
        query = plans["query"]
        done["table"] = tool.run(*query, "--target-org", "integration")
        done["strangers"] = tool.strangers.read_text() if tool.strangers.exists() else ""
        done["folder"] = folder
        yield done


class TestLogin:
    def test_by_jwt(self, acts, org):
        result = acts["jwt"].result

        assert (result["username"], result["orgId"]) == (ADMIN, org.id)
        assert result["orgEdition"] == "Enterprise Edition"

    def test_by_access_token(self, acts):
        assert acts["token"].result["username"] == INTEGRATION_USER

    def test_stays_connected(self, acts):
        assert acts["display"].result["connectedStatus"] == "Connected"


class TestData:
    def test_shows_the_limits(self, acts):
        limits = {each["name"]: each for each in acts["limits"].result}

        assert limits["DailyApiRequests"]["max"] == 100_000
        assert limits["DailyApiRequests"]["remaining"] < 100_000

    def test_queries_with_parents(self, acts, contacts):
        result = acts["query"].result

        assert [record["Id"] for record in result["records"]] == contacts[:2]
        assert result["records"][0]["Account"]["Name"] == "Example 1 Ltd"

    def test_shows_a_table(self, acts):
        assert "ACCOUNT.NAME" in acts["table"].out.upper()
        assert "Example 1 Ltd" in acts["table"].out

    def test_names_what_is_wrong_with_a_query(self, acts):
        assert acts["bad query"].code == 1
        assert acts["bad query"].answer["name"] == "INVALID_FIELD"
        assert "No such column 'Nope'" in acts["bad query"].answer["message"]

    def test_describes(self, acts):
        described = acts["describe"].result

        assert described["keyPrefix"].startswith("a9")
        assert {"Key__c", "Messages__c"} <= {field["name"] for field in described["fields"]}

    def test_updates_a_record(self, acts, org, contacts):
        assert acts["update"].result["success"] is True
        record = org.record("Contact", contacts[0])
        assert (record["Title"], record["SMS_Delivery_Status__c"]) == ("The Boss", "Delivered")

    def test_publishes_an_event(self, acts, org):
        assert acts["publish"].result["success"] is True
        assert [event.fields["Key__c"] for event in org.events] == ["a"]


class TestBulk:
    def test_upserts(self, acts, org):
        result = acts["upsert"].result

        assert result["jobInfo"]["state"] == "JobComplete"
        assert len(result["records"]["successfulResults"]) == 300
        assert {record["sf__Created"] for record in result["records"]["successfulResults"]} == {
            "true"
        }
        assert org.count(STAT) == 300

    def test_says_that_a_row_failed(self, acts):
        assert acts["wrong"].code == 1
        assert "1 failed record" in acts["wrong"].answer["message"].lower() or (
            "failed" in acts["wrong"].answer["message"].lower()
        )

    def test_exports(self, acts, contacts):
        assert acts["export"].result["totalSize"] == 250
        with (acts["folder"] / "out.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["Id"] for row in rows] == contacts


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A copy of the project for admins: the tool leaves files of its own in it."""
    folder = tmp_path_factory.mktemp("project") / "salesforce"
    shutil.copytree(PROJECT, folder)
    return folder


@pytest.fixture(scope="session")
def empty_org():
    with contextlib.closing(EmulatedOrg(clock=system_clock)) as org:
        yield org


@pytest.fixture(scope="session")
def deployed(modules, empty_org, project, tmp_path_factory):
    """What became of the commands of the project's README, in an org that has nothing."""
    folder = tmp_path_factory.mktemp("sf")
    parts = sorted(path.parent.name for path in project.glob("*/main"))
    every = [word for part in parts for word in ("--source-dir", part)]
    core = ["project", "deploy", "start", "--source-dir", "force-app"]
    query = ["data", "query", "--query", "SELECT Id, SMS_Delivery_Status__c FROM Contact"]
    with serve(empty_org, folder=folder) as server:
        tool = Tool(modules, folder, server.ca_file)
        tool.log_in("crm", empty_org.issue_token(ADMIN), server.https_url)

        def act(*arguments: str, **environment: str) -> Done:
            target = ["--target-org", "crm", "--json"]
            return tool.run(*arguments, *target, at=project, **environment)

        done: dict[str, Any] = {
            "dry run": act(*core, "--dry-run"),
            "fields before": empty_org.schema.sobject("Contact").fields,
            "soap": act(*core),
            "hidden": act(*query),
            "assign": act("org", "assign", "permset", "--name", "SMS_Connector"),
            "seen": act(*query),
            "rest": act(
                *["project", "deploy", "start", *every], SF_ORG_METADATA_REST_DEPLOY="true"
            ),
            "again": act("project", "deploy", "start", *every),
        }
        _break(project)
        done["broken"] = act(*core)
        done["parts"] = parts
        done["strangers"] = tool.strangers.read_text() if tool.strangers.exists() else ""
        yield done


def _break(project: Path) -> None:
    """A picklist field in the project that no org can take."""
    fields = project / "force-app" / "main" / "default" / "objects" / "Contact" / "fields"
    path = fields / "SMS_Delivery_Status__c.field-meta.xml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("<type>Picklist</type>", "<type>Checkbox</type>"), "utf-8")


@pytest.fixture(scope="session")
def converted(modules, project, deployed, tmp_path_factory):
    """The core in the format of the Metadata API, made without an org."""
    del deployed  # it changes the project
    folder = tmp_path_factory.mktemp("sf")
    tool = Tool(modules, folder, folder / "none.pem")
    at = ["--source-dir", str(PROJECT / "force-app"), "--output-dir", str(folder / "core")]
    done = tool.run("project", "convert", "source", *at, "--json", at=project)
    return done, folder / "core"


class TestDeploy:
    def test_a_dry_run_changes_nothing(self, deployed):
        result = deployed["dry run"].result

        assert (result["checkOnly"], result["status"]) == (True, "Succeeded")
        assert not [f.name for f in deployed["fields before"] if f.name.startswith("SMS_")]

    def test_the_core_goes_in_over_soap(self, deployed, empty_org):
        result = deployed["soap"].result

        assert (result["status"], result["numberComponentErrors"]) == ("Succeeded", 0)
        assert {each["state"] for each in result["files"]} == {"Created"}
        assert empty_org.schema.knows(STAT)

    def test_new_fields_are_seen_only_with_the_permission_set(self, deployed):
        assert deployed["hidden"].answer["name"] == "INVALID_FIELD"
        assert deployed["assign"].result["failures"] == []
        assert deployed["seen"].result["totalSize"] == 0

    def test_every_part_goes_in_over_rest(self, deployed, empty_org):
        result = deployed["rest"].result

        assert {"events", "flows", "force-app", "messages", "reports"} <= set(deployed["parts"])
        assert (result["status"], result["numberComponentErrors"]) == ("Succeeded", 0)
        assert empty_org.calls["POST /metadata/deployRequest"] == 1

    def test_a_second_time_changes_nothing(self, deployed):
        assert {each["state"] for each in deployed["again"].result["files"]} == {"Unchanged"}

    def test_what_an_org_cannot_take_is_named(self, deployed):
        broken = deployed["broken"]
        failures = broken.answer["result"]["details"]["componentFailures"]

        assert (broken.code, broken.answer["result"]["status"]) == (1, "Failed")
        assert {each["fullName"] for each in failures} >= {"Contact.SMS_Delivery_Status__c"}

    def test_it_converts_without_an_org(self, converted):
        done, folder = converted

        assert done.result["location"] == str(folder)
        assert (folder / "objects" / "Contact.object").is_file()
        assert "<members>Contact.SMS_Opt_Out__c</members>" in (
            (folder / "package.xml").read_text("utf-8")
        )


def test_nothing_but_this_machine_was_asked(acts, deployed):
    assert acts["strangers"] + deployed["strangers"] == ""


def test_the_lock_file_names_no_registry():
    lock = json.loads((FOLDER / "package-lock.json").read_text())

    assert not [name for name, each in lock["packages"].items() if "resolved" in each]
