"""`connector org login` and `org bind`, against an emulated org without any app."""

import contextlib
import json
import os
import stat
import subprocess
import sys
from datetime import timedelta

import pytest
import requests
from click.testing import CliRunner

from connector.cli import root
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.emulator import ADMIN, INTEGRATION_USER, EmulatedOrg, serve
from connector.emulator.prepared import open_empty
from connector.salesforce.errors import LoginRefusedError
from connector.settings import Settings
from connector.setup.login import make_key_pair


@pytest.fixture
def emulated(tmp_path):
    """A running emulated org without our fields and without an app."""
    folder = tmp_path / "org"
    org = open_empty(folder, system_clock, contacts=1, leads=1)
    with contextlib.closing(org), serve(org, folder=folder) as server:
        yield org, server


@pytest.fixture
def login(emulated, tmp_path):
    """Run `connector org login` in a folder of its own."""
    _, server = emulated

    def run(*arguments, text=None, folder="salesforce", **variables):
        options = ["--folder", str(tmp_path / folder)]
        if "--check" not in arguments:
            options += ["--ca-file", str(server.ca_file)]
        return CliRunner(env=variables).invoke(
            root, ["org", "login", *options, *arguments], input=text
        )

    return run


def make_app(server, **fields):
    body = {"name": "SMS Connector", "contact": "me@example.com", **fields}
    answer = requests.post(f"{server.http_url}/emulator/apps", json=body, timeout=10)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def approved(emulated, login, tmp_path):
    """The options of a login whose certificate was uploaded to an app."""
    _, server = emulated
    login()
    certificate = (tmp_path / "salesforce" / "salesforce.crt").read_text()
    app = make_app(server, certificate=certificate, users=[ADMIN, INTEGRATION_USER])
    return [
        "--login-url",
        server.https_url,
        "--client-id",
        app["consumer_key"],
        "--username",
        INTEGRATION_USER,
    ]


class TestScript:
    def test_says_what_to_click_and_which_options_are_missing(self, login, tmp_path):
        answer = login()

        assert isinstance(answer.exception, ConfigurationError)
        assert [line.split(":")[0] for line in str(answer.exception).splitlines()] == [
            "say --login-url",
            "say --client-id",
            "say --username",
        ]
        assert "External Client App Manager" in answer.stdout
        assert (tmp_path / "salesforce" / "salesforce.crt").exists()
        lines = [line for line in answer.stdout.splitlines() if str(tmp_path) not in line]
        assert max(map(len, lines)) <= 80

    def test_logs_in_and_writes_the_settings(self, login, approved, emulated, tmp_path):
        answer = login(*approved, "--json")

        told = json.loads(answer.stdout)
        assert (told["user"], told["organization_id"]) == (INTEGRATION_USER, emulated[0].id)
        path = tmp_path / "salesforce" / "salesforce.env"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        settings = Settings.from_file(path)
        assert settings.salesforce_org_id == emulated[0].id
        assert settings.salesforce_private_key
        assert "PRIVATE KEY" not in path.read_text()

    def test_says_what_comes_next(self, login, approved):
        answer = login(*approved)

        assert "The login works." in answer.stdout
        assert "connector setup plan" in answer.stdout

    def test_uses_the_key_again_unless_forced(self, login, approved, tmp_path):
        key = (tmp_path / "salesforce" / "salesforce.key").read_bytes()

        login(*approved)
        assert (tmp_path / "salesforce" / "salesforce.key").read_bytes() == key

        answer = login(*approved, "--force")
        assert (tmp_path / "salesforce" / "salesforce.key").read_bytes() != key
        assert isinstance(answer.exception, LoginRefusedError)

    def test_writes_nothing_when_it_is_refused(self, login, approved, tmp_path):
        answer = login(*approved, "--username", "nobody@example.com")

        assert isinstance(answer.exception, LoginRefusedError)
        assert not (tmp_path / "salesforce" / "salesforce.env").exists()

    def test_says_what_stands_between_it_and_the_org(self, login, approved):
        answer = login(*approved, "--login-url", "https://127.0.0.1:9")

        assert "127.0.0.1: nobody listens there. Let this machine reach" in str(
            answer.exception
        )

    def test_does_not_replace_the_settings_of_another_org(self, login, approved, tmp_path):
        path = tmp_path / "salesforce" / "salesforce.env"
        path.write_text("CONNECTOR_SALESFORCE_ORG_ID=00Dxx0000009zzzAAA\n")

        answer = login(*approved)

        assert "00Dxx0000009zzzAAA" in str(answer.exception)
        assert "--force" in str(answer.exception)

    def test_a_certificate_that_ended_is_told(self, login, approved, tmp_path):
        folder = tmp_path / "salesforce"
        make_key_pair(folder, years=1, now=system_clock() - timedelta(days=400))

        answer = login(*approved)

        assert "say --force" in str(answer.exception)


