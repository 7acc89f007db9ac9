"""Clickatell's two tables of numbers, and which of its requests can wait."""

import json

import pytest

from connector.domain.callback import Callback
from connector.gateways import find
from tests.support.clock import NOON


def a_callback(document, query="token=s3cret"):
    return Callback(
        gateway="clickatell",
        method="POST",
        target=f"/callbacks/clickatell?{query}",
        headers={},
        body=document if isinstance(document, bytes) else json.dumps(document).encode(),
        received_at=NOON,
    )


def read(document):
    (event,) = find("clickatell").parse(a_callback(document))
    return event


def told(event):
    return event.status, event.error_code, event.reason


def one(kind, **item):
    return {"event": {kind: [{"messageId": "A", **item}]}}


CURRENT = [
    *((1, None, None), (2, "Pending", None), (3, "Pending", None), (4, "Pending", None)),
    *((5, "Delivered", None), (6, "Delivered", None), (24, "Delivered", None)),
    *((20, "Expired", "expired"), (21, "Failed", "unknown"), (22, "Failed", "unknown")),
    *((23, "Undelivered", "unknown"), (25, "Failed", "account_suspended")),
    *((26, "Failed", "throughput"), (27, "Failed", "throughput")),
    *((28, "Failed", "throughput"), (29, "Undelivered", "invalid_number")),
    *((100, "Failed", "network"), (60, None, None), (85, None, None), (130, None, None)),
]
OLDER = [
    *((1, "Failed", "unknown"), (2, "Pending", None), (3, "Pending", None)),
    *((4, "Delivered", None), (5, "Failed", "unknown"), (6, "Failed", "unknown")),
    *((7, "Undelivered", "unknown"), (8, "Pending", None), (9, "Failed", "network")),
    *((10, "Expired", "expired"), (11, "Pending", None), (13, None, None)),
    *((12, "Failed", "account_suspended"), (14, "Failed", "unknown"), (0, None, None)),
]


@pytest.mark.parametrize("number, status, reason", CURRENT)
def test_a_number_of_the_one_api(number, status, reason):
    found = told(read(one("messageStatusUpdate", statusCode=number)))

    assert found == (status, str(number) if reason else "", reason)


@pytest.mark.parametrize("number, status, reason", OLDER)
def test_a_number_of_the_older_apis(number, status, reason):
    found = told(read({"messageId": "A", "statusCode": number}))

    assert found == (status, str(number) if reason else "", reason)


@pytest.mark.parametrize("word", ["DEVICE_ACK", "device_ack", " Device_Ack "])
def test_a_word_tells_what_a_number_does_not(word):
    for number in (None, 999):
        found = told(read(one("messageStatusUpdate", statusCode=number, status=word)))

        assert found == ("Delivered", "", None)


def test_reports_and_messages_may_come_together():
    document = one("messageStatusUpdate", statusCode=5)
    document["event"] |= one("moText", content="STOP", **{"from": "447700900456"})["event"]

    events = list(find("clickatell").parse(a_callback(document)))

    assert [type(event).__name__ for event in events] == ["DeliveryEvent", "ConsentEvent"]


@pytest.mark.parametrize(
    "document, urgent",
    [
        (one("messageStatusUpdate", statusCode=5), False),
        (one("moText", content="STOP"), True),
        ({"event": {**one("moText")["event"], "messageStatusUpdate": []}}, True),
        ({"event": []}, True),
        ({"messageId": "A", "statusCode": 4}, False),
        ({"messageId": "A", "fromNumber": "447700900456", "text": "STOP"}, True),
        ([], True),
        (b"{", True),
    ],
)
def test_only_what_is_a_report_can_wait(document, urgent):
    assert find("clickatell").urgent(a_callback(document)) is urgent


def test_an_archived_report_can_wait():
    assert not find("clickatell").urgent(a_callback(b"", "apiMsgId=A&status=004"))
