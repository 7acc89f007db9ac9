"""Whose calls fill the day, and how it will go on."""

from datetime import timedelta

import pytest

from connector.domain.calls import CallSlot
from connector.salesforce.forecast import forecast
from connector.salesforce.usage import ApiUsage
from tests.support.events import NOON


def slot(minutes_ago, ours=0, used=0, total=1_000):
    at = NOON - timedelta(minutes=minutes_ago)
    return CallSlot(start=at, ours=ours, used=used, total=total, told_at=at)


def test_others_calls_are_those_that_are_not_ours():
    told = forecast([slot(60, ours=30), slot(0, ours=20)], ApiUsage(120, 1_000), NOON)

    assert (told.ours, told.others) == (50, 70)


def test_calls_of_yesterday_are_not_counted():
    told = forecast([slot(24 * 60 + 5, ours=30)], ApiUsage(120, 1_000), NOON)

    assert (told.ours, told.others) == (0, 120)


@pytest.mark.parametrize("slots", [[], [slot(5, used=10)], [slot(600, used=10)]])
def test_without_figures_of_the_last_hours_nothing_is_foretold(slots):
    told = forecast(slots, ApiUsage(120, 1_000), NOON)

    assert (told.growth, told.full_at, told.ratio_in_a_day) == (None, None, None)


def test_a_day_that_will_be_full_is_told_with_its_hour():
    told = forecast([slot(60, used=400)], ApiUsage(500, 1_000), NOON)

    assert told.full_at == NOON + timedelta(hours=5)
    assert told.ratio_in_a_day == 1.0


def test_a_day_that_will_not_be_full_is_told_with_how_far_it_comes():
    told = forecast([slot(60, used=490)], ApiUsage(500, 1_000), NOON)

    assert told.full_at is None
    assert told.ratio_in_a_day == pytest.approx(0.74)


def test_use_that_shrinks_never_fills_the_day():
    told = forecast([slot(60, used=900)], ApiUsage(500, 1_000), NOON)

    assert (told.full_at, told.ratio_in_a_day) == (None, 0.0)


def test_what_others_add_is_what_grew_without_us():
    slots = [slot(24 * 60 + 30, ours=40), slot(60, ours=9, used=400), slot(30, ours=25)]

    told = forecast(slots, ApiUsage(500, 1_000), NOON)

    # 100 more, though 40 of ours became older than a day; 25 of the new ones are ours.
    assert told.others_growth == pytest.approx(115)


def test_another_allowance_cannot_be_compared_with():
    told = forecast([slot(60, used=400, total=5_000)], ApiUsage(500, 1_000), NOON)

    assert told.growth is None
