"""`connector demo` as it is typed: real processes, a real database, an org over HTTPS."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading

from connector import mapping


#: Starting, playing and ending take a few seconds, on a loaded machine many.
PATIENCE_SECONDS = 120


def start(*words, folder):
    """A demonstration under way; settings of the operator must not reach it."""
    return subprocess.Popen(
        [sys.executable, "-m", "connector", "demo", "--folder", str(folder), *words],
        env={"PATH": os.defpath, "CONNECTOR_LOG_LEVEL": "no such level"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(*words, folder):
    with start(*words, folder=folder) as process:
        try:
            printed, _ = process.communicate(timeout=PATIENCE_SECONDS)
        finally:
            process.kill()
    return process.returncode, printed


def is_listening(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def wait_for(something):
    waiting = threading.Event()
    for _ in range(PATIENCE_SECONDS * 10):
        if found := something():
            return found
        waiting.wait(0.1)
    raise AssertionError(something)


def port_of(folder):
    """The port of the service, once all of it has started."""
    log = folder / "service.log"

    def look():
        text = log.read_text() if log.exists() else ""
        found = re.search(r"Listening at: http://127.0.0.1:(\d+)", text)
        return int(found[1]) if found and "worker.started" in text else 0

    return wait_for(look)


def test_once_plays_everything_and_ends_by_itself(tmp_path):
    code, printed = run("--once", folder=tmp_path / "demo")

    assert code == 0, printed
    assert "Every field of every record is as it should be." in printed
    assert printed.index("Before") < printed.index("After")
    assert "refused as forged" in printed
    assert (tmp_path / "demo" / "data" / "inbox.sqlite3").exists()
    assert not is_listening(port_of(tmp_path / "demo"))
    tables = printed[printed.index("Before") : printed.index("Callbacks  ")]
    assert max(map(len, tables.splitlines())) <= 80


def test_a_field_that_is_not_filled_is_named(tmp_path):
    shutil.copytree(mapping.packaged(), tmp_path / "mappings")
    lead = tmp_path / "mappings" / "lead.yaml"
    kept = [
        line
        for line in lead.read_text().splitlines(keepends=True)
        if "SMS_Failure_Reason__c" not in line
    ]
    lead.write_text("".join(kept))

    code, printed = run("--mappings", str(tmp_path / "mappings"), folder=tmp_path / "demo")

    wrong = [line for line in printed.splitlines() if line.startswith("wrong: ")]
    assert code == 1, printed
    assert wrong
    assert all(re.search(r"Lead 00Q\w{15} \(.*\): SMS_Failure_Reason__c", w) for w in wrong)
    assert f"{len(wrong)} things are not as they should be." in printed


def test_whoever_ends_it_ends_the_service_too(tmp_path):
    with start(folder=tmp_path / "demo") as process:
        port = port_of(tmp_path / "demo")
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 130
    assert printed.endswith("Stopped.\n")
    assert not is_listening(port)


def test_the_service_ends_with_a_demonstration_that_was_killed(tmp_path):
    with start(folder=tmp_path / "demo") as process:
        port = port_of(tmp_path / "demo")
        process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)

    assert wait_for(lambda: not is_listening(port))


class TestMistakes:
    def test_a_folder_that_is_not_empty(self, tmp_path):
        (tmp_path / "mine.txt").touch()

        code, printed = run(folder=tmp_path)

        assert code == 2
        assert printed.splitlines()[-1] == (
            f"connector: --folder {tmp_path}: it is not empty; name a new one"
        )

    def test_a_folder_that_cannot_be_made(self, tmp_path):
        (tmp_path / "file").touch()

        code, printed = run(folder=tmp_path / "file" / "demo")

        assert code == 2
        assert printed.splitlines()[-1].endswith("Not a directory")

    def test_a_port_that_is_taken(self, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]

            code, printed = run("--port", str(port), folder=tmp_path / "demo")

        assert code == 2
        assert printed.splitlines()[-1] == (
            f"connector: port {port}: Address already in use; give another"
        )

    def test_mappings_with_a_mistake(self, tmp_path):
        (tmp_path / "contact.yaml").write_text("object: Contact\nfields: {A__c: delivery.no}\n")

        code, printed = run("--mappings", str(tmp_path), folder=tmp_path / "demo")

        assert code == 2
        assert "unknown fact 'delivery.no'" in printed
