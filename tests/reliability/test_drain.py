"""The trial of processes that are told to end, at a small size; each takes some seconds."""

import random

from tests.reliability.drain import play


def test_nobody_is_cut_off():
    tally = play(random.Random(1), "sqlite", 1)  # noqa: S311 (repeatable, not secret)

    assert tally.faults == []
    assert tally.counts["ended by SIGTERM: run"] == 1
    assert tally.counts["reports acknowledged"]


def test_it_would_be_noticed():
    mistake = "ends at once when it is told to"

    tally = play(random.Random(1), "postgresql", 1, mistake=mistake)  # noqa: S311 (as above)

    assert any(each.startswith("cut off") for each in tally.faults)
