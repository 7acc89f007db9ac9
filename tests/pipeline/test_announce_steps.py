"""Platform events as the service runs them: by its setting, whatever else it writes."""

import shutil

import pytest

from connector import mapping
from connector.emulator import event_object, seed_contacts
from connector.emulator.kinds import text
from connector.footprint.event import DELIVERY_EVENT, event_fields
from connector.pipeline.event_lane import EVENT
from connector.settings import Settings
from connector.wiring.org import build_steps
from connector.worker import build_scheduler
from tests.support.callbacks import dlr


PEOPLE = 3


@pytest.fixture
def event(emulator):
    fields = (text(each.name, each.label) for each in event_fields())
    emulator.add_object(event_object(EVENT, DELIVERY_EVENT.label, "e0S", *fields))


@pytest.fixture
def folder(tmp_path):
    """The shipped mappings and, of the optional ones, the rows of messages."""
    folder = tmp_path / "mappings"
    shutil.copytree(mapping.packaged(), folder)
    shutil.copy(folder / "optional" / "sms_message.yaml", folder)
    return folder


@pytest.fixture
def steps(store, org, clock):
    def build(**settings):
        return build_steps(Settings(**settings), store, org, clock=clock)

    return build


def told(emulator):
    return sorted(
        (each.fields["Object__c"], each.fields["Record_Id__c"])
        for each in emulator.events.of(EVENT)
    )


def work(steps, *arrivals):
    steps.store.inbox.keep(list(arrivals))
    steps.read_all(10)
    steps.push()


@pytest.mark.usefixtures("event")
def test_people_are_told_of_and_not_their_messages(emulator, steps, folder):
    (alex,) = seed_contacts(emulator, 1)
    worker = steps(platform_events="changes", mappings=folder)
    worker.announcer.prepare()

    work(worker, dlr(1, ref=alex))
    report = worker.announce()

    assert len(emulator.records("SMS_Message__c")) == 1
    assert (report.published, report.needless) == (1, 0)
    assert told(emulator) == [("Contact", alex)]


@pytest.mark.usefixtures("event")
def test_what_a_bulk_job_wrote_is_told_too(emulator, steps, clock):
    people = seed_contacts(emulator, PEOPLE)
    worker = steps(platform_events="changes", salesforce_bulk_from=PEOPLE - 1)

    work(worker, *(dlr(1, f"m{n}", ref=each) for n, each in enumerate(people)))
    early = worker.announce()
    while not emulator.record("Contact", people[0])["SMS_Delivery_Status__c"]:
        clock.advance(seconds=30)
        worker.push()
    clock.advance(seconds=30)
    worker.push()
    worker.announce()

    assert early.published == 0
    assert told(emulator) == sorted(("Contact", each) for each in people)


@pytest.mark.usefixtures("event")
def test_by_default_nobody_is_told(emulator, steps):
    (alex,) = seed_contacts(emulator, 1)
    worker = steps()
    worker.announcer.prepare()

    work(worker, dlr(1, ref=alex))
    worker.announce()

    assert told(emulator) == []
    assert emulator.record("Contact", alex)["SMS_Delivery_Status__c"] == "Delivered"


@pytest.mark.parametrize("choice", ["none", "changes"])
def test_the_worker_has_a_job_for_it_where_it_is_wanted(steps, clock, choice):
    settings = Settings(platform_events=choice)

    scheduler = build_scheduler(steps(platform_events=choice), settings, clock)

    jobs = {job.id for job in scheduler.get_jobs()}
    assert ("announce" in jobs) == (choice == "changes")
