"""Which country a number without a country code belongs to."""

import pytest

from connector import gateways
from connector.domain.callback import Arrival, Callback
from connector.pipeline.normalise import normalise
from connector.pipeline.phone_reader import PhoneReader
from tests.support.clock import NOON


READ = PhoneReader("US", {("kannel", ""): "GB", ("kannel", "eu_west"): "FI"})


@pytest.mark.parametrize(
    "text, place, number",
    [
        ("2125550100", (), "+12125550100"),
        ("07700 900123", ("kannel",), "+447700900123"),
        ("07700 900123", ("kannel", ""), "+447700900123"),
        ("040 1234567", ("kannel", "EU-West"), "+358401234567"),
        ("212-555-0100", ("kannel", "other"), "+12125550100"),
        ("212-555-0100", ("twilio", ""), "+12125550100"),
        ("+447700900123", ("kannel", "eu-west"), "+447700900123"),
        ("SHOPNAME", ("kannel", ""), ""),
    ],
)
def test_the_account_knows_its_country(text, place, number):
    assert READ(text, *place) == number


def test_without_any_region_such_a_text_is_no_number():
    assert PhoneReader()("07700 900123", "kannel") == ""


def test_the_callbacks_of_an_account_are_read_with_its_region(store, clock):
    def arrival(account, query):
        callback = Callback(
            gateway="kannel",
            account=account,
            method="GET",
            target=f"/callbacks/kannel/{account}?{query}",
            headers={},
            body=b"",
            received_at=NOON,
        )
        return Arrival(callback=callback, urgent=False)

    store.inbox.keep(
        [
            arrival("eu-west", "id=1&type=1&to=040+1234567"),
            arrival("", "id=2&type=1&to=07700900123"),
            arrival("eu-west", "from=040+1234567&text=STOP&to=12345"),
        ]
    )

    normalise(store, gateways.installed(), READ, clock)

    with store.transaction(reads=True) as t:
        assert t.deliveries.find("kannel", "1").recipient == "+358401234567"
        assert t.deliveries.find("kannel", "2").recipient == "+447700900123"
        assert t.consents.find(["+358401234567"])["+358401234567"].opted_out
