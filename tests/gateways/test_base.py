"""What every gateway has, and how several messages under one id are told apart."""

import dataclasses

import pytest

from connector.gateways import find


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
