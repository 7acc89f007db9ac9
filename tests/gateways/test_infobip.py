"""Infobip's groups, status ids and error ids, one by one, and the forms of its HMAC."""

import dataclasses
import hmac

import pytest

from connector.gateways import find
from connector.gateways.infobip import meaning
from tests.gateways.cases import FILES, FOLDER, read


#: "Error code reference" and "Message status codes", by what can be done about them.
ERRORS = {
    "unregistered": [368, 375, 488, 562, 563, 564, 571, 572, 594, 2053],
    "invalid_number": [1, 5, 9, 351, 352, 3041],
    "unreachable": [6, 13, 27, 31, 32, 33, 256, 569, 581, 628, 630],
    "landline": [11, 568, 629],
    "filtered": [561, 607, 608, 2051],
    "opted_out": [560, 566, 573, 603, 604, 2050, 2052],
    "throughput": [541, 542, 609, 4103, 4104, 4202],
    "account_suspended": [433, 592, 597, 4099],
    "network": [
        *(2, 8, 10, 15, 20, 21, 24, 34, 35, 36, 51, 500, 505, 509, 631, 632, 633, 810, 815),
        *(1024, 1152, 1796, 2048, 4097, 4102),
    ],
    "unknown": [255, 499, 510, 1023, 1797, 99999],
}
STATUSES = {
    "unregistered": [11, 13],
    "invalid_number": [8, 51, 52],
    "opted_out": [10, 14],
    "throughput": [20],
    "account_suspended": [12, 17, 18, 19],
    "network": [6, 21],
    "unknown": [4, 9, 31, 23, 24, 25, 100, 777],
}


def each(table):
    return [(str(code), reason) for reason, all_ in table.items() for code in all_]


@pytest.mark.parametrize("code, reason", each(ERRORS))
def test_an_error_has_its_reason(code, reason):
    assert meaning("UNDELIVERABLE", "9", code) == ("Undelivered", code, reason)


@pytest.mark.parametrize("code", ["811", "4098", "4100", "4101"])
def test_an_error_can_say_that_it_expired(code):
    assert meaning("2", "9", code) == ("Expired", code, "expired")


@pytest.mark.parametrize("status_id, reason", each(STATUSES))
@pytest.mark.parametrize("error_id", ["", "0"])
def test_without_an_error_the_status_id_tells_the_reason(status_id, reason, error_id):
    assert meaning("5", status_id, error_id) == ("Rejected", "", reason)


def test_an_error_that_tells_nothing_leaves_it_to_the_status_id():
    assert meaning("5", "14", "255") == ("Rejected", "255", "opted_out")


@pytest.mark.parametrize(
    "group, status",
    [
        *(("0", "Pending"), ("1", "Pending"), ("OK", "Pending"), ("ACCEPTED", "Pending")),
        *(("Pending", "Pending"), ("2", "Undelivered"), ("undeliverable", "Undelivered")),
        *(("3", "Delivered"), ("DELIVERED", "Delivered"), ("4", "Expired")),
        *(("EXPIRED", "Expired"), ("5", "Rejected"), ("REJECTED", "Rejected")),
        *(("6", None), ("LOST", None)),
    ],
)
def test_a_group_by_number_or_name_has_its_status(group, status):
    assert meaning(group, "900", "")[0] == status


def test_delivered_to_the_operator_is_not_delivered():
    assert meaning("3", "2", "0") == ("Pending", "", None)


@pytest.mark.parametrize("group", ["4", "5"])
def test_what_anti_fraud_blocked_is_rejected_in_both_groups(group):
    assert meaning(group, "87", "0") == ("Rejected", "", "filtered")


@pytest.mark.parametrize(
    "name, algorithm",
    [
        *(("HMAC_MD5", "md5"), ("HMAC_SHA_1", "sha1"), ("HMAC_SHA_224", "sha224")),
        *(("HMAC_SHA_256", "sha256"), ("HMAC_SHA_384", "sha384"), ("HMAC_SHA_512", "sha512")),
    ],
)
def test_every_algorithm_of_the_security_settings_is_known(name, algorithm):
    case = read(FOLDER / "infobip" / "hmac.yaml")
    digest = hmac.digest(b"a:key", case.callback.body, algorithm).hex()

    signed = dataclasses.replace(case.callback, headers={"x-signature": digest})

    assert case.gateway.verify(signed, {"hmac": [f"X-Signature:{name}:hex:a:key"]})
    assert not case.gateway.verify(signed, {"hmac": [f"X-Signature:{name}:base64:a:key"]})


@pytest.mark.parametrize(
    "key, value, is_fault",
    [
        *(
            ("hmac", "X-S:HMAC_SHA_256:hex:a:key", False),
            ("hmac", "X-S:HMAC_SHA_256:hex:", True),
        ),
        *(("hmac", "X-S:SHA_256:hex:key", True), ("hmac", "X-S:HMAC_MD5:hey:key", True)),
        *(("hmac", "key", True), ("hmac", ":HMAC_MD5:hex:key", True)),
        *(("basic", "user:password", False), ("basic", "user", True), ("token", "x", False)),
    ],
)
def test_a_wrong_secret_is_told(key, value, is_fault):
    assert bool(find("infobip").secret_fault(key, value)) is is_fault


def test_only_what_is_evidently_delivery_reports_can_wait():
    cases = {path.stem: read(path) for path in FILES if path.parent.name == "infobip"}

    urgent = {stem for stem, case in cases.items() if case.gateway.urgent(case.callback)}

    assert urgent == {
        *("blocklist", "blocklist-other", "inbound-help", "inbound-reply", "inbound-start"),
        *("inbound-stop", "inbound-time-unreadable", "not-json", "without-status"),
    }
