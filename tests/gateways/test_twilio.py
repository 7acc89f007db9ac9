"""Twilio's words and codes, one by one, and which of its callbacks are urgent."""

import dataclasses
import json

import pytest

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways import find
from connector.gateways.twilio import MEANINGS
from tests.gateways.cases import FILES, FOLDER, read


#: "Error and Warning Dictionary", as grouped by what an administrator can do about them.
REASONS = {
    "unregistered": [30018, 30024, 30032, 30034, 30035, 30040, 30041, 30125],
    "invalid_number": [21211, 21217, 21401, 21421, 21612, 30005, 30014],
    "unreachable": [30003],
    "filtered": [30007, 30038, 30039, 30043, 30450, 30453],
    "opted_out": [21610, 30004, 21216],
    "landline": [30006, 21614],
    "throughput": [30001, 21611, 30022, 30023, 30027, 30454, 14107, 20429],
    "account_suspended": [30002, 20003, 20005, 30037],
    "network": [30017, 30020, 30021, 30009, 30410],
    "expired": [30036],
    "unknown": [
        *(30008, 30485, 21408, *range(21602, 21610), 21617, 21618, 21703, 21704),
        *(30010, 30011, 30012, 30013, 30019, 30031, 30025, 30026, 30101),
    ],
}
STATUSES = {
    "Pending": ["accepted", "scheduled", "queued", "sending", "sent", "partially_delivered"],
    "Delivered": ["delivered", "read"],
    "Undelivered": ["undelivered"],
    "Failed": ["failed", "canceled"],
}


@pytest.mark.parametrize(
    "code, reason", [(str(code), reason) for reason, all_ in REASONS.items() for code in all_]
)
def test_a_failure_has_the_reason_of_its_code(code, reason):
    status, kept, found = MEANINGS.of("undelivered", code)

    assert (kept, found) == (code, Reason(reason))
    assert status == ("Expired" if code == "30036" else "Undelivered")


@pytest.mark.parametrize(
    "word, status", [(word, status) for status, all_ in STATUSES.items() for word in all_]
)
def test_a_word_in_any_case_has_its_status(word, status):
    assert MEANINGS.of(word, "")[0] is DeliveryStatus(status)
    assert MEANINGS.of(word.upper(), "")[0] is DeliveryStatus(status)


@pytest.mark.parametrize("word", ["", "receiving", "received", "no-such-word"])
def test_other_words_have_none(word):
    assert MEANINGS.of(word, "30005") == (None, "30005", None)


@pytest.mark.parametrize("code", ["", "0"])
def test_the_codes_of_no_error_are_left_out(code):
    assert MEANINGS.of("delivered", code) == (DeliveryStatus.DELIVERED, "", None)


def test_only_what_is_evidently_delivery_reports_can_wait():
    urgent = {path.stem for path in FILES if path.parent.name == "twilio" and is_urgent(path)}

    assert urgent == {
        *("click", "event-streams", "event-streams-one-unreadable", "json-without-hash"),
        *("inbound-help", "inbound-keyword", "inbound-own-word", "inbound-reply"),
        *("inbound-start", "inbound-stop", "inbound-yes"),
        *("unknown-status", "without-status"),
    }


def is_urgent(path):
    case = read(path)
    return case.gateway.urgent(case.callback)


def test_a_click_as_json_reads_like_one_in_a_form():
    case = read(FOLDER / "twilio" / "click.yaml")
    body = json.dumps(dict(case.callback.form_pairs)).encode()

    as_json = dataclasses.replace(
        case.callback, headers={"content-type": "application/json"}, body=body
    )

    assert list(case.gateway.parse(as_json)) == list(case.gateway.parse(case.callback))


def test_the_address_asks_for_retries():
    address = find("twilio").callback_url("https://sms.example.org")

    assert address.endswith("&campaign=<campaign id>#ct=2000&rt=5000&tt=15000&rc=3&rp=all")
