"""`connector mappings`: what is in use, what is wrong with it, what a callback would write."""

import json

import pytest
from click.testing import CliRunner

from connector import mapping
from connector.cli import root
from connector.cli.mapping_report import look
from connector.domain.errors import ConfigurationError
from connector.salesforce.describe import FieldDescription, ObjectDescription


REPORT = (
    "/callbacks/kannel?id=42&type=1&ts=1700000000&to=%2B447700900123&ref=003000000000001AAA"
)


@pytest.fixture
def run(tmp_path):
    """Run `connector mappings ...` with these settings in a folder of its own."""

    def run(*arguments, **variables):
        named = {"DATA_FOLDER": str(tmp_path / "data"), **variables}
        environment = {f"CONNECTOR_{name}": value for name, value in named.items()}
        return CliRunner(env=environment).invoke(root, ["mappings", *map(str, arguments)])

    return run


@pytest.fixture
def write(tmp_path):
    def written(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path

    return written


@pytest.fixture
def callback(write):
    request = {"method": "GET", "path_query": REPORT, "headers": {}, "body": ""}
    return write("callback.json", json.dumps(request))


SMALL = "object: Lead\nfields:\n  Status__c: delivery.status\n  Code__c: delivery.error_code\n"
ROWS = """\
object: Row__c
message: {key: Id__c, value: message_id, create: false, gateways: [kannel]}
fields: {Status__c: delivery.status, Contact__c: message.contact}
"""
MEMBERS = "object: CampaignMember\nfields: {Text__c: delivery.status}\n"
CONSENT_ONLY = "object: Lead\nfields:\n  SMS_Opt_Out__c: consent.opted_out\n"


class TestList:
    def test_tells_how_records_of_messages_and_members_are_found(self, run, write, tmp_path):
        write("rows.yaml", ROWS)
        write("members.yaml", MEMBERS)

        answer = run("list", MAPPINGS=str(tmp_path))

        assert "  message  Id__c = message_id, looked for\n  of       kannel\n" in answer.stdout
        assert "  members  looked for by campaign and person\n" in answer.stdout
        assert "phones" not in answer.stdout

    def test_shows_the_mappings_in_use(self, run):
        answer = run("list")

        assert answer.exit_code == 0
        assert "Contact: 21 fields" in answer.stdout
        assert "MobilePhone, Phone, OtherPhone, HomePhone" in answer.stdout
        assert "Lead: 21 fields" in answer.stdout

    def test_prints_json(self, run, write, tmp_path):
        path = write("lead.yaml", SMALL)

        answer = run("list", "--json", MAPPINGS=str(tmp_path))

        assert json.loads(answer.stdout) == [
            {
                "object": "Lead",
                "file": str(path),
                "phones": [],
                "holders": "newest",
                "message": None,
                "fields": {"Status__c": "delivery.status", "Code__c": "delivery.error_code"},
            }
        ]

    def test_shows_every_fact(self, run):
        plain, as_json = run("list", "--facts"), run("list", "--facts", "--json")

        assert [each["name"] for each in json.loads(as_json.stdout)] == list(mapping.FACTS)
        for fact in mapping.FACTS.values():
            assert f"{fact.name} ({fact.kind})\n  {fact.describe}\n" in plain.stdout
        assert max(map(len, plain.stdout.splitlines())) <= 80

    def test_is_a_line_for_each_mistake(self, run, write, tmp_path):
        write("lead.yaml", SMALL.replace("status", "statos"))

        answer = run("list", MAPPINGS=str(tmp_path))

        assert isinstance(answer.exception, ConfigurationError)
        assert "did you mean 'delivery.status'?" in str(answer.exception)


class TestCheck:
    def test_says_ok_of_each_file_in_use(self, run):
        answer = run("check")

        assert answer.exit_code == 0
        assert [line.split()[0] for line in answer.stdout.splitlines()] == ["ok", "ok"]

    def test_says_what_to_change_and_ends_with_2(self, run, write):
        right = write("lead.yaml", SMALL)
        wrong = write("wrong.yaml", "object: Contact\nfields:\n  OwnerId: delivery.statos\n")

        answer = run("check", right, wrong)

        assert answer.exit_code == 2
        assert answer.stdout.splitlines() == [
            f"ok      {right}: Lead, 2 fields",
            f"change  {wrong}:3: OwnerId: the owner is never written by a mapping",
            (
                f"change  {wrong}:3: OwnerId: unknown fact 'delivery.statos';"
                " did you mean 'delivery.status'?"
            ),
        ]

    def test_reads_folders(self, run, write, tmp_path):
        write("lead.yaml", SMALL)

        answer = run("check", tmp_path, "--json")

        [report] = json.loads(answer.stdout)
        assert (report["object"], report["fields"], report["problems"]) == ("Lead", 2, [])

    def test_holds_the_files_beside_each_other(self, run, write):
        first, second = write("a.yaml", SMALL), write("b.yaml", SMALL)

        answer = run("check", first, second)

        assert answer.exit_code == 2
        assert f"{second}:1: Lead has a mapping already, in {first}:1" in answer.stdout

    def test_says_when_a_file_is_not_there(self, run, tmp_path):
        answer = run("check", tmp_path / "none.yaml")

        assert answer.exit_code == 2
        assert answer.stdout == f"change  {tmp_path / 'none.yaml'}: No such file or directory\n"

    def test_wants_the_settings_of_the_org_before_it_asks_it(self, run):
        answer = run("check", "--org")

        assert isinstance(answer.exception, ConfigurationError)
        assert "CONNECTOR_SALESFORCE_LOGIN_URL" in str(answer.exception)

    def test_tells_of_a_gateway_that_nobody_knows(self, run, write, tmp_path):
        path = write("rows.yaml", ROWS.replace("[kannel]", "[kanel]"))

        checked, listed = run("check", path), run("list", MAPPINGS=str(tmp_path))

        line = f"{path}:1: 'gateways:': unknown gateway 'kanel'; did you mean 'kannel'?"
        assert checked.stdout == f"change  {line}\n"
        assert checked.exit_code == 2
        assert str(listed.exception) == line


class TestLookBesideTheOrg:
    def test_tells_problems_and_doubts_of_each_file(self, write):
        path = write("lead.yaml", SMALL)
        code = FieldDescription(name="Code__c", type="string", length=10, updateable=True)
        lead = ObjectDescription(name="Lead", updateable=True, fields={"code__c": code})

        [report] = look([path], {"Lead": lead}.__getitem__)

        assert report.problems == (
            f"{path}:3: Status__c: not on Lead, or hidden by field-level security",
        )
        assert report.doubts == (
            f"{path}:4: Code__c: holds 10 characters, and delivery.error_code may have 40",
        )

    def test_tells_hidden_fields_from_missing_ones(self, write):
        path = write("lead.yaml", SMALL)
        lead = ObjectDescription(name="Lead", updateable=True, fields={})

        [report] = look([path], {"Lead": lead}.__getitem__, lambda _o, _n: {"code__c"})

        assert report.problems == (
            f"{path}:3: Status__c: not on Lead",
            f"{path}:4: Code__c: hidden by field-level security",
        )

    def test_tells_of_an_object_that_is_not_there(self, write):
        path = write("lead.yaml", SMALL)

        def describe(name):
            raise ConfigurationError(f"Salesforce has no object {name}")

        [report] = look([path], describe)

        assert report.problems == (f"{path}:1: Salesforce has no object Lead",)


class TestTest:
    def test_shows_what_would_be_written(self, run, write, callback):
        path = write("lead.yaml", SMALL)

        answer = run("test", path, "--gateway", "kannel", "--callback", callback)

        assert answer.exit_code == 0
        assert [line.split() for line in answer.stdout.splitlines()] == [
            ["message", "42:", "Lead"],
            ["field", "value"],
            ["Status__c", "Delivered"],
            ["Code__c", "(cleared)"],
        ]

    def test_tries_the_mappings_in_use(self, run, callback):
        answer = run("test", "--gateway", "kannel", "--callback", callback, "--json")

        contact, lead = json.loads(answer.stdout)
        assert (contact["object"], lead["object"]) == ("Contact", "Lead")
        assert contact["fields"] == {
            "SMS_Delivery_Status__c": "Delivered",
            "SMS_Status_At__c": "2023-11-14T22:13:20.000Z",
            "SMS_Failure_Reason__c": None,
            "SMS_Error_Code__c": None,
            "SMS_Gateway__c": "kannel",
            "SMS_Message_Id__c": "42",
            "SMS_Last_Campaign__c": None,
            "SMS_Last_Delivered_At__c": "2023-11-14T22:13:20.000Z",
            "SMS_Undelivered_Since__c": None,
            "SMS_Soft_Failure__c": False,
            "SMS_Retry_After__c": None,
            "SMS_Phone_E164__c": "+447700900123",
        }

    def test_shows_the_record_of_a_message_with_its_key(self, run, write, callback):
        path = write("rows.yaml", ROWS.replace("create: false", "create: true"))

        answer = run("test", path, "--gateway", "kannel", "--callback", callback, "--json")

        (row,) = json.loads(answer.stdout)
        assert row["fields"] == {"Id__c": "42", "Status__c": "Delivered", "Contact__c": None}

    def test_shows_none_for_a_gateway_that_has_no_such_records(self, run, write, callback):
        path = write("rows.yaml", ROWS.replace("[kannel]", "[twilio]"))

        answer = run("test", path, "--gateway", "kannel", "--callback", callback)

        assert answer.stderr == "connector: nothing would be written\n"

    def test_reads_numbers_in_the_country_of_the_settings(self, run, write):
        request = {"method": "GET", "path_query": REPORT.replace("%2B44", "0")}
        national = write("national.json", json.dumps(request))

        answer = run(
            *("test", "--gateway", "kannel", "--callback", national, "--json"),
            DEFAULT_REGION="GB",
        )

        contact = json.loads(answer.stdout)[0]
        assert contact["fields"]["SMS_Phone_E164__c"] == "+447700900123"

    def test_ends_with_1_where_nothing_would_be_written(self, run, write, callback):
        path = write("lead.yaml", CONSENT_ONLY)

        answer = run("test", path, "--gateway", "kannel", "--callback", callback)

        assert answer.exit_code == 1
        assert answer.stderr == "connector: nothing would be written\n"

    def test_says_what_cannot_be_read(self, run, write):
        request = {"method": "GET", "path_query": "/callbacks/kannel?type=1"}
        path = write("callback.json", json.dumps(request))

        answer = run("test", "--gateway", "kannel", "--callback", path)

        assert answer.exit_code == 1
        assert answer.stderr.startswith("connector: kannel: ")
        assert len(answer.stderr.splitlines()) == 1

    @pytest.mark.parametrize(
        "arguments, text",
        [
            (["--gateway", "kanel"], "unknown gateway 'kanel'; did you mean 'kannel'?"),
            (["--gateway", "kannel", "--at", "noon"], "--at noon: write it as"),
        ],
    )
    def test_is_one_clear_line_otherwise(self, run, callback, arguments, text):
        answer = run("test", "--callback", callback, *arguments)

        assert isinstance(answer.exception, ConfigurationError)
        assert text in str(answer.exception)


@pytest.mark.parametrize("command", ["list", "check", "test"])
def test_each_command_has_help_with_an_example_that_fits(run, command):
    answer = run(command, "--help")

    assert f"connector mappings {command}" in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) <= 80
