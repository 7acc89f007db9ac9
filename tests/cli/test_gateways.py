"""`connector gateways`: what an administrator sees before anything runs."""

import base64
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from connector.cli.gateways import gateways
from connector.domain.errors import ConfigurationError
from connector.gateways import installed
from tests.gateways.cases import FILES, FOLDER, read


NAMES = list(installed())
KEYS = {
    *("kind", "message_id", "status", "error_code", "reason"),
    *("recipient", "reference", "occurred_at", "consent"),
}


@pytest.fixture
def run():
    """Run `connector gateways ...` without any setting."""

    def run(*arguments, stdin=None, **variables):
        return CliRunner(env=variables).invoke(gateways, arguments, input=stdin)

    return run


def request_of(path, **changes):
    """The request of a callback file in the form that `read` takes."""
    callback = read(path).callback
    return {
        "method": callback.method,
        "path_query": callback.target,
        "headers": {name.title(): value for name, value in callback.headers.items()},
        "body": callback.body.decode(),
        **changes,
    }


def arguments_for(path):
    case = read(path)
    secrets = [f"--secret={key}={each}" for key, all_ in case.secrets.items() for each in all_]
    at, url = case.callback.received_at.isoformat(), case.callback.public_url
    return [f"--at={at}", f"--public-url={url}", *secrets]


@pytest.fixture
def try_file(run, tmp_path):
    """Try the request of a callback file, with the arguments that fit it or others."""

    def try_file(name, *arguments, **changes):
        path, file = FOLDER / f"{name}.yaml", tmp_path / "callback.json"
        file.write_text(json.dumps(request_of(path, **changes)), encoding="utf-8")
        return run("read", path.parent.name, str(file), *(arguments or arguments_for(path)))

    return try_file


class TestRead:
    def test_tells_of_a_valid_request(self, try_file):
        answer = try_file("twilio/undelivered-30005")

        assert answer.exit_code == 0
        assert json.loads(answer.stdout) == {
            "trusted": True,
            "events": [
                {
                    "kind": "delivery",
                    "message_id": "SM00112233445566778899aabbccddeeff",
                    "status": "Undelivered",
                    "error_code": "30005",
                    "reason": "invalid_number",
                    "recipient": "+13125550142",
                    "reference": None,
                    "occurred_at": None,
                    "consent": None,
                }
            ],
        }

    def test_tells_nothing_of_a_tampered_one(self, try_file):
        answer = try_file("twilio/tampered-status")

        assert answer.exit_code == 1
        assert json.loads(answer.stdout) == {"trusted": False, "events": []}

    def test_tells_of_each_event_of_an_array(self, try_file):
        answer = try_file("twilio/event-streams")

        told = json.loads(answer.stdout)
        assert [event["kind"] for event in told["events"]] == [
            *("delivery", "delivery", "delivery", "consent", "engagement")
        ]
        assert told["events"][0]["occurred_at"] == "2026-02-11T09:00:04.250000+00:00"
        assert told["events"][0]["reference"] == "003000000000001AAA"

    def test_an_unknown_status_claims_nothing(self, try_file):
        (event,) = json.loads(try_file("twilio/unknown-status").stdout)["events"]

        assert (event["kind"], event["status"], event["reason"]) == ("delivery", None, None)

    def test_tells_of_an_inbound_stop(self, try_file):
        (event,) = json.loads(try_file("twilio/inbound-stop").stdout)["events"]

        assert event == {
            **dict.fromkeys(KEYS),
            "kind": "consent",
            "message_id": "SM00112233445566778899aabbccddeeff",
            "recipient": "+13125550142",
            "consent": "stop",
        }

    def test_a_stop_in_other_words_is_nobodys_word_yet(self, try_file):
        (event,) = json.loads(try_file("twilio/inbound-reply").stdout)["events"]

        assert (event["kind"], event["consent"]) == ("consent", None)

    def test_names_the_certificate_that_it_does_not_fetch(self, try_file):
        path = FOLDER / "aws/delivered.yaml"
        given = [each for each in arguments_for(path) if "certificate" not in each]

        answer = try_file("aws/delivered", *given)

        assert answer.exit_code == 0
        assert json.loads(answer.stdout)["trusted"] is None
        assert "not checked: --secret signing_certificate" in answer.stderr
        assert "https://sns.us-east-1.amazonaws.com/Simple" in answer.stderr

    def test_without_a_secret_it_knows_of_no_trust(self, try_file):
        told = json.loads(try_file("kannel/delivered", "--at=1770800460").stdout)

        assert told["trusted"] is None
        assert [event["status"] for event in told["events"]] == ["Delivered"]

    @pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
    def test_agrees_with_every_callback_file(self, try_file, path):
        case = read(path)

        answer = try_file(f"{path.parent.name}/{path.stem}")

        told = json.loads(answer.stdout)
        assert told["trusted"] is case.trusted
        assert len(told["events"]) == (len(case.events) if case.trusted else 0)
        assert all(set(event) == KEYS for event in told["events"])
        assert answer.exit_code == (1 if case.unreadable or not case.trusted else 0)

    def test_shows_the_question_of_an_authentic_request(self, try_file):
        done = try_file("aws/subscription")

        assert done.exit_code == 0
        assert json.loads(done.stdout) == {"trusted": True, "events": []}
        assert "to confirm the subscription of arn:aws:sns:" in done.stderr
        assert "https://sns.us-east-1.amazonaws.com/?Action=Confirm" in done.stderr

    def test_shows_the_question_of_no_other(self, try_file):
        refused = try_file("aws/subscription-of-another-topic")
        unknown = try_file("aws/subscription", "--public-url=https://sms.example.org")

        assert "amazonaws" not in refused.output + unknown.output

    def test_either_of_two_secrets_is_enough(self, try_file):
        arguments = arguments_for(FOLDER / "kannel/delivered.yaml")

        assert try_file("kannel/delivered", "--secret=token=new", *arguments).exit_code == 0

    def test_says_what_cannot_be_read(self, try_file):
        answer = try_file("kannel/time-is-no-number")

        assert answer.exit_code == 1
        assert answer.stderr == "connector: kannel: time is no count of seconds\n"

    def test_takes_a_body_of_any_bytes(self, try_file):
        body = base64.b64encode(read(FOLDER / "generic/received-reply.yaml").callback.body)

        answer = try_file("generic/received-reply", body="", body_base64=body.decode())

        assert answer.exit_code == 0

    def test_reads_standard_input(self, run):
        path = FOLDER / "kannel/inbound-stop.yaml"

        answer = run("read", "kannel", "-", stdin=json.dumps(request_of(path)))

        assert json.loads(answer.stdout)["events"][0]["consent"] == "stop"


