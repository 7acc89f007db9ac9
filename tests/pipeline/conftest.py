"""The pipeline on a real store, with the shipped mappings."""

import pytest

from connector import gateways, mapping
from connector.emulator import EmulatedOrg, WSGIAdapter, create_app
from connector.pipeline.directory import DirectorySync
from connector.pipeline.enqueue import enqueue
from connector.pipeline.match import match
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.pipeline.push import Pusher
from connector.salesforce.access import OrgAccess
from connector.salesforce.budget import Budget
from connector.salesforce.connect import connect
from tests.support.sms_org import install_sms_fields


@pytest.fixture(scope="session")
def mappings():
    return mapping.load_all(mapping.packaged())


@pytest.fixture
def read(store, mappings, clock):
    """Reads all that was kept, to pending fields; returns the three reports."""

    def run():
        return (
            normalise(store, gateways.installed(), PhoneReader(), clock),
            match(store, mappings, clock),
            enqueue(store, mappings, clock),
        )

    return run


@pytest.fixture
def emulator(clock):
    """An emulated org with the fields of the shipped mappings."""
    emulated = EmulatedOrg(clock=clock)
    install_sms_fields(emulated)
    yield emulated
    emulated.close()


@pytest.fixture
def org(emulator, clock):
    """Our client, in the same process as its org."""
    emulator.register_app("key", secret="hush-hush")
    access = OrgAccess(login_url=emulator.my_domain, client_id="key", client_secret="hush-hush")
    with connect(access, clock=clock, adapter=WSGIAdapter(create_app(emulator))) as found:
        yield found


@pytest.fixture
def budget(clock):
    return Budget(clock=clock, share=1.0, reserve=0)


@pytest.fixture
def pusher(store, org, budget, clock):
    return Pusher(store, org, budget, clock, holder="one")


@pytest.fixture
def directory(store, org, budget, clock, mappings):
    return DirectorySync(store, org, budget, clock, mappings, PhoneReader(), holder="one")
