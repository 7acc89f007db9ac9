"""Fixtures for every test: a clock, and the store's two engines."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

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
    with postgres.server(in_memory=True) as server:
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


@pytest.fixture(scope="session")
def made_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An embedded store that holds nothing, to be copied: making one takes longer."""
    folder = tmp_path_factory.mktemp("made") / "store"
    Store.open(f"sqlite:///{folder}").close()
    return folder


@pytest.fixture(scope="session")
def made_database(postgres_server: postgres.Server) -> Iterator[str]:
    """The name of a database with a store that holds nothing."""
    with postgres_server.database() as url:
        Store.open(url).close()
        yield urlsplit(url).path.lstrip("/")


@pytest.fixture
def copied_url(postgres_server: postgres.Server, made_database: str) -> Iterator[str]:
    """The URL of a fresh copy of it."""
    with postgres_server.database(made_database) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store may be made, on each engine in turn; for `store` there is one."""
    made = "store" in request.fixturenames
    if request.param == "sqlite":
        folder = tmp_path / "store"
        if made:
            shutil.copytree(request.getfixturevalue("made_folder"), folder)
        return f"sqlite:///{folder}"
    return str(request.getfixturevalue("copied_url" if made else "postgres_url"))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store, on each engine in turn."""
    opened = Store.open(store_url)
    yield opened
    opened.close()
