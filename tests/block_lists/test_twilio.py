"""Twilio's consents, against a server written from "Bulk Upsert Consents"."""

import base64
import json
import re
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest

from connector.domain.errors import ConfigurationError
from connector.rest.errors import BusyError, RefusedError
from tests.rest.server import Api, Fault, demand


ALEX, KIM = "+447700900456", "+447700900457"
LOGIN = "Basic " + base64.b64encode(b"AC1:token").decode()
STATUSES = {"opt-in", "opt-out"}
SOURCES = {"website", "offline", "opt-in-message", "opt-out-message", "others"}


class Consents(Api):
    """POST /v1/Consents/Bulk, which answers 201 whatever it thinks of single items."""

    def __init__(self):
        super().__init__()
        self.known = {}
        self.correlations = set()

    def answer(self, asked):
        demand((asked.method, asked.path) == ("POST", "/v1/Consents/Bulk"), 404)
        demand(asked.headers.get("authorization") == LOGIN, 401, {"code": 20003})
        demand(asked.headers["content-type"] == "application/x-www-form-urlencoded", 415)
        fields = parse_qsl(asked.body.decode())
        demand({name for name, _ in fields} == {"Items"}, 400, {"code": 20001})
        demand(len(fields) <= 25, 400, {"code": 20001})
        return 201, {"items": [self.take(json.loads(value)) for _, value in fields]}

    def take(self, item):
        correlation, faults = item["correlation_id"], []
        if not re.fullmatch(r"\+[1-9]\d{7,14}", item["contact_id"]):
            faults.append("INVALID_CONTACT_ID")
        if not re.fullmatch(r"[0-9a-f]{32}", correlation) or correlation in self.correlations:
            faults.append("INVALID_CORRELATION_ID")
        if item["status"] not in STATUSES or item["source"] not in SOURCES:
            faults.append("INVALID_STATUS")
        if not re.fullmatch(r"MG[0-9a-f]{32}|\+\d{8,15}|\d{5,6}", item["sender_id"]):
            faults.append("INVALID_SENDER_ID")
        self.correlations.add(correlation)
        if not faults:
            self.known[item["contact_id"], item["sender_id"]] = item["status"]
        code = 30646 if faults else 0
        return {"correlation_id": correlation, "error_code": code, "error_messages": faults}


SENDER, OTHER = "MG" + "0" * 32, "+447700900111"


@pytest.fixture
def api():
    return Consents()


@pytest.fixture
def found(api, opened):
    return opened("twilio", api, account_sid="AC1", auth_token="token", senders=SENDER)


def test_opts_out_and_in(api, found):
    assert found.add([ALEX, KIM]).taken == {ALEX, KIM}
    assert found.remove([KIM]).taken == {KIM}

    assert api.known == {(ALEX, SENDER): "opt-out", (KIM, SENDER): "opt-in"}


def test_tells_it_of_every_sender(api, opened):
    keys = {"account_sid": "AC1", "auth_token": "token"}
    found = opened("twilio", api, senders=f"{SENDER}, {OTHER}", **keys)

    found.add([ALEX])

    assert set(api.known) == {(ALEX, SENDER), (ALEX, OTHER)}
    assert found.batch == 12


def test_a_good_answer_is_not_good_for_every_number(found):
    outcome = found.add([ALEX, "+44"])

    assert outcome.taken == {ALEX}
    assert outcome.refused == {"+44": "30646 INVALID_CONTACT_ID"}


def test_an_answer_that_says_nothing_of_a_number_is_none(api, found):
    api.faults.append(Fault(201, {"items": []}))

    with pytest.raises(RefusedError, match="1 of 1"):
        found.add([ALEX])


def test_waits_when_it_is_told_to(api, found):
    api.faults.append(Fault(429, {"code": 20429}, Retry_After="30"))

    with pytest.raises(BusyError) as caught:
        found.add([ALEX])

    assert caught.value.wait == timedelta(seconds=30)


def test_wrong_credentials_are_told(api, opened):
    found = opened("twilio", api, account_sid="AC1", auth_token="other", senders=SENDER)

    with pytest.raises(RefusedError, match="answered 401: 20003"):
        found.add([ALEX])


@pytest.mark.parametrize("values", [{"senders": " , "}, {"senders": SENDER, "source": "me"}])
def test_values_that_cannot_be_right_are_refused(api, opened, values):
    with pytest.raises(ConfigurationError):
        opened("twilio", api, account_sid="AC1", auth_token="token", **values)
