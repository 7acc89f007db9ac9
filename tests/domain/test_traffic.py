"""Percentiles out of counted spans."""

import pytest

from connector.domain.traffic import SPANS, Spans, slot_of, span_name
from tests.support.clock import NOON


def spans(*seconds):
    counts: dict[str, int] = {}
    for each in seconds:
        name = span_name(each)
        counts[name] = counts.get(name, 0) + 1
    return Spans(counts)


def test_nothing_has_no_percentile():
    assert spans().percentile(50) is None


@pytest.mark.parametrize("percent, seconds", [(50, 500), (95, 950), (99, 990)])
def test_a_percentile_is_near_the_true_one(percent, seconds):
    found = spans(*range(1, 1_001)).percentile(percent)

    assert found == pytest.approx(seconds, rel=0.14)


def test_what_took_no_time_is_below_the_shortest_span():
    found = spans(0, -3).percentile(99)

    assert found is not None
    assert 0 <= found <= SPANS[0]


def test_what_took_longer_than_is_measured_counts_as_the_longest():
    assert spans(10**9).percentile(50) == pytest.approx(SPANS[-1], rel=0.2)


def test_names_are_in_the_order_of_the_spans():
    names = [span_name(each) for each in SPANS]

    assert names == sorted(names)
    assert len(set(names)) == len(SPANS)


def test_a_slot_begins_every_five_minutes():
    assert slot_of(NOON.replace(minute=14, second=59)) == NOON.replace(minute=10)
    assert slot_of(NOON) == NOON
