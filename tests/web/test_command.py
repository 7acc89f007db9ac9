"""`connector web` says in a line what is to be changed before it starts."""

import logging
import socket

import pytest
from click.testing import CliRunner

from connector.cli.web import web
from connector.domain.errors import ConfigurationError


@pytest.fixture(autouse=True)
def own_logging():
    """The command sends all logging to its standard error, which ends with it."""
    before = logging.root.handlers[:]
    yield
    logging.captureWarnings(capture=False)
    logging.root.handlers[:] = before


@pytest.fixture
def start(tmp_path):
    def start(**settings):
        environment = {
            "CONNECTOR_DATA_FOLDER": str(tmp_path / "data"),
            "CONNECTOR_PUBLIC_URL": "https://sms.example.org",
            **settings,
        }
        result = CliRunner().invoke(web, env=environment)
        assert isinstance(result.exception, ConfigurationError)
        return str(result.exception)

    return start


def test_the_public_address_is_needed(start):
    assert "CONNECTOR_PUBLIC_URL" in start(CONNECTOR_PUBLIC_URL="")


def test_a_secret_that_no_gateway_knows(start):
    assert "did you mean" in start(CONNECTOR_GATEWAY_TWILIO_AUTH_TOKE="x")


def test_an_address_that_is_taken(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        told = start(CONNECTOR_LISTEN=address)

    assert told == f"CONNECTOR_LISTEN: cannot listen at {address}: Address already in use"


def test_help_has_an_example():
    result = CliRunner().invoke(web, ["--help"])

    assert "connector web --processes 2" in result.output
