"""An org made of prepared answers."""

from collections.abc import Iterator

import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connector.salesforce.access import OrgAccess
from connector.salesforce.connect import connect
from connector.salesforce.org import Org
from tests.salesforce.answers import HOST, LOGIN, token_answer
from tests.support.clock import TestClock


@pytest.fixture(scope="session")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def access() -> OrgAccess:
    return OrgAccess(login_url=HOST, client_id="key", client_secret="hush-hush")


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    """The network: what is not prepared cannot be reached."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def logged_in(web: responses.RequestsMock) -> responses.RequestsMock:
    """A network with an org that lets us in."""
    web.post(LOGIN, json=token_answer())
    return web


@pytest.fixture
def org(access: OrgAccess, clock: TestClock) -> Iterator[Org]:
    with connect(access, clock=clock) as found:
        yield found
