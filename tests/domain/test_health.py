"""Health by settled messages: thresholds, slack, and no word for too few of them."""

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.health import Health, HealthRules, judge


RULES = HealthRules()
RANKS: dict[Health | None, int] = {Health.CRITICAL: 0, Health.WATCH: 1, Health.HEALTHY: 2}
befores = st.sampled_from([None, *Health])
per_mille = st.integers(0, 1000)


def health(rate, before=None, settled=1000):
    return judge(settled, round(rate * settled / 100), before, RULES)


@pytest.mark.parametrize(
    "rate, before, after",
    [
        (95, None, Health.HEALTHY),
        (94.9, None, Health.WATCH),
        (90, None, Health.WATCH),
        (89.9, None, Health.CRITICAL),
        (0, None, Health.CRITICAL),
        # Down at the threshold.
        (94.9, Health.HEALTHY, Health.WATCH),
        (89.9, Health.HEALTHY, Health.CRITICAL),
        (89.9, Health.WATCH, Health.CRITICAL),
        # Up again a margin above it.
        (95.9, Health.WATCH, Health.WATCH),
        (96, Health.WATCH, Health.HEALTHY),
        (90.9, Health.CRITICAL, Health.CRITICAL),
        (91, Health.CRITICAL, Health.WATCH),
        (95.9, Health.CRITICAL, Health.WATCH),
        (96, Health.CRITICAL, Health.HEALTHY),
    ],
)
def test_thresholds(rate, before, after):
    assert health(rate, before) is after


@pytest.mark.parametrize("before", [None, *Health])
def test_nothing_is_said_below_the_sample(before):
    assert judge(99, 0, before, RULES) is None
    assert judge(100, 0, before, RULES) is Health.CRITICAL


def test_nothing_settled_is_never_enough():
    assert judge(0, 0, None, dataclasses.replace(RULES, sample=0)) is None


def test_a_late_flood_of_delivered_reports_brings_it_back():
    word, settled, delivered = None, 200, 140
    words = []
    for _ in range(40):
        word = judge(settled, delivered, word, RULES)
        words.append(word)
        settled, delivered = settled + 50, delivered + 50

    assert list(dict.fromkeys(words)) == [Health.CRITICAL, Health.WATCH, Health.HEALTHY]


@given(st.lists(st.integers(900, 909), max_size=30), befores)
def test_within_the_margin_it_changes_once_at_most(rates, before):
    found = [before]
    for rate in rates:
        found.append(judge(1000, rate, found[-1], RULES))

    assert all(one is two for one, two in itertools.pairwise(found[1:]))


@given(per_mille, per_mille, befores)
def test_more_delivered_is_never_worse(one, two, before):
    less, more = sorted((one, two))

    assert RANKS[judge(1000, less, before, RULES)] <= RANKS[judge(1000, more, before, RULES)]


@given(per_mille)
def test_a_better_past_is_never_held_against_it(delivered):
    found = [RANKS[judge(1000, delivered, each, RULES)] for each in RANKS]

    assert found == sorted(found)
    assert RANKS[judge(1000, delivered, None, RULES)] == found[-1]


@given(st.lists(per_mille, max_size=30), befores)
def test_judging_again_changes_nothing(rates, before):
    for rate in rates:
        before = judge(1000, rate, before, RULES)
        assert judge(1000, rate, before, RULES) is before


class TestRules:
    def test_the_usual_ones_are_sound(self):
        assert RULES.faults() == []

    @pytest.mark.parametrize(
        "values, fault",
        [
            ({"healthy": 90.0}, "Watch must begin below Healthy"),
            ({"margin": 5.0}, "the margin must be smaller"),
            ({"healthy": 99.5}, "must not be above 100"),
        ],
    )
    def test_say_what_is_wrong(self, values, fault):
        (found,) = dataclasses.replace(RULES, **values).faults()

        assert fault in found
