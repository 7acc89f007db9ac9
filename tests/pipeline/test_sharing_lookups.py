"""Several workers match while another looks up: no message misses what was found meanwhile."""

import contextlib
import dataclasses
import threading

import pytest
import sqlalchemy as sa

from connector import gateways
from connector.domain.delivery import Delivery
from connector.domain.errors import StoreUnavailableError
from connector.domain.records import RecordRef
from connector.emulator import seed_campaign, seed_contacts
from connector.mapping import MEMBER
from connector.pipeline.enqueue import enqueue
from connector.pipeline.match import match
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.store.matches import Match
from tests.pipeline.org_mappings import load, optional
from tests.pipeline.test_campaigns_of import Counted
from tests.pipeline.test_members import texted
from tests.pipeline.test_message_rows import MAGIC, MAGIC_FILE
from tests.support.callbacks import dlr
from tests.support.events import MOBILE, report


PEOPLE, MESSAGES, WORKERS = 6, 10, 3


@pytest.fixture
def pipeline(store, org, budget, clock, pusher, emulator, tmp_path):
    emulator.add_object(MAGIC)
    every = {**load(tmp_path, magic=MAGIC_FILE), **optional("campaign_member")}
    return Counted(store, org, budget, clock, pusher, every)


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
        match(store, mappings, clock, limit=4, counting=self.pipeline.counting)
        enqueue(store, mappings, clock, limit=3)

    def run(self, step, times=None):
        try:
            while not self.done.is_set() and times != 0:
                with contextlib.suppress(StoreUnavailableError):
                    step()
                times = None if times is None else times - 1
        except Exception as error:  # noqa: BLE001 (told by the thread that looks)
            self.failures.append(error)


def share(pipeline, rounds):
    """Have several workers read, and one look up, side by side."""
    workers = Workers(pipeline)
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


def test_every_message_is_shown_on_its_member_and_its_row(pipeline, messages):
    share(pipeline, len(messages) // 5)

    for message_id in messages:
        shown = {name: how for (name, _), how in pipeline.shown_on(message_id).items()}
        assert shown == {"Contact": "reference", MEMBER: "member", "magic__SMS__c": "key"}


def test_every_message_counts_for_the_campaign_that_its_person_is_in(
    store, org, budget, clock, pusher, mappings, emulator
):
    pipeline = Counted(store, org, budget, clock, pusher, mappings)
    people = seed_contacts(emulator, PEOPLE)
    springs = {person: seed_campaign(emulator, person, [person]) for person in people}
    ids = {f"{person}-{n}": person for n in range(MESSAGES) for person in people}
    now = int(clock().timestamp())
    reports = [dlr(1, each, ref=person, at=now) for each, person in ids.items()]
    store.inbox.keep(
        dataclasses.replace(
            each, callback=dataclasses.replace(each.callback, received_at=clock())
        )
        for each in reports
    )
    clock.advance(minutes=5)

    share(pipeline, len(ids) // 5)

    assert {each: pipeline.campaign(each) for each in ids} == {
        each: springs[person] for each, person in ids.items()
    }
    assert pipeline.differences() == []


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)  # SQLite has one writer
class TestWhatIsDecidedBy:
    """Else an answer could come before they are done, and would not see their messages."""

    @pytest.fixture
    def pipeline(self, store, org, budget, clock, pusher, mappings):
        return Counted(store, org, budget, clock, pusher, mappings)

    @pytest.fixture
    def found(self, emulator):
        """A message to somebody of whom nothing was asked yet."""
        (alex,) = seed_contacts(emulator, 1)
        delivery = Delivery.from_event(report("42", recipient=MOBILE))
        match = Match(record=RecordRef("Contact", alex), matched_by="phone")
        return {("kannel", "42"): (delivery, [match])}

    @pytest.fixture
    def free(self, store_url):
        """How many lookups nobody holds."""
        engine = sa.create_engine(sa.make_url(store_url).set(drivername="postgresql+psycopg"))
        lock = sa.text("SELECT name FROM lookups FOR UPDATE SKIP LOCKED")

        def count():
            with engine.connect() as connection:
                return len(connection.execute(lock).all())

        yield count
        engine.dispose()

    def test_is_held_and_what_is_looked_at_is_not(self, pipeline, found, free):
        with pipeline.store.transaction() as t:
            pipeline.counting.decide(t, found)
        with pipeline.store.transaction() as t:
            pipeline.counting.campaigns.look(t, found, {})
            unheld = free()
        with pipeline.store.transaction() as t:
            pipeline.counting.decide(t, found)
            held = free()

        assert (unheld, held) == (1, 0)

    def test_is_held_where_another_worker_wanted_it_at_the_same_moment(
        self, pipeline, found, free
    ):
        decided, seen = threading.Event(), threading.Event()

        def second():
            with pipeline.store.transaction() as t:
                pipeline.counting.decide(t, found)
                decided.set()
                seen.wait(60)

        worker = threading.Thread(target=second)
        with pipeline.store.transaction() as t:
            pipeline.counting.decide(t, found)
            worker.start()
        done = decided.wait(60)
        held = free()
        seen.set()
        worker.join(60)

        assert done
        assert (held, free()) == (0, 1)
