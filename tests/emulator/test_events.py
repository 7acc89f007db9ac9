"""Platform events: published through the record endpoints, and nothing but published."""

import itertools

import pytest

from connector.emulator import event_object
from connector.emulator.kinds import checkbox, number, required, text


ALERT = "SMS_Campaign_Alert__e"


@pytest.fixture(autouse=True)
def alert(org):
    org.add_object(
        event_object(
            ALERT,
            "SMS Campaign Alert",
            "e0A",
            required(text("Key__c", "Key", 80)),
            number("Rate__c", "Rate", 5, 2),
            checkbox("Critical__c", "Critical"),
        )
    )


@pytest.fixture
def publish(client):
    def publish(**fields):
        return client.call("POST", f"/sobjects/{ALERT}", fields)

    return publish


def test_an_event_is_accepted_with_a_remark(org, publish):
    answer = publish(Key__c="total:701", Rate__c=88.5)

    event = list(org.events)[-1]
    assert answer.status_code == 201
    assert answer.json() == {
        "id": "e01xx0000000001AAA",
        "success": True,
        "errors": [{"statusCode": "OPERATION_ENQUEUED", "message": event.uuid, "fields": []}],
    }
    assert event.fields == {"Key__c": "total:701", "Rate__c": 88.5, "Critical__c": False}
    assert (event.object, event.user) == (ALERT, org.users["integration@example.com"])


def test_several_are_accepted_in_one_call_and_judged_one_by_one(org, client):
    records = [
        {"attributes": {"type": ALERT}, **fields}
        for fields in ({"Key__c": "a"}, {"Rate__c": 1}, {"Key__c": "c"})
    ]

    answer = client.call("POST", "/composite/sobjects", {"records": records})

    items = answer.json()
    assert [item["success"] for item in items] == [True, False, True]
    assert [item["errors"][0]["statusCode"] for item in items] == [
        "OPERATION_ENQUEUED",
        "REQUIRED_FIELD_MISSING",
        "OPERATION_ENQUEUED",
    ]
    assert [event.fields["Key__c"] for event in org.events] == ["a", "c"]


def test_what_is_rolled_back_was_never_published(org, client):
    records = [{"attributes": {"type": ALERT}, "Key__c": "a"}, {"attributes": {"type": ALERT}}]

    client.call("POST", "/composite/sobjects", {"records": records, "allOrNone": True})

    assert len(org.events) == 0


def test_replay_ids_grow_and_have_gaps(org, publish):
    for key in "abcdef":
        publish(Key__c=key)

    ids = [event.replay_id for event in org.events]
    later = org.events.of(ALERT, after=ids[3])
    gaps = {second - first for first, second in itertools.pairwise(ids)}
    assert ids == sorted(set(ids))
    assert gaps != {1}
    assert len(gaps) > 1
    assert [event.fields["Key__c"] for event in later] == ["e", "f"]


def test_events_are_kept_for_three_days(org, publish, watch):
    publish(Key__c="a")
    watch.move(hours=72)

    assert list(org.events) == []


def test_an_hour_has_its_limit(org, publish, client, watch):
    org.usage.events.limit = 2
    answers = [publish(Key__c=key) for key in "abc"]
    left = client.get("/limits").json()["HourlyPublishedPlatformEvents"]
    watch.move(minutes=61)
    later = publish(Key__c="d")

    assert [answer.status_code for answer in answers] == [201, 201, 400]
    assert answers[2].json()[0]["errorCode"] == "LIMIT_EXCEEDED"
    assert left == {"Max": 2, "Remaining": 0}
    assert later.status_code == 201


def test_the_bus_can_be_out_of_reach(org, publish):
    org.events.refuse()

    answers = [publish(Key__c="a") for _ in range(2)]

    assert answers[0].json()[0]["errorCode"] == "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE"
    assert answers[1].status_code == 201


def test_they_cannot_be_queried_changed_or_deleted(client, publish):
    event = publish(Key__c="a").json()["id"]
    query = client.query(f"SELECT Id FROM {ALERT}")  # noqa: S608 - SOQL
    record = {"attributes": {"type": ALERT}, "id": event, "Key__c": "b"}

    assert query.json()[0]["errorCode"] == "INVALID_TYPE_FOR_OPERATION"
    assert (
        client.update(record).json()[0]["errorCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    )
    assert client.call("DELETE", f"/sobjects/{ALERT}/{event}").status_code == 404
    assert client.get(f"/sobjects/{ALERT}/{event}").status_code == 404


def test_describe_says_so(client):
    described = client.get(f"/sobjects/{ALERT}/describe").json()

    flags = ("createable", "updateable", "deletable", "queryable", "retrieveable")
    assert [described[flag] for flag in flags] == [True, False, False, False, False]
    assert {"ReplayId", "EventUuid"} <= {field["name"] for field in described["fields"]}
