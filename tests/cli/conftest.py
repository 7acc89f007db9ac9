"""The command line on a real store."""

import pytest
from click.testing import CliRunner

from connector.cli import root


@pytest.fixture
def operate(store, store_url):  # noqa: ARG001 (there has to be one)
    """Run `connector ...` with the settings of the store, on each engine in turn."""

    def run(*arguments, **variables):
        place = ("DATABASE_URL", store_url)
        if store_url.startswith("sqlite"):
            place = ("DATA_FOLDER", store_url.removeprefix("sqlite:///"))
        named = dict([place, *variables.items()])
        environment = {f"CONNECTOR_{name}": value for name, value in named.items()}
        return CliRunner(env=environment).invoke(root, [str(each) for each in arguments])

    return run


@pytest.fixture
def operate_nowhere(tmp_path):
    """Run `connector ...` where no database is."""

    def run(*arguments, **variables):
        named = {"DATA_FOLDER": str(tmp_path / "nowhere"), **variables}
        environment = {f"CONNECTOR_{name}": value for name, value in named.items()}
        return CliRunner(env=environment).invoke(root, [str(each) for each in arguments])

    return run
