"""A part of the trial; it takes root and iproute2, and says so where it cannot be played."""

import pytest

from tests.reliability import network
from tests.reliability.hosts import play_apart
from tests.reliability.trial import Ask
from tests.support import programs


@pytest.fixture(autouse=True)
def _network():
    if why := network.lacking():
        programs.lacking(why)


def test_a_machine_that_is_lost_holds_nobody_up():
    tally = play_apart(Ask(1, 0.1), machines=2, steps=("loss",))

    assert tally.faults == []
    assert tally.counts["machines lost for good"] == 1


def test_that_nobody_watches_over_the_silent_is_found():
    mistake = "nobody watches over the silent"

    tally = play_apart(Ask(1, 0.1), machines=2, steps=("loss",), mistake=mistake)

    assert any("not settled" in each for each in tally.faults)
