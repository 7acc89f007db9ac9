"""
The trial of `kill -9` at a fiftieth of its size, and one mistake that it must find.

Each takes several seconds, for the start of real processes and their end: nothing smaller shows
that a real `kill -9` loses nothing. `make reliability` runs all of it.
"""

from tests.reliability.kills import TRIAL, Play, play
from tests.reliability.trial import Ask


def test_nothing_is_lost_on_the_embedded_database():
    tally = play(Play(store="sqlite", cycles=5, seed=1))

    assert tally.faults == []
    assert tally.counts["kill -9 cycles"] == 5


def test_nothing_is_lost_on_postgresql(postgres_url):
    tally = play(Play(store=postgres_url, cycles=5, seed=2))

    assert tally.faults == []


def test_an_early_answer_is_found():
    control = next(each for each in TRIAL.controls if "STOP" in each.name)

    assert control.run(Ask(seed=1)).faults
