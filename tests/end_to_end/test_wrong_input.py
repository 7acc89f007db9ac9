"""
Wrong input, tried on purpose on real processes: each gives one clear line, and an exit code.

The tests take up to 5 seconds each, for the start of real processes.
"""

import json
import os
import shutil
import subprocess
import threading

import pytest

from tests.end_to_end.org import running
from tests.end_to_end.sends import AUTH_TOKEN, callback
from tests.end_to_end.service import CONNECTOR, Started, make_key, settings_for
from tests.support.serving import TOKEN, serving


BAD_FACT = """\
object: Contact
phones: [MobilePhone]
fields:
  SMS_Delivery_Status__c: delivery.statos
"""
UNKNOWN_OBJECT = """\
object: Kontact__c
phones: [Phone__c]
fields:
  SMS_Delivery_Status__c: delivery.status
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Settings with which the service would run, against an org that answers."""
    folder = tmp_path_factory.mktemp("org")
    key = make_key(folder)
    with running(folder, 1) as org:
        yield settings_for(org, key, folder)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A web server that knows Twilio and Kannel."""
    folder = tmp_path_factory.mktemp("web")
    with serving(folder, CONNECTOR_GATEWAY_TWILIO_AUTH_TOKEN=AUTH_TOKEN) as server:
        yield server


def connector(settings, *words, **changes):
    """Run a command that has to end by itself."""
    given = settings | {f"CONNECTOR_{name}": str(value) for name, value in changes.items()}
    return subprocess.run(
        [*CONNECTOR, *words],
        env={name: value for name, value in given.items() if value},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def only_line(done):
    """The one line that a refused start leaves."""
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line.removeprefix("connector: ")


def to_change(done):
    """The one line of a check that says what to change."""
    assert done.stderr == ""
    (line,) = [each for each in done.stdout.splitlines() if not each.startswith("ok ")]
    return line.removeprefix("change").strip()


def text_of(log):
    """What the log says a moment later."""
    threading.Event().wait(0.05)
    return log.read_text()


def mapping(tmp_path, text):
    folder = tmp_path / "mappings"
    folder.mkdir()
    (folder / "contact.yaml").write_text(text)
    return folder


class TestStart:
    def test_a_bad_mapping_is_told_with_file_line_and_the_nearest_word(
        self, settings, tmp_path
    ):
        folder = mapping(tmp_path, BAD_FACT)

        done = connector(settings, "run", MAPPINGS=folder)

        assert only_line(done) == (
            f"{folder}/contact.yaml:4: SMS_Delivery_Status__c: unknown fact 'delivery.statos';"
            " did you mean 'delivery.status'?"
        )
        assert done.returncode == 2

    def test_a_missing_secret_is_told_by_its_name(self, settings):
        done = connector(settings, "run", SALESFORCE_PRIVATE_KEY="")

        assert only_line(done).startswith("set CONNECTOR_SALESFORCE_PRIVATE_KEY: ")
        assert done.returncode == 2

    def test_no_gateway_secret_at_all(self, settings):
        done = connector(settings, "run", GATEWAY_TWILIO_AUTH_TOKEN="")

        assert only_line(done).startswith("no gateway has a secret yet")
        assert done.returncode == 2

    def test_a_private_key_that_is_none_is_not_shown(self, settings):
        done = connector(settings, "run", SALESFORCE_PRIVATE_KEY="MIIEvQIBADAN")

        assert only_line(done).startswith("CONNECTOR_SALESFORCE_PRIVATE_KEY must be ")
        assert "MIIEvQIBADAN" not in done.stderr
        assert done.returncode == 2

    def test_a_folder_that_cannot_be_is_told(self, settings, tmp_path):
        (tmp_path / "file").touch()

        done = connector(settings, "run", DATA_FOLDER=tmp_path / "file" / "data")

        assert only_line(done).startswith(
            f"{tmp_path}/file/data: cannot keep the database here"
        )
        assert done.returncode == 2

    def test_a_read_only_disk_is_told(self, settings, tmp_path):
        disk = tmp_path / "disk"
        disk.mkdir()
        mount = [shutil.which("mount") or "mount", "-t", "tmpfs", "-o", "ro", "tmpfs", disk]
        if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("only root may mount a read-only disk")
        try:
            done = connector(settings, "run", DATA_FOLDER=disk / "data")
        finally:
            subprocess.run([shutil.which("umount") or "umount", disk], check=True)

        assert only_line(done).startswith(
            f"{disk}/data: cannot keep the database here (Read-only file system): choose"
        )
        assert done.returncode == 2


class TestOrg:
    def test_a_wrong_private_key_is_told_by_the_check(self, settings, tmp_path):
        connector(settings, "store", "upgrade")

        done = connector(settings, "config", "check", SALESFORCE_PRIVATE_KEY=make_key(tmp_path))

        assert to_change(done).startswith(
            "Salesforce: Salesforce login at localhost: invalid_grant: upload the certificate"
        )
        assert done.returncode == 2

    def test_an_org_that_cannot_be_reached_is_told_by_the_check(self, settings):
        connector(settings, "store", "upgrade")

        done = connector(
            settings, "config", "check", SALESFORCE_LOGIN_URL="https://localhost:1"
        )

        assert to_change(done).startswith("Salesforce: Salesforce login at localhost")
        assert done.returncode == 2

    def test_an_object_that_the_org_lacks_is_told(self, settings, tmp_path):
        folder = mapping(tmp_path, UNKNOWN_OBJECT)

        done = connector(settings, "mappings", "check", "--org", MAPPINGS=folder)

        (line,) = [each for each in done.stdout.splitlines() if "Kontact__c" in each]
        assert "Salesforce has no object Kontact__c" in line
        assert done.stderr == ""
        assert done.returncode == 2

    @pytest.mark.parametrize(
        "change,words",
        [
            (
                {"SALESFORCE_LOGIN_URL": "https://localhost:1"},
                "Salesforce login at localhost: ConnectionError",
            ),
            ({"MAPPINGS": UNKNOWN_OBJECT}, "Salesforce has no object Kontact__c"),
        ],
        ids=["unreachable", "unknown object"],
    )
    def test_a_worker_says_once_what_holds_it_up(self, settings, tmp_path, change, words):
        if "MAPPINGS" in change:
            change = {"MAPPINGS": mapping(tmp_path, change["MAPPINGS"])}
        given = {f"CONNECTOR_{name}": str(value) for name, value in change.items()}
        data = {"CONNECTOR_DATA_FOLDER": str(tmp_path / "data")}
        log = tmp_path / "worker.log"
        worker = Started(["worker"], settings | data | given, log)
        try:
            told = any(words in text_of(log) for _ in range(400))
            code = worker.end()
        finally:
            worker.kill()

        assert told
        lines = log.read_text().splitlines()
        assert len([line for line in lines if words in line]) == 1
        assert "raceback" not in log.read_text()
        assert code == 0


class TestRequests:
    def test_ten_megabytes(self, server):
        connection = server.connect()
        with connection:
            connection.sendall(
                b"POST /callbacks/twilio HTTP/1.1\r\nHost: x\r\n"
                b"Content-Length: 10485760\r\n\r\n"
            )
            answer = connection.recv(4096)

        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b'"title": "' in answer

    def test_get_where_post_is_meant(self, server):
        status, headers, body = server.ask("GET", "/callbacks/twilio?MessageSid=SM1")

        assert (status, headers["allow"]) == (405, "POST")
        assert json.loads(body)["title"] == "Method Not Allowed"

    def test_a_signed_form_that_is_not_utf_8_is_not_trusted(self, server):
        send = callback("1", {"MessageSid": "SM1", "Body": "\xff"}, decides=())
        body = send.body.replace(b"%C3%BF", b"\xff")

        status, _, _ = server.ask("POST", send.target, body, **send.headers)

        assert status == 403
        refused = [line for line in server.log.read_text().splitlines() if "refused" in line]
        assert len(refused) == 1

    def test_a_query_that_is_not_utf_8_is_kept_for_somebody_to_look_at(self, server):
        target = f"/callbacks/kannel?token={TOKEN}&id=1&type=1&text=%ff"

        assert server.ask("GET", target)[0] == 200

    def test_nothing_of_this_leaves_a_traceback(self, server):
        assert "Traceback" not in server.log.read_text()
