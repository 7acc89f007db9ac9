"""An org in memory with the SMS fields, a clock to turn, and clients in process."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from connector.emulator import EmulatedOrg, WSGIAdapter, create_app
from tests.support.sms_org import install_sms_fields


HOST = "https://acme.my.salesforce.com"
DATA = f"{HOST}/services/data/v66.0"


class Watch:
    """A clock that stands still until it is told to move."""

    def __init__(self):
        self.now = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def move(self, **span):
        self.now += timedelta(**span)


class Client:
    """Plain HTTP against the org's API, as any client would speak it."""

    def __init__(self, session, base=DATA):
        self.session = session
        self.base = base

    def call(self, method, path, json=None, **more):
        return self.session.request(method, self.base + path, json=json, **more)

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def query(self, soql, path="/query", **more):
        return self.call("GET", path, params={"q": soql}, **more)

    def update(self, *records, **options):
        return self.call("PATCH", "/composite/sobjects", {"records": list(records), **options})


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def org(watch):
    org = EmulatedOrg(clock=watch)
    install_sms_fields(org)
    yield org
    org.close()


@pytest.fixture
def session(org):
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", WSGIAdapter(create_app(org)))
        yield session


@pytest.fixture
def client(org, session):
    session.headers["Authorization"] = f"Bearer {org.issue_token()}"
    return Client(session)


@pytest.fixture
def contact(org):
    return org.create("Contact", {"LastName": "Brook", "MobilePhone": "+12015550100"})
