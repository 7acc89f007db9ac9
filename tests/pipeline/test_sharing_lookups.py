"""Several workers match while another looks up: no message misses what was found meanwhile."""

import contextlib
import threading

import pytest

from connector import gateways
from connector.domain.errors import StoreUnavailableError
from connector.emulator import seed_campaign, seed_contacts
from connector.mapping import MEMBER
from connector.pipeline.enqueue import enqueue
from connector.pipeline.match import match
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from tests.pipeline.org_mappings import Pipeline, load, optional
from tests.pipeline.test_members import texted
from tests.pipeline.test_message_rows import MAGIC, MAGIC_FILE


PEOPLE, MESSAGES, WORKERS = 6, 10, 3


@pytest.fixture
def pipeline(store, org, budget, clock, pusher, emulator, tmp_path):
    emulator.add_object(MAGIC)
    every = {**load(tmp_path, magic=MAGIC_FILE), **optional("campaign_member")}
    return Pipeline(store, org, budget, clock, pusher, every)


@pytest.fixture
def messages(pipeline, emulator):
    """Many messages of a campaign to a few people, with their rows, all unread."""
    people = seed_contacts(emulator, PEOPLE)
    spring = seed_campaign(emulator, "Spring", people)
    ids = {f"{person}-{n}": person for n in range(MESSAGES) for person in people}
    for message_id in ids:
        emulator.create("magic__SMS__c", {"magic__Id__c": message_id})
    pipeline.store.inbox.keep([texted(1, ids[each], spring, each) for each in ids])
    return list(ids)


class Workers:
    """Jobs that go on after two of them waited for each other, as a worker's do."""

    def __init__(self, pipeline):
        self.pipeline = pipeline
        self.failures = []
        self.done = threading.Event()

    def read(self):
        store, mappings, clock = (
            self.pipeline.store,
            self.pipeline.mappings,
            self.pipeline.clock,
        )
        normalise(store, gateways.installed(), PhoneReader(), clock, limit=5)
        match(store, mappings, clock, limit=4)
        enqueue(store, mappings, clock, limit=3)

    def run(self, step, times=None):
        try:
            while not self.done.is_set() and times != 0:
                with contextlib.suppress(StoreUnavailableError):
                    step()
                times = None if times is None else times - 1
        except Exception as error:  # noqa: BLE001 (told by the thread that looks)
            self.failures.append(error)


def test_every_message_is_shown_on_its_member_and_its_row(pipeline, messages):
    workers = Workers(pipeline)
    rounds = len(messages) // 5
    readers = [
        threading.Thread(target=workers.run, args=(workers.read, rounds))
        for _ in range(WORKERS)
    ]
    seeker = threading.Thread(target=workers.run, args=(pipeline.seeker.seek,))
    for thread in (seeker, *readers):
        thread.start()
    for thread in readers:
        thread.join(60)
    workers.done.set()
    seeker.join(60)
    pipeline.run()

    assert workers.failures == []
    for message_id in messages:
        shown = {name: how for (name, _), how in pipeline.shown_on(message_id).items()}
        assert shown == {"Contact": "reference", MEMBER: "member", "magic__SMS__c": "key"}
