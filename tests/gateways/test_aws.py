"""The events of AWS, one by one, and which of its callbacks are urgent."""

import dataclasses

import pytest

from connector.domain.consent import ConsentEvent, ConsentKind
from connector.domain.delivery import DeliveryStatus, Reason
from connector.gateways.aws import CHANNELS, MEANINGS, parse
from tests.gateways.cases import FILES, read


#: "Event types for SMS, MMS, and voice", without the channel, with what each is to mean.
WORDS = {
    "QUEUED": ("Pending", None),
    "PENDING": ("Pending", None),
    "SENT": ("Pending", None),
    "FALLEN_BACK_TO_SMS": ("Pending", None),
    "DELIVERED": ("Delivered", None),
    "READ": ("Delivered", None),
    "INVALID": ("Failed", "invalid_number"),
    "INVALID_MESSAGE": ("Failed", "unknown"),
    "FAILED": ("Failed", "unknown"),
    "FILE_INACCESSIBLE": ("Failed", "unknown"),
    "FILE_TYPE_UNSUPPORTED": ("Failed", "unknown"),
    "FILE_SIZE_EXCEEDED": ("Failed", "unknown"),
    "UNREACHABLE": ("Undelivered", "unreachable"),
    "CARRIER_UNREACHABLE": ("Undelivered", "network"),
    "UNKNOWN": ("Undelivered", "unknown"),
    "BLOCKED": ("Rejected", "opted_out"),
    "CARRIER_BLOCKED": ("Rejected", "filtered"),
    "SPAM": ("Rejected", "filtered"),
    "PROTECT_BLOCKED": ("Rejected", "filtered"),
    "TTL_EXPIRED": ("Expired", "expired"),
}


@pytest.mark.parametrize("word", WORDS)
def test_a_word_has_its_status_and_reason(word):
    status, reason = WORDS[word]

    found = MEANINGS.of(word, "", word)

    assert found == (DeliveryStatus(status), "", Reason(reason) if reason else None)


def test_calls_are_not_read():
    assert {"TEXT", "MEDIA", "RCS"} == CHANNELS


def test_only_what_is_evidently_delivery_reports_can_wait():
    cases = [(path.stem, read(path)) for path in FILES if path.parent.name == "aws"]

    urgent = {name for name, case in cases if case.gateway.urgent(case.callback)}

    assert urgent == {
        *("inbound-stop", "inbound-start", "inbound-help", "inbound-unicode"),
        *("inbound-time-unreadable", "inbound-without-number"),
        *("subscription", "subscription-of-another-topic", "unsubscription", "unknown-type"),
        *("rcs-typing", "voice", "registration", "raw-delivery"),
        *("message-is-no-json", "message-of-something-else"),
    }


@pytest.mark.parametrize("word", ["REMOVE", "Arrêt!", "td"])
def test_what_aws_takes_for_an_opt_out_is_one(word):
    case = read(next(path for path in FILES if path.match("aws/inbound-stop.yaml")))
    body = case.callback.body.replace(b"Stop", word.encode())

    (event,) = parse(dataclasses.replace(case.callback, body=body))

    assert isinstance(event, ConsentEvent)
    assert event.kind is ConsentKind.STOP
