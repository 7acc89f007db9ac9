"""09:00 to 21:00 wherever the number may be; all zones count."""

from datetime import UTC, datetime

import pytest

from connector.quiet_hours import hours


NEW_YORK, LONDON, TOLL_FREE = "+12125550123", "+447700900111", "+18005550123"


def at(hour, minute=0):
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    "phone, now, is_open, opens_at",
    [
        (NEW_YORK, at(13, 59), False, at(14)),
        (NEW_YORK, at(14), True, at(14)),
        (LONDON, at(8, 59), False, at(9)),
        (LONDON, at(20, 59), True, at(20, 59)),
        (LONDON, at(21), False, datetime(2026, 11, 24, 9, tzinfo=UTC)),
    ],
)
def test_the_hours_are_those_of_the_number(phone, now, is_open, opens_at):
    found = hours(phone, now)

    assert (found.open, found.opens_at) == (is_open, opens_at)


def test_a_number_that_may_be_anywhere_waits_for_all():
    morning_in_new_york = hours(TOLL_FREE, at(15))

    assert len(morning_in_new_york.zones) > 5
    assert morning_in_new_york.open is False
    # Nine in the morning on Pago Pago is eight in the evening in the far east of the plan.
    assert morning_in_new_york.opens_at is not None


def test_a_change_of_the_clocks_is_heeded():
    summer = hours(LONDON, datetime(2026, 7, 1, 8, tzinfo=UTC))

    assert summer.open is True


@pytest.mark.parametrize("phone", ["", "STOPPER", "+999123456"])
def test_nobody_knows_where_this_is(phone):
    found = hours(phone, at(12))

    assert (found.zones, found.open, found.opens_at) == ((), None, None)
