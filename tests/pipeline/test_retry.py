"""Trying again what Salesforce refused."""

from connector.domain.records import Outcome, RecordChange, RecordRef, Verdict
from connector.pipeline import retry as module
from connector.pipeline.retry import Choice, RetryReport, retry
from connector.store.outbox import Queued
from tests.support.events import ALEX, NOON


CONTACT = RecordRef("Contact", ALEX)
LEAD = RecordRef("Lead", "00Q000000000001EAA")


def outcome(record, code="TOO_LONG", verdict=Verdict.PARK):
    change = RecordChange(record=record, fields={"A__c": 1}, change_ids=frozenset({"1"}))
    return Outcome(change=change, verdict=verdict, error_code=code, message="no")


def refuse(store, *outcomes):
    with store.transaction() as t:
        t.writes.refuse(outcomes, NOON)


def stop(store, record, code="INVALID_FIELD"):
    with store.transaction() as t:
        t.writes.stop_lane(outcome(record, code), NOON, NOON)


def marked(store):
    with store.transaction() as t:
        return t.outbox.claim_marked(2_000)


def test_a_retried_record_is_worked_out_anew(store):
    refuse(store, outcome(CONTACT), outcome(LEAD))

    report = retry(store, Choice(record_ids=[ALEX]))

    assert report == RetryReport(records=1, lanes=())
    assert marked(store) == [CONTACT]
    with store.transaction(reads=True) as t:
        assert [each.record for each in t.writes.refused(limit=5)] == [LEAD]


def test_what_was_written_before_is_sent_again(store):
    queued = Queued(record=CONTACT, topic="delivery", fields={"A": 1}, urgent=False, parent="")
    with store.transaction() as t:
        t.outbox.enqueue([queued], NOON)
        t.writes.remember(t.outbox.pending("Contact", 5, NOON), NOON)
    refuse(store, outcome(CONTACT))

    retry(store, Choice())

    with store.transaction(reads=True) as t:
        assert t.writes.remembered([ALEX]) == {}


def test_can_be_narrowed_to_a_code_or_an_object(store):
    refuse(store, outcome(CONTACT, "A"), outcome(LEAD, "B"))

    assert retry(store, Choice(error_code="B")).records == 1
    assert retry(store, Choice(object="Lead")).records == 0
    assert retry(store, Choice(object="Contact")).records == 1


def test_all_pages_are_tried(store):
    people = [RecordRef("Contact", f"003{number:015}") for number in range(module.PAGE + 1)]
    refuse(store, *(outcome(record) for record in people))

    assert retry(store, Choice()).records == module.PAGE + 1
    assert len(marked(store)) == module.PAGE + 1


class TestLanes:
    def test_the_lane_of_a_retried_record_is_started(self, store):
        refuse(store, outcome(CONTACT))
        stop(store, CONTACT)
        stop(store, LEAD)

        assert retry(store, Choice(record_ids=[ALEX])).lanes == ("Contact",)
        with store.transaction(reads=True) as t:
            assert [lane.object for lane in t.writes.stopped_lanes()] == ["Lead"]

    def test_a_lane_is_started_by_its_object_or_code_alone(self, store):
        stop(store, CONTACT, "A")
        stop(store, LEAD, "B")

        assert retry(store, Choice(error_code="B")).lanes == ("Lead",)
        assert retry(store, Choice(object="Contact")).lanes == ("Contact",)
