"""The parameters that outrank a receipt's text, and which requests can wait."""

import json
from urllib.parse import urlencode

import pytest

from connector.domain.callback import Callback
from connector.gateways import find
from tests.support.clock import NOON


RECEIPT = "id:7 stat:UNDELIV err:006 text:"


def a_callback(body=b"", **query):
    return Callback(
        gateway="smpp",
        method="POST",
        target=f"/callbacks/smpp?{urlencode(query)}",
        headers={},
        body=body,
        received_at=NOON,
    )


def read(**query):
    (event,) = find("smpp").parse(a_callback(**query))
    return event


@pytest.mark.parametrize(
    "state, status",
    [
        *(("0", "Pending"), ("1", "Pending"), ("2", "Delivered"), ("3", "Expired")),
        *(("4", "Undelivered"), ("5", "Undelivered"), ("6", "Pending"), ("7", "Pending")),
        *(("8", "Rejected"), ("9", "Failed"), ("02", "Delivered"), ("delivrd", "Delivered")),
    ],
)
def test_a_state_outranks_the_text(state, status):
    assert read(text=RECEIPT, message_state=state).status == status
    assert read(receipted_message_id="7", message_state=state).status == status


@pytest.mark.parametrize("state", ["", "10", "255", "-2", "٢", "new"])
def test_an_unknown_state_leaves_the_text_alone(state):
    assert read(text=RECEIPT, message_state=state).status == "Undelivered"


def test_an_unknown_state_without_a_text_claims_nothing():
    event = read(receipted_message_id="7", message_state="new")

    assert (event.status, event.word) == (None, "NEW")


@pytest.mark.parametrize(
    "written, code, reason",
    [
        *(("03001b", "027", "unreachable"), ("0x03001B", "027", "unreachable")),
        *(("03 00 01", "001", "invalid_number"), ("03:00:22", "034", "network")),
        *(("030000", "", "unknown"), ("27", "27", "unreachable"), ("x", "x", "unknown")),
        *(("", "006", "unreachable"), ("03ffff", "65535", "unknown")),
    ],
)
def test_a_network_error_code_outranks_the_text(written, code, reason):
    event = read(text=RECEIPT, network_error_code=written)

    assert (event.error_code, event.reason) == (code, reason)


def test_an_own_id_outranks_those_of_the_smsc():
    event = read(text=RECEIPT, receipted_message_id="8", extid="mine", message_state="2")

    assert event.message_id == "mine"


@pytest.mark.parametrize(
    "callback, urgent",
    [
        (a_callback(RECEIPT.encode()), False),
        (a_callback(text=RECEIPT), False),
        (a_callback(receipted_message_id="7", message_state="2"), False),
        (a_callback(json.dumps({"text": RECEIPT}).encode()), False),
        (a_callback(json.dumps([{"text": RECEIPT}] * 2).encode()), False),
        (a_callback(json.dumps([{"text": RECEIPT}, {"text": "STOP"}]).encode()), True),
        (a_callback(json.dumps([{"text": RECEIPT}, 1]).encode()), True),
        (a_callback(json.dumps({"text": [RECEIPT]}).encode()), True),
        (a_callback(b"{"), True),
        (a_callback(b"STOP"), True),
        (a_callback(), True),
    ],
)
def test_only_receipts_can_wait(callback, urgent):
    assert find("smpp").urgent(callback) is urgent
