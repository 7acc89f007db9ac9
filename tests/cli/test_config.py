"""`connector config`: every setting with its source, and what to change."""

import contextlib
import json

import pytest
from click.testing import CliRunner

from connector.cli import root
from connector.clock import system_clock
from connector.emulator import EmulatedOrg, serve
from connector.settings import declared
from connector.setup import binding
from connector.store import Store


#: All that must be set; nothing answers at port 9 of this machine.
READY = {
    "PUBLIC_URL": "https://sms.example.org",
    "SALESFORCE_LOGIN_URL": "http://127.0.0.1:9",
    "SALESFORCE_CLIENT_ID": "app",
    "SALESFORCE_CLIENT_SECRET": "s3cret",
}


@pytest.fixture
def run(tmp_path):
    """Run `connector config ...` with these settings and a data folder of its own."""

    def run(*arguments, **variables):
        named = {"DATA_FOLDER": str(tmp_path / "data"), **variables}
        environment = {f"CONNECTOR_{name}": value for name, value in named.items()}
        return CliRunner(env=environment).invoke(root, ["config", *arguments])

    return run


class TestShow:
    def test_lists_every_setting_with_its_source(self, run):
        answer = run("show", LISTEN="127.0.0.1:9000")

        words = {line.split()[0]: line.split()[1:] for line in answer.stdout.splitlines()}
        assert words["CONNECTOR_LISTEN"] == ["127.0.0.1:9000", "environment"]
        assert words["CONNECTOR_LOG_LEVEL"] == ["info", "default"]
        assert {each.name for each in declared()} <= set(words)

    def test_masks_secrets(self, run):
        answer = run("show", "--json", **READY, GATEWAY_TWILIO_AUTH_TOKEN="s3cret")

        values = {row["name"]: row["value"] for row in json.loads(answer.stdout)}
        assert values["CONNECTOR_SALESFORCE_CLIENT_SECRET"] == "***"
        assert values["CONNECTOR_GATEWAY_TWILIO_AUTH_TOKEN"] == "***"
        assert "s3cret" not in answer.output


class TestCheck:
    def test_says_what_to_change(self, run):
        answer = run("check", **{**READY, "PUBLIC_URL": ""}, GATEWAY_TWILO_AUTH_TOKEN="x")

        assert answer.exit_code == 2
        assert "change  public address: set CONNECTOR_PUBLIC_URL: " in answer.stdout
        assert "did you mean CONNECTOR_GATEWAY_TWILIO_AUTH_TOKEN?" in answer.stdout

    def test_tells_of_a_secret_that_cannot_be_right(self, run):
        answer = run("check", **READY, GATEWAY_KANNEL__EU_BASIC="no-colon")

        assert answer.exit_code == 2
        assert "change  gateways: CONNECTOR_GATEWAY_KANNEL__EU_BASIC has no " in answer.stdout

    def test_stops_at_settings_that_cannot_be_read(self, run):
        answer = run("check", "--json", LISTEN="x")

        assert answer.exit_code == 2
        assert [report["check"] for report in json.loads(answer.stdout)] == ["settings"]

    def test_names_the_line_of_a_wrong_mapping(self, run, tmp_path):
        path = tmp_path / "contact.yaml"
        path.write_text("object: Contact\nphones: [Phone]\nfields:\n  A__c: delivery.statos\n")

        answer = run("check", **READY, MAPPINGS=str(tmp_path))

        assert answer.exit_code == 2
        assert f"change  mappings: {path}:4: " in answer.stdout

    def test_tells_of_a_store_that_is_away(self, run):
        answer = run("check", **READY, DATABASE_URL="postgresql://127.0.0.1:9/none")

        assert answer.exit_code == 2
        assert "change  store: " in answer.stdout

    def test_tells_of_an_org_that_is_away(self, run):
        answer = run("check", **READY)

        assert answer.exit_code == 2
        assert "ok      store: " in answer.stdout
        assert "change  Salesforce: " in answer.stdout


class TestOrg:
    def test_a_database_of_another_org_is_told(self, tmp_path):
        org = EmulatedOrg(clock=system_clock)
        org.register_app("key", secret="hush-hush")
        with contextlib.closing(org), serve(org, folder=tmp_path / "tls") as server:
            store = Store.open(f"sqlite:///{tmp_path / 'data'}")
            binding.check(store, "00Dxx0000009zzzAAA")
            store.close()
            variables = {
                "CONNECTOR_SALESFORCE_LOGIN_URL": server.https_url,
                "CONNECTOR_SALESFORCE_CA_FILE": str(server.ca_file),
                "CONNECTOR_SALESFORCE_CLIENT_ID": "key",
                "CONNECTOR_SALESFORCE_CLIENT_SECRET": "hush-hush",
                "CONNECTOR_DATA_FOLDER": str(tmp_path / "data"),
            }

            answer = CliRunner(env=variables).invoke(root, ["config", "check"])

        assert answer.exit_code == 2
        assert (
            "change  Salesforce: this database belongs to Salesforce org 00Dxx0000009zzzAAA"
            in (answer.stdout)
        )
