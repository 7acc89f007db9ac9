"""Single values: phone numbers, texts, times, counts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.gateways import times
from connector.gateways.values import listed, members, number, record_id, segments, text


@pytest.mark.parametrize(
    "written, expected",
    [
        *(("+447700900456", "+447700900456"), ("447700900456", "+447700900456")),
        *((" 447700900456", "+447700900456"), ("00447700900456", "+447700900456")),
        *(("+44 7700 900-456", "+447700900456"), ("+1 (312) 555.0142", "+13125550142")),
        *(("07700900456", "07700900456"), ("12345", "12345"), ("", ""), (" ", "")),
        *(("SHOPNAME", "SHOPNAME"), ("anonymous ", "anonymous"), ("+", "+")),
        *(("٤٤٧٧٠٠٩٠٠٤٥٦", "٤٤٧٧٠٠٩٠٠٤٥٦"), ("+٤٤٧٧٠٠٩٠٠٤٥٦", "+٤٤٧٧٠٠٩٠٠٤٥٦")),
    ],
)
def test_a_number_is_e164_where_that_is_certain(written, expected):
    assert number(written) == expected


@given(st.text())
def test_reading_a_number_twice_changes_nothing(written):
    assert number(number(written)) == number(written)


@pytest.mark.parametrize(
    "written, expected",
    [
        *(
            ("003000000000001", "003000000000001AAA"),
            ("003000000000001AAA", "003000000000001AAA"),
        ),
        *(("CASE-1", ""), ("", ""), ("003000000000001AA", ""), ("003'000000000001", "")),
    ],
)
def test_a_record_id_has_18_characters_or_is_none(written, expected):
    assert record_id(written) == expected


def test_a_text_stands_at_the_end_of_a_path():
    item: dict[str, object] = {"a": {"b": 27, "c": None, "d": "x", "e": []}}

    assert [text(item, "a", name) for name in "bcdx"] == ["27", "", "x", ""]
    assert text(item, "x", "y") == ""


@pytest.mark.parametrize("path", [("a",), ("a", "b", "c"), ("e",), ("t",)])
def test_what_is_no_text_is_refused(path):
    with pytest.raises(ValueError, match=path[-1]):
        text({"a": {"b": 1}, "e": [], "t": True}, *path)


def test_only_an_object_has_members():
    assert members({"a": 1}, "data") == {"a": 1}
    with pytest.raises(ValueError, match="data: no object"):
        members([], "data")


def test_one_object_is_a_list_of_one():
    assert listed({"a": 1}, "data", 1) == [{"a": 1}]


@pytest.mark.parametrize(
    "written, count",
    [
        ("1", 1),
        ("255", 255),
        ("999", 255),
        ("", 0),
        ("-1", 0),
        ("1.0", 0),
        ("9" * 99, 0),
        ("²", 0),
    ],
)
def test_segments_are_a_small_count(written, count):
    assert segments(written) == count


class TestTimes:
    @pytest.mark.parametrize(
        "written",
        ["2026-02-11T09:00:04Z", "2026-02-11T10:00:04+01:00", "20260211T090004Z"],
    )
    def test_a_zone_is_brought_to_utc(self, written):
        assert times.iso(written) == datetime(2026, 2, 11, 9, 0, 4, tzinfo=UTC)
        assert times.iso(written).tzinfo is UTC

    @pytest.mark.parametrize(
        "written", ["2026-02-11T09:00:04", "2026-02-11", "", "now", "2602110900"]
    )
    def test_a_time_without_zone_is_unreadable(self, written):
        with pytest.raises(ValueError, match=r"zone|Invalid isoformat"):
            times.iso(written)

    @pytest.mark.parametrize(
        "written", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
    )
    def test_a_time_beyond_the_calendar_is_unreadable(self, written):
        with pytest.raises(OverflowError):
            times.iso(written)

    def test_utc_may_be_documented(self):
        assert times.iso_utc("2026-02-11 09:00:04") == datetime(
            2026, 2, 11, 9, 0, 4, tzinfo=UTC
        )
        assert times.iso_utc("2026-02-11T10:00:04+01:00").hour == 9

    def test_unix_time_is_a_count_of_seconds(self):
        assert times.unix_seconds("1770800460") == datetime(2026, 2, 11, 9, 1, tzinfo=UTC)

    def test_unix_time_may_have_milliseconds(self):
        assert times.unix_milliseconds("1770800460250") == datetime(
            2026, 2, 11, 9, 1, 0, 250_000, tzinfo=UTC
        )

    @pytest.mark.parametrize("written", ["", "12", "250", "-1770800460250", "1770800460.25"])
    def test_other_counts_of_milliseconds_are_unreadable(self, written):
        with pytest.raises(ValueError, match="time is no count of seconds"):
            times.unix_milliseconds(written)

    @pytest.mark.parametrize("written", ["", "-1", "1.5", "%T", "1770800460000", "१", " 1"])
    def test_other_counts_are_unreadable(self, written):
        with pytest.raises(ValueError, match="time is no count of seconds"):
            times.unix_seconds(written)

    def test_the_last_second_is_year_9999(self):
        assert times.unix_seconds("253402300799").year == 9999
        with pytest.raises(ValueError, match="year 10000"):
            times.unix_seconds("253402300800")
