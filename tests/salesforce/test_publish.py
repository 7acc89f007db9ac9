"""Publishing platform events: what each answer means."""

import pytest

from connector.domain.errors import OrgUnavailableError
from connector.domain.records import Verdict
from connector.salesforce.classify import FEW
from connector.salesforce.publish import EventMessage
from tests.salesforce.answers import COLLECTIONS, failed, refused, requests_to, sent


EVENT = "SMS_Delivery__e"
QUEUED = {
    "id": "e01xx0000000001AAA",
    "success": True,
    "errors": [{"statusCode": "OPERATION_ENQUEUED", "message": "6b1f0a52", "fields": []}],
}


def messages(count, **more):
    return [EventMessage(fields={"Kind__c": f"kind {n}"}, **more) for n in range(count)]


def verdicts(published):
    return [each.verdict for each in published]


def test_events_go_in_one_call_and_success_decides(org, logged_in):
    logged_in.post(COLLECTIONS, json=[QUEUED, QUEUED])

    published = org.publish(EVENT, messages(2))

    assert verdicts(published) == [Verdict.WRITTEN] * 2
    (request,) = requests_to(logged_in, COLLECTIONS)
    assert sent(request) == {
        "allOrNone": False,
        "records": [
            {"attributes": {"type": EVENT}, "Kind__c": "kind 0"},
            {"attributes": {"type": EVENT}, "Kind__c": "kind 1"},
        ],
    }


@pytest.mark.parametrize(
    "code, verdict",
    [
        ("LIMIT_EXCEEDED", Verdict.RETRY),
        ("PLATFORM_EVENT_PUBLISHING_UNAVAILABLE", Verdict.RETRY),
        ("PLATFORM_EVENT_ENCRYPTION_ERROR", Verdict.RETRY),
        ("UNKNOWN_EXCEPTION", Verdict.RETRY),
        ("STRING_TOO_LONG", Verdict.PARK),
        ("NOT_FOUND", Verdict.PARK),
        ("INVALID_FIELD", Verdict.STOP),
        ("INSUFFICIENT_ACCESS_OR_READONLY", Verdict.STOP),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Verdict.STOP),
    ],
)
def test_each_event_is_judged_on_its_own(org, logged_in, code, verdict):
    logged_in.post(COLLECTIONS, json=[QUEUED, failed(code)])

    first, second = org.publish(EVENT, messages(2))

    assert first.verdict is Verdict.WRITTEN
    assert (second.verdict, second.error_code) == (verdict, code)


def test_what_may_heal_is_given_up_after_a_few_tries(org, logged_in):
    logged_in.post(COLLECTIONS, json=[failed("PLATFORM_EVENT_PUBLISH_FAILED")])

    (published,) = org.publish(EVENT, messages(1, attempts=FEW))

    assert published.verdict is Verdict.PARK


@pytest.mark.parametrize("code", ["INVALID_TYPE", "NOT_FOUND", "INVALID_FIELD"])
def test_a_call_refused_as_a_whole_stops_the_event(org, logged_in, code):
    logged_in.post(COLLECTIONS, status=400, json=refused(code))

    published = org.publish(EVENT, messages(2))

    assert verdicts(published) == [Verdict.STOP] * 2
    assert {each.error_code for each in published} == {code}


@pytest.mark.parametrize("answer", [[], {}, [None], [{"success": "yes"}], [QUEUED, QUEUED]])
def test_an_answer_that_is_none_leaves_it_open(org, logged_in, answer):
    logged_in.post(COLLECTIONS, json=answer)

    with pytest.raises(OrgUnavailableError):
        org.publish(EVENT, messages(1))


@pytest.mark.parametrize("count", [0, 201])
def test_a_call_holds_one_to_two_hundred(org, count):
    with pytest.raises(ValueError, match="1 to 200"):
        org.publish(EVENT, messages(count))
