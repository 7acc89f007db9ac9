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
            "CONNECTOR_GATEWAY_KANNEL_TOKEN": "s3cret",
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


def test_a_secret_that_cannot_be_right(start):
    assert start(CONNECTOR_GATEWAY_KANNEL_BASIC="no-colon") == (
        "CONNECTOR_GATEWAY_KANNEL_BASIC has no colon: it is to be user:password"
    )


def test_a_gateway_without_secret_at_all(start):
    assert "no gateway has a secret yet" in start(CONNECTOR_GATEWAY_KANNEL_TOKEN="")


def test_a_country_that_is_none(start):
    told = start(CONNECTOR_DEFAULT_REGION="UK", CONNECTOR_GATEWAY_KANNEL_REGION="ZZ")

    assert [line.partition(" (")[0] for line in told.splitlines()] == [
        "CONNECTOR_GATEWAY_KANNEL_REGION: no country has the code ZZ",
        "CONNECTOR_DEFAULT_REGION: no country has the code UK",
    ]


def test_an_option_of_an_account_without_secret(start):
    told = start(CONNECTOR_GATEWAY_KANNEL__EU_ADDRESSES="127.0.0.1")

    assert told == (
        "CONNECTOR_GATEWAY_KANNEL__EU_ADDRESSES is set, but this account has no secret"
    )


def test_an_address_that_is_taken(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        told = start(CONNECTOR_LISTEN=address)

    assert told == f"CONNECTOR_LISTEN: cannot listen at {address}: Address already in use"


def test_help_has_an_example():
    result = CliRunner().invoke(web, ["--help"])

    assert "connector web --processes 2" in result.output
