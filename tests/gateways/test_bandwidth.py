"""Bandwidth's types and codes, one by one, and which of its callbacks are urgent."""

import pytest

from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways import find
from connector.gateways.bandwidth import MEANINGS
from tests.gateways.cases import FILES, read


#: The error list of November 2023, as grouped by what an administrator can do about them.
REASONS = {
    "unregistered": [4431, 4433, 4773, 4774, *range(4791, 4794), 4795],
    "invalid_number": [4303, 4350, 4404, 4406, 4408, 4434, 4492, 4720, 4721],
    "unreachable": [4701, 4702],
    "filtered": [4470, 4481, 4770, 4771],
    "opted_out": [4482, 4753, 4772, 4775, 4790],
    "throughput": [4780, 4781, 4785, 5600],
    "network": [
        *(4401, 4420, 4730, 5100, 5101, 5106, 5111, 5201, 5211, 5220, 5231, 5500, 5501),
        *(5610, 5620, 5630, 5650),
    ],
    "expired": [4360],
    "unknown": [
        *(4750, 5999, 9902, 9999, 4001, 4301, 4302, 4403, 4405, 4407, *range(4409, 4413)),
        *(4421, 4432, 4435, 4451, 4452, 4493, 4700, 4711, 4712, 4740, 4751, 4752, 4999),
    ],
}
STATUSES = {
    "message-sending": "Pending",
    "message-sent": "Pending",
    "message-delivered": "Delivered",
    "message-read": "Delivered",
    "message-failed": "Failed",
}


@pytest.mark.parametrize(
    "code, reason", [(str(code), reason) for reason, all_ in REASONS.items() for code in all_]
)
def test_a_failure_has_the_reason_of_its_code(code, reason):
    status, kept, found = MEANINGS.of("message-failed", code)

    assert (kept, found) == (code, Reason(reason))
    assert status == ("Expired" if code == "4360" else "Failed")


@pytest.mark.parametrize("word, status", STATUSES.items())
def test_a_type_in_any_case_has_its_status(word, status):
    assert MEANINGS.of(word, "")[0] is DeliveryStatus(status)
    assert MEANINGS.of(word.upper(), "")[0] is DeliveryStatus(status)


@pytest.mark.parametrize("word", ["", "message-received", "suggestion-response"])
def test_other_types_have_none(word):
    assert MEANINGS.of(word, "4701") == (None, "4701", None)


def test_only_what_is_evidently_delivery_reports_can_wait():
    cases = [(path.stem, read(path)) for path in FILES if path.parent.name == "bandwidth"]

    urgent = {name for name, case in cases if case.gateway.urgent(case.callback)}

    assert urgent == {
        *("inbound-stop", "inbound-stopall", "inbound-start", "inbound-help"),
        *("inbound-unicode", "inbound-suggestion", "inbound-location"),
        *("inbound-time-unreadable", "inbound-without-number"),
        *("array-one-unreadable", "other-event", "unknown-type", "without-type", "not-json"),
    }


def test_a_password_follows_the_first_colon():
    assert find("bandwidth").secret_fault("basic", "user:pass:word") == ""
    assert find("bandwidth").secret_fault("basic", "user") != ""