class TestAnotherUser:
    def test_takes_the_app_of_the_first_login_over(self, login, approved, tmp_path):
        login(*approved)

        answer = login("--username", ADMIN, "--save-as", "admin.env")

        assert answer.exit_code == 0, answer.exception
        assert "External Client App" not in answer.stdout
        folder = tmp_path / "salesforce"
        first, second = (
            Settings.from_file(folder / name) for name in ("salesforce.env", "admin.env")
        )
        assert second.salesforce_client_id == first.salesforce_client_id
        assert (first.salesforce_username, second.salesforce_username) == (
            INTEGRATION_USER,
            ADMIN,
        )
        assert login("--check", "--save-as", "admin.env").exit_code == 0

    def test_needs_an_app_of_its_own_at_another_address(self, login, approved):
        login(*approved)

        answer = login("--login-url", "https://other.my.salesforce.com")

        assert "say --client-id" in str(answer.exception)


class TestClientCredentials:
    def test_keep_the_secret_in_a_file_of_its_own(self, login, emulated, tmp_path):
        _, server = emulated
        app = make_app(server, client_credentials=True, run_as=INTEGRATION_USER)
        secret = tmp_path / "secret"
        secret.touch(mode=0o600)
        secret.write_text(app["consumer_secret"])

        answer = login(
            "--flow",
            "client-credentials",
            "--login-url",
            server.https_url,
            "--client-id",
            app["consumer_key"],
            "--secret-file",
            str(secret),
        )

        assert answer.exit_code == 0, answer.exception
        text = (tmp_path / "salesforce" / "salesforce.env").read_text()
        assert f"CLIENT_SECRET_FILE={secret}" in text
        assert app["consumer_secret"] not in text
        assert login("--check").exit_code == 0

    def test_name_the_option_for_the_secret(self, login):
        answer = login("--flow", "client-credentials")

        assert "say --secret-file" in str(answer.exception)
        assert "Run As" in answer.stdout


class TestCheck:
    def test_tells_when_the_certificate_ends(self, login, approved):
        login(*approved)

        answer = login("--check")

        assert answer.exit_code == 0
        assert "The certificate ends on" in answer.stdout

    def test_finds_a_certificate_that_ends_soon(self, login, approved, emulated, tmp_path):
        login(*approved)
        folder = tmp_path / "salesforce"
        make_key_pair(folder, years=0, now=system_clock())
        app = emulated[0].auth.app(approved[3])
        make_app(
            emulated[1],
            name="Second",
            certificate=(folder / "salesforce.crt").read_text(),
            users=app.usernames,
        )
        second = emulated[0].auth.apps()[-1].consumer_key
        path = folder / "salesforce.env"
        path.write_text(path.read_text().replace(approved[3], second))

        answer = login("--check")

        assert answer.exit_code == 1
        assert "The login works." in answer.stdout

    def test_takes_the_settings_in_force_where_no_file_is(self, login):
        answer = login("--check", folder="nowhere")

        assert "set CONNECTOR_SALESFORCE_LOGIN_URL" in str(answer.exception)


class TestBind:
    @pytest.fixture
    def bind(self, login, approved, tmp_path):
        """Run `connector org bind` with the login of the emulated org."""
        login(*approved)
        lines = (tmp_path / "salesforce" / "salesforce.env").read_text().splitlines()
        variables = dict(line.split("=", 1) for line in lines if line[:1] != "#")
        del variables["CONNECTOR_SALESFORCE_ORG_ID"]
        variables["CONNECTOR_DATA_FOLDER"] = str(tmp_path / "data")
        CliRunner(env=variables).invoke(root, ["store", "upgrade"])

        def run(*arguments):
            return CliRunner(env=variables).invoke(root, ["org", "bind", *arguments])

        return run

    def test_gives_an_unbound_database_to_the_org(self, bind, emulated):
        told = json.loads(bind("--json").stdout)

        assert told == {"before": None, "bound": emulated[0].id, "changed": True}
        assert "Nothing to do" in bind().stdout

    def test_asks_before_it_forgets_another_org(self, bind, emulated):
        bind()
        refreshed = EmulatedOrg(clock=system_clock, number=7)
        refreshed.close()
        emulated[0].id = emulated[0].auth._org_id = refreshed.id  # noqa: SLF001 (a refresh)

        answer = bind()

        assert "say --yes" in str(answer.exception)
        done = bind("--yes", "--json")
        assert not done.exception, done.exception
        assert json.loads(done.stdout)["bound"] == refreshed.id


class TestTerminal:
    def test_asks_until_the_login_works(self, emulated, approved, tmp_path):
        _, server = emulated
        answers = [
            f"{server.https_url}/lightning/setup",  # as copied out of the browser
            "wrong",
            INTEGRATION_USER,
            "y",
            "",  # the address was right
            approved[3],
            "",
        ]
        ours, theirs = os.openpty()
        os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
        command = [sys.executable, "-m", "connector", "org", "login"]
        options = ["--folder", tmp_path / "salesforce", "--ca-file", server.ca_file]

        done = subprocess.run(
            [*command, *options], stdin=theirs, capture_output=True, text=True, check=False
        )

        os.close(ours)
        os.close(theirs)
        assert done.returncode == 0, done.stderr
        assert "Check the consumer key and the login URL" in " ".join(done.stderr.split())
        assert "Consumer Key and Secret" in done.stderr  # where to click
        assert "The login works." in done.stdout
