"""Opens a message API as the settings would, against a server on loopback."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from connector.settings import Settings
from connector.wiring.message_apis import open_apis
from tests.rest.server import serving


SINCE = datetime(2026, 11, 20, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=2)


@pytest.fixture
def opened(clock):
    """Opens the API of a gateway at a server, with these values beside its address."""
    with contextlib.ExitStack() as stack:

        def opened(gateway, api, **values):
            values = {"address": stack.enter_context(serving(api)), **values}
            names = {
                f"CONNECTOR_MESSAGE_API_{gateway}_{key}".upper(): value
                for key, value in values.items()
            }
            (found,) = open_apis(Settings.from_environment(names), clock)
            return found.api

        yield opened


def whole(api, since=SINCE, until=UNTIL):
    """All pages of a list."""
    token, events = "", []
    while True:
        page = api.page(since, until, token)
        events += page.events
        token = page.following
        if not token:
            return events
