"""The package and an emulated org over real HTTPS, with an authority of its own."""

import dataclasses

import pytest

from connector.clock import system_clock
from connector.domain.errors import ConfigurationError, OrgUnavailableError
from connector.domain.records import RecordChange, RecordRef
from connector.emulator import EmulatedOrg, seed_contacts
from connector.emulator.server import serve
from connector.salesforce.access import OrgAccess
from connector.salesforce.connect import connect
from tests.support.sms_org import install_sms_fields


@pytest.fixture
def salesforce():
    emulated = EmulatedOrg(clock=system_clock)
    install_sms_fields(emulated)
    emulated.register_app("key", secret="hush-hush")
    yield emulated
    emulated.close()


@pytest.fixture
def server(salesforce, tmp_path):
    with serve(salesforce, folder=tmp_path) as running:
        yield running


@pytest.fixture
def access(server):
    return OrgAccess(
        login_url=server.https_url,
        client_id="key",
        client_secret="hush-hush",
        ca_file=str(server.ca_file),
        read_timeout_seconds=5,
    )


def changes(salesforce, count):
    return [
        RecordChange(
            record=RecordRef("Contact", contact),
            fields={"SMS_Delivery_Status__c": "Delivered"},
            change_ids=frozenset({contact}),
        )
        for contact in seed_contacts(salesforce, count)
    ]


def test_a_batch_is_written(salesforce, access):
    batch = changes(salesforce, 200)

    with connect(access, clock=system_clock) as org:
        outcomes = org.update(batch)

    assert all(outcome.written for outcome in outcomes)
    assert org.usage is not None


@pytest.mark.parametrize("fault", ["drop", "truncated", "cut_body"])
def test_a_broken_answer_is_for_later(salesforce, access, fault):
    batch = changes(salesforce, 2)
    getattr(salesforce.faults, fault)(path="/composite/sobjects")

    with connect(access, clock=system_clock) as org:
        with pytest.raises(OrgUnavailableError):
            org.update(batch)
        assert all(outcome.written for outcome in org.update(batch))


def test_an_authority_that_is_not_named_is_not_trusted(access):
    nameless = dataclasses.replace(access, ca_file="")

    with (
        connect(nameless, clock=system_clock) as org,
        pytest.raises(ConfigurationError, match="CA file"),
    ):
        org.check()


def test_the_plain_door_is_not_taken(server, access):
    plain = dataclasses.replace(access, login_url=server.http_url)

    with (
        connect(plain, clock=system_clock) as org,
        pytest.raises(ConfigurationError, match="not https"),
    ):
        org.check()


def test_an_org_that_is_not_there_is_for_later(server, access):
    server.close()

    with connect(access, clock=system_clock) as org, pytest.raises(OrgUnavailableError):
        org.check()
