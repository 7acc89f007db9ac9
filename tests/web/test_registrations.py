"""Every field of a registration is checked, and every fault is told."""

import pytest

from connector import gateways
from connector.web.items import Fault
from connector.web.registrations import read
from tests.support.clock import NOON


NO_GATEWAY = f"is none of {', '.join(gateways.installed())}"


MESSAGE = {"gateway": "kannel", "message_id": "42"}
CONTACT = "003000000000001AAA"


@pytest.mark.parametrize(
    "change, field, detail",
    [
        ({"gateway": "kanel"}, "gateway", NO_GATEWAY),
        ({"gateway": None}, "gateway", "is missing"),
        ({"message_id": ""}, "message_id", "is missing"),
        ({"message_id": "x" * 256}, "message_id", "is no message id"),
        ({"message_id": 42}, "message_id", "is not a text"),
        ({"recipient": "12345"}, "recipient", "is no phone number with its country code"),
        ({"record": "003"}, "record", "is no record id of 15 or 18 characters"),
        ({"campaign": CONTACT}, "campaign", "is no id of a Campaign"),
        ({"sent_at": "yesterday"}, "sent_at", "is no time such as 2026-11-23T10:00:00Z"),
        (
            {"sent_at": "0001-01-01T00:00:00+14:00"},
            "sent_at",
            "is no time such as 2026-11-23T10:00:00Z",
        ),
        ({"sent_at": "2026-11-23T10:00:00"}, "sent_at", "is a time without a zone"),
        ({"sent_at": "2026-11-24T10:00:00Z"}, "sent_at", "lies in the future"),
        ({"sendAt": "x"}, "sendAt", "is not a known field"),
    ],
)
def test_a_fault_names_item_and_field(change, field, detail):
    reading = read([MESSAGE, {**MESSAGE, **change}], now=NOON, region="")

    assert reading.faults == [Fault(index=1, field=field, detail=detail)]
    assert [event.message_id for event in reading.registrations] == ["42"]


def test_all_that_is_wrong_is_told_at_once():
    reading = read([{}, 7, MESSAGE], now=NOON, region="")

    assert [(fault.index, fault.field) for fault in reading.faults] == [
        (0, "gateway"),
        (0, "message_id"),
        (1, ""),
    ]


def test_numbers_without_a_country_code_belong_to_the_region():
    [event] = read(
        [{**MESSAGE, "recipient": "07700 900123"}], now=NOON, region="GB"
    ).registrations

    assert event.recipient == "+447700900123"
