"""What every gateway has, and how several messages under one id are told apart."""

import dataclasses

import pytest

from connector.gateways import find, installed
from tests.gateways.cases import FILES, read
from tests.support.events import arrival


@pytest.mark.parametrize(
    "batches, recipient, own_id",
    [
        (False, "+447700900456", "B1"),
        (True, "+447700900456", "B1/+447700900456"),
        (True, "", "B1"),
    ],
)
def test_a_message_of_a_batch_is_named_with_its_recipient(batches, recipient, own_id):
    gateway = dataclasses.replace(find("generic"), batches=batches)

    assert gateway.own_id("B1", recipient) == own_id


class TestProofs:
    """Codes with which a gateway refuses to text who told it STOP."""

    def test_are_codes_of_opt_outs(self):
        told = [
            event.get("reason")
            for case in map(read, FILES)
            for event in case.events
            if event.get("error_code") in case.gateway.proofs and event.get("reason")
        ]

        assert set(told) == {"opted_out"}
        assert len(told) >= 4

    @pytest.mark.parametrize(
        "body, urgent",
        [
            (b"MessageStatus=failed&ErrorCode=21610", True),
            (b"ErrorCode=21610&MessageStatus=failed", True),
            (b'{"errors": [{"code": "21610"}]}', True),
            (b"MessageStatus=failed&ErrorCode=30003", False),
            (b"MessageStatus=failed&MessageSid=SM21610", False),
            (b"MessageStatus=failed&MessageSid=121610&To=216101", False),
        ],
    )
    def test_make_a_report_urgent(self, body, urgent):
        gateway = dataclasses.replace(find("twilio"), urgent=lambda _callback: False)

        assert gateway.is_urgent(arrival(body=body).callback) is urgent

    @pytest.mark.parametrize(
        "name", [name for name, gateway in installed().items() if gateway.proofs]
    )
    def test_in_an_address_count_as_well(self, name):
        gateway = dataclasses.replace(find(name), urgent=lambda _callback: False)

        for code in gateway.proofs:
            callback = arrival(f"/callbacks/{name}?status=failed&err-code={code}").callback
            assert gateway.is_urgent(callback)
