"""The call of a worker that was killed, carried out after what its successor wrote."""

import random
import subprocess
import sys

import pytest

from connector.emulator import seed_contacts
from connector.pipeline.lane import LEASE, Lane
from connector.pipeline.push import Pusher
from connector.pipeline.settlement import PushReport
from tests.support.callbacks import dlr


_NAME = "from connector.store.holders import own_name; print(own_name())"


@pytest.fixture(scope="module")
def dead():
    """What a process called itself that is gone."""
    done = subprocess.run(
        [sys.executable, "-c", _NAME], capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


def begin(store, clock, holder):
    """A worker begins a call with what waits, and is killed."""
    with store.transaction(reads=True) as t:
        batch = t.outbox.pending("Contact", 10, clock())
    lane = Lane.take("Contact", holder, store, clock, random.Random(1))  # noqa: S311
    assert lane
    return lane.begin(batch)


def status(emulator, record_id):
    return emulator.record("Contact", record_id)["SMS_Delivery_Status__c"]


def test_what_lands_last_is_written_over_when_no_call_can_be_under_way(
    store, org, emulator, budget, clock, read, dead
):
    (alex,) = seed_contacts(emulator, 1)
    store.inbox.keep([dlr(8, ref=alex, at=int(clock().timestamp()))])
    read()
    under_way = begin(store, clock, dead)
    next_one = Pusher(store, org, budget, clock, holder="next")
    store.inbox.keep([dlr(1, ref=alex, at=int(clock().timestamp()))])
    read()
    assert next_one.push().written == 1

    org.update(under_way)

    assert status(emulator, alex) == "Pending"
    clock.advance(seconds=LEASE.total_seconds() + 1)
    next_one.push()
    read()
    next_one.push()
    assert status(emulator, alex) == "Delivered"


def test_nothing_is_written_twice_after_calls_that_were_answered(
    store, org, emulator, budget, clock, read
):
    (alex,) = seed_contacts(emulator, 1)
    store.inbox.keep([dlr(8, ref=alex, at=int(clock().timestamp()))])
    read()
    assert Pusher(store, org, budget, clock, holder="one").push().written == 1
    store.inbox.keep([dlr(1, ref=alex, at=int(clock().timestamp()))])
    read()
    another = Pusher(store, org, budget, clock, holder="another")
    assert another.push().written == 1

    clock.advance(seconds=LEASE.total_seconds() + 1)
    another.push()
    read()

    assert another.push() == PushReport()
