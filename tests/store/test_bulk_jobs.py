"""Bulk jobs, calls and their pace in the store."""

import dataclasses
from datetime import timedelta

import pytest

from connector.domain.calls import CallSlot
from connector.domain.records import RecordRef
from connector.store.bulk_jobs import KeptJob, Stage
from connector.store.outbox import Queued
from tests.support.events import NOON


def job(name="one", **more):
    return KeptJob(
        job=name,
        object="Contact",
        stage=Stage.GATHERING,
        created_at=NOON,
        progressed_at=NOON,
        poll_at=NOON,
        **more,
    )


def record_id(number):
    return f"003{number:012}AAA"


def enqueue(t, number, *, topic="delivery", parent="", at=NOON):
    change = Queued(
        record=RecordRef("Contact", record_id(number)),
        topic=topic,
        fields={f"{topic}__c": "x"},
        urgent=topic == "consent",
        parent=parent,
    )
    t.outbox.enqueue([change], at)


class TestJobs:
    def test_a_job_comes_back_as_it_was_saved(self, store):
        first = job()
        later = dataclasses.replace(
            first, stage=Stage.GIVEN, salesforce_id="750", records=3, polls=2
        )
        with store.transaction() as t:
            t.bulk_jobs.save(first)
            t.bulk_jobs.save(later)

            assert t.bulk_jobs.open("Contact") == later
            assert t.bulk_jobs.open("Lead") is None
            assert t.bulk_jobs.objects() == ["Contact"]

    def test_a_job_that_ended_is_no_longer_open_and_forgotten_later(self, store):
        ended = dataclasses.replace(job(), stage=Stage.ENDED, error="no", ended_at=NOON)
        with store.transaction() as t:
            t.bulk_jobs.save(ended)

            assert t.bulk_jobs.open("Contact") is None
            assert t.bulk_jobs.failed_at("Contact") == NOON
            assert t.bulk_jobs.latest(5) == [ended]
            t.bulk_jobs.purge(NOON + timedelta(days=1))
            assert t.bulk_jobs.latest(5) == []


class TestChanges:
    def test_what_is_urgent_or_handed_over_is_no_candidate(self, store):
        with store.transaction() as t:
            enqueue(t, 1)
            enqueue(t, 1, topic="consent")
            enqueue(t, 2)
            enqueue(t, 3, topic="consent")
            handed = t.outbox.pending("Contact", 9, NOON)[1:]
            t.outbox.hand_over(handed)

            assert t.bulk_jobs.backlog("Contact", 10, NOON) == 1
            assert t.bulk_jobs.candidates("Contact", 10, NOON) == [record_id(1)]
            (change,) = t.bulk_jobs.changes("Contact", [record_id(1), record_id(2)], NOON)
            assert change.fields == {"delivery__c": "x"}
            (other,) = t.outbox.pending("Contact", 9, NOON, calls_only=True)
            assert other.record.id == record_id(2)

    def test_candidates_of_one_parent_lie_side_by_side(self, store):
        with store.transaction() as t:
            for number, parent in enumerate("BAB"):
                enqueue(t, number, parent=parent)

            found = t.bulk_jobs.candidates("Contact", 10, NOON)

        assert found == [record_id(1), record_id(0), record_id(2)]

    def test_those_that_waited_longest_are_taken_first(self, store):
        with store.transaction() as t:
            for number in range(4):
                enqueue(t, number, at=NOON - timedelta(minutes=number))

            assert t.bulk_jobs.candidates("Contact", 2, NOON) == [record_id(2), record_id(3)]
            assert t.bulk_jobs.backlog("Contact", 2, NOON) > 2

    def test_every_change_of_a_job_is_there_until_it_is_settled(self, store):
        with store.transaction() as t:
            for number in range(5):
                enqueue(t, number)
            changes = t.outbox.pending("Contact", 9, NOON)
            t.bulk_jobs.put(job(), changes[:3])
            t.bulk_jobs.put(job(records=3), changes[3:])
            ids = [change.record.id for change in changes]

            assert [page[1] for page in t.bulk_jobs.page(job(), 1, 2)] == ids[2:4]
            t.bulk_jobs.settle(job(), ids[:2])
            assert t.bulk_jobs.unsettled(job(), ids[:3]) == {ids[2]: changes[2]}
            assert t.bulk_jobs.left(job(), 9) == changes[2:]


class TestCalls:
    def test_calls_of_ten_minutes_are_added_up(self, store):
        with store.transaction() as t:
            t.calls.count(3, (10, 100), NOON)
            t.calls.count(2, None, NOON + timedelta(minutes=9))
            t.calls.count(1, (20, 100), NOON + timedelta(minutes=10))

            first, second = t.calls.slots(NOON)

        assert first == CallSlot(start=NOON, ours=5, used=10, total=100, told_at=NOON)
        assert (second.ours, second.used) == (1, 20)

    def test_old_ones_are_forgotten(self, store):
        with store.transaction() as t:
            t.calls.count(3, None, NOON)
            t.calls.count(3, None, NOON + timedelta(hours=26))

            assert len(t.calls.slots(NOON)) == 1

    @pytest.mark.parametrize("saved", [0.0, 1.5, 300.25])
    def test_what_is_saved_up_is_kept(self, store, saved):
        with store.transaction() as t:
            assert t.calls.saved("calls") is None
            t.calls.save("calls", 7, NOON)
            t.calls.save("calls", saved, NOON)

            assert t.calls.saved("calls") == (saved, NOON)

    def test_the_backlog_is_counted_by_object_and_urgency(self, store):
        with store.transaction() as t:
            for number in range(3):
                enqueue(t, number)
                enqueue(t, number, topic="person")
            enqueue(t, 1, topic="consent")

            assert t.calls.backlog() == {("Contact", True): 1, ("Contact", False): 3}
