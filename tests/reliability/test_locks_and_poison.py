"""The trial of locks and poison, at a small size, and what it has to find."""

import pytest

from tests.reliability.locks_and_poison import TRIAL, play_locks, play_poison
from tests.reliability.trial import Ask


def test_a_database_that_somebody_else_holds_loses_nothing():
    tally = play_locks(Ask(seed=1, size=0.2))

    assert tally.faults == []
    assert tally.counts["answered 503, and sent again"] > 0


def test_poison_holds_up_nothing_and_is_found_by_the_operator():
    tally = play_poison(Ask(seed=1, size=0.2))

    assert tally.faults == []
    assert tally.counts["callbacks set aside"] > 0


@pytest.mark.parametrize("control", TRIAL.controls, ids=lambda each: each.name)
def test_what_is_planted_is_found(control):
    tally = control.run(Ask(seed=1, size=0.5))

    assert tally.faults
