"""Spikes: chance gives none, a real change is found, and each begins and ends once."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.spikes import HOUR, Hour, SpikeRules, find_spike, past_of, wilson


RULES = SpikeRules()
NOW = 100 * HOUR


def steady(settled, failed, *, until=100, hours=24):
    return [Hour(at * HOUR, settled, failed) for at in range(until - hours, until)]


def find(*last, before=None, began=None, now=NOW, rules=RULES):
    """Judge these hours, the last of which runs now, after a day of steady ones."""
    first = 101 - len(last)
    before = steady(1000, 50, until=first) if before is None else before
    hours = [Hour((first + at) * HOUR, *each) for at, each in enumerate(last)]
    return find_spike([*before, *hours], now, rules, began=began)


class TestBegins:
    def test_with_a_real_doubling(self):
        spike = find((1000, 120))

        assert (spike.hour.share, spike.past.share) == (12.0, 5.0)
        assert spike.past.settled == 24_000

    def test_not_with_what_chance_does(self):
        assert find((1000, 75)) is None

    def test_not_with_few_points_however_sure_they_are(self):
        before = steady(100_000, 1_000)

        assert find((100_000, 3_900), before=before) is None
        assert find((100_000, 4_000), before=before) is not None

    def test_not_without_enough_messages(self):
        assert find((99, 99)) is None
        assert find((100, 99)) is not None

    def test_not_without_enough_of_a_past(self):
        assert find((1000, 500), before=steady(133, 0, hours=3)) is None
        assert find((1000, 500), before=steady(134, 0, hours=3)) is not None

    def test_not_where_hours_differ_that_much_anyway(self):
        restless = [
            Hour(at * HOUR, 1000, failed)
            for at, failed in zip(range(76, 100), [0, 100] * 12, strict=True)
        ]

        assert past_of(restless, NOW, RULES).spread > 10
        assert find((1000, 120), before=restless) is None

    def test_also_with_an_hour_whose_failures_came_late(self):
        assert find((1000, 120), (1000, 50)).hour.start == 99 * HOUR
        assert find((1000, 120), (1000, 50), (1000, 50)).hour.start == 98 * HOUR
        assert find((1000, 120), (1000, 50), (1000, 50), (1000, 50)) is None


class TestGoesOn:
    def test_as_long_as_half_of_the_points_are_left(self):
        assert find((1000, 65), began=NOW) is not None
        assert find((1000, 64), began=NOW) is None

    def test_judged_by_the_time_before_it_began(self):
        hours = [*steady(1000, 50, until=95), *steady(1000, 120, until=101, hours=6)]

        spike = find_spike(hours, NOW, RULES, began=95 * HOUR)

        assert spike is not None
        assert spike.past.share == 5.0

    def test_no_longer_than_a_day(self):
        assert find((1000, 500), began=77 * HOUR) is not None
        assert find((1000, 500), began=76 * HOUR) is None

    def test_until_nothing_is_sent_any_more(self):
        assert find((1000, 500), began=NOW, now=NOW + 2 * HOUR) is not None
        assert find((1000, 500), began=NOW, now=NOW + 3 * HOUR) is None

    def test_until_late_reports_have_mended_the_hour(self):
        assert find((1000, 500), began=NOW) is not None
        assert find((2000, 100), began=NOW) is None


def play(seed, share, settled, *, hours=240, spike=range(0), times=1):
    """Judge each hour twice, half full and full; returns when alerts began and ended."""
    chance = random.Random(seed)  # noqa: S311 (the same series each time)
    known: list[Hour] = []
    began, starts, ends = None, [], []
    for at in range(hours):
        rate = share * (times if at in spike else 1)
        failed = [chance.random() < rate for _ in range(settled)]
        for part in (failed[: settled // 2], failed):
            hour = Hour(at * HOUR, len(part), sum(part))
            spike_now = find_spike([*known[-30:], hour], at * HOUR, RULES, began=began)
            if spike_now and began is None:
                began = spike_now.hour.start
                starts.append(at)
            elif spike_now is None and began is not None:
                began = None
                ends.append(at)
        known.append(hour)
    return starts, ends


@pytest.mark.parametrize("share, settled", [(0.01, 240), (0.05, 400), (0.3, 400)])
def test_a_steady_series_gives_next_to_no_alarms(share, settled):
    alarms = sum(len(play(seed, share, settled)[0]) for seed in range(20))

    # Of 20 x 240 hours, each judged twice.
    assert alarms <= 1


@pytest.mark.parametrize("seed", range(6))
def test_a_real_doubling_is_found_at_once_and_ends_once(seed):
    starts, ends = play(seed, 0.1, 1000, hours=80, spike=range(50, 56), times=2)

    assert starts == [50]
    assert len(ends) == 1
    assert 56 <= ends[0] <= 62


@given(st.integers(0, 1000), st.integers(1, 1000), st.floats(0.5, 6))
def test_the_bounds_hold_the_share_and_are_shares(failed, settled, errors):
    percent = 100 * min(failed, settled) / settled

    least, most = wilson(percent, settled, errors)

    assert -1e-9 <= least <= percent + 1e-9
    assert percent - 1e-9 <= most <= 100 + 1e-9


@given(st.integers(100, 1000), st.integers(100, 1000))
def test_more_failures_are_never_less_of_a_spike(one, two):
    less, more = sorted((one, two))

    assert not (find((1000, less)) and not find((1000, more)))
