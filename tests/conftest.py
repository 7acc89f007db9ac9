"""Fixtures for every test: a clock, and the store's two engines."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.store import Store
from tests.support import postgres
from tests.support.clock import TestClock


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """The server of this test process; under CI it is an error to have none."""
    with postgres.server() as server:
        if server is None and os.environ.get("CI"):
            pytest.fail(postgres.HOW_TO_GET_ONE)
        if server is None:
            pytest.skip(postgres.HOW_TO_GET_ONE)
        yield server


@pytest.fixture
def postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    """The URL of a fresh, empty PostgreSQL database."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store may be made, on each engine in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store, on each engine in turn."""
    opened = Store.open(store_url)
    yield opened
    opened.close()
