"""Callbacks as a gateway would send them, with our own numbers."""

from connector.domain.callback import Arrival, Callback
from tests.support.clock import NOON


def arrival(number: int = 1, *, urgent: bool = False) -> Arrival:
    return Arrival(
        callback=Callback(
            gateway="kannel",
            method="GET",
            target=f"/callbacks/kannel?id={number}&type=1",
            headers={"host": "sms.example.org"},
            body=b"",
            received_at=NOON,
        ),
        urgent=urgent,
    )
