"""Receipt texts as they are seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.delivery import DeliveryStatus
from connector.gateways.receipt import REASONS, STATUSES, Receipt, reason, receipt


@pytest.mark.parametrize(
    "text, expected",
    [
        (
            "id:0012 sub:001 dlvrd:001 done date:2602110901 stat:DELIVRD err:000 text:Hello",
            ("0012", "DELIVRD", ""),
        ),
        ("id:a1-B2 stat:EXPIRED", ("a1-B2", "EXPIRED", "")),
        ("ID: 7  Stat:  Undeliv  Err: 04b Text: x", ("7", "UNDELIV", "04b")),
        ("id:1 sub:1 stat:REJECTD err:12", ("1", "REJECTD", "12")),
        ("stat:DELIVRD id:1 err:ND", ("1", "DELIVRD", "")),
        ("id:1 stat:DELIVRD err:nul", ("1", "DELIVRD", "")),
        ("id:1 stat:DELIVRD err: text:err:5", ("1", "DELIVRD", "")),
        ("msgid:9 id:1 laststat:X stat:UNKNOWN err:0", ("1", "UNKNOWN", "")),
        ("İ id:1 stat:DELIVRD err:5", ("1", "DELIVRD", "5")),
    ],
)
def test_a_receipt_is_read(text, expected):
    assert receipt(text) == Receipt(id=expected[0], stat=expected[1], err=expected[2])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ACK/",
        "Hello",
        "id:1",
        "stat:DELIVRD",
        "text:id:1 stat:DELIVRD",
        "id: stat:",
        "id:1 stat:1",
    ],
)
def test_a_text_without_id_and_state_is_none(text):
    assert receipt(text) is None


def test_a_long_text_is_read_to_its_limit_only():
    assert receipt("x" * 2000 + " id:1 stat:DELIVRD") is None


@pytest.mark.parametrize("word", STATUSES)
def test_every_failure_has_a_reason(word):
    status = STATUSES[word]

    if status is DeliveryStatus.EXPIRED:
        assert {reason(status, err) for err in REASONS} == {"expired"}
    elif status is DeliveryStatus.REJECTED:
        assert {reason(status, err) for err in REASONS} == {"unknown"}
    else:
        assert [reason(status, err) for err in ("001", "1", "27", "999", "x", "")] == [
            *("invalid_number", "invalid_number", "unreachable"),
            *("unknown", "unknown", "unknown"),
        ]


@given(st.text() | st.text("idstaer: 0Aİ", max_size=60))
def test_any_text_is_read_or_is_none(text):
    found = receipt(text)

    assert found is None or (found.id and found.stat.isascii())
