"""`connector org`: against the emulated org, over HTTPS, with the settings that it prints."""

import contextlib
import json
import re
import shlex
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from click.testing import CliRunner

from connector.cli import root
from connector.cli.org import exports
from connector.clock import system_clock
from connector.domain.errors import ConfigurationError
from connector.domain.records import RecordRef
from connector.emulator import serve
from connector.emulator.prepared import open_prepared
from connector.store import Store
from connector.store.outbox import Queued
from tests.support.sms_org import package


@pytest.fixture(scope="module")
def emulated(tmp_path_factory):
    """A running emulated org, and the settings to reach it."""
    folder = tmp_path_factory.mktemp("org")
    prepared = open_prepared(folder, system_clock, package(), contacts=1, leads=1)
    with contextlib.closing(prepared.org), serve(prepared.org, folder=folder) as server:
        yield prepared.org, exports(prepared, server)


@pytest.fixture
def run(emulated):
    def run(*arguments, **more):
        variables = {**emulated[1], **{f"CONNECTOR_{k}": v for k, v in more.items()}}
        return CliRunner(env=variables).invoke(root, ["org", *arguments])

    return run


class TestShow:
    def test_tells_who_we_are_and_where(self, run, emulated):
        told = json.loads(run("show", "--json").stdout)

        assert told["user"] == "integration@example.com"
        assert told["organization_id"] == emulated[0].id
        assert (told["sandbox"], told["organization"]) == (False, "Acme Ltd")
        assert told["api_version"] == "66.0"

    def test_is_readable(self, run):
        answer = run("show")

        assert answer.exit_code == 0
        assert "no: production" in answer.stdout
        assert "integration@example.com" in answer.stdout

    def test_says_which_settings_are_missing(self):
        answer = CliRunner(env={}).invoke(root, ["org", "show"])

        assert isinstance(answer.exception, ConfigurationError)
        assert "set CONNECTOR_SALESFORCE_LOGIN_URL: " in str(answer.exception)

    def test_says_what_is_wrong_with_the_user(self, run):
        answer = run("show", SALESFORCE_USERNAME="nobody@example.com")

        assert isinstance(answer.exception, ConfigurationError)
        assert len(str(answer.exception).splitlines()) == 1


class TestLimits:
    def test_tells_calls_share_and_reserve(self, run):
        told = json.loads(run("limits", "--json", SALESFORCE_API_SHARE="80").stdout)

        assert told["total"] == 100_000
        assert told["left"] == told["total"] - told["used"]
        assert (told["share_percent"], told["stops_at"], told["reserve"]) == (80, 80_000, 1_000)
        assert told["ordinary_writes"] is True
        assert told["limits"]["DailyApiRequests"]["total"] == 100_000

    def test_finds_that_ordinary_writes_are_held_back(self, run, emulated):
        emulated[0].usage.daily_limit, before = 200, emulated[0].usage.daily_limit
        try:
            answer = run("limits", SALESFORCE_API_SHARE="1")
        finally:
            emulated[0].usage.daily_limit = before

        assert answer.exit_code == 1
        assert "are held back: only opt-outs go" in answer.stdout

    def test_without_a_database_tells_no_more_than_salesforce_does(self, run, tmp_path):
        told = json.loads(run("limits", "--json", DATA_FOLDER=str(tmp_path)).stdout)

        assert (told["used_by_us"], told["backlog"], told["full_at"]) == (None, None, None)
        assert list(tmp_path.iterdir()) == []

    def test_tells_whose_calls_they_are_and_what_our_backlog_needs(
        self, run, emulated, tmp_path
    ):
        now, org = system_clock(), emulated[0]
        org.usage.spend(3_000)
        with filled(tmp_path) as t:
            t.calls.count(1_000, (1_000, 100_000), now - timedelta(hours=1))
            t.outbox.enqueue([queued(number) for number in range(450)], now)
            t.outbox.enqueue([queued(1, "consent")], now)

        answer = run("limits", DATA_FOLDER=str(tmp_path), SALESFORCE_BULK_FROM="400")
        told = json.loads(run("limits", "--json", DATA_FOLDER=str(tmp_path)).stdout)

        lines = dict(
            re.split(r"  +", line.strip(), maxsplit=1)
            for line in answer.stdout.splitlines()[1:]
        )
        assert lines["of these by us"] == "1,000"
        assert told["used_by_others"] == told["used"] - 1_000
        assert re.fullmatch(r"\S+ % are used this time tomorrow", lines["if it goes on so"])
        assert lines["what waits"] == "451 records, 10 calls with a bulk job, 4 without"
        assert (told["backlog"]["records"], told["backlog"]["calls"]) == (450, 4)

    def test_tells_when_all_calls_will_be_used_up(self, run, emulated, tmp_path):
        org = emulated[0]
        with filled(tmp_path) as t:
            t.calls.count(0, (org.usage.used, 100_000), system_clock() - timedelta(hours=1))
        org.usage.spend(20_000)

        answer = run("limits", DATA_FOLDER=str(tmp_path))

        assert re.search(r"all are used up at \d\d:\d\d UTC", answer.stdout)


@contextlib.contextmanager
def filled(folder):
    """A store in this folder, to put something into."""
    store = Store.open(f"sqlite:///{folder}")
    with contextlib.closing(store), store.transaction() as transaction:
        yield transaction


def queued(number, topic="delivery"):
    return Queued(
        record=RecordRef("Contact", f"003{number:012}AAA"),
        topic=topic,
        fields={"SMS_Delivery_Status__c": "Delivered"},
        urgent=topic == "consent",
        parent="",
    )


def emulate(*options):
    return [sys.executable, "-m", "connector", "org", "emulate", *map(str, options)]


class TestEmulate:
    def test_serves_until_told_to_stop_with_the_settings_it_prints(self, tmp_path):
        with subprocess.Popen(
            emulate("--http", "0", "--https", "0", "--folder", tmp_path / "an org"),
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                lines = [line for _, line in zip(range(7), process.stdout or (), strict=False)]
                exported = [shlex.split(line)[1] for line in lines if line[:6] == "export"]
                variables = dict(each.split("=", 1) for each in exported)
                answer = CliRunner(env=variables).invoke(root, ["org", "show", "--json"])
            finally:
                process.send_signal(signal.SIGINT)
            code = process.wait(20)

        assert json.loads(answer.stdout)["user"] == "integration@example.com"
        assert code == 0

    def test_a_port_that_is_taken_is_told(self, emulated, tmp_path):
        port = emulated[1]["CONNECTOR_SALESFORCE_LOGIN_URL"].rpartition(":")[2]

        answer = subprocess.run(
            emulate("--http", "0", "--https", port, "--folder", tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )

        assert answer.returncode == 2
        assert "choose others with --http and --https" in answer.stderr
