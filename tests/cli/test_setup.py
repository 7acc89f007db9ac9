"""`connector setup plan` and `apply`, as an administrator of an emulated org calls them."""

import contextlib
import dataclasses
import json

import pytest
from click.testing import CliRunner

from connector.cli import root
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.emulator import ADMIN, INTEGRATION_USER, EmulatedOrg, serve
from connector.footprint import FieldKind, FieldSpec, PermissionSetSpec, footprint, zip_of


@pytest.fixture
def emulated(tmp_path):
    org = EmulatedOrg(clock=system_clock)
    org.register_app("admin", secret="hush-hush", username=ADMIN)
    org.register_app("sms", secret="hush-hush", username=INTEGRATION_USER)
    with contextlib.closing(org), serve(org, folder=tmp_path / "tls") as server:
        yield org, server


@pytest.fixture
def run(emulated):
    """Run `connector setup ...` with the login of the administrator."""

    def run(*arguments, app="admin", **more):
        return CliRunner(env={**variables(emulated[1], app), **more}).invoke(
            root, ["setup", *map(str, arguments)]
        )

    return run


def variables(server, app):
    return {
        "CONNECTOR_SALESFORCE_LOGIN_URL": server.https_url,
        "CONNECTOR_SALESFORCE_CA_FILE": str(server.ca_file),
        "CONNECTOR_SALESFORCE_CLIENT_ID": app,
        "CONNECTOR_SALESFORCE_CLIENT_SECRET": "hush-hush",
    }


CORE = ("--parts", "core")


class TestPlan:
    def test_finds_what_is_to_be_done_in_80_columns(self, run):
        answer = run("plan", *CORE)

        assert answer.exit_code == 1
        assert "+ Contact: 22 fields" in answer.stdout
        assert "+ 1 assignment" in answer.stdout
        assert "To do it: connector setup apply" in answer.stdout
        assert max(map(len, answer.stdout.splitlines())) <= 80

    def test_tells_every_step_as_json(self, run, emulated):
        told = json.loads(run("plan", *CORE, "--json").stdout)

        assert told["organization_id"] == emulated[0].id
        assert (told["user"], told["assignee"]) == (ADMIN, ADMIN)
        assert told["parts"] == ["core"]
        assert told["counts"]["create"] == len(told["steps"])
        wanted = {"action": "create", "kind": "CustomField", "name": "Lead.SMS_Opt_Out__c"}
        assert any(wanted.items() <= step.items() for step in told["steps"])

    def test_an_unknown_part_is_told(self, run):
        answer = run("plan", "--parts", "core,nonsense")

        assert answer.exit_code == 2
        assert "no such part: nonsense; there are core" in answer.stderr

    def test_an_ordinary_user_is_sent_to_an_administrator(self, run):
        answer = run("plan", app="sms")

        assert isinstance(answer.exception, ConfigurationError)
        assert "--env salesforce/admin.env" in str(answer.exception)

    def test_is_for_the_user_of_the_login_in_force(self, emulated, run, tmp_path):
        path = tmp_path / "admin.env"
        path.touch(mode=0o600)
        lines = [f"{name}={value}" for name, value in variables(emulated[1], "admin").items()]
        path.write_text("\n".join(lines))

        told = json.loads(run("plan", *CORE, "--json", "--env", path, app="sms").stdout)

        assert (told["user"], told["assignee"]) == (ADMIN, INTEGRATION_USER)

    def test_an_administrator_of_another_org_is_refused(self, emulated, run, tmp_path):
        path = tmp_path / "admin.env"
        path.touch(mode=0o600)
        lines = [f"{name}={value}" for name, value in variables(emulated[1], "admin").items()]
        lines.append(f"CONNECTOR_SALESFORCE_ORG_ID={emulated[0].id}")
        path.write_text("\n".join(lines))
        other = {"CONNECTOR_SALESFORCE_ORG_ID": "00D000000000001AAA"}

        assigned = ("--assign", INTEGRATION_USER)
        answer = run("plan", *CORE, *assigned, "--env", path, app="sms", **other)

        assert isinstance(answer.exception, ConfigurationError)
        assert "log in to the same org" in str(answer.exception)


class TestApply:
    def test_brings_it_and_again_there_is_nothing_to_do(self, run):
        answer = run("apply", *CORE, "--yes")

        assert answer.exit_code == 0, answer.exception
        assert "Assigned: SMS_Connector to admin@example.com" in answer.stdout
        assert "What is left for you to click" in answer.stdout
        assert max(map(len, answer.stdout.splitlines())) <= 80
        again = run("apply", *CORE, "--yes")
        assert "Nothing to do." in again.stdout
        assert "What is left" not in again.stdout
        assert run("plan", *CORE).exit_code == 0
        assert "= Contact: 22 fields" in run("plan", *CORE, "--all").stdout

    def test_the_connectors_own_user_logs_in_next(self, run):
        mine = run("apply", *CORE, "--yes", "--assign", INTEGRATION_USER)

        assert "\n  connector org login --flow client-credentials\n" in mine.stdout
        assert "org login" not in run("apply", *CORE, "--yes").stdout

    def test_all_default_parts_go(self, run):
        told = json.loads(run("apply", "--yes", "--json").stdout)

        assert told["applied"] is True
        assert told["assigned"] == ["SMS_Connector to admin@example.com"]

    def test_a_script_must_say_yes(self, run, emulated):
        answer = run("apply", *CORE)

        assert "say --yes" in str(answer.exception)
        assert not emulated[0].schema.knows("SMS_Campaign_Stat__c")

    def test_a_dry_run_leaves_everything_as_it_was(self, run, emulated):
        answer = run("apply", *CORE, "--check-only")

        assert answer.exit_code == 0
        assert "nothing was changed" in answer.stdout
        assert not emulated[0].schema.knows("SMS_Campaign_Stat__c")

    def test_a_component_that_fails_is_named_with_salesforces_words(self, run, emulated):
        emulated[0].deployments.settings.most_external_ids = 0

        answer = run("apply", *CORE, "--yes")

        assert "nothing was changed" in str(answer.exception)
        assert "! CustomField Contact.SMS_Phone_E164__c" in answer.stderr

    def test_a_conflict_stops_it_with_what_to_do(self, run, emulated):
        text = FieldSpec(
            object="Contact",
            name="SMS_Opt_Out_Source__c",
            label="Source",
            kind=FieldKind.TEXT,
            length=9,
            help="",
        )
        grant = PermissionSetSpec(
            name="Mine", label="Mine", description="", fields={text.full_name: True}
        )
        parts = [text.component(), grant.component()]
        assert emulated[0].deploy(zip_of(parts, api_version="66.0")).success
        emulated[0].assign("Mine", ADMIN)

        answer = run("apply", *CORE, "--yes")

        assert "in conflict: Contact.SMS_Opt_Out_Source__c" in str(answer.exception)
        assert "is Text, has to be Picklist" in answer.stdout

    def test_what_was_hidden_is_compared_as_soon_as_it_can_be(self, run, emulated):
        code = next(each for each in footprint(()).fields if each.name == "SMS_Error_Code__c")
        short = dataclasses.replace(code, length=20)
        emulated[0].deploy(zip_of([short.component()], api_version="66.0"))

        answer = run("apply", *CORE, "--yes")

        assert "apply again" in str(answer.exception)
        assert run("apply", *CORE, "--yes").exit_code == 0
        assert run("plan", *CORE).exit_code == 0
