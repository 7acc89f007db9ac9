"""Jasmin's words at both levels, its text in three encodings, and the answer it wants."""

import pytest

from connector.domain.callback import Callback
from connector.gateways import find
from tests.support.clock import NOON


def a_callback(query):
    return Callback(
        gateway="jasmin",
        method="GET",
        target=f"/callbacks/jasmin?{query}",
        headers={},
        body=b"",
        received_at=NOON,
    )


def read(query):
    (event,) = find("jasmin").parse(a_callback(query))
    return event


@pytest.mark.parametrize(
    "word, reason",
    [
        *(("RINVDSTADR", "invalid_number"), ("RINVDSTTON", "invalid_number")),
        *(("RINVDSTNPI", "invalid_number"), ("RINVSRCADR", "unregistered")),
        *(("RINVSRCTON", "unregistered"), ("RINVSRCNPI", "unregistered")),
        *(("RTHROTTLED", "throughput"), ("RMSGQFUL", "throughput")),
        *(("RSYSERR", "network"), ("RSUBMITFAIL", "network")),
        *(("RDELIVERYFAILURE", "network"), ("RINVSCHED", "unknown"), ("RNEW", "unknown")),
    ],
)
def test_a_refused_submission_is_rejected_for_what_its_word_says(word, reason):
    event = read(f"id=A&level=1&message_status=ESME_{word}")

    assert (event.status, event.error_code, event.reason) == (
        "Rejected",
        f"ESME_{word}",
        reason,
    )


@pytest.mark.parametrize(
    "word, status, reason",
    [
        *(("ESME_ROK", "Pending", None), ("esme_rok", "Pending", None)),
        *(("DELIVRD", "Delivered", None), ("EXPIRED", "Expired", "expired")),
        *(("REJECTD", "Rejected", "unknown"), ("UNDELIV", "Undelivered", "unreachable")),
        *(("DELETED", "Undelivered", "unreachable"), ("ACCEPTD", "Pending", None)),
        *(("ENROUTE", "Pending", None), ("UNKNOWN", "Pending", None), ("X", None, None)),
    ],
)
def test_a_word_is_a_status(word, status, reason):
    event = read(f"id=A&message_status={word}&err=006")

    assert (event.status, event.reason) == (status, reason)


def test_the_answer_is_what_it_waits_for():
    reply = find("jasmin").reply

    assert (reply.status, reply.body) == (200, b"ACK/Jasmin")


@pytest.mark.parametrize(
    "coding, content, binary",
    [
        ("%00", "STOP", "53544f50"),
        ("0", "STOP", ""),
        ("", "STOP", ""),
        ("%08", "%00S%00T", "00530054004f0050"),
        ("8", "", "00530054004f0050"),
        ("%03", "", "53544f50"),
        ("3", "", "53544f50"),
        ("8", "STOP", "not hex"),
        ("8", "STOP", ""),
    ],
)
def test_a_keyword_is_found_in_every_encoding(coding, content, binary):
    event = read(f"id=A&from=447700900456&coding={coding}&content={content}&binary={binary}")

    assert (event.kind, event.keyword) == ("stop", "STOP")


@pytest.mark.parametrize(
    "query, urgent",
    [
        ("message_status=DELIVRD", False),
        ("content=STOP", True),
        ("&".join("a" for _ in range(201)), True),
    ],
)
def test_only_reports_can_wait(query, urgent):
    assert find("jasmin").urgent(a_callback(query)) is urgent
