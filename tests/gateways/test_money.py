"""What a message cost, over which carrier: never more than a gateway has said."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector import gateways
from connector.domain.callback import Callback
from connector.domain.delivery import DeliveryEvent
from connector.gateways.money import DEAREST, UNKNOWN, Cost, cost, hint, network, together
from tests.support.clock import NOON


@pytest.mark.parametrize(
    "written, micros",
    [
        *(("0.0412", 41_200), ("0.04120000", 41_200), ("1", 1_000_000), ("0.000001", 1)),
        *(("5.81e-05", 58), (" 0.07 ", 70_000), ("100000", 100_000_000_000), ("2.", 2_000_000)),
    ],
)
def test_an_amount_is_kept_in_millionths(written, micros):
    assert cost(written, "EUR") == Cost(micros, "EUR")


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "0",
            "0.00",
            "-0.04",
            "+1",
            "NaN",
            "Infinity",
            "-Infinity",
            "sNaN",
            "free",
            "1,50",
        ),
        *(
            "1e99",
            "100000.01",
            "9" * 400,
            "0.0000001",
            "1e-999999999",
            "٣",
            "1_000",
            "$1",
            "1 2",
        ),
    ],
)
def test_an_amount_that_makes_no_sense_is_not_known(written):
    assert cost(written, "EUR") == UNKNOWN


@pytest.mark.parametrize("currency", ["", "EURO", "E1R", "€", "credits", "eu r"])
def test_an_amount_of_no_currency_is_not_known(currency):
    assert cost("0.04", currency) == UNKNOWN


def test_the_price_of_one_segment_is_multiplied_before_it_is_rounded():
    assert cost("0.0000004", "usd", times=3) == Cost(1, "USD")


@pytest.mark.parametrize("times", [0, -1, 256])
def test_no_message_has_that_many_segments(times):
    assert cost("0.04", "EUR", times=times) == UNKNOWN


@given(st.text(max_size=40), st.text(max_size=4), st.integers())
def test_whatever_was_written_is_a_sane_cost_or_none(written, currency, times):
    found = cost(written, currency, times=times)

    assert found == UNKNOWN or 0 < found.micros <= DEAREST * 1_000_000


@given(st.decimals(min_value=0, max_value=1000, places=6))
def test_six_places_are_exact(amount):
    assert cost(f"{amount:f}", "EUR").micros == int(amount * Decimal(1_000_000))


def test_what_is_charged_apart_is_added_up_in_one_currency():
    assert together(Cost(3, "USD"), UNKNOWN, Cost(4, "USD")) == Cost(7, "USD")
    assert together(Cost(3, "USD"), Cost(4, "EUR")) == UNKNOWN
    assert together(UNKNOWN, UNKNOWN) == UNKNOWN


@pytest.mark.parametrize("item", [{}, {"a": None}, {"a": []}, {"a": "b"}, {"a": {"b": True}}])
def test_a_hint_that_is_not_there_is_no_fault(item):
    assert hint(item, "a", "b") == ""


def test_a_hint_is_a_text_or_a_number():
    assert hint({"a": {"b": 0.5}}, "a", "b") == "0.5"
    assert hint({"a": "x"}, "a") == "x"


def test_a_network_needs_both_codes():
    assert network("310", "410") == "310410"
    assert network("", "410") == network("310", "") == ""


def _read(gateway: str, body: object) -> DeliveryEvent:
    callback = Callback(
        gateway=gateway,
        method="POST",
        target=f"/callbacks/{gateway}",
        headers={"content-type": "application/json"},
        body=json.dumps(body).encode(),
        received_at=NOON,
        public_url="https://sms.example.org",
    )
    (event,) = gateways.find(gateway).parse(callback)
    assert isinstance(event, DeliveryEvent)
    return event


def _infobip(**more: object) -> dict[str, object]:
    result = {"messageId": "m-1", "to": "447700900456", "status": {"groupId": 3, "id": 5}}
    return {"results": [result | more]}


@pytest.mark.parametrize(
    "price",
    [
        *(None, "0.03", [], {"pricePerMessage": -1, "currency": "EUR"}, {"currency": "EUR"}),
        *({"pricePerMessage": {}, "currency": "EUR"}, {"pricePerMessage": 0.03, "currency": 7}),
    ],
)
def test_a_report_is_read_whatever_stands_in_its_price(price):
    event = _read("infobip", _infobip(price=price, messageCount=2, mccMnc=[]))

    assert (event.message_id, event.segments) == ("m-1", 2)
    assert (event.cost, event.currency, event.carrier) == (0, "", "")


def test_infobip_tells_the_price_of_one_part():
    price = {"pricePerMessage": 0.03, "currency": "EUR"}

    event = _read("infobip", _infobip(price=price, messageCount=3, mccMnc="23410"))

    assert (event.cost, event.currency, event.carrier) == (90_000, "EUR", "23410")


def test_twilio_tells_the_network_of_an_event():
    data = {"messageSid": "SM1", "messageStatus": "DELIVERED", "mcc": "310", "mnc": "410"}
    kind = "com.twilio.messaging.message.delivered"

    event = _read("twilio", [{"type": kind, "data": data}])

    assert (event.carrier, event.cost) == ("310410", 0)


def test_bird_tells_cost_and_carrier_of_an_event():
    data = {
        "sms_id": "sms_1",
        "to": "+447700900456",
        "cost": {"amount": "0.0321", "currency_code": "EUR"},
        "carrier": "Example Mobile",
        "mcc_mnc": "23410",
    }

    event = _read("bird", {"type": "sms.delivered", "data": data})

    assert (event.cost, event.currency, event.carrier) == (32_100, "EUR", "Example Mobile")


def test_bandwidth_tells_the_carrier_where_the_account_has_it_switched_on():
    message = {"id": "1", "segmentCount": 2}
    item = {"type": "message-delivered", "carrierName": "Example", "message": message}

    event = _read("bandwidth", [item])

    assert (event.carrier, event.segments, event.cost) == ("Example", 2, 0)


def test_a_charge_in_both_parts_is_what_aws_bills():
    text = {
        "eventType": "TEXT_DELIVERED",
        "messageId": "m-1",
        "totalMessageParts": 2,
        "totalMessagePrice": 0.00581,
        "totalCarrierFee": 0.006,
        "carrierName": "Example",
    }

    event = _read("aws", {"Type": "Notification", "Message": json.dumps(text)})

    assert (event.cost, event.currency, event.carrier) == (11_810, "USD", "Example")
