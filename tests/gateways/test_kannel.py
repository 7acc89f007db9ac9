"""Kannel's types as bits, its NACKs, and the answer it wants."""

from typing import Any
from urllib.parse import quote_plus

import pytest

from connector.domain.callback import Callback
from connector.gateways import find
from tests.support.clock import NOON


def a_callback(query, method="GET"):
    return Callback(
        gateway="kannel",
        method=method,
        target=f"/callbacks/kannel?{query}",
        headers={},
        body=b"",
        received_at=NOON,
    )


def report(kind, answer=""):
    query = f"extid=42&type={kind}&text={answer.replace(' ', '+')}"
    (event,) = find("kannel").parse(a_callback(query))
    return event


def said(query) -> Any:
    (event,) = find("kannel").parse(a_callback(query))
    return event


@pytest.mark.parametrize(
    "kind, status",
    [
        *(("1", "Delivered"), ("33", "Delivered"), ("3", "Delivered")),
        *(("2", "Undelivered"), ("66", "Undelivered"), ("6", "Undelivered")),
        *(("4", "Pending"), ("8", "Pending"), ("12", "Pending"), ("32", "Pending")),
        *(("40", "Pending"), ("16", "Rejected"), ("24", "Rejected"), ("34", "Expired")),
        *(("98", "Expired"), (" 1", "Delivered")),
        *(("0", None), ("64", None), ("128", None), ("129", None), ("-1", None), ("x", None)),
    ],
)
def test_a_type_is_a_sum_of_bits(kind, status):
    event = report(kind)

    assert event.status == status
    assert event.word == ("" if status else kind.strip() or kind)


@pytest.mark.parametrize(
    "code, reason",
    [
        *(("0x0000000b", "invalid_number"), ("0x00000050", "invalid_number")),
        *(("0x00000051", "invalid_number"), ("0x0000000a", "unregistered")),
        *(("0x00000048", "unregistered"), ("0x00000049", "unregistered")),
        *(("0x00000014", "throughput"), ("0x00000058", "throughput")),
        *(("0x00000008", "network"), ("0x00000045", "network"), ("0x000000fe", "network")),
        *(("0x00000064", "network"), ("0x00000062", "unknown"), ("0x000000ff", "unknown")),
        *(("0xB", "invalid_number"), ("0x00001234", "unknown")),
    ],
)
def test_a_nack_has_the_reason_of_its_command_status(code, reason):
    event = report("16", f"NACK/{code}/Some words")

    assert (event.status, event.error_code, event.reason) == ("Rejected", code, reason)


@pytest.mark.parametrize("answer", ["NACK/", "NACK/Malformed", "NACK/0x", "nack/12345678901"])
def test_a_nack_without_command_status_is_refused_for_unknown_reasons(answer):
    event = report("16", answer)

    assert (event.status, event.error_code, event.reason) == ("Rejected", "", "unknown")


def test_a_nack_of_an_expired_message_is_expired():
    assert report("34", "NACK/0x000000ff/Unknown").reason == "expired"


def test_a_nack_of_what_is_not_settled_claims_no_failure():
    event = report("8", "NACK/Retries Exceeded")

    assert (event.status, event.reason) == ("Pending", None)


def test_the_answer_is_200_with_nothing_in_it():
    reply = find("kannel").reply

    assert (reply.status, reply.body) == (200, b"")


@pytest.mark.parametrize(
    "query, urgent",
    [
        ("type=1&extid=42", False),
        ("extid=42&type=", False),
        ("text=STOP", True),
        ("mtype=1", True),
    ],
)
def test_everything_without_a_type_is_urgent(query, urgent):
    assert find("kannel").urgent(a_callback(query)) is urgent


def test_the_address_has_every_placeholder_that_is_read():
    gateway = find("kannel")

    address = gateway.callback_url("https://sms.example.org")

    read = set(gateway.keeps) - {"answer"}  # another name for text
    assert {name for name in read if f"{name}=" in address} == read
    assert "type=%d&text=%A&from=%p&to=%P&ts=%T&time=%t&id=%I&fid=%F" in address


@pytest.mark.parametrize(
    "text, rest",
    [
        *(("STOP \N{THUMBS UP SIGN}", ""), ("stop", ""), ("Stop!\N{ANGRY FACE}", "")),
        *(("\N{LEFT DOUBLE QUOTATION MARK}STOP", "&charset=UTF-16BE"),),
        *(("\uff33\uff34\uff2f\uff30", "&charset=utf-16be"),),
    ],
)
def test_a_text_with_an_emoji_comes_as_utf_16(text, rest):
    query = f"from=447700900456&text={quote_plus(text.encode('utf-16-be'))}{rest}"

    event = said(query)

    assert (event.kind, event.keyword) == ("stop", "STOP")


def test_half_a_letter_at_the_end_spoils_nothing():
    """%a cuts white space off, so half a letter (1.4.5): %b would not."""
    query = "from=447700900456&text=%00S%00T%00O%00P%D8%3D%DE"

    event = said(query)

    assert (event.kind, event.keyword) == ("stop", "STOP")


def test_a_start_in_a_sentence_of_another_script_is_none():
    query = f"from=447700900456&text={quote_plus('start нет'.encode('utf-16-be'))}"

    event = said(query)

    assert event.kind == "reply"
