"""Until when a revocation is to be honoured, wherever the person is."""

from datetime import datetime, timedelta

import pytest

from connector.domain.business_days import due


@pytest.mark.parametrize(
    "asked, until",
    [
        ("2026-11-23T12", "2026-12-07T12"),  # Monday
        ("2026-11-27T12", "2026-12-11T12"),  # Friday
        ("2026-11-28T12", "2026-12-11T12"),  # Saturday
        ("2026-11-29T12", "2026-12-11T12"),  # Sunday
        ("2026-11-30T01", "2026-12-12T01"),  # Monday in UTC, Sunday in all of America
        ("2026-11-27T20", "2026-12-10T20"),  # Friday in UTC, Saturday on Guam
    ],
)
def test_ten_business_days_after(asked, until):
    assert due(_hour(asked)) == _hour(until)


def test_a_holiday_gives_no_more_time():
    before_thanksgiving = _hour("2026-11-25T12")

    assert due(before_thanksgiving) - before_thanksgiving == timedelta(days=14)


def _hour(text):
    return datetime.fromisoformat(f"{text}:00:00+00:00")
