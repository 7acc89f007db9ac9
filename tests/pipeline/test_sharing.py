"""Several workers on PostgreSQL share the work and give the same result as one."""

import random
import threading

import pytest

from connector import gateways
from connector.pipeline.enqueue import enqueue
from connector.pipeline.match import match
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from connector.store import Store
from tests.support.callbacks import dlr, reply
from tests.support.events import NOON


MESSAGES = 150
WORKERS = 4


@pytest.fixture
def arrivals():
    """Seven reports a message in any order, three messages a record, and some STOPs."""
    found = [
        dlr(kind, f"m{number}", ref=f"003{number // 3:012}AAA", at=1_700_000_000 + number)
        for number in range(MESSAGES)
        for kind in (8, 4, 2, 16, 34, 1 if number % 2 else 8, 8)
    ]
    found += [reply("STOP", phone=f"%2B4477009{number:05}") for number in range(20)]
    random.Random(7).shuffle(found)  # noqa: S311 (the same order in every run)
    return found


def work(store, mappings, clock):
    while (
        normalise(store, gateways.installed(), PhoneReader(), clock, limit=40).callbacks
        or match(store, mappings, clock, limit=30).matched
        or enqueue(store, mappings, clock, limit=20).records
    ):
        pass


def state(store):
    with store.transaction(reads=True) as t:
        consents = t.consents.find([f"+4477009{number:05}" for number in range(20)])
        pending = {
            change.record.id: change.fields for change in t.outbox.pending("Contact", 999, NOON)
        }
        deliveries = [t.deliveries.find("kannel", f"m{number}") for number in range(MESSAGES)]
    return consents, pending, deliveries


def test_four_workers_end_where_one_does(postgres_url, tmp_path, arrivals, mappings, clock):
    one, shared = Store.open(f"sqlite:///{tmp_path}"), Store.open(postgres_url)
    for store in (one, shared):
        for start in range(0, len(arrivals), 100):
            store.inbox.keep(arrivals[start : start + 100])
    failures = []

    def worker():
        try:
            work(shared, mappings, clock)
        except Exception as error:  # noqa: BLE001 (told by the thread that looks)
            failures.append(error)

    threads = [threading.Thread(target=worker) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    work(shared, mappings, clock)
    work(one, mappings, clock)

    assert failures == []
    assert state(shared) == state(one)
    assert len(state(one)[1]) == MESSAGES // 3
    one.close()
    shared.close()