class TestReadRefuses:
    @pytest.mark.parametrize(
        "content, words",
        [
            ("", "is not JSON"),
            ("{", "is not JSON"),
            ("[" * 100_000, "is not JSON"),
            ("[]", "must be a JSON object"),
            ("{}", "method is missing"),
            ('{"method": "GET"}', "path_query is missing"),
            ('{"method": "GET", "pathquery": "/"}', "'pathquery'; did you mean 'path_query'?"),
            ('{"method": "PUT", "path_query": "/"}', "kannel calls with GET or POST"),
            ('{"method": "GET", "path_query": "https://x/"}', "must begin with /"),
            ('{"method": "GET", "path_query": "/", "headers": []}', "headers must be"),
            ('{"method": "GET", "path_query": "/", "headers": {"A": 1}}', "headers must be"),
            ('{"method": "GET", "path_query": "/", "body": {"a": 1}}', "body must be a text"),
            ('{"method": "GET", "path_query": "/", "body": "\\ud800"}', "no UTF-8 text"),
            ('{"method": "GET", "path_query": "/", "body_base64": "#"}', "no base64"),
        ],
    )
    def test_a_file_that_is_none(self, run, tmp_path, content, words):
        file = tmp_path / "callback.json"
        file.write_text(content, encoding="utf-8")

        answer = run("read", "kannel", str(file))

        assert isinstance(answer.exception, ConfigurationError)
        assert words in str(answer.exception)
        assert str(answer.exception).startswith(f"{file}: ")

    def test_bytes_that_are_no_text(self, run, tmp_path):
        file = tmp_path / "callback.json"
        file.write_bytes(b"\xff\xfe{}")

        assert "is not JSON" in str(run("read", "kannel", str(file)).exception)

    def test_a_file_that_is_not_there(self, run, tmp_path):
        answer = run("read", "kannel", str(tmp_path / "none.json"))

        assert str(answer.exception).endswith("none.json: No such file or directory")

    @pytest.mark.parametrize(
        "argument, words",
        [
            ("--secret=tokn=x", "unknown key of kannel; did you mean 'token'?"),
            ("--secret=wing=x", "unknown key of kannel; known are token, basic"),
            ("--secret=token", "write it as KEY=VALUE"),
            ("--secret=token=", "write it as KEY=VALUE"),
            ("--secret=basic=user", "has no colon"),
            ("--at=yesterday", "2026-11-23T10:00:00Z"),
            ("--at=2026-11-23T10:00:00", "with a zone"),
            ("--at=" + "9" * 30, "Unix seconds"),
            ("--public-url=sms.example.org", "must begin with https://"),
        ],
    )
    def test_an_argument_that_is_wrong(self, try_file, argument, words):
        answer = try_file("kannel/delivered", argument)

        assert isinstance(answer.exception, ConfigurationError)
        assert words in str(answer.exception)

    def test_a_secret_value_is_never_repeated(self, try_file):
        answer = try_file("generic/delivered", "--secret=signing_key=whsec_s3cret")

        assert "s3cret" not in str(answer.exception)

    def test_a_wrong_word_ends_with_exit_code_2_and_one_line(self):
        answer = subprocess.run(
            [sys.executable, "-m", "connector", "gateways", "read", "twillio", "x.json"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

        assert answer.returncode == 2
        assert answer.stderr == (
            "connector: unknown gateway 'twillio'; did you mean 'twilio'?\n"
        )


class TestListAndShow:
    def test_list_has_a_line_for_each_gateway(self, run):
        answer = run("list")

        lines = [line.split()[0] for line in answer.stdout.splitlines()[1:]]
        assert lines == NAMES
        assert max(len(line.rstrip()) for line in answer.stdout.splitlines()) <= 80

    def test_list_as_json_has_the_facts(self, run):
        listed = json.loads(run("list", "--json").stdout)

        assert [facts["name"] for facts in listed] == NAMES
        assert {"signs", "retries", "outage_costs", "cannot_tell", "secrets"} <= set(listed[0])

    @pytest.mark.parametrize("name", NAMES)
    def test_show_fits_a_terminal_but_for_addresses(self, run, name):
        lines = run("show", name).stdout.splitlines()

        assert [
            line for line in lines if len(line) > 80 and not line.startswith("https:")
        ] == []
        assert f"https://<your address>{installed()[name].callback_url('')}" in lines

    @pytest.mark.parametrize("name", NAMES)
    def test_show_as_json_has_the_address(self, run, name):
        facts = json.loads(run("show", name, "--json").stdout)

        assert facts["url"].startswith(f"https://<your address>/callbacks/{name}?")

    def test_show_tells_which_secrets_are_needed(self, run):
        shown = " ".join(run("show", "aws").output.split())

        assert "topic; optional: signing_certificate, signature_version" in shown

    @pytest.mark.parametrize("command", ["show", "url"])
    def test_an_unknown_gateway_is_told_with_the_nearest(self, run, command):
        answer = run(command, "kanel")

        assert str(answer.exception) == "unknown gateway 'kanel'; did you mean 'kannel'?"


class TestUrl:
    def test_is_at_the_address_that_is_given(self, run):
        answer = run("url", "twilio", "--public-url=https://sms.example.org/", "--account=eu")

        assert answer.stdout.startswith("https://sms.example.org/callbacks/twilio/eu?ref=")

    def test_is_else_at_the_address_that_is_set(self, run):
        answer = run("url", "kannel", CONNECTOR_PUBLIC_URL="https://sms.example.com")

        assert answer.stdout.startswith("https://sms.example.com/callbacks/kannel?token=")

    def test_has_a_placeholder_where_none_is_known(self, run):
        assert run("url", "generic").stdout.startswith("https://<your address>/callbacks/")


@pytest.mark.parametrize("command", ["list", "show", "url", "read"])
def test_every_command_has_help_with_an_example(run, command):
    answer = run(command, "--help")

    assert answer.exit_code == 0
    assert f"connector gateways {command}" in answer.stdout
