"""Connections: addresses that cannot be read, servers that fall silent, disks that fail."""

import sqlite3

import pytest
import sqlalchemy as sa

from connector.domain.errors import ConfigurationError, StoreBrokenError, StoreUnavailableError
from connector.store import Store
from connector.store.engine import REST_MS, SILENCE_MS, open_postgresql, store_errors
from tests.support import postgres
from tests.support.serving import free_port


@pytest.mark.parametrize(
    "url", ["postgresql://user:s3cret/db", "postgresql://user:s3cret@host:port/db"]
)
def test_an_address_that_cannot_be_read_is_told_without_its_secret(url):
    with pytest.raises(ConfigurationError, match="cannot be read") as told:
        Store.connect(url)

    assert "s3cret" not in str(told.value)
    assert told.value.__suppress_context__


def test_a_server_that_falls_silent_is_given_up(postgres_url):
    engine = open_postgresql(postgres_url)

    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        parameters = driver.info.get_parameters()

    engine.dispose()
    assert parameters["tcp_user_timeout"] == str(SILENCE_MS)
    assert int(parameters["keepalives_idle"]) * 1_000 < SILENCE_MS


def test_the_server_gives_us_up_too_where_we_fall_silent():
    """On a socket of this machine it would mean nothing, so this one has an address."""
    binaries = next(postgres.installed_binaries(), None)
    if binaries is None:
        pytest.skip(postgres.HOW_TO_GET_ONE)
    at = postgres.Address("127.0.0.1", free_port())
    with postgres.private_server(binaries, in_memory=True, at=at) as server:
        engine = open_postgresql(server.url)

        with engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT name, setting FROM pg_settings").all()

        engine.dispose()
    told = {row.name: row.setting for row in rows}
    probing = int(told["tcp_keepalives_interval"]) * int(told["tcp_keepalives_count"])
    assert 0 < int(told["tcp_keepalives_idle"]) + probing < SILENCE_MS / 1_000
    assert 0 < int(told["tcp_user_timeout"]) < SILENCE_MS
    # From PostgreSQL 14 on.
    assert 0 < int(told.get("client_connection_check_interval", 1)) < SILENCE_MS


def test_a_transaction_that_nobody_goes_on_with_is_ended_by_the_server(postgres_url):
    engine = open_postgresql(postgres_url)

    with engine.connect() as connection:
        limit = connection.exec_driver_sql(
            "SELECT setting FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'"
        ).scalar_one()

    engine.dispose()
    assert limit == str(REST_MS)


def raised(name):
    cause = sqlite3.OperationalError("disk I/O error")
    cause.sqlite_errorname = name
    with pytest.raises(StoreUnavailableError) as told, store_errors():
        raise sa.exc.OperationalError("INSERT", {}, cause)
    return type(told.value)


@pytest.mark.parametrize("name", ["SQLITE_IOERR", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_READ"])
def test_after_a_failed_sync_nothing_can_be_trusted(name):
    assert raised(name) is StoreBrokenError


@pytest.mark.parametrize(
    "name", ["SQLITE_BUSY", "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR_WRITE"]
)
def test_a_full_or_busy_store_may_heal(name):
    assert raised(name) is StoreUnavailableError
