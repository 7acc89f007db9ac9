"""ClickSend's status codes, and the error codes that say what a failure was."""

import json

import pytest

from connector.domain.callback import Callback
from connector.gateways import find
from tests.support.clock import NOON


FORM = {"content-type": "application/x-www-form-urlencoded"}


def a_callback(body, headers=FORM, query="token=s3cret"):
    return Callback(
        gateway="clicksend",
        method="POST",
        target=f"/callbacks/clicksend?{query}",
        headers=headers,
        body=body.encode(),
        received_at=NOON,
    )


def receipt(status, error=""):
    body = f"message_id=A&status_code={status}&error_code={error}"
    (event,) = find("clicksend").parse(a_callback(body))
    return event


def told(event):
    return event.status, event.error_code, event.reason


@pytest.mark.parametrize(
    "code, status, reason",
    [
        *(("5", "Failed", "unknown"), ("7", "Undelivered", "unknown")),
        *(("8", "Undelivered", "invalid_number"), ("9", "Undelivered", "invalid_number")),
        *(("10", "Rejected", "filtered"), ("11", "Undelivered", "landline")),
        *(("12", "Undelivered", "unreachable"), ("13", "Undelivered", "unreachable")),
        *(("14", "Undelivered", "network"), ("15", "Rejected", "filtered")),
        *(("16", "Undelivered", "network"), ("17", "Undelivered", "unreachable")),
        *(("18", "Undelivered", "network"), ("19", "Rejected", "filtered")),
        *(("20", "Expired", "expired"), ("21", "Undelivered", "unknown")),
    ],
)
def test_a_failure_is_what_its_error_code_says(code, status, reason):
    assert told(receipt("301", code)) == (status, code, reason)


@pytest.mark.parametrize("code", ["", "0", "000"])
def test_a_failure_without_code_is_undelivered(code):
    assert told(receipt("301", code)) == ("Undelivered", "", "unknown")


@pytest.mark.parametrize(
    "word, status", [("200", "Pending"), ("201", "Delivered"), ("300", "Pending")]
)
def test_what_has_not_failed_for_good_has_no_reason(word, status):
    assert told(receipt(word, "12")) == (status, "12", None)


@pytest.mark.parametrize(
    "body, headers, urgent",
    [
        ("message_id=A&status_code=201", FORM, False),
        ("message_id=A&body=STOP&from=1", FORM, True),
        (json.dumps({"message_id": "A", "status_code": 201}), {}, False),
        (json.dumps({"message_id": "A", "body": "STOP"}), {}, True),
        (json.dumps([{"message_id": "A", "status_code": 201}]), {}, True),
        ("{", {}, True),
        ("", {}, True),
    ],
)
def test_only_what_is_a_receipt_can_wait(body, headers, urgent):
    assert find("clicksend").urgent(a_callback(body, headers)) is urgent
