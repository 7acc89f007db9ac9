"""The proposed body of a gateway of one's own, at its limits."""

import json

import pytest

from connector.domain.callback import Callback
from connector.domain.delivery import Reason
from connector.domain.errors import CallbackUnreadableError
from connector.gateways import find
from connector.gateways.generic import MOST_ITEMS
from tests.gateways.cases import FILES, read
from tests.support.clock import NOON


def a_callback(document):
    return Callback(
        gateway="generic",
        account="europe",
        method="POST",
        target="/callbacks/generic/europe",
        headers={},
        body=json.dumps(document).encode(),
        received_at=NOON,
    )


def parse(data, kind="sms.status"):
    return list(find("generic").parse(a_callback({"type": kind, "data": data})))


@pytest.mark.parametrize(
    "word, status",
    [
        *(("queued", "Pending"), ("sent", "Pending"), ("pending", "Pending")),
        *(("delivered", "Delivered"), ("undelivered", "Undelivered"), ("failed", "Failed")),
        *(("rejected", "Rejected"), ("expired", "Expired")),
    ],
)
def test_every_word_has_its_status(word, status):
    (event,) = parse({"message_id": "1", "status": word})

    assert (event.status, event.account) == (status, "europe")


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_taken_as_it_is(reason):
    error = {"code": "1", "reason": reason}

    (event,) = parse({"message_id": "1", "status": "failed", "error": error})

    assert event.reason is reason


def test_a_list_of_a_hundred_is_read():
    events = parse([{"message_id": str(n), "status": "sent"} for n in range(MOST_ITEMS)])

    assert [event.message_id for event in events] == [str(n) for n in range(MOST_ITEMS)]


def test_an_empty_list_says_nothing():
    assert parse([]) == []


@pytest.mark.parametrize(
    "document",
    [
        *([], "x", 1, None, {}, {"type": "sms.status"}, {"type": ["sms.status"]}),
        {"type": "sms.status", "data": "x"},
        {"type": "sms.status", "data": [[]]},
        {"type": "sms.status", "data": [{"message_id": "1", "status": "sent"}] * 101},
        {"type": "sms.status", "data": {"message_id": {}, "status": "sent"}},
        {"type": "sms.status", "data": {"message_id": "x" * 256, "status": "sent"}},
        {"type": "sms.status", "data": {"message_id": "1", "status": "sent", "error": "x"}},
        {"type": "sms.status", "data": {"message_id": "1", "status": True}},
        {"type": "sms.opt_out", "data": {"sender": "12345"}},
        {"type": "sms.status", "timestamp": "now", "data": {"message_id": "1"}},
        {"type": "sms.status", "timestamp": 1, "data": {"message_id": "1"}},
    ],
)
def test_another_shape_is_unreadable(document):
    gateway = find("generic")

    with pytest.raises(CallbackUnreadableError):
        list(gateway.parse(a_callback(document)))


def test_only_statuses_can_wait():
    waiting = {
        read(path).callback.document["type"]  # type: ignore[index]
        for path in FILES
        if path.parent.name == "generic" and path.stem != "not-json"
        if not read(path).gateway.urgent(read(path).callback)
    }

    assert waiting == {"sms.status"}
