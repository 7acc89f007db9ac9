"""
The trial of crashes at named places, at a few of them, and one mistake that it must find.

`make reliability` runs all of it.
"""

import pytest

from tests.reliability.crash_points import ENGINES, TRIAL
from tests.reliability.crashes.trying import Trying
from tests.reliability.trial import Ask


@pytest.mark.parametrize("engine", ENGINES)
def test_whoever_comes_next_ends_where_it_would_be_without_a_crash(engine):
    trying = Trying(
        engine=engine,
        dice=Ask(seed=1).dice(),
        only=("reading callbacks",),
        at="after the commit",
    )

    trying.work()

    assert trying.tally.faults == []
    assert trying.tally.counts["crashes in reading callbacks"] > 3


def test_a_worker_that_settles_first_is_found():
    control = next(each for each in TRIAL.controls if "settles" in each.name)

    assert control.run(Ask(seed=1)).faults
