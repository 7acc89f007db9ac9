"""Opens a block list as the settings would, against a server on loopback."""

import contextlib

import pytest

from connector.settings import Settings
from connector.wiring.block_lists import open_lists
from tests.rest.server import serving


@pytest.fixture
def opened(clock):
    """Opens the list of a gateway at an API, with these values beside its address."""
    with contextlib.ExitStack() as stack:

        def opened(gateway, api, path="", **values):
            address = stack.enter_context(serving(api))
            values = {"address": address + path, **values}
            names = {
                f"CONNECTOR_BLOCK_LIST_{gateway}_{key}".upper(): value
                for key, value in values.items()
            }
            (found,) = open_lists(Settings.from_environment(names), clock)
            return found.list

        yield opened


def whole(found, since=None):
    """All pages of a list."""
    token, entries = "", []
    while True:
        page = found.page(since, token)
        entries += page.entries
        token = page.following
        if not token:
            return entries
