"""The screen of `connector setup doctor`: a line for each check, cures, exit codes, JSON."""

import json
import re

import pytest

from connector.emulator import INTEGRATION_USER
from connector.setup.doctor import CHECKS
from tests.setup.clinic import AppKey, clinic


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return AppKey.make(tmp_path_factory.mktemp("key"))


@pytest.fixture
def healthy(tmp_path, key):
    with clinic(tmp_path, key) as made:
        yield made


def hide_fields(org):
    for each in org.records("FieldPermissions"):
        if str(each["Field"]).startswith(("Contact.SMS_", "Lead.SMS_Opt")):
            org.purge("FieldPermissions", each["Id"])


def test_there_is_a_line_for_each_check_and_a_sum(healthy):
    answer = healthy.call()

    lines = answer.stdout.splitlines()
    assert answer.exit_code == 0
    assert [line.split("  ")[0] for line in lines[: len(CHECKS)]] == ["ok"] * len(CHECKS)
    assert [line[9:23].strip() for line in lines[: len(CHECKS)]] == [
        check.name for check in CHECKS
    ]
    assert lines[-1] == f"{len(CHECKS)} ok"


def test_what_needs_the_same_cure_stands_together(healthy):
    hide_fields(healthy.org)

    text = healthy.call().stdout

    assert text.count("do     Give the user Read Access and Edit Access to the field.") == 2
    assert text.count("docs/doctor.md#field-hidden") == 2
    assert "         fields: Contact.SMS_Status_At__c: hidden by field-level security" in text


def test_what_is_broken_comes_first_with_what_to_do_and_where_to_click(healthy):
    healthy.org.schema.hide("Contact", "HomePhone")
    healthy.org.schema.protect("Lead", "SMS_Status_At__c")

    answer = healthy.call()

    lines = answer.stdout.splitlines()
    details = lines[len(CHECKS) :]
    assert answer.exit_code == 1
    assert any(line.startswith("BROKEN   fields ") for line in lines[: len(CHECKS)])
    assert details[1].startswith("BROKEN   fields: Lead.SMS_Status_At__c: read-only")
    assert details[2].startswith("         do     ")
    assert any(line.startswith("         click  Setup > Permission Sets") for line in details)
    assert any(line.startswith("warning  phones: Contact.HomePhone") for line in details)
    assert re.fullmatch(r"\d+ ok, 1 skipped, 1 warning, 1 broken", lines[-1])


@pytest.mark.parametrize(
    "ail",
    [
        hide_fields,
        lambda org: org.deactivate(INTEGRATION_USER),
        lambda org: org.unassign("SMS_Connector", INTEGRATION_USER),
        lambda org: org.schema.hide("Contact"),
        lambda org: org.faults.unavailable(path="/services/data/v", times=None),
    ],
)
def test_every_screen_fits_80_columns(healthy, ail):
    ail(healthy.org)

    lines = healthy.call().stdout.splitlines()

    assert max(map(len, lines)) <= 80
    assert len(lines) > len(CHECKS) + 3


def test_json_has_every_finding_and_how_the_checks_ended(healthy):
    healthy.org.schema.protect("Lead", "SMS_Status_At__c")

    told = json.loads(healthy.call("--json").stdout)

    assert told["summary"]["broken"] == 1
    assert sum(told["summary"].values()) == len(CHECKS)
    [broken] = [each for each in told["findings"] if each["level"] == "broken"]
    assert broken["check"] == "fields"
    assert broken["name"] == "field-read-only"
    assert broken["where"].startswith("Setup > Permission Sets > SMS Connector")


def test_without_settings_nothing_can_be_looked_at(healthy):
    healthy.variables = {"CONNECTOR_DATA_FOLDER": healthy.variables["CONNECTOR_DATA_FOLDER"]}

    answer = healthy.call()

    assert answer.exit_code == 2
    assert "set CONNECTOR_SALESFORCE_LOGIN_URL" in answer.stdout
    assert "connector org login" in answer.stdout


def test_help_has_an_example_that_fits(healthy):
    answer = healthy.call("--help")

    assert "connector setup doctor --write-test" in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) <= 80
