"""The trial, and that a token in the log would be found."""

from tests.reliability.canaries import TRIAL
from tests.reliability.trial import Ask


def test_nothing_secret_is_written_anywhere():
    tally = TRIAL.run(Ask(1))

    assert tally.faults == []
    assert tally.counts["taken of them"] > 0


def test_a_callback_that_is_logged_is_found():
    tally = TRIAL.controls[0].run(Ask(1))

    assert "the log: a cookie" in tally.faults
