"""The worker asks each gateway that has credentials, and what it learns gets to Salesforce."""

import pytest

from connector.emulator import seed_contacts
from connector.settings import Settings
from connector.wiring.org import build_steps
from connector.worker import build_scheduler
from tests.message_apis.servers import Twilio
from tests.pipeline.message_apis import told
from tests.rest.server import serving


@pytest.fixture
def twilio():
    return Twilio()


@pytest.fixture
def settings(twilio):
    with serving(twilio) as address:
        yield Settings.from_environment(
            {
                "CONNECTOR_MESSAGE_API_TWILIO_ADDRESS": address,
                "CONNECTOR_MESSAGE_API_TWILIO_ACCOUNT_SID": "AC1",
                "CONNECTOR_MESSAGE_API_TWILIO_AUTH_TOKEN": "token",
                "CONNECTOR_MESSAGE_API_TELNYX__EUROPE_API_KEY": "key",
            }
        )


def jobs(steps, settings, clock):
    found = build_scheduler(steps, settings, clock).get_jobs()
    return {each.id: each.func for each in found if each.id.startswith("reconcile")}


def test_what_was_asked_for_gets_to_salesforce(store, org, emulator, clock, settings):
    (alex,) = seed_contacts(emulator, 1)
    steps = build_steps(settings, store, org, clock=clock)
    steps.reconciler.prepare()
    told(store, clock, "SM2", reference=alex)
    clock.advance(hours=7)

    jobs(steps, settings, clock)["reconcile twilio"]()
    steps.read_all(10)
    steps.push()

    (contact,) = emulator.records("Contact")
    assert contact["SMS_Delivery_Status__c"] == "Undelivered"
    assert contact["SMS_Error_Code__c"] == "30005"


def test_each_account_has_a_job_of_its_own(store, org, clock, settings):
    steps = build_steps(settings, store, org, clock=clock)

    assert set(jobs(steps, settings, clock)) == {"reconcile twilio", "reconcile telnyx/europe"}


def test_without_credentials_there_is_no_job(store, org, clock):
    steps = build_steps(Settings(), store, org, clock=clock)

    assert jobs(steps, Settings(), clock) == {}
