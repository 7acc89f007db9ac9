"""`connector health` says by its exit code whether the process beside it is well."""

import os

from click.testing import CliRunner

from connector.cli.health import health
from connector.domain.errors import ConfigurationError
from connector.heartbeat import Heartbeat
from tests.support.serving import free_port, serving


def ask(*words, **settings):
    return CliRunner().invoke(health, words, env=settings)


def test_a_web_process_that_is_ready(tmp_path):
    with serving(tmp_path) as server:
        answer = ask(CONNECTOR_LISTEN=f"0.0.0.0:{server.port}")

    assert (answer.exit_code, answer.output) == (0, "ok\n")


def test_nobody_listens():
    listen = f"127.0.0.1:{free_port()}"

    answer = ask(CONNECTOR_LISTEN=listen)

    assert answer.exit_code == 1
    assert answer.output == f"no answer at {listen}: ConnectionRefusedError\n"


def test_a_worker_that_beats(tmp_path):
    file = tmp_path / "beat"
    Heartbeat(file).beat()

    assert ask("worker", CONNECTOR_HEARTBEAT_FILE=str(file)).exit_code == 0


def test_a_worker_that_is_stuck(tmp_path):
    file = tmp_path / "beat"
    Heartbeat(file).beat()
    os.utime(file, (1_700_000_000, 1_700_000_000))

    answer = ask("worker", CONNECTOR_HEARTBEAT_FILE=str(file))

    assert answer.exit_code == 1
    assert answer.output.startswith("the worker has not moved for ")


def test_a_worker_that_has_not_begun(tmp_path):
    answer = ask("worker", CONNECTOR_HEARTBEAT_FILE=str(tmp_path / "beat"))

    assert answer.exit_code == 1


def test_a_worker_without_a_file():
    answer = ask("worker")

    assert isinstance(answer.exception, ConfigurationError)
    assert "CONNECTOR_HEARTBEAT_FILE" in str(answer.exception)
