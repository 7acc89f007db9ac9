"""`connector mappings new`: what it writes passes `mappings check --org`."""

import contextlib

import pytest
from click.testing import CliRunner

from connector.cli import root
from connector.cli.org import exports
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.emulator import SObject, serve
from connector.emulator.kinds import checkbox, phone, picklist, record_id, system_fields, text
from connector.emulator.prepared import open_prepared
from tests.support.sms_org import STATUSES, package


VOLUNTEER = SObject(
    name="Volunteer__c",
    label="Volunteer",
    label_plural="Volunteers",
    key_prefix="a0V",
    fields=(
        record_id("Record ID"),
        text("Name", "Name", 80, name_field=True),
        phone("Mobile__c", "Mobile"),
        picklist("SMS_Delivery_Status__c", "Status", *STATUSES, restricted=True),
        checkbox("Text_Opt_In__c", "May be texted"),
        *system_fields(),
    ),
)


@pytest.fixture(scope="module")
def variables(tmp_path_factory):
    """The settings for a running emulated org with people and volunteers."""
    folder = tmp_path_factory.mktemp("org")
    prepared = open_prepared(folder, system_clock, package(), contacts=1, leads=1)
    with contextlib.closing(prepared.org), serve(prepared.org, folder=folder) as server:
        prepared.org.add_object(VOLUNTEER)
        prepared.org.add_fields(
            "Contact", checkbox("et4ae5__HasOptedOutOfMobile__c", "Mobile opt-out")
        )
        yield {
            **exports(prepared, server),
            "CONNECTOR_DATA_FOLDER": str(folder / "data"),
        }


@pytest.fixture
def run(variables):
    def run(*arguments):
        return CliRunner(env=variables).invoke(root, ["mappings", *map(str, arguments)])

    return run


@pytest.mark.parametrize("name", ["Contact", "Lead", "Volunteer__c"])
def test_what_it_writes_passes_the_check_beside_the_org(run, tmp_path, name):
    path = tmp_path / "new.yaml"

    written = run("new", name, "--output", path)
    checked = run("check", "--org", path)

    assert written.exit_code == 0, written.exception
    assert written.stdout.splitlines()[1] == (
        f"Read it, then call: connector mappings check --org {path}"
    )
    assert checked.exit_code == 0, checked.stdout


def test_it_is_printed_without_an_output(run):
    answer = run("new", "contact")

    assert answer.exit_code == 0
    assert "object: Contact\n" in answer.stdout
    assert "  et4ae5__HasOptedOutOfMobile__c: consent.opted_out" in answer.stdout
    assert "the opt-out of Marketing Cloud Connect" in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) <= 80


def test_a_file_that_is_there_stays_as_it_is(run, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("mine")

    answer = run("new", "Contact", "--output", path)

    assert isinstance(answer.exception, ConfigurationError)
    assert "is there already" in str(answer.exception)
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    "name, said",
    [
        ("Opportunity", "not an object that a mapping may write to"),
        ("Nothing__c", "has no object Nothing__c"),
        ("Account", "no field here that the integration user may write"),
    ],
)
def test_an_object_that_cannot_be_mapped_is_one_clear_line(run, name, said):
    answer = run("new", name)

    assert isinstance(answer.exception, ConfigurationError)
    assert said in str(answer.exception)
    assert len(str(answer.exception).splitlines()) == 1


def test_help_has_an_example_that_fits(run):
    answer = run("new", "--help")

    assert "connector mappings new Contact" in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) <= 80
